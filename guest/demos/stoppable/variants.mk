# SPDX-License-Identifier: BSD-2-Clause
# stoppable-reset.elf asks for a reset instead of power-off.
$(eval $(call GUEST,stoppable,guest/demos/stoppable,))
$(eval $(call GUEST,stoppable-reset,guest/demos/stoppable,-DSTOPPABLE_RESET))
