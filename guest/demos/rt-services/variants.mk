# SPDX-License-Identifier: BSD-2-Clause
$(eval $(call GUEST,rt-services,guest/demos/rt-services,,,$(GUEST_REALTIME)))
