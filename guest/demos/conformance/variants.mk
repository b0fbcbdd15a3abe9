# SPDX-License-Identifier: BSD-2-Clause
# conformance.elf tries the hypervisor; conformance-partner.elf is the VM that it talks to.
$(eval $(call GUEST,conformance,guest/demos/conformance,,,$(GUEST_REALTIME)))
$(eval $(call GUEST,conformance-partner,guest/demos/conformance,-DCONFORMANCE_PARTNER,,\
	$(GUEST_REALTIME)))
