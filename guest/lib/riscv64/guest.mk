# SPDX-License-Identifier: BSD-2-Clause
# What the guest library needs to know about RISC-V.
GUEST_CROSS_COMPILE := riscv64-linux-gnu-
GUEST_TRIPLE        := riscv64-none-elf
GUEST_ARCH_FLAGS    := -mabi=lp64 -mcmodel=medany -msmall-data-limit=0
ifeq ($(CC_KIND),clang)
GUEST_ARCH_FLAGS    += -march=rv64imac
else
GUEST_ARCH_FLAGS    += -march=rv64imac_zicsr_zifencei -mstrict-align
endif
