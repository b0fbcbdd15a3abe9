# SPDX-License-Identifier: BSD-2-Clause
# shared-spin.elf for one second of its clock, shared-spin-always.elf until it is stopped.
$(eval $(call GUEST,shared-spin,guest/demos/shared-spin,))
$(eval $(call GUEST,shared-spin-always,guest/demos/shared-spin,-DSPIN_TENTHS=0))
