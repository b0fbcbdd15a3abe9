/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The injected way on a shared CPU. Only the loaded vCPU has list registers and private physical
 * interrupts. Of any other everything is in the book: its shared interrupts stay physically active
 * (held) and so cannot come twice; its private ones are the timers', whose lines are levels that
 * come again by themselves when their vCPU is loaded.
 */
#include "arch/aarch64/vgic_shared.h"

#include "arch/aarch64/gic.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/sharing.h"
#include "arch/aarch64/upcall.h"
#include "arch/aarch64/vgic.h"
#include "arch/aarch64/vgic_list.h"
#include "hyp/core/comm.h"
#include "hyp/core/cpu.h"
#include "hyp/core/shared.h"
#include "hyp/core/shared_types.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

/* ICH_VMCR_EL2 (12.4.8): group enables and priority mask, as the guest set them. */
#define VMCR_ENG0          BIT(0)
#define VMCR_ENG1          BIT(1)
#define VMCR_PRIORITY(reg) ((unsigned)((reg) >> 24 & 0xff))

static void post(struct vcpu *vcpu)
{
	__atomic_fetch_or(&vcpu->arch.posted, ARCH_POSTED_BOOK, __ATOMIC_SEQ_CST);
}

/* From here on the book is looked at. Returns whether it had changed. */
static bool take_post(struct vcpu *vcpu)
{
	return __atomic_fetch_and(&vcpu->arch.posted, ~ARCH_POSTED_BOOK, __ATOMIC_SEQ_CST) &
	       ARCH_POSTED_BOOK;
}

/*
 * What the guest has taken stays active in the book; what it has not taken is pending there, but
 * for a timer, which is let go. The CPU's private interrupts are then free for the next vCPU.
 */
void vgic_shared_unload(struct vcpu *vcpu)
{
	struct irq_bank *bank = &vcpu->arch.bank;

	lock_take(&vcpu->vm->arch.lock);
	vgic_injected_unlist_all(vcpu);
	sysreg_write(ICH_HCR_EL2, ICH_HCR_EN);
	gic_write_word(vcpu->cpu, 0, GICD_ICACTIVER, bank->held);
	bank->held = 0;
	bank->pending &= ~bank->hardware | bank->latched;
	lock_release(&vcpu->vm->arch.lock);
	post(vcpu);
}

void vgic_shared_load(struct vcpu *vcpu)
{
	struct irq_bank *bank = &vcpu->arch.bank;
	uint32_t held;

	lock_take(&vcpu->vm->arch.lock);
	take_post(vcpu);
	vcpu->arch.private_on = vgic_physical_on(vcpu->vm, bank);
	held = (bank->active | bank->pending) & bank->hardware;
	gic_write_word(vcpu->cpu, 0, GICD_ISACTIVER, held);
	bank->held |= held;
	vgic_injected_sync_locked(vcpu);
	lock_release(&vcpu->vm->arch.lock);
}

void vgic_shared_apply_private(struct vcpu *frame)
{
	if (!vgic_is_here(frame))
		return; /* what follows is vgic_shared_notify, and some time vgic_shared_load */
	frame->arch.private_on = vgic_physical_on(frame->vm, &frame->arch.bank);
	gic_set_private(frame->cpu, frame->arch.private_on);
}

void vgic_shared_attend(struct vcpu *vcpu)
{
	lock_take(&vcpu->vm->arch.lock);
	if (take_post(vcpu))
		vgic_shared_apply_private(vcpu);
	vgic_injected_sync_locked(vcpu);
	lock_release(&vcpu->vm->arch.lock);
}

/*
 * Whoever loads it makes it its CPU's before it looks at what is posted, and here it is the other
 * way round: one of the two sees the other.
 */
void vgic_shared_notify(struct vcpu *vcpu)
{
	const struct cpu *cpu;

	post(vcpu);
	cpu = __atomic_load_n(&vcpu->cpu, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&cpu->vcpu, __ATOMIC_SEQ_CST) == vcpu ||
		vgic_injected_next(vcpu) != VGIC_NO_ID)
		shared_wake(vcpu);
}

void vgic_shared_sgi(struct vcpu *vcpu)
{
	shared_wake(vcpu);
}

void vgic_shared_arrived(struct vcpu *vcpu, uint32_t id)
{
	struct irq_bank *bank = vgic_bank(vcpu, id / 32);

	if (vm_has_upcalls(vcpu->vm)) {
		upcall_record(vcpu, id);
		return;
	}
	bank->pending |= 1u << id % 32;
	bank->held |= 1u << id % 32;
	post(vcpu);
}

/* Whether its interface would signal an interrupt of that priority. */
static bool is_signalled(uint64_t vmcr, unsigned priority, bool group1)
{
	return (vmcr & (group1 ? VMCR_ENG1 : VMCR_ENG0)) && priority < VMCR_PRIORITY(vmcr);
}

RARELY static bool has_listed(struct vcpu *vcpu)
{
	const uint64_t vmcr = sysreg_read(ICH_VMCR_EL2);
	const unsigned count = lr_count();

	vgic_shared_attend(vcpu); /* what went away meanwhile does not count */
	for (unsigned i = 0; i < count; i++) {
		const uint64_t lr = lr_read(i);

		if ((lr & LR_PENDING) &&
			is_signalled(vmcr, (unsigned)bits_get(lr, 48, 8), lr >> LR_GROUP1_BIT & 1))
			return true;
	}
	return false;
}

RARELY static bool has_booked(struct vcpu *vcpu)
{
	const struct irq_bank *bank;
	bool result = false;
	uint32_t id;

	lock_take(&vcpu->vm->arch.lock);
	vcpu->arch.bank.pending |= (uint16_t)__atomic_fetch_and(
		&vcpu->arch.posted, ARCH_POSTED_BOOK, __ATOMIC_ACQUIRE);
	id = vgic_injected_next(vcpu);
	if (id != VGIC_NO_ID) {
		post(vcpu);
		bank = vgic_bank(vcpu, id / 32);
		result = is_signalled(vcpu->shared->context.kept_ICH_VMCR_EL2,
			bank->priority[id % 32], bank->group1 >> id % 32 & 1);
	}
	lock_release(&vcpu->vm->arch.lock);
	return result;
}

bool arch_vcpu_has_interrupt(struct vcpu *vcpu)
{
	if (vm_has_upcalls(vcpu->vm) && comm_upcall_waits(vcpu))
		return true;
	if (!vgic_is_here(vcpu))
		return has_booked(vcpu);
	/* ISR_EL1.I: a physical one, still to be taken, which may become the guest's. */
	return (sysreg_read(isr_el1) & ISR_I) || (vgic_shared_has_work(vcpu) && has_listed(vcpu));
}

void vgic_shared_end_all(struct vcpu *vcpu)
{
	lock_take(&vcpu->vm->arch.lock);
	vgic_injected_end_all(vcpu);
	lock_release(&vcpu->vm->arch.lock);
}
