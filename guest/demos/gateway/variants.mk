# SPDX-License-Identifier: BSD-2-Clause
# gateway.elf: the control VM of examples/gateway.yaml.
$(eval $(call GUEST,gateway,guest/demos/gateway,,,$(GUEST_REALTIME)))
