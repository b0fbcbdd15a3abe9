# SPDX-License-Identifier: BSD-2-Clause
$(eval $(call GUEST,upcall-tasks,guest/demos/upcall-tasks,,,$(GUEST_REALTIME)))
