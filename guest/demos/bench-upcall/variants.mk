# SPDX-License-Identifier: BSD-2-Clause
# bench-upcall-copy.elf is for a hypervisor that copies (tests/bench/upcall_copy).
$(eval $(call GUEST,bench-upcall,guest/demos/bench-upcall,))
$(eval $(call GUEST,bench-upcall-copy,guest/demos/bench-upcall,-DBENCH_COPY))
