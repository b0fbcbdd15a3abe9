# SPDX-License-Identifier: BSD-2-Clause
# rt-client.elf may start and end the services of VM 0, rt-client-denied.elf may not.
$(eval $(call GUEST,rt-client,guest/demos/rt-client,))
$(eval $(call GUEST,rt-client-denied,guest/demos/rt-client,-DCLIENT_DENIED))
