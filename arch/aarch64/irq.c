/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical interrupts that arrive at EL2: the hypervisor's own (FIQ where Group 0 is its own), and
 * on the injected way those of the guest.
 */
#include "abi/plan.h"
#include "arch/aarch64/exit.h"
#include "arch/aarch64/gic.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/sharing.h"
#include "arch/aarch64/upcall.h"
#include "arch/aarch64/vgic.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/comm.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"

/* Called by exit.S: a first half, whose second one is exit_attend. */
exit_second_half *exit_irq(struct vcpu *vcpu);

/* With EOImode = 1 (injected way) the end of an interrupt is two writes, drop and deactivate. */
static void end_own(uint32_t id, bool group0, bool split)
{
	if (group0)
		sysreg_write(ICC_EOIR0_EL1, id);
	else
		sysreg_write(ICC_EOIR1_EL1, id);
	if (split)
		sysreg_write(ICC_DIR_EL1, id);
	isb();
}

static void handle_own(struct vcpu *vcpu, uint32_t id, bool group0)
{
	vcpu->exits[EXIT_CAUSE_OWN]++;
	trace_write(&vcpu->cpu->trace, TRACE_OWN, vcpu->number, id);
	gic_handle_own(vcpu->cpu, id);
	/* Maintenance is over when the list registers are refilled: before its end. */
	if (!vgic_is_direct(vcpu->vm))
		vgic_injected_sync(vcpu);
	end_own(id, group0, !vgic_is_direct(vcpu->vm));
}

struct vcpu *exit_fiq(struct vcpu *vcpu)
{
	const uint32_t id = (uint32_t)sysreg_read(ICC_IAR0_EL1);

	if (id < GIC_SPI_LIMIT)
		handle_own(vcpu, id, true);
	return cpu_attend(vcpu);
}

/* Not one of the guest's: the hypervisor's own, or nobody's, which is ended and forgotten. */
RARELY static exit_second_half *irq_of_others(struct vcpu *vcpu, uint32_t id)
{
	if (id >= GIC_SPI_LIMIT)
		return 0;
	if (gic_is_own(id)) {
		if (vcpu_is_shared(vcpu))
			irq_shared_own(vcpu, id);
		else
			handle_own(vcpu, id, false);
		return exit_attend;
	}
	if (vm_has_upcalls(vcpu->vm) && upcall_arrived(vcpu, id)) {
		vcpu->exits[EXIT_CAUSE_INTERRUPT]++;
		if (!COMM_UPCALL_AT_ONCE)
			return exit_attend;
		comm_upcall(vcpu);
		return 0;
	}
	sysreg_write(ICC_EOIR1_EL1, id);
	sysreg_write(ICC_DIR_EL1, id);
	return 0;
}

/*
 * The injected way's hot path: acknowledge, drop the priority, put the interrupt into a list
 * register that deactivates it when the guest ends it.
 */
static ALWAYS_INLINE exit_second_half *inject(
	struct vcpu *vcpu, const struct irq_bank *bank, uint64_t id, uint64_t may_fill_first)
{
	if (!(bank->hardware >> id % 32 & 1))
		return irq_of_others(vcpu, (uint32_t)id);
	sysreg_write(ICC_EOIR1_EL1, id);
	vcpu->exits[EXIT_CAUSE_INTERRUPT]++;
	trace_write(&vcpu->cpu->trace, TRACE_INJECT, vcpu->number, id);
	vgic_injected_arrived(vcpu, bank, id, may_fill_first);
	return 0;
}

NEVER_INLINE static exit_second_half *inject_shared(struct vcpu *vcpu, uint32_t id)
{
	if (vcpu_is_shared(vcpu))
		return irq_shared_take(vcpu, id);
	if (id >= vcpu->vm->plan->irq_limit)
		return irq_of_others(vcpu, id);
	return inject(vcpu, vgic_bank(vcpu, id / 32), id, vcpu->arch.may_fill_first);
}

exit_second_half *exit_irq(struct vcpu *vcpu)
{
	const uint64_t id = sysreg_read(ICC_IAR1_EL1);

	if (__builtin_expect(id >= GIC_PRIVATE_IRQS, 0))
		return inject_shared(vcpu, (uint32_t)id);
	return inject(vcpu, &vcpu->arch.bank, id, 1);
}

/*
 * The highest of the hypervisor's own interrupts that is pending, acknowledged. In Group 1 a
 * guest's, which has a lower priority, may wait there, too, for the vCPU to be switched on again.
 */
static uint32_t acknowledge_own(void)
{
	if (hyp_plan->own_group)
		return (uint32_t)sysreg_read(ICC_IAR0_EL1);
	if (!gic_is_own((uint32_t)sysreg_read(ICC_HPPIR1_EL1)))
		return GIC_SPI_LIMIT;
	return (uint32_t)sysreg_read(ICC_IAR1_EL1);
}

void arch_irq_poll(struct cpu *cpu)
{
	const bool split = sysreg_read(ICC_CTLR_EL1) & ICC_CTLR_EOIMODE;
	uint32_t id;

	if (cpu_is_shared(cpu)) {
		irq_shared_poll(cpu);
		return;
	}
	while ((id = acknowledge_own()) < GIC_SPI_LIMIT) {
		trace_write(&cpu->trace, TRACE_OWN, TRACE_NO_VCPU, id);
		gic_handle_own(cpu, id);
		end_own(id, hyp_plan->own_group, split);
	}
}
