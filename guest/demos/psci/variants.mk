# SPDX-License-Identifier: BSD-2-Clause
# psci-bad-addresses.elf also starts the second CPU where it cannot run.
$(eval $(call GUEST,psci,guest/demos/psci,))
$(eval $(call GUEST,psci-bad-addresses,guest/demos/psci,-DPSCI_BAD_ADDRESSES))
