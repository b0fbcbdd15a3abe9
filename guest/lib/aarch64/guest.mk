# SPDX-License-Identifier: BSD-2-Clause
# What guest.mk needs to know about this architecture. x18 is kept for the exception vectors, which
# take the time in it before they touch anything else.
GUEST_CROSS_COMPILE := aarch64-linux-gnu-
GUEST_TRIPLE        := aarch64-none-elf
GUEST_ARCH_FLAGS    := -mcpu=cortex-a53 -mgeneral-regs-only -mstrict-align -ffixed-x18
ifneq ($(CC_KIND),clang)
GUEST_ARCH_FLAGS += -mno-outline-atomics
endif
