/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The injected way: the hypervisor takes a guest's interrupts and puts them into list registers
 * (IHI 0069 12.4.6, ICH_LR<n>_EL2). There is one book: an interrupt that is in a list register has
 * its pending and active state there, any other one in its struct irq_bank. Only the vCPU's own CPU
 * moves interrupts between the two; others change the flags and kick it.
 */
#include "arch/aarch64/gic.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/sharing.h"
#include "arch/aarch64/upcall.h"
#include "arch/aarch64/vgic.h"
#include "arch/aarch64/vgic_list.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/comm.h"
#include "hyp/core/cpu.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"

static struct irq_bank *bank_of(struct vcpu *vcpu, uint32_t id)
{
	return vgic_bank(vcpu, id / 32);
}

static uint32_t bit_of(uint32_t id)
{
	return 1u << id % 32;
}

/*
 * Whether an interrupt that was not taken yet is still to be taken: one whose line is level-
 * sensitive and has fallen since is not. (If the guest takes it before it exits, it is spurious.)
 */
static bool is_still_wanted(struct vcpu *vcpu, uint32_t id, bool hardware)
{
	const struct irq_bank *bank = bank_of(vcpu, id);

	if ((bank->edge | bank->latched) & bit_of(id))
		return true;
	if (hardware)
		return gic_read_word(vcpu->cpu, id / 32, GICD_ISPENDR) & bit_of(id);
	return false; /* an emulated device's line is in the book by itself */
}

/* Puts one that is pending and not active back into the book. */
static void unlist(struct vcpu *vcpu, uint64_t lr)
{
	const uint32_t id = LR_ID(lr), bit = bit_of(id);
	struct irq_bank *bank = bank_of(vcpu, id);

	if (is_still_wanted(vcpu, id, lr & LR_HARDWARE)) {
		bank->pending |= bit;
		bank->held |= lr & LR_HARDWARE ? bit : 0;
	} else if (lr & LR_HARDWARE) {
		gic_write_word(vcpu->cpu, id / 32, GICD_ICACTIVER, bit);
	}
}

/* Takes what is not active out of the list registers, back into the book. */
static void fold(struct vcpu *vcpu)
{
	const unsigned count = lr_count();

	for (unsigned i = 0; i < count; i++) {
		const uint64_t lr = lr_read(i);

		if (lr & LR_ACTIVE) {
			bank_of(vcpu, LR_ID(lr))->latched &= ~bit_of(LR_ID(lr));
			continue;
		}
		if (lr & LR_PENDING)
			unlist(vcpu, lr);
		lr_write(i, 0); /* also an ended one, whose maintenance is over with that */
	}
}

/* Whether this CPU's list registers are those of the vCPU whose private word that is, or of any
 * vCPU of the VM for a shared one.
 */
static bool has_lists_of(const struct vcpu *frame, uint32_t word)
{
	const struct vcpu *loaded = arch_cpu_here()->vcpu;

	return loaded == frame || (word != 0 && loaded && loaded->vm == frame->vm);
}

/*
 * The interrupts of `word` that are in a list register of this CPU in one of the states `state`.
 * What another vCPU has listed cannot be seen from here: it counts as neither.
 */
static uint32_t listed(const struct vcpu *frame, uint32_t word, uint64_t state)
{
	const unsigned count = lr_count();
	uint32_t bits = 0;

	if (!has_lists_of(frame, word))
		return 0;
	for (unsigned i = 0; i < count; i++) {
		const uint64_t lr = lr_read(i);

		if ((lr & state) && LR_ID(lr) / 32 == word)
			bits |= bit_of(LR_ID(lr));
	}
	return bits;
}

void vgic_injected_queue(struct vcpu *vcpu, uint64_t lr)
{
	const uint32_t id = LR_ID(lr);
	const uint64_t empty = lr_empty();
	struct irq_bank *bank = bank_of(vcpu, id);

	/* A VM on the direct way can end an interrupt of ours early, which then comes again. */
	if (vcpu->vm->arch.beside_direct && (listed(vcpu, id / 32, LR_STATE) & bit_of(id)))
		return;
	if (empty) {
		lr_write(bits_lowest(empty), lr);
		return;
	}
	lock_take(&vcpu->vm->arch.lock);
	bank->pending |= bit_of(id);
	bank->held |= bit_of(id);
	lock_release(&vcpu->vm->arch.lock);
	vgic_injected_sync(vcpu);
}

/* Those of `bits` that go to `vcpu`: a private word's all do. */
static uint32_t routed_to(const struct vcpu *vcpu, uint32_t word, uint32_t bits)
{
	for (uint32_t todo = word == 0 ? 0 : bits; todo; todo &= todo - 1) {
		if (*vgic_target(vcpu->vm, word * 32 + bits_lowest(todo)) != vcpu->plan->index)
			bits &= ~(todo & -todo);
	}
	return bits;
}

/* Of `word`, in the book: what is active, and what is pending and may be taken. */
static uint32_t active_in(struct vcpu *vcpu, uint32_t word)
{
	return routed_to(vcpu, word, vgic_bank(vcpu, word)->active);
}

static uint32_t pending_in(struct vcpu *vcpu, uint32_t word)
{
	const struct irq_bank *bank = vgic_bank(vcpu, word);
	uint32_t bits = (bank->pending | bank->line) & ~bank->active & bank->enabled;

	bits &= vgic_forwarded(vcpu->vm, bank) & ~listed(vcpu, word, LR_STATE);
	return routed_to(vcpu, word, bits);
}

/* The interrupt with the highest priority among those that `in` finds, or VGIC_NO_ID (4.8). */
static uint32_t most_urgent(struct vcpu *vcpu, uint32_t (*in)(struct vcpu *vcpu, uint32_t word))
{
	uint32_t best = VGIC_NO_ID;
	unsigned best_priority = 0;

	for (uint32_t word = 0; word < vcpu->vm->plan->irq_limit / 32; word++) {
		for (uint32_t todo = in(vcpu, word); todo; todo &= todo - 1) {
			const unsigned bit = bits_lowest(todo);
			const unsigned priority = vgic_bank(vcpu, word)->priority[bit];

			if (best != VGIC_NO_ID && priority >= best_priority)
				continue;
			best = word * 32 + bit;
			best_priority = priority;
		}
	}
	return best;
}

static void list(struct vcpu *vcpu, unsigned index, uint32_t id)
{
	struct irq_bank *bank = bank_of(vcpu, id);
	const uint32_t bit = bit_of(id);
	uint64_t lr = vgic_injected_lr(bank, id);

	if (bank->active & bit)
		lr |= LR_ACTIVE;
	if ((bank->pending | bank->line) & bit)
		lr |= LR_PENDING;
	if (bank->held & bit) {
		lr |= LR_HARDWARE | (uint64_t)id << 32;
		if (lr & LR_ACTIVE)
			lr &= ~LR_PENDING; /* not both with hardware behind it, 12.4.6 */
	} else if (!(bank->edge & bit)) {
		lr |= LR_EOI;
	}
	lr_write(index, lr);
	bank->pending &= ~bit;
	bank->active &= ~bit;
	bank->held &= ~bit;
}

/* An edge (an SGI, say) that came again while it is active: both states in one list register. */
static void add_pending_edges(struct vcpu *vcpu)
{
	const unsigned count = lr_count();

	for (unsigned i = 0; i < count; i++) {
		const uint64_t lr = lr_read(i);
		const uint32_t bit = bit_of(LR_ID(lr));
		struct irq_bank *bank = bank_of(vcpu, LR_ID(lr));

		if (!(lr & LR_ACTIVE) || (lr & LR_HARDWARE) ||
			!(bank->pending & bank->enabled & bit))
			continue;
		lr_write(i, lr | LR_PENDING);
		bank->pending &= ~bit;
	}
}

/*
 * The guest ended interrupts that were in no list register: it can only mean the most urgent ones
 * that are active in the book (ICH_HCR_EL2.EOIcount, 12.4.5).
 */
static void end_unlisted(struct vcpu *vcpu)
{
	unsigned count = (unsigned)bits_get(sysreg_read(ICH_HCR_EL2), 27, 5);

	for (; count > 0; count--) {
		const uint32_t id = most_urgent(vcpu, active_in);
		struct irq_bank *bank;

		if (id == VGIC_NO_ID)
			return;
		bank = bank_of(vcpu, id);
		gic_write_word(vcpu->cpu, id / 32, GICD_ICACTIVER, bank->held & bit_of(id));
		bank->active &= ~bit_of(id);
		bank->held &= ~bit_of(id);
	}
}

/* Puts an active one back into the book. */
static void put_back(struct vcpu *vcpu, unsigned index)
{
	const uint64_t lr = lr_read(index);
	const uint32_t bit = bit_of(LR_ID(lr));
	struct irq_bank *bank = bank_of(vcpu, LR_ID(lr));

	bank->active |= bit;
	bank->held |= lr & LR_HARDWARE ? bit : 0;
	bank->pending |= lr & LR_PENDING ? bit : 0;
	lr_write(index, 0);
}

/* If all list registers are active, the least urgent one makes room for one to be taken. */
static void make_room(struct vcpu *vcpu)
{
	const unsigned count = lr_count();
	unsigned least = 0;

	for (unsigned i = 0; i < count; i++) {
		if (!(lr_read(i) & LR_ACTIVE))
			return;
		if (bits_get(lr_read(i), 48, 8) > bits_get(lr_read(least), 48, 8))
			least = i;
	}
	put_back(vcpu, least);
}

/* Lists what `in` finds while there is room, but for one register if `spare`. Returns what is left.
 */
static uint32_t fill(
	struct vcpu *vcpu, uint32_t (*in)(struct vcpu *vcpu, uint32_t word), bool spare)
{
	for (;;) {
		const uint32_t id = most_urgent(vcpu, in);
		const uint64_t empty = lr_empty();

		if (id == VGIC_NO_ID || empty == 0 || (spare && (empty & (empty - 1)) == 0))
			return id;
		list(vcpu, bits_lowest(empty), id);
	}
}

/*
 * One list register at least is for what is to be taken; when it has been, and more is pending,
 * NPIE brings us back. Active ones beyond the list registers stay in the book, and LRENPIE tells
 * when the guest ends one of them.
 */
void vgic_injected_sync_locked(struct vcpu *vcpu)
{
	uint64_t hcr = ICH_HCR_EN;

	vcpu->arch.bank.pending |= (uint16_t)__atomic_fetch_and(
		&vcpu->arch.posted, ARCH_POSTED_BOOK, __ATOMIC_ACQUIRE);
	end_unlisted(vcpu);
	fold(vcpu);
	add_pending_edges(vcpu);
	if (most_urgent(vcpu, pending_in) != VGIC_NO_ID)
		make_room(vcpu);
	if (fill(vcpu, active_in, true) != VGIC_NO_ID)
		hcr |= ICH_HCR_LRENPIE;
	if (fill(vcpu, pending_in, false) != VGIC_NO_ID)
		hcr |= ICH_HCR_NPIE;
	sysreg_write(ICH_HCR_EL2, hcr);
}

void vgic_injected_sync(struct vcpu *vcpu)
{
	lock_take(&vcpu->vm->arch.lock);
	vgic_injected_sync_locked(vcpu);
	lock_release(&vcpu->vm->arch.lock);
}

bool vgic_injected_waits(void)
{
	const unsigned count = lr_count();

	for (unsigned i = 0; i < count; i++) {
		if ((lr_read(i) & LR_STATE) == LR_PENDING)
			return true;
	}
	return false;
}

static void notify(struct vcpu *vcpu)
{
	if (vgic_is_here(vcpu))
		vgic_injected_sync_locked(vcpu);
	else if (vcpu->shared)
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
			fold(vm_vcpu(frame->vm, i));
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
	if (word == 0 && frame->shared && !vgic_is_here(frame))
		return 0;
	return vgic_bank(frame, word)->hardware;
}

void vgic_injected_enable(struct vcpu *frame, uint32_t word, uint32_t bits)
{
	const struct irq_bank *bank = vgic_bank(frame, word);

	if (word == 0 && frame->shared)
		vgic_shared_apply_private(frame);
	else
		gic_write_word(frame->cpu, word, GICD_ISENABLER,
			bits & bank->hardware & vgic_forwarded(frame->vm, bank));
	notify_word(frame, word);
}

void vgic_injected_disable(struct vcpu *frame, uint32_t word, uint32_t bits)
{
	if (word == 0 && frame->shared)
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
	bits = bank->pending | bank->line | listed(frame, word, LR_PENDING);
	if (word == 0)
		bits |= (uint16_t)__atomic_load_n(&frame->arch.posted, __ATOMIC_RELAXED);
	return bits | (gic_read_word(frame->cpu, word, GICD_ISPENDR) & hardware_of(frame, word));
}

/* Active in a list register of this CPU: the bit is changed there. */
static uint32_t deactivate_listed(const struct vcpu *frame, uint32_t word, uint32_t bits)
{
	const unsigned count = lr_count();
	uint32_t done = 0;

	if (!has_lists_of(frame, word))
		return 0;
	for (unsigned i = 0; i < count; i++) {
		const uint64_t lr = lr_read(i);

		if (!(lr & LR_ACTIVE) || LR_ID(lr) / 32 != word || !(bits & bit_of(LR_ID(lr))))
			continue;
		lr_write(i, lr & ~LR_ACTIVE);
		done |= bit_of(LR_ID(lr));
	}
	return done;
}

void vgic_injected_set_active(struct vcpu *frame, uint32_t word, uint32_t bits, bool active)
{
	struct irq_bank *bank = vgic_bank(frame, word);
	uint32_t hardware = bits & hardware_of(frame, word);

	if (active) {
		bits &= ~listed(frame, word, LR_ACTIVE);
		bank->active |= bits;
		bank->held |= bits & hardware;
		gic_write_word(frame->cpu, word, GICD_ISACTIVER, hardware);
	} else {
		const uint32_t was_active =
			deactivate_listed(frame, word, bits) | (bits & bank->active);

		/* One that waits to be taken is physically active, too, and stays so. */
		hardware &= was_active | ~(bank->held | listed(frame, word, LR_STATE));
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
	uint32_t bits = bank->active | listed(frame, word, LR_ACTIVE);

	if (word == 0 && !vgic_is_here(frame))
		bits |= gic_read_word(frame->cpu, 0, GICD_ISACTIVER) & bank->hardware & ~bank->held;
	return bits;
}

/* IHI 0069 table 8-13, one security state: a request reaches only interrupts of its own group. */
void vgic_injected_sgi(struct vcpu *sender, struct vcpu *target, uint32_t id, bool group1)
{
	if ((target->arch.bank.group1 >> id & 1) != group1)
		return;
	if (vm_has_upcalls(target->vm)) {
		comm_upcall_raise(target, id);
		return;
	}
	__atomic_fetch_or(&target->arch.posted, 1u << id, __ATOMIC_RELEASE);
	if (target == sender)
		vgic_injected_sync(target);
	else if (target->shared)
		vgic_shared_sgi(target);
	else
		arch_irq_kick(target->cpu);
}

/* The virtual interface after reset; the physical one is the hypervisor's, Group 1 on. */
void vgic_injected_start(void)
{
	const unsigned count = lr_count();

	for (unsigned i = 0; i < count; i++)
		lr_write(i, 0);
	sysreg_write(ICH_AP0R0_EL2, 0);
	sysreg_write(ICH_AP1R0_EL2, 0);
	sysreg_write(ICH_VMCR_EL2, 0);
	sysreg_write(ICH_HCR_EL2, ICH_HCR_EN);
	sysreg_write(ICC_IGRPEN1_EL1, 1);
}

/*
 * What this vCPU has not taken goes back into the book, for whom it is routed to next; what it has
 * taken and not ended is ended.
 */
void vgic_injected_stop(struct vcpu *vcpu)
{
	const unsigned count = lr_count();

	lock_take(&vcpu->vm->arch.lock);
	sysreg_write(ICH_HCR_EL2, 0);
	fold(vcpu);
	for (unsigned i = 0; i < count; i++) {
		const uint64_t lr = lr_read(i);

		if (lr & LR_HARDWARE)
			gic_write_word(
				vcpu->cpu, LR_ID(lr) / 32, GICD_ICACTIVER, bit_of(LR_ID(lr)));
		lr_write(i, 0);
	}
	lock_release(&vcpu->vm->arch.lock);
}

void vgic_injected_unlist_all(struct vcpu *vcpu)
{
	const unsigned count = lr_count();

	end_unlisted(vcpu);
	fold(vcpu);
	for (unsigned i = 0; i < count; i++) {
		if (lr_read(i) & LR_ACTIVE)
			put_back(vcpu, i);
	}
}

void vgic_injected_end_all(struct vcpu *vcpu)
{
	for (uint32_t word = 0; word < vcpu->vm->plan->irq_limit / 32; word++) {
		struct irq_bank *bank = vgic_bank(vcpu, word);
		const uint32_t bits = active_in(vcpu, word);

		gic_write_word(vcpu->cpu, word, GICD_ICACTIVER, bits & bank->held);
		bank->active &= ~bits;
		bank->held &= ~bits;
	}
}

uint32_t vgic_injected_next(struct vcpu *vcpu)
{
	return most_urgent(vcpu, pending_in);
}

void arch_virq_set_line(struct vm *vm, uint32_t irq, bool high)
{
	struct vcpu *frame = vm_vcpu(vm, 0);
	const uint32_t word = irq / 32;
	struct irq_bank *bank = vgic_bank(frame, word);

	if (vgic_is_direct(vm)) {
		vgic_direct_set_pending(frame, word, bit_of(irq), high);
		return;
	}
	if (vm_has_upcalls(vm)) {
		upcall_set_line(vm, irq, high);
		return;
	}
	lock_take(&vm->arch.lock);
	if (high) {
		bank->line |= bit_of(irq);
		notify_word(frame, word);
	} else {
		bank->line &= ~bit_of(irq);
		vgic_injected_set_pending(frame, word, bit_of(irq), false);
	}
	lock_release(&vm->arch.lock);
}
