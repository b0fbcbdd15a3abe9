# SPDX-License-Identifier: BSD-2-Clause
# With 30 ms of each 300 ms, a quantum of ten as in the paper, and with 1 ms of each 10 ms.
$(eval $(call GUEST,experiment-adpcm,guest/demos/experiment-adpcm,,,$(GUEST_REALTIME)))
$(eval $(call GUEST,experiment-adpcm-1ms,guest/demos/experiment-adpcm,-DCAPACITY_MS=1,,\
	$(GUEST_REALTIME)))
