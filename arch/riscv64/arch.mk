# SPDX-License-Identifier: BSD-2-Clause
# What the build needs to know about RISC-V with the hypervisor extension.
ARCH_CROSS    := riscv64-linux-gnu-
ARCH_CLANG    := --target=riscv64-none-elf -march=rv64imac -mno-relax
ARCH_MACHINE  := 243
# The hypervisor's C code, built with GCC, does without t0-t6, so that an exit saves nine registers
# at the door and a handler that needs more of the guest's has the others saved then (exit.S). Clang
# 14 does not obey -ffixed-REG for RISC-V: with it the door saves them, too. No small data: gp and
# tp stay the guest's.
ARCH_CFLAGS   := -mabi=lp64 -mcmodel=medany -mno-save-restore -msmall-data-limit=0 \
                 -DARCH_ELF_MACHINE=$(ARCH_MACHINE) -DLOCK_RELAX='".word 0x0100000f"'
ARCH_GCC_CFLAGS := -march=rv64imac_zicsr_zifencei -mstrict-align \
                 $(foreach r,5 6 7 28 29 30 31,-ffixed-x$(r)) -DARCH_FIXED_TEMPORARIES
# Loads and stores that are a few bytes shorter cost an addition each.
ARCH_GCC_FAST   := -mno-shorten-memrefs
# Files whose code runs at every frequent exit, built for few instructions rather than few bytes.
ARCH_HOT      := exit irq virq aia_guest plic_guest context context_events context_files upcall
# Files for shared CPUs only, and for VMs that communicate only (hyp/core/extent.h).
ARCH_SHARED   := context context_events context_files context_plic
ARCH_COMM     := upcall
# Part of each decision of the scheduler.
ARCH_PATH     := context
# Devices and drivers of this architecture's boards.
ARCH_DEVICES  := ns16550
ARCH_DRIVERS  := ns16550
