# SPDX-License-Identifier: BSD-2-Clause
# In ipc-talk-restarts.elf both sides are restarted amid the traffic; ipc-talk-long.elf is for
# traffic amid others' mischief.
$(eval $(call GUEST,ipc-talk,guest/demos/ipc-talk,))
$(eval $(call GUEST,ipc-talk-restarts,guest/demos/ipc-talk,-DTALK_RESTARTS=12))
$(eval $(call GUEST,ipc-talk-long,guest/demos/ipc-talk,-DTALK_MESSAGES=50000))
