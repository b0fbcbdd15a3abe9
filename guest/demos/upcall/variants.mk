# SPDX-License-Identifier: BSD-2-Clause
# The test of upcalls, and a short one for a core that others have, too.
$(eval $(call GUEST,upcall,guest/demos/upcall,))
$(eval $(call GUEST,upcall-short,guest/demos/upcall,-DUPCALL_COUNT=2000))
