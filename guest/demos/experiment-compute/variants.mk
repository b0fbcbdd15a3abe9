# SPDX-License-Identifier: BSD-2-Clause
# experiment-compute begins when a Linux beside it has booted, experiment-hog at once.
$(eval $(call GUEST,experiment-compute,guest/demos/experiment-compute,))
$(eval $(call GUEST,experiment-hog,guest/demos/experiment-compute,-DBEGIN_MS=0))
