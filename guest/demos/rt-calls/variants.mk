# SPDX-License-Identifier: BSD-2-Clause
$(eval $(call GUEST,rt-calls,guest/demos/rt-calls,,,$(GUEST_REALTIME)))
