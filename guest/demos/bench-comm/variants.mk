# SPDX-License-Identifier: BSD-2-Clause
# The two sides of the measurements of communication.
$(eval $(call GUEST,bench-comm-client,guest/demos/bench-comm,))
$(eval $(call GUEST,bench-comm-server,guest/demos/bench-comm,-DCOMM_SERVER))
