/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical interrupts on a shared CPU: who gets one that the running vCPU is not for, and which may
 * disturb it.
 */
#include "abi/plan.h"
#include "arch/aarch64/gic.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/sharing.h"
#include "arch/aarch64/upcall.h"
#include "arch/aarch64/vgic.h"
#include "arch/aarch64/vgic_shared.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/shared.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"

/* By enum irq_filter: all, and the more urgent half of the guests' interrupts. */
uint8_t irq_shared_masks[] = {GIC_MASK_NONE, GIC_PRIORITY_GUEST};

/*
 * Under firmware with two security states our priorities are the lower half of the physical ones.
 * The mask is seen in the same way if SCR_EL3.FIQ is set, and as it is if not (IHI 0069 4.8.6): the
 * lowest bit that is implemented tells, which the first way shifts out.
 */
static bool is_mask_physical(void)
{
	const unsigned bits = (unsigned)bits_get(sysreg_read(ICC_CTLR_EL1), 8, 3) + 1;

	sysreg_write(ICC_PMR_EL1, 1u << (8 - bits));
	return !(mmio_read32(hyp_plan->intc, GICD_CTLR) & GICD_CTLR_DS) &&
	       sysreg_read(ICC_PMR_EL1) != 0;
}

void irq_shared_init(const struct cpu *cpu)
{
	for (uint32_t todo = GIC_PPI_TIMERS; todo; todo &= todo - 1)
		gic_set_priority(cpu, bits_lowest(todo), GIC_PRIORITY_REAL_TIME);
	irq_shared_masks[IRQ_FILTER_REAL_TIME] =
		is_mask_physical() ? 0x80 | GIC_PRIORITY_GUEST >> 1 : GIC_PRIORITY_GUEST;
	sysreg_write(ICC_CTLR_EL1, ICC_CTLR_EOIMODE);
	sysreg_write(ICC_IGRPEN1_EL1, 1);
	sysreg_write(ICC_PMR_EL1, GIC_MASK_NONE);
	arch_timer_arm(ARCH_NEVER);
	sysreg_write(cnthp_ctl_el2, 1); /* on for good */
	isb();
}

uint8_t irq_shared_priority(const struct vm *vm)
{
	const struct plan_vcpu *vcpu = hyp_plan->vcpus + vm->plan->vcpu_first;

	if (vm->plan->task_first < vm->plan->vcpu_count)
		return GIC_PRIORITY_REAL_TIME;
	for (unsigned i = 0; i < vm->plan->vcpu_count; i++) {
		if (vcpu[i].period_ticks)
			return GIC_PRIORITY_REAL_TIME;
	}
	return GIC_PRIORITY_GUEST;
}

static uint32_t of_devices(const struct irq_bank *bank)
{
	return bank->hardware | bank->upcall;
}

/* The VM that has this shared interrupt, injected, or NULL. */
static struct vm *owner_of(uint32_t id)
{
	for (unsigned i = 0; i < hyp_plan->vm_count; i++) {
		struct vm *vm = vm_at(i);

		if (id < vm->plan->irq_limit && !vgic_is_direct(vm) &&
			(of_devices(vgic_bank(vm_vcpu(vm, 0), id / 32)) >> id % 32 & 1))
			return vm;
	}
	return 0;
}

/* The VM's interrupts are sorted by number. */
static bool is_fast(const struct plan_vm *vm, uint32_t id)
{
	uint32_t low = 0, high = vm->irq_count;

	while (low < high) {
		const uint32_t middle = (low + high) / 2;

		if (vm->irqs[middle].id == id)
			return vm->irqs[middle].flags & PLAN_IRQ_FAST;
		if (vm->irqs[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static struct vcpu *target_of(const struct vm *vm, uint32_t id)
{
	return vm_vcpu(vm, *vgic_target(vm, id));
}

/*
 * Tells a vCPU that is not loaded here; its guest will end the interrupt, which cannot come again
 * before that.
 */
static void book(struct cpu *cpu, struct vm *vm, uint32_t id)
{
	struct vcpu *target;

	lock_take(&vm->arch.lock);
	target = target_of(vm, id);
	vgic_shared_arrived(target, id);
	lock_release(&vm->arch.lock);
	if (target->shared && target->cpu == cpu)
		shared_arrived(target, id, is_fast(vm->plan, id));
	else
		vcpu_kick(target); /* it has moved, or the interrupt was aimed at another vCPU */
}

/* An acknowledged shared interrupt. Returns true if it is for a vCPU that is not loaded. */
static bool take(struct cpu *cpu, uint32_t id)
{
	struct vm *vm = owner_of(id);
	struct vcpu *loaded = cpu->vcpu;

	sysreg_write(ICC_EOIR1_EL1, id);
	if (!vm) {
		sysreg_write(ICC_DIR_EL1, id); /* nobody's */
		return false;
	}
	if (loaded && target_of(vm, id) == loaded && !vm_has_upcalls(vm)) {
		trace_write(&cpu->trace, TRACE_INJECT, loaded->number, id);
		vgic_injected_arrived(
			loaded, vgic_bank(loaded, id / 32), id, loaded->arch.may_fill_first);
		return false;
	}
	book(cpu, vm, id);
	return true;
}

exit_second_half *irq_shared_take(struct vcpu *vcpu, uint32_t id)
{
	if (id >= GIC_SPI_LIMIT)
		return 0;
	if (gic_is_own(id)) {
		irq_shared_own(vcpu, id);
		return exit_attend;
	}
	vcpu->exits[EXIT_CAUSE_INTERRUPT]++;
	return take(vcpu->cpu, id) ? exit_attend : 0;
}

/* The loaded vCPU waits: a timer of its own, or an interrupt that is for it, ends that. */
static void poll_guests(struct cpu *cpu, uint32_t id)
{
	struct vcpu *loaded = cpu->vcpu;

	if (id >= GIC_PRIVATE_IRQS) {
		if (!take(cpu, id) && loaded)
			shared_arrived(loaded, id, false);
		return;
	}
	if (loaded && vm_has_upcalls(loaded->vm) && upcall_arrived(loaded, id)) {
		shared_arrived(loaded, id, false);
		return;
	}
	sysreg_write(ICC_EOIR1_EL1, id);
	if (!loaded || !(loaded->arch.bank.hardware >> id & 1)) {
		sysreg_write(ICC_DIR_EL1, id);
		return;
	}
	vgic_injected_arrived(loaded, &loaded->arch.bank, id, 1);
	shared_arrived(loaded, id, false);
}

static ALWAYS_INLINE void end_own(uint32_t id, bool group0)
{
	if (group0)
		sysreg_write(ICC_EOIR0_EL1, id);
	else
		sysreg_write(ICC_EOIR1_EL1, id);
	sysreg_write(ICC_DIR_EL1, id);
}

static bool is_posted(const struct vcpu *vcpu)
{
	const volatile uint32_t *posted = &vcpu->arch.posted; /* of others' doing: one load */

	return *posted != 0;
}

/* A kick comes by the timer's interrupt, whose line falls before that ends. */
RARELY static void handle_own(struct cpu *cpu, uint32_t id, bool group0)
{
	struct vcpu *loaded = cpu->vcpu;

	if (id == GIC_PPI_KICK) {
		arch_timer_arm(ARCH_NEVER);
		isb();
	} else {
		trace_write(&cpu->trace, TRACE_OWN, TRACE_NO_VCPU, id);
		gic_handle_own(cpu, id);
	}
	if (loaded && (is_posted(loaded) || id == GIC_PPI_MAINTENANCE))
		vgic_shared_attend(loaded);
	end_own(id, group0);
	isb();
}

void irq_shared_own(struct vcpu *vcpu, uint32_t id)
{
	vcpu->exits[EXIT_CAUSE_OWN]++;
	handle_own(vcpu->cpu, id, false);
}

RARELY static struct vcpu *attend_other(struct vcpu *vcpu, uint32_t id)
{
	if (id < GIC_SPI_LIMIT)
		handle_own(vcpu->cpu, id, true);
	return shared_next(vcpu->cpu);
}

/*
 * Mostly the timer's: what comes of it is in the scheduler's trace. Its line, a level, falls when
 * the timer is armed again, which is before the guest is entered.
 */
struct vcpu *irq_shared_fiq(struct vcpu *vcpu)
{
	uint32_t id;

	if (!vcpu_is_shared(vcpu))
		return exit_fiq(vcpu);
	id = (uint32_t)sysreg_read(ICC_IAR0_EL1);
	vcpu->exits[EXIT_CAUSE_OWN]++;
	if (__builtin_expect(id != GIC_PPI_KICK || is_posted(vcpu), 0))
		return attend_other(vcpu, id);
	end_own(id, true);
	return shared_next(vcpu->cpu);
}

void irq_shared_poll(struct cpu *cpu)
{
	uint32_t id;

	while (hyp_plan->own_group && (id = (uint32_t)sysreg_read(ICC_IAR0_EL1)) < GIC_SPI_LIMIT)
		handle_own(cpu, id, true);
	while ((id = (uint32_t)sysreg_read(ICC_IAR1_EL1)) < GIC_SPI_LIMIT) {
		if (gic_is_own(id))
			handle_own(cpu, id, false);
		else
			poll_guests(cpu, id);
	}
}
