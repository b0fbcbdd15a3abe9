# SPDX-License-Identifier: BSD-2-Clause
# faults.elf does everything that the guest survives, faults-NAME.elf does one thing.
FAULTS := $(shell sed -n 's/^\tX.\([a-z0-9_]*\),.*/\1/p' guest/demos/faults/$(ARCH)/list.c)
$(eval $(call GUEST,faults,guest/demos/faults,))
$(foreach f,$(FAULTS),$(eval $(call \
	GUEST,faults-$(subst _,-,$(f)),guest/demos/faults,-DFAULT=$(f))))
