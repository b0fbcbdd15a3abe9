# SPDX-License-Identifier: BSD-2-Clause
# What the VMs are that share a core in the measurements.
$(eval $(call GUEST,bench-hog,guest/demos/bench-shared,-DSHARED_ROLE=role_hog,,$(GUEST_REALTIME)))
$(eval $(call GUEST,bench-sleeper,guest/demos/bench-shared,-DSHARED_ROLE=role_sleeper,,\
	$(GUEST_REALTIME)))
$(eval $(call GUEST,bench-switch,guest/demos/bench-shared,-DSHARED_ROLE=role_switch,,\
	$(GUEST_REALTIME)))
$(eval $(call GUEST,bench-switch-float,guest/demos/bench-shared,-DSHARED_ROLE=role_switch \
	-DSHARED_FLOAT,,$(GUEST_REALTIME)))
$(eval $(call GUEST,bench-dispatch,guest/demos/bench-shared,-DSHARED_ROLE=role_dispatch,,\
	$(GUEST_REALTIME)))
$(eval $(call GUEST,bench-load,guest/demos/bench-shared,-DSHARED_ROLE=role_load,,\
	$(GUEST_REALTIME)))
$(eval $(call GUEST,bench-load-short,guest/demos/bench-shared,-DSHARED_ROLE=role_load \
	-DSHARED_SECONDS=3,,$(GUEST_REALTIME)))
