# SPDX-License-Identifier: BSD-2-Clause
# The other end of the tunnel of guest/demos/upcall, which counts as far.
$(eval $(call GUEST,upcall-ringer,guest/demos/upcall-ringer,))
$(eval $(call GUEST,upcall-ringer-short,guest/demos/upcall-ringer,-DUPCALL_COUNT=2000))
