/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts by upcall. A VM's interrupts are in irq_bank.upcall instead of irq_bank.hardware, so
 * that none of the ways into list registers takes them. Physical interrupts come to EL2 as on the
 * injected way (EOImode = 1): acknowledged, their priority is dropped at once. An edge is then
 * over. A level would come again: it stays active until the guest says that it has served the
 * device (UPCALL_END); but the timer is masked at the timer, so that a guest's tick needs no call.
 */
#include "arch/aarch64/upcall.h"

#include "arch/aarch64/exit.h"
#include "arch/aarch64/gic.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/vgic.h"
#include "arch/include/arch_cpu.h"
#include "arch/include/arch_vcpu.h"
#include "hyp/core/comm.h"
#include "hyp/core/cpu.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"

#define PPI_VIRTUAL_TIMER  27u
#define PPI_PHYSICAL_TIMER 30u
#define TIMER_MASKED       BIT(1) /* CNTx_CTL.IMASK, D13.8 */

/* The virtual interrupt that tells a guest to look (arch_vcpu_upcall); its number says nothing. */
#define NUDGE_SGI 0u

#define ISS_WFE   BIT(0)
#define ISS_TIMED BIT(1)

/* What is not physical is not enabled either: no list register ever takes a device's line. */
static void open_bank(struct irq_bank *bank, uint32_t also)
{
	bank->upcall |= bank->hardware;
	bank->hardware = 0;
	bank->enabled = bank->upcall | also;
	bank->group1 = ~0u;
}

void upcall_start(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	lock_take(&vm->arch.lock);
	for (uint32_t word = vcpu->plan->index == 0 ? 1 : vm->plan->irq_limit / 32;
		word < vm->plan->irq_limit / 32; word++)
		open_bank(vgic_bank(vcpu, word), 0);
	open_bank(&vcpu->arch.bank, 1u << NUDGE_SGI);
	vm->arch.gicd_ctlr = GICD_CTLR_GROUP1;
	vgic_apply_enables(vm);
	lock_release(&vm->arch.lock);
	sysreg_write(hcr_el2, sysreg_read(hcr_el2) | HCR_TWI);
	isb();
}

/* Of the vCPU whose registers are loaded: its line falls, and the guest's next write raises it. */
static bool silence_timer(uint32_t id)
{
	if (id == PPI_VIRTUAL_TIMER)
		sysreg_write(cntv_ctl_el0, sysreg_read(cntv_ctl_el0) | TIMER_MASKED);
	else if (id == PPI_PHYSICAL_TIMER)
		sysreg_write(cntp_ctl_el0, sysreg_read(cntp_ctl_el0) | TIMER_MASKED);
	else
		return false;
	isb(); /* before the interrupt is deactivated */
	return true;
}

void upcall_record(struct vcpu *vcpu, uint32_t id)
{
	struct irq_bank *bank = vgic_bank(vcpu, id / 32);
	const uint32_t bit = 1u << id % 32;

	if (bank->edge & bit)
		sysreg_write(ICC_DIR_EL1, id);
	else
		bank->held |= bit;
	comm_upcall_record(vcpu, id);
}

/* A shared one that was routed elsewhere a moment ago may come here. */
static void record_shared(struct vcpu *vcpu, uint32_t id)
{
	struct vcpu *target = vm_vcpu(vcpu->vm, *vgic_target(vcpu->vm, id));

	lock_take(&vcpu->vm->arch.lock);
	upcall_record(target, id);
	lock_release(&vcpu->vm->arch.lock);
	if (target != vcpu)
		vcpu_kick(target);
}

bool upcall_arrived(struct vcpu *vcpu, uint32_t id)
{
	if (id >= vcpu->vm->plan->irq_limit || !(vgic_bank(vcpu, id / 32)->upcall >> id % 32 & 1))
		return false;
	sysreg_write(ICC_EOIR1_EL1, id);
	trace_write(&vcpu->cpu->trace, TRACE_INJECT, vcpu->number, id);
	if (id >= GIC_PRIVATE_IRQS) {
		record_shared(vcpu, id);
	} else if (silence_timer(id)) {
		sysreg_write(ICC_DIR_EL1, id);
		comm_upcall_record(vcpu, id);
	} else {
		upcall_record(vcpu, id);
	}
	return true;
}

/* An emulated device's level that has come is held, too, until the guest ends it. */
static bool take_line(struct irq_bank *bank, uint32_t bit)
{
	const bool comes = bank->line & ~bank->held & bit;

	bank->held |= comes ? bit : 0;
	return comes;
}

void upcall_set_line(struct vm *vm, uint32_t irq, bool high)
{
	struct irq_bank *bank = vgic_bank(vm_vcpu(vm, 0), irq / 32);
	const uint32_t bit = 1u << irq % 32;

	lock_take(&vm->arch.lock);
	bank->line = high ? bank->line | bit : bank->line & ~bit;
	if (take_line(bank, bit))
		comm_upcall_raise(vm_vcpu(vm, 0), irq);
	lock_release(&vm->arch.lock);
}

bool arch_vcpu_upcall_end(struct vcpu *vcpu, uint32_t irq)
{
	const uint32_t bit = 1u << irq % 32;
	struct irq_bank *bank;

	if (irq >= vcpu->vm->plan->irq_limit)
		return false;
	bank = vgic_bank(vcpu, irq / 32);
	if (!(bank->owned & bit))
		return false;
	lock_take(&vcpu->vm->arch.lock);
	gic_write_word(vcpu->cpu, irq / 32, GICD_ICACTIVER, bank->held & bank->upcall & bit);
	bank->held &= ~bit;
	if (take_line(bank, bit))
		comm_upcall_raise(vm_vcpu(vcpu->vm, 0), irq);
	lock_release(&vcpu->vm->arch.lock);
	return true;
}

/*
 * With PSTATE.I set, ELR_EL1 and SPSR_EL1 may hold what the guest has not saved yet, or is about to
 * return to: an upcall there could not be returned from. The nudge is an ordinary virtual SGI,
 * which the hardware delivers when PSTATE.I is cleared, by whatever instruction.
 */
bool arch_vcpu_upcall(struct vcpu *vcpu, uint64_t entry, uint64_t *pc, uint64_t *state)
{
	const uint64_t pstate = sysreg_read(spsr_el2);

	if (pstate & PSTATE_I) {
		__atomic_fetch_or(&vcpu->arch.posted, 1u << NUDGE_SGI, __ATOMIC_RELAXED);
		vgic_injected_sync(vcpu);
		return false;
	}
	__atomic_store_n(pc, sysreg_read(elr_el2), __ATOMIC_RELAXED);
	__atomic_store_n(state, pstate, __ATOMIC_RELAXED);
	sysreg_write(elr_el2, entry);
	sysreg_write(spsr_el2, exception_pstate(pstate));
	return true;
}

/*
 * Interrupts are masked here, so that one that comes after the look is still pending when the CPU
 * waits, and ends the wait. All waiting instructions are hints: one with a time limit, or for an
 * event, may end at once.
 */
void upcall_wait(struct vcpu *vcpu, uint64_t esr)
{
	vcpu->exits[EXIT_CAUSE_WAIT]++;
	exit_skip_instruction(esr);
	if (!(esr & (ISS_WFE | ISS_TIMED)) && !comm_upcall_waits(vcpu))
		arch_cpu_wait();
}
