# SPDX-License-Identifier: BSD-2-Clause
# In ipc-talk-restarts.elf both sides are restarted amid the traffic.
$(eval $(call GUEST,ipc-talk,guest/demos/ipc-talk,))
$(eval $(call GUEST,ipc-talk-restarts,guest/demos/ipc-talk,-DTALK_RESTARTS=12))
