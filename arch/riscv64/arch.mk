# SPDX-License-Identifier: BSD-2-Clause
# What the build needs to know about RISC-V with the hypervisor extension.
ARCH_CROSS    := riscv64-linux-gnu-
ARCH_CLANG    := --target=riscv64-none-elf -march=rv64imac
ARCH_MACHINE  := 243
# C code of the hypervisor does without t0-t6, so that an exit saves nine registers at the door and
# a handler that needs more of the guest's has the others saved then (exit.S). No small data: gp and
# tp stay the guest's.
ARCH_CFLAGS   := -mabi=lp64 -mcmodel=medany -mno-save-restore -msmall-data-limit=0 \
                 $(foreach r,5 6 7 28 29 30 31,-ffixed-x$(r)) \
                 -DARCH_ELF_MACHINE=$(ARCH_MACHINE) -DLOCK_RELAX='".word 0x0100000f"'
ARCH_GCC_CFLAGS := -march=rv64imac_zicsr_zifencei -mstrict-align
# Devices and drivers of this architecture's boards.
ARCH_DEVICES  := ns16550
ARCH_DRIVERS  := ns16550
