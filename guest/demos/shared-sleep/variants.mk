# SPDX-License-Identifier: BSD-2-Clause
# shared-sleep.elf wakes ten times a second, thirty times in all.
$(eval $(call GUEST,shared-sleep,guest/demos/shared-sleep,))
