# SPDX-License-Identifier: BSD-2-Clause
# What the build needs to know about AArch64.
ARCH_CROSS    := aarch64-linux-gnu-
ARCH_CLANG    := --target=aarch64-none-elf
ARCH_MACHINE  := 183
# The hypervisor's own calling convention: x8-x15 and x18 are kept by the callee, so that an exit
# saves twelve registers at the door and a handler that needs more saves what it uses (exit.S).
# The tiny code model has no ADRP, and so neither its second instruction nor Cortex-A53 erratum
# 843419.
ARCH_CFLAGS   := -march=armv8-a -mgeneral-regs-only -mstrict-align -mcmodel=tiny \
                 $(foreach r,8 9 10 11 12 13 14 15 18,-fcall-saved-x$(r)) \
                 -DARCH_ELF_MACHINE=$(ARCH_MACHINE) -DLOCK_RELAX='"yield"'
ARCH_GCC_CFLAGS := -mno-outline-atomics
# Files whose code runs at every frequent exit, built for few instructions rather than few bytes.
ARCH_HOT      := exit irq virq vgic_mmio context_shared irq_shared upcall
# Files for shared CPUs only, and for VMs that communicate only (hyp/core/extent.h).
ARCH_SHARED   := context_shared exit_shared irq_shared sysreg_shared vgic_shared
ARCH_COMM     := upcall
# Devices and drivers of this architecture's boards.
ARCH_DEVICES  := pl011
ARCH_DRIVERS  := pl011
