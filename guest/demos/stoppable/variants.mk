# SPDX-License-Identifier: BSD-2-Clause
# stoppable-reset.elf asks for a reset instead of power-off; in stoppable-sleep.elf the second CPU
# sleeps.
$(eval $(call GUEST,stoppable,guest/demos/stoppable,))
$(eval $(call GUEST,stoppable-reset,guest/demos/stoppable,-DSTOPPABLE_RESET))
$(eval $(call GUEST,stoppable-sleep,guest/demos/stoppable,-DSTOPPABLE_SLEEP))
