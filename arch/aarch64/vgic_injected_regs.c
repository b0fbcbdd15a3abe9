/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The injected way: what a guest's write to the registers of its emulated controller does, what
 * it reads there, and the lines of emulated devices. vgic_injected.c has the book behind it.
 */
#include "arch/aarch64/gic.h"
#include "arch/aarch64/sharing.h"
#include "arch/aarch64/upcall.h"
#include "arch/aarch64/vgic.h"
#include "arch/aarch64/vgic_list.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/cpu.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

static void notify(struct vcpu *vcpu)
{
	if (vgic_is_here(vcpu))
		vgic_injected_sync_locked(vcpu);
	else if (vcpu_is_shared(vcpu))
		vgic_shared_notify(vcpu);
	else
		arch_irq_kick(vcpu->cpu);
}

static void notify_all(struct vm *vm)
{
	for (unsigned i = 0; i < vm->plan->vcpu_count; i++)
		notify(vm_vcpu(vm, i));
}

/* A private word concerns its vCPU, a shared one any of them. */
static void notify_word(struct vcpu *frame, uint32_t word)
{
	if (word == 0)
		notify(frame);
	else
		notify_all(frame->vm);
}

/* Brings into the book what of the VM's interrupts this CPU's list registers hold. */
static void fold_here(struct vcpu *frame)
{
	for (unsigned i = 0; i < frame->vm->plan->vcpu_count; i++) {
		if (vgic_is_here(vm_vcpu(frame->vm, i)))
			vgic_injected_fold(vm_vcpu(frame->vm, i));
	}
}

void vgic_injected_settle(struct vm *vm)
{
	vgic_apply_enables(vm);
	notify_all(vm);
}

/*
 * Those of the word that have a physical interrupt behind them now. On a shared CPU the private
 * ones have it only while their vCPU is loaded.
 */
static uint32_t hardware_of(struct vcpu *frame, uint32_t word)
{
	if (word == 0 && vcpu_is_shared(frame) && !vgic_is_here(frame))
		return 0;
	return vgic_bank(frame, word)->hardware;
}

void vgic_injected_enable(struct vcpu *frame, uint32_t word, uint32_t bits)
{
	const struct irq_bank *bank = vgic_bank(frame, word);

	if (word == 0 && vcpu_is_shared(frame))
		vgic_shared_apply_private(frame);
	else
		gic_write_word(frame->cpu, word, GICD_ISENABLER,
			bits & bank->hardware & vgic_forwarded(frame->vm, bank));
	notify_word(frame, word);
}

void vgic_injected_disable(struct vcpu *frame, uint32_t word, uint32_t bits)
{
	if (word == 0 && vcpu_is_shared(frame))
		vgic_shared_apply_private(frame);
	else
		gic_write_word(
			frame->cpu, word, GICD_ICENABLER, bits & vgic_bank(frame, word)->hardware);
	notify_word(frame, word);
}

/*
 * A physical interrupt is made pending physically and then arrives. One that is held for the guest
 * and given up is let go, so that it can fire again.
 */
void vgic_injected_set_pending(struct vcpu *frame, uint32_t word, uint32_t bits, bool pending)
{
	struct irq_bank *bank = vgic_bank(frame, word);
	const uint32_t hardware = bits & hardware_of(frame, word);

	fold_here(frame);
	if (pending) {
		gic_write_word(frame->cpu, word, GICD_ISPENDR, hardware);
		bank->pending |= bits & ~hardware;
		bank->latched |= bits;
	} else {
		gic_write_word(frame->cpu, word, GICD_ICPENDR, hardware);
		gic_write_word(frame->cpu, word, GICD_ICACTIVER, bits & bank->pending & bank->held);
		bank->held &= ~(bits & bank->pending);
		bank->pending &= ~bits;
		bank->latched &= ~bits;
		if (word == 0)
			__atomic_fetch_and(&frame->arch.posted, ~bits, __ATOMIC_RELAXED);
	}
	notify_word(frame, word);
}

uint32_t vgic_injected_pending(struct vcpu *frame, uint32_t word)
{
	const struct irq_bank *bank = vgic_bank(frame, word);
	uint32_t bits;

	notify_word(frame, word); /* what went away meanwhile does not count */
	bits = bank->pending | bank->line | vgic_injected_listed(frame, word, LR_PENDING);
	if (word == 0)
		bits |= (uint16_t)__atomic_load_n(&frame->arch.posted, __ATOMIC_RELAXED);
	return bits | (gic_read_word(frame->cpu, word, GICD_ISPENDR) & hardware_of(frame, word));
}

/* Active in a list register of this CPU: the bit is changed there. */
static uint32_t deactivate_listed(const struct vcpu *frame, uint32_t word, uint32_t bits)
{
	const unsigned count = lr_count();
	uint32_t done = 0;

	if (!vgic_injected_has_lists_of(frame, word))
		return 0;
	for (unsigned i = 0; i < count; i++) {
		const uint64_t lr = lr_read(i);

		if (!(lr & LR_ACTIVE) || LR_ID(lr) / 32 != word || !(bits & vgic_bit(LR_ID(lr))))
			continue;
		lr_write(i, lr & ~LR_ACTIVE);
		done |= vgic_bit(LR_ID(lr));
	}
	return done;
}

void vgic_injected_set_active(struct vcpu *frame, uint32_t word, uint32_t bits, bool active)
{
	struct irq_bank *bank = vgic_bank(frame, word);
	uint32_t hardware = bits & hardware_of(frame, word);

	if (active) {
		bits &= ~vgic_injected_listed(frame, word, LR_ACTIVE);
		bank->active |= bits;
		bank->held |= bits & hardware;
		gic_write_word(frame->cpu, word, GICD_ISACTIVER, hardware);
	} else {
		const uint32_t was_active =
			deactivate_listed(frame, word, bits) | (bits & bank->active);

		/* One that waits to be taken is physically active, too, and stays so. */
		hardware &=
			was_active | ~(bank->held | vgic_injected_listed(frame, word, LR_STATE));
		gic_write_word(frame->cpu, word, GICD_ICACTIVER, hardware);
		bank->active &= ~bits;
		bank->held &= ~(hardware & ~bank->pending);
	}
	notify_word(frame, word);
}

/*
 * What another vCPU has listed shows by its physical side: active, or (one that it has not taken
 * yet) about to be.
 */
uint32_t vgic_injected_active(struct vcpu *frame, uint32_t word)
{
	const struct irq_bank *bank = vgic_bank(frame, word);
	uint32_t bits = bank->active | vgic_injected_listed(frame, word, LR_ACTIVE);

	if (word == 0 && !vgic_is_here(frame))
		bits |= gic_read_word(frame->cpu, 0, GICD_ISACTIVER) & bank->hardware & ~bank->held;
	return bits;
}

void arch_virq_set_line(struct vm *vm, uint32_t irq, bool high)
{
	struct vcpu *frame = vm_vcpu(vm, 0);
	const uint32_t word = irq / 32;
	struct irq_bank *bank = vgic_bank(frame, word);

	if (vgic_is_direct(vm)) {
		dsb(ishst); /* what was stored before is seen once it is taken */
		vgic_direct_set_pending(frame, word, vgic_bit(irq), high);
		return;
	}
	if (vm_has_upcalls(vm)) {
		upcall_set_line(vm, irq, high);
		return;
	}
	lock_take(&vm->arch.lock);
	if (high) {
		bank->line |= vgic_bit(irq);
		notify_word(frame, word);
	} else {
		bank->line &= ~vgic_bit(irq);
		vgic_injected_set_pending(frame, word, vgic_bit(irq), false);
	}
	lock_release(&vm->arch.lock);
}
