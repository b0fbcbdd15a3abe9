# SPDX-License-Identifier: BSD-2-Clause
# rt-demo.elf: three tasks that take 60 % of a core, for six seconds; rt-demo-short.elf: for two.
# rt-demo-overrun.elf: the same and one that never ends its job. rt-demo-eight.elf: eight tasks that
# take 90 %; rt-demo-minute.elf: for 60 seconds. rt-demo-fault.elf: one task, which soon makes a
# mistake that costs its VM this life.
$(eval $(call GUEST,rt-demo,guest/demos/rt-demo,,,$(GUEST_REALTIME)))
$(eval $(call GUEST,rt-demo-short,guest/demos/rt-demo,-DDEMO_SECONDS=2,,$(GUEST_REALTIME)))
$(eval $(call GUEST,rt-demo-overrun,guest/demos/rt-demo,\
	-DDEMO_SET=DEMO_OVERRUN -DDEMO_SECONDS=2,,$(GUEST_REALTIME)))
$(eval $(call GUEST,rt-demo-eight,guest/demos/rt-demo,\
	-DDEMO_SET=DEMO_EIGHT -DDEMO_SECONDS=2,,$(GUEST_REALTIME)))
$(eval $(call GUEST,rt-demo-minute,guest/demos/rt-demo,\
	-DDEMO_SET=DEMO_EIGHT -DDEMO_SECONDS=60,,$(GUEST_REALTIME)))
$(eval $(call GUEST,rt-demo-fault,guest/demos/rt-demo,\
	-DDEMO_SET=DEMO_FAULT -DDEMO_SECONDS=2,,$(GUEST_REALTIME)))
