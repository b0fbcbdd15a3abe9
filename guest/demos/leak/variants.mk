# SPDX-License-Identifier: BSD-2-Clause
# Two guests to share a core: leak-plant.elf and leak-look.elf; the long ones go on for minutes.
ifneq ($(wildcard guest/demos/leak/$(ARCH)/*.c),)
$(eval $(call GUEST,leak-plant,guest/demos/leak,-DLEAK_PLANT))
$(eval $(call GUEST,leak-look,guest/demos/leak,))
$(eval $(call GUEST,leak-plant-long,guest/demos/leak,-DLEAK_PLANT -DLEAK_SECONDS=180))
$(eval $(call GUEST,leak-look-long,guest/demos/leak,-DLEAK_SECONDS=180))
endif
