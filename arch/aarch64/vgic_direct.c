/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The direct way: a guest's interrupts are the physical ones, taken, acknowledged and ended by the
 * guest on its own core with no exit. Configuring them comes here and goes to the hardware.
 */
#include "arch/aarch64/gic.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/vgic.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/cpu.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

void vgic_direct_set_pending(struct vcpu *frame, uint32_t word, uint32_t bits, bool pending)
{
	gic_write_word(frame->cpu, word, pending ? GICD_ISPENDR : GICD_ICPENDR, bits);
}

void vgic_direct_set_active(struct vcpu *frame, uint32_t word, uint32_t bits, bool active)
{
	gic_write_word(frame->cpu, word, active ? GICD_ISACTIVER : GICD_ICACTIVER, bits);
}

uint32_t vgic_direct_pending(struct vcpu *frame, uint32_t word)
{
	return gic_read_word(frame->cpu, word, GICD_ISPENDR);
}

uint32_t vgic_direct_active(struct vcpu *frame, uint32_t word)
{
	return gic_read_word(frame->cpu, word, GICD_ISACTIVER);
}

/*
 * The guest's range becomes the lower half of the physical one, as a Non-secure view does; its
 * lowest priority stays above the mask's last step, which would hide it (4.8.6).
 */
void vgic_direct_prioritize(struct vcpu *frame, uint32_t id)
{
	uint8_t priority = vgic_bank(frame, id / 32)->priority[id % 32];

	uint8_t physical = (uint8_t)(GIC_PRIORITY_GUEST | priority >> 1);

	gic_set_priority(
		frame->cpu, id, physical < GIC_PRIORITY_LOWEST ? physical : GIC_PRIORITY_LOWEST);
}
