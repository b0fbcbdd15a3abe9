# SPDX-License-Identifier: BSD-2-Clause
# conformance.elf tries the hypervisor; conformance-partner.elf is the VM that it talks to;
# conformance-hand-over.elf is for a core with a third VM that computes, and tries MSG-17 alone.
$(eval $(call GUEST,conformance,guest/demos/conformance,,,$(GUEST_REALTIME)))
$(eval $(call GUEST,conformance-hand-over,guest/demos/conformance,-DCONFORMANCE_HAND_OVER,,\
	$(GUEST_REALTIME)))
$(eval $(call GUEST,conformance-partner,guest/demos/conformance,-DCONFORMANCE_PARTNER,,\
	$(GUEST_REALTIME)))
