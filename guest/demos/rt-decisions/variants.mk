# SPDX-License-Identifier: BSD-2-Clause
$(eval $(call GUEST,rt-decisions,guest/demos/rt-decisions,,,$(GUEST_REALTIME)))
