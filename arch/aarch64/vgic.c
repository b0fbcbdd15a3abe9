/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's interrupts: who has which, their state after reset, SGIs.
 */
#include "arch/aarch64/vgic.h"

#include "abi/plan.h"
#include "arch/aarch64/gic.h"
#include "arch/aarch64/regs.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

const struct vgic_route *vgic_route_of(const struct vm *vm)
{
	return vm->plan->delivery == PLAN_DIRECT ? &vgic_direct : &vgic_injected;
}

static struct virq *find_shared(const struct plan_vm *plan, uint32_t id)
{
	uint32_t low = 0, high = plan->irq_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (plan->irqs[middle].id == id)
			return (struct virq *)plan->virqs + middle;
		if (plan->irqs[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

struct virq *vgic_find(const struct vcpu *vcpu, uint32_t id)
{
	const struct virq *virq;

	if (id >= GIC_PRIVATE_IRQS)
		return find_shared(vcpu->vm->plan, id);
	virq = &vcpu->arch.privates[id];
	return virq->flags & VIRQ_OWNED ? (struct virq *)virq : 0;
}

struct vcpu *vgic_target(struct vcpu *frame, uint32_t id, const struct virq *virq)
{
	return id < GIC_PRIVATE_IRQS ? frame : vm_vcpu(frame->vm, virq->vcpu);
}

bool vgic_group_enabled(const struct vm *vm, const struct virq *virq)
{
	uint64_t bit = virq->flags & VIRQ_GROUP1 ? GICD_CTLR_GROUP1 : GICD_CTLR_GROUP0;

	return (vm->arch.gicd_ctlr & bit) != 0;
}

/* Group 1 after reset on the direct way, which has no other; Group 0 as the GIC has it elsewhere. */
static uint16_t reset_group(const struct vm *vm)
{
	return vm->plan->delivery == PLAN_DIRECT ? VIRQ_GROUP1 : 0;
}

/* The state of a redistributor after reset. Memory only: the CPU it belongs to need not be up. */
static void reset_privates(struct vcpu *vcpu)
{
	for (uint32_t id = 0; id < GIC_PRIVATE_IRQS; id++) {
		struct virq *virq = &vcpu->arch.privates[id];
		uint16_t flags = 0;

		if (id < GIC_SGIS)
			flags = VIRQ_OWNED | VIRQ_EDGE;
		else if (GIC_PPI_GUEST >> id & 1)
			flags = VIRQ_OWNED | VIRQ_HARDWARE;
		/* On the direct way SGIs are physical ones, too. */
		if (flags && vcpu->vm->plan->delivery == PLAN_DIRECT)
			flags |= VIRQ_HARDWARE;
		*virq = (struct virq){.flags = flags ? flags | reset_group(vcpu->vm) : 0};
	}
	vcpu->arch.sgis_posted = 0;
	vcpu->arch.asleep = 1;
}

void arch_vm_reset_irqs(struct vm *vm)
{
	const struct plan_vm *plan = vm->plan;
	struct virq *virqs = plan->virqs;

	vm->arch.gicd_ctlr = 0;
	for (uint32_t i = 0; i < plan->irq_count; i++) {
		const struct plan_irq *irq = &plan->irqs[i];
		const struct cpu *cpu = vm_vcpu(vm, 0)->cpu;

		virqs[i] = (struct virq){.flags = VIRQ_OWNED | reset_group(vm)};
		if (irq->flags & PLAN_IRQ_EDGE)
			virqs[i].flags |= VIRQ_EDGE;
		if (!(irq->flags & PLAN_IRQ_VIRTUAL) || plan->delivery == PLAN_DIRECT)
			virqs[i].flags |= VIRQ_HARDWARE;
		gic_quiesce(cpu, irq->id);
		gic_set_edge(irq->id, irq->flags & PLAN_IRQ_EDGE);
		gic_set_priority(cpu, irq->id, GIC_PRIORITY_GUEST);
		gic_route(irq->id, cpu);
	}
	for (unsigned i = 0; i < plan->vcpu_count; i++)
		reset_privates(vm_vcpu(vm, i));
}

static void send_to(struct vcpu *sender, struct vcpu *target, uint32_t id)
{
	if (sender->vm->plan->delivery == PLAN_DIRECT)
		vgic_direct_sgi(target, id);
	else
		vgic_injected_sgi(sender, target, id);
}

/*
 * IHI 0069 12.2.20, ICC_SGI1R_EL1. vCPU n of a VM has affinity 0.0.0.n with Aff0 below 16 (the
 * plan numbers them so), hence the target list names vCPUs, and a vCPU that is not there or is not
 * the VM's own cannot be named.
 */
void vgic_send_sgi(struct vcpu *vcpu, uint64_t request)
{
	const uint64_t affinities = BIT(48) * 0xff | BIT(32) * 0xff | BIT(16) * 0xff | BIT(44) * 0xf;
	const uint32_t id = (uint32_t)bits_get(request, 24, 4);
	const unsigned count = vcpu->vm->plan->vcpu_count;
	uint32_t targets = (uint32_t)request & 0xffff;

	if (request & BIT(40)) /* IRM: all but the sender */
		targets = ~(1u << vcpu->plan->index);
	else if (request & affinities)
		return;
	targets &= (1u << count) - 1;
	for (; targets; targets &= targets - 1)
		send_to(vcpu, vm_vcpu(vcpu->vm, bits_lowest(targets)), id);
}

/* Only interrupts that their target has in Group 0 (IHI 0069 table 8-13, one security state). */
void vgic_send_group0_sgi(struct vcpu *vcpu, uint64_t request)
{
	if (vcpu->vm->plan->delivery == PLAN_INJECTED)
		vgic_send_sgi(vcpu, request);
}

void vgic_cpu_start(struct vcpu *vcpu)
{
	reset_privates(vcpu);
	sysreg_write(ICC_CTLR_EL1, vcpu->vm->plan->delivery == PLAN_DIRECT ? 0 : ICC_CTLR_EOIMODE);
	if (vcpu->vm->plan->delivery == PLAN_INJECTED)
		vgic_injected_start();
	isb();
}

/* What this vCPU had pending and active goes, so that the CPU is as gic_cpu_init left it. */
void vgic_cpu_park(struct vcpu *vcpu)
{
	const unsigned priority_bits = (unsigned)bits_get(sysreg_read(ICC_CTLR_EL1), 8, 3) + 1;

	for (uint32_t id = 0; id < GIC_PRIVATE_IRQS; id++) {
		if (id < GIC_SGIS || (GIC_PPI_GUEST >> id & 1))
			gic_quiesce(vcpu->cpu, id);
	}
	if (vcpu->vm->plan->delivery == PLAN_INJECTED)
		vgic_injected_stop();
	else
		sysreg_write(ICC_IGRPEN1_EL1, 0);
	/* Active priorities, also those that a guest wrote to lock us out. */
	sysreg_write(ICC_AP1R0_EL1, 0);
	if (priority_bits > 5)
		sysreg_write(ICC_AP1R1_EL1, 0);
	if (priority_bits > 6) {
		sysreg_write(ICC_AP1R2_EL1, 0);
		sysreg_write(ICC_AP1R3_EL1, 0);
	}
	sysreg_write(ICC_BPR1_EL1, 0);
	isb();
}
