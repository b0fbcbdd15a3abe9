# SPDX-License-Identifier: BSD-2-Clause
# The two sides of the measurements of communication.
$(eval $(call GUEST,bench-comm-client,guest/demos/bench-comm,))
$(eval $(call GUEST,bench-comm-server,guest/demos/bench-comm,-DCOMM_SERVER))
$(eval $(call GUEST,bench-virtio-client,guest/demos/bench-comm,-DCOMM_VIRTIO_CLIENT))
$(eval $(call GUEST,bench-virtio-server,guest/demos/bench-comm,-DCOMM_VIRTIO_SERVER))
