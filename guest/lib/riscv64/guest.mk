# SPDX-License-Identifier: BSD-2-Clause
# What guest.mk needs to know about this architecture. gp is kept for the trap vector, which takes
# the time in it before it touches anything else: there is no small data.
GUEST_CROSS_COMPILE := riscv64-linux-gnu-
GUEST_TRIPLE        := riscv64-none-elf
GUEST_ARCH_FLAGS    := -mabi=lp64 -mcmodel=medany -msmall-data-limit=0 -ffixed-x3
ifeq ($(CC_KIND),clang)
GUEST_ARCH_FLAGS += -march=rv64imac -mno-relax
else
GUEST_ARCH_FLAGS += -march=rv64imac_zicsr_zifencei -mstrict-align
endif
