# SPDX-License-Identifier: BSD-2-Clause
# Who waits for the lock says so to the processor, or just spins.
$(eval $(call GUEST,experiment-lock,guest/demos/experiment-lock,))
$(eval $(call GUEST,experiment-lock-spins,guest/demos/experiment-lock,-DLOCK_SPINS))
