/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's interrupts: who has which, their state after reset, SGIs.
 */
#include "arch/aarch64/vgic.h"

#include "abi/plan.h"
#include "arch/aarch64/gic.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/sharing.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "lib/string.h"

#define SGIS     0x0000ffffu
#define ALL_IRQS 0xffffffffu

/*
 * After reset: Group 0, as the GIC has it; Group 1 on the direct way, which has no other. On the
 * direct way SGIs, and the lines of emulated devices, are physical interrupts, too.
 */
__attribute__((cold)) static void reset_bank(
	const struct vm *vm, struct irq_bank *bank, uint32_t owned, uint32_t without_device)
{
	const bool direct = vgic_is_direct(vm);

	memset(bank, 0, sizeof(*bank));
	bank->owned = owned;
	bank->hardware = direct ? owned : owned & ~without_device;
	bank->group1 = direct ? ALL_IRQS : 0;
}

__attribute__((cold)) static void reset_private(struct vcpu *vcpu)
{
	const uint32_t owned = SGIS | (vcpu_is_shared(vcpu) ? GIC_PPI_TIMERS : GIC_PPI_GUEST);

	for (uint32_t todo = vcpu_is_shared(vcpu) ? 0 : owned; todo; todo &= todo - 1) {
		gic_quiesce(vcpu->cpu, bits_lowest(todo));
		gic_set_priority(vcpu->cpu, bits_lowest(todo), GIC_PRIORITY_GUEST);
	}
	reset_bank(vcpu->vm, &vcpu->arch.bank, owned, SGIS);
	vcpu->arch.private_on = 0;
	vcpu->arch.bank.edge = SGIS;
	vcpu->arch.posted = 0;
	vcpu->arch.asleep = 1;
}

/* Aff0 above 15 is named by the range selector; the affinity's parts stand as in 12.2.20. */
static uint64_t sgi_address(uint64_t affinity)
{
	const uint64_t aff0 = affinity & 0xff;

	return bits_get(affinity, 32, 8) << 48 | (aff0 >> 4) << 44 |
	       bits_get(affinity, 16, 8) << 32 | bits_get(affinity, 8, 8) << 16 | BIT(aff0 & 15);
}

static void apply_word(struct vcpu *frame, uint32_t word)
{
	const struct irq_bank *bank = vgic_bank(frame, word);
	const uint32_t on = vgic_physical_on(frame->vm, bank);

	if (word == 0 && vcpu_is_shared(frame)) {
		vgic_shared_apply_private(frame);
		return;
	}
	gic_write_word(frame->cpu, word, GICD_ISENABLER, on);
	gic_write_word(frame->cpu, word, GICD_ICENABLER, bank->hardware & ~on);
}

__attribute__((cold)) void vgic_apply_enables(struct vm *vm)
{
	for (uint32_t word = 1; word < vm->plan->irq_limit / 32; word++)
		apply_word(vm_vcpu(vm, 0), word);
	for (unsigned i = 0; i < vm->plan->vcpu_count; i++)
		apply_word(vm_vcpu(vm, i), 0);
}

static bool is_beside_direct(const struct vm *vm)
{
	for (unsigned i = 0; i < hyp_plan->vm_count && !vgic_is_direct(vm); i++) {
		if (hyp_plan->vms[i].delivery == PLAN_DIRECT)
			return true;
	}
	return false;
}

static void reset_shared(struct vm *vm, const struct plan_irq *irq)
{
	const struct cpu *cpu = vm_vcpu(vm, 0)->cpu;
	struct irq_bank *bank = vgic_bank(vm_vcpu(vm, 0), irq->id / 32);
	const uint32_t bit = 1u << irq->id % 32;
	const bool is_virtual = irq->flags & PLAN_IRQ_VIRTUAL, is_edge = irq->flags & PLAN_IRQ_EDGE;

	*vgic_target(vm, irq->id) = 0;
	bank->owned |= bit;
	bank->hardware |= vgic_is_direct(vm) || !is_virtual ? bit : 0;
	bank->edge |= is_edge ? bit : 0;
	gic_quiesce(cpu, irq->id);
	gic_set_edge(irq->id, is_edge);
	gic_set_priority(cpu, irq->id,
		!HYP_SHARED || vgic_is_direct(vm) ? GIC_PRIORITY_GUEST : irq_shared_priority(vm));
	gic_route(irq->id, cpu);
}

__attribute__((cold)) static void reset_all_shared(struct vm *vm)
{
	const struct plan_vm *plan = vm->plan;

	vm->arch.gicd_ctlr = 0;
	vm->arch.vcpus = vm_vcpu(vm, 0);
	vm->arch.vcpu_mask = (1u << plan->vcpu_count) - 1;
	vm->arch.beside_direct = is_beside_direct(vm);
	for (uint32_t word = 1; word < plan->irq_limit / 32; word++)
		reset_bank(vm, vgic_bank(vm_vcpu(vm, 0), word), 0, 0);
	for (uint32_t i = 0; i < plan->irq_count; i++)
		reset_shared(vm, &plan->irqs[i]);
}

__attribute__((cold)) void arch_vm_reset_irqs(struct vm *vm, unsigned first, unsigned count)
{
	if (first == 0)
		reset_all_shared(vm);
	for (unsigned i = first; i < first + count; i++) {
		struct vcpu *vcpu = vm_vcpu(vm, i);

		reset_private(vcpu);
		vcpu->arch.may_fill_first = !vm->arch.beside_direct;
		vcpu->arch.sgi_address = sgi_address(vcpu->cpu->plan->hw_id);
	}
}

#define SGI_ID         (0xfull << 24)
#define SGI_IRM        BIT(40) /* all but the sender */
#define SGI_AFFINITIES (BIT(48) * 0xff | BIT(44) * 0xf | BIT(32) * 0xff | BIT(16) * 0xff)

static inline void send_direct(const struct vm *vm, uint32_t targets, uint64_t id)
{
	for (; targets; targets &= targets - 1)
		sysreg_write(
			ICC_SGI1R_EL1, vm->arch.vcpus[bits_lowest(targets)].arch.sgi_address | id);
	isb();
}

RARELY static void send_injected(struct vcpu *vcpu, uint32_t targets, uint32_t id, bool group1)
{
	for (; targets; targets &= targets - 1)
		vgic_injected_sgi(vcpu, vcpu->vm->arch.vcpus + bits_lowest(targets), id, group1);
	isb();
}

/*
 * IHI 0069 12.2.20, ICC_SGI1R_EL1. vCPU n of a VM has affinity 0.0.0.n with n below 16 (the plan
 * numbers them so), hence the target list names vCPUs, and a CPU that is not there or is not the
 * VM's own cannot be named.
 */
void vgic_send_sgi(struct vcpu *vcpu, uint64_t request, bool group1)
{
	const struct vm *vm = vcpu->vm;
	uint32_t targets = (uint32_t)request & 0xffff;

	if (__builtin_expect((request & (SGI_IRM | SGI_AFFINITIES)) != 0, 0))
		targets = request & SGI_IRM ? ~(1u << vcpu->plan->index) : 0;
	targets &= vm->arch.vcpu_mask;
	dsb(ishst); /* the sender's stores are seen before its interrupt */
	if (vgic_is_direct(vm))
		send_direct(vm, targets, request & SGI_ID);
	else
		send_injected(vcpu, targets, (uint32_t)bits_get(request, 24, 4), group1);
}

__attribute__((cold)) void vgic_cpu_start(struct vcpu *vcpu)
{
	sysreg_write(ICC_CTLR_EL1, vgic_is_direct(vcpu->vm) ? 0 : ICC_CTLR_EOIMODE);
	sysreg_write(ICH_VMCR_EL2, 0);
	if (!vgic_is_direct(vcpu->vm)) {
		vgic_injected_start();
		vgic_injected_sync(vcpu); /* what came while it was off */
	}
	sysreg_write(ICC_PMR_EL1, GIC_MASK_NONE);
	isb();
}

/* The CPU's interface is as gic_cpu_init left it: a guest's interrupts wait and do not wake it. */
__attribute__((cold)) void vgic_cpu_park(struct vcpu *vcpu)
{
	const unsigned priority_bits = (unsigned)bits_get(sysreg_read(ICC_CTLR_EL1), 8, 3) + 1;

	gic_mask_guests();
	if (vgic_is_direct(vcpu->vm))
		sysreg_write(ICC_IGRPEN1_EL1, 0);
	else
		vgic_injected_stop(vcpu);
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
