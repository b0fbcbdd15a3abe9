# SPDX-License-Identifier: BSD-2-Clause
$(eval $(call GUEST,experiment-adpcm,guest/demos/experiment-adpcm,,,$(GUEST_REALTIME)))
