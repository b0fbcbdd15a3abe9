# SPDX-License-Identifier: BSD-2-Clause
# control-short.elf is for quick tests.
$(eval $(call GUEST,control,guest/demos/control,))
$(eval $(call GUEST,control-short,guest/demos/control,-DCONTROL_PERIODS=500))
