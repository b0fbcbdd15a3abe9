# SPDX-License-Identifier: BSD-2-Clause
# shared-spin.elf for one second of its clock, shared-spin-long.elf for ten, shared-spin-always.elf
# until it is stopped from outside.
$(eval $(call GUEST,shared-spin,guest/demos/shared-spin,))
$(eval $(call GUEST,shared-spin-long,guest/demos/shared-spin,-DSPIN_TENTHS=100))
$(eval $(call GUEST,shared-spin-always,guest/demos/shared-spin,-DSPIN_TENTHS=0))
