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

static void enable(struct vcpu *frame, uint32_t id, struct virq *virq)
{
	if (vgic_group_enabled(frame->vm, virq))
		gic_set_bit(frame->cpu, id, GICD_ISENABLER);
}

static void disable(struct vcpu *frame, uint32_t id, struct virq *virq)
{
	(void)virq;
	gic_set_bit(frame->cpu, id, GICD_ICENABLER);
}

static void set_pending(struct vcpu *frame, uint32_t id, struct virq *virq, bool pending)
{
	(void)virq;
	gic_set_bit(frame->cpu, id, pending ? GICD_ISPENDR : GICD_ICPENDR);
}

static bool is_pending(struct vcpu *frame, uint32_t id, const struct virq *virq)
{
	(void)virq;
	return gic_get_bit(frame->cpu, id, GICD_ISPENDR);
}

static void set_active(struct vcpu *frame, uint32_t id, struct virq *virq, bool active)
{
	(void)virq;
	gic_set_bit(frame->cpu, id, active ? GICD_ISACTIVER : GICD_ICACTIVER);
}

static bool is_active(struct vcpu *frame, uint32_t id, const struct virq *virq)
{
	(void)virq;
	return gic_get_bit(frame->cpu, id, GICD_ISACTIVER);
}

/* The guest's range becomes the lower half of the physical one, as a Non-secure view does. */
static void set_priority(struct vcpu *frame, uint32_t id, struct virq *virq)
{
	gic_set_priority(frame->cpu, id, (uint8_t)(GIC_PRIORITY_GUEST | virq->priority >> 1));
}

static void settle_one(struct vcpu *frame, uint32_t id, struct virq *virq)
{
	if (!virq)
		return;
	if ((virq->flags & VIRQ_ENABLED) && vgic_group_enabled(frame->vm, virq))
		gic_set_bit(frame->cpu, id, GICD_ISENABLER);
	else
		gic_set_bit(frame->cpu, id, GICD_ICENABLER);
}

/* GICD_CTLR changed: the physical enables are the guest's, gated by it. */
static void settle(struct vcpu *frame)
{
	const struct vm *vm = frame->vm;

	for (uint32_t i = 0; i < vm->plan->irq_count; i++)
		settle_one(frame, vm->plan->irqs[i].id, (struct virq *)vm->plan->virqs + i);
	for (unsigned i = 0; i < vm->plan->vcpu_count; i++) {
		struct vcpu *vcpu = vm_vcpu(vm, i);

		for (uint32_t id = 0; id < GIC_PRIVATE_IRQS; id++)
			settle_one(vcpu, id, vgic_find(vcpu, id));
	}
}

const struct vgic_route vgic_direct = {
	.enable = enable,
	.disable = disable,
	.set_pending = set_pending,
	.is_pending = is_pending,
	.set_active = set_active,
	.is_active = is_active,
	.set_priority = set_priority,
	.settle = settle,
};

/* Physical ICC_SGI1R_EL1 for one CPU; Aff0 above 15 is named by the range selector. */
void vgic_direct_sgi(struct vcpu *target, uint32_t id)
{
	const uint64_t affinity = target->cpu->plan->hw_id;
	const uint64_t aff0 = affinity & 0xff;

	dsb(ishst); /* the sender's stores are seen before its interrupt */
	sysreg_write(ICC_SGI1R_EL1,
		bits_get(affinity, 32, 8) << 48 | (aff0 >> 4) << 44 | bits_get(affinity, 16, 8) << 32 |
			(uint64_t)id << 24 | bits_get(affinity, 8, 8) << 16 | BIT(aff0 & 15));
	isb();
}
