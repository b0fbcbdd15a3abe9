# SPDX-License-Identifier: BSD-2-Clause
# bench-native.elf is for the bare machine, where firmware lies at the start of RAM (RISC-V),
# bench-clock.elf for shared cores, which have no cycle counter (AArch64).
$(eval $(call GUEST,bench,guest/demos/bench,))
ifeq ($(ARCH),aarch64)
$(eval $(call GUEST,bench-clock,guest/demos/bench,-DBENCH_BY_CLOCK))
endif
ifeq ($(ARCH),riscv64)
$(eval $(call GUEST,bench-native,guest/demos/bench,,-Wl$(comma)--defsym=guest_base=0x80200000))
endif
