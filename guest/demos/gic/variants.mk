# SPDX-License-Identifier: BSD-2-Clause
# gic-masking.elf also checks priority masking and the split end of interrupts, which a guest has
# only where its interrupts are injected.
$(eval $(call GUEST,gic,guest/demos/gic,))
$(eval $(call GUEST,gic-masking,guest/demos/gic,-DGIC_MASKING))
