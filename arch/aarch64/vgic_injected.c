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

/*
 * Whether an interrupt that was not taken yet is still to be taken: one whose line is level-
 * sensitive and has fallen since is not. (If the guest takes it before it exits, it is spurious.)
 */
static bool is_still_wanted(struct vcpu *vcpu, uint32_t id, bool hardware)
{
	const struct irq_bank *bank = bank_of(vcpu, id);

	if ((bank->edge | bank->latched) & vgic_bit(id))
		return true;
	if (hardware)
		return gic_read_word(vcpu->cpu, id / 32, GICD_ISPENDR) & vgic_bit(id);
	return false; /* an emulated device's line is in the book by itself */
}

/* Puts one that is pending and not active back into the book. */
static void unlist(struct vcpu *vcpu, uint64_t lr)
{
	const uint32_t id = LR_ID(lr), bit = vgic_bit(id);
	struct irq_bank *bank = bank_of(vcpu, id);

	if (is_still_wanted(vcpu, id, lr & LR_HARDWARE)) {
		bank->pending |= bit;
		bank->held |= lr & LR_HARDWARE ? bit : 0;
	} else if (lr & LR_HARDWARE) {
		gic_write_word(vcpu->cpu, id / 32, GICD_ICACTIVER, bit);
	}
}

void vgic_injected_fold(struct vcpu *vcpu)
{
	const unsigned count = lr_count();

	for (unsigned i = 0; i < count; i++) {
		const uint64_t lr = lr_read(i);

		if (lr & LR_ACTIVE) {
			bank_of(vcpu, LR_ID(lr))->latched &= ~vgic_bit(LR_ID(lr));
			continue;
		}
		if (lr & LR_PENDING)
			unlist(vcpu, lr);
		lr_write(i, 0); /* also an ended one, whose maintenance is over with that */
	}
}

bool vgic_injected_has_lists_of(const struct vcpu *frame, uint32_t word)
{
	const struct vcpu *loaded = arch_cpu_here()->vcpu;

	return loaded == frame || (word != 0 && loaded && loaded->vm == frame->vm);
}

uint32_t vgic_injected_listed(const struct vcpu *frame, uint32_t word, uint64_t state)
{
	const unsigned count = lr_count();
	uint32_t bits = 0;

	if (!vgic_injected_has_lists_of(frame, word))
		return 0;
	for (unsigned i = 0; i < count; i++) {
		const uint64_t lr = lr_read(i);

		if ((lr & state) && LR_ID(lr) / 32 == word)
			bits |= vgic_bit(LR_ID(lr));
	}
	return bits;
}

void vgic_injected_queue(struct vcpu *vcpu, uint64_t lr)
{
	const uint32_t id = LR_ID(lr);
	const uint64_t empty = lr_empty();
	struct irq_bank *bank = bank_of(vcpu, id);

	/* A VM on the direct way can end an interrupt of ours early, which then comes again. */
	if (vcpu->vm->arch.beside_direct &&
		(vgic_injected_listed(vcpu, id / 32, LR_STATE) & vgic_bit(id)))
		return;
	if (empty) {
		lr_write(bits_lowest(empty), lr);
		return;
	}
	lock_take(&vcpu->vm->arch.lock);
	bank->pending |= vgic_bit(id);
	bank->held |= vgic_bit(id);
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

	bits &= vgic_forwarded(vcpu->vm, bank);
	if (bits)
		bits &= ~vgic_injected_listed(vcpu, word, LR_STATE);
	return routed_to(vcpu, word, bits);
}

/* A bit for each word in whose bank anything is pending or active. */
static uint32_t busy_words(struct vcpu *vcpu)
{
	const uint32_t count = vcpu->vm->plan->irq_limit / 32;
	uint32_t words = 0;

	for (uint32_t word = 0; word < count; word++) {
		const struct irq_bank *bank = vgic_bank(vcpu, word);

		words |= (uint32_t)((bank->pending | bank->line | bank->active) != 0) << word;
	}
	return words;
}

/*
 * The interrupt with the highest priority among those that `in` finds in `words`, or VGIC_NO_ID
 * (4.8).
 */
static uint32_t most_urgent(
	struct vcpu *vcpu, uint32_t (*in)(struct vcpu *vcpu, uint32_t word), uint32_t words)
{
	uint32_t best = VGIC_NO_ID;
	unsigned best_priority = 0;

	for (; words; words &= words - 1) {
		const uint32_t word = bits_lowest(words);

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
	const uint32_t bit = vgic_bit(id);
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
		const uint32_t bit = vgic_bit(LR_ID(lr));
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
		const uint32_t id = most_urgent(vcpu, active_in, busy_words(vcpu));
		struct irq_bank *bank;

		if (id == VGIC_NO_ID)
			return;
		bank = bank_of(vcpu, id);
		gic_write_word(vcpu->cpu, id / 32, GICD_ICACTIVER, bank->held & vgic_bit(id));
		bank->active &= ~vgic_bit(id);
		bank->held &= ~vgic_bit(id);
	}
}

/* Puts an active one back into the book. */
static void put_back(struct vcpu *vcpu, unsigned index)
{
	const uint64_t lr = lr_read(index);
	const uint32_t bit = vgic_bit(LR_ID(lr));
	struct irq_bank *bank = bank_of(vcpu, LR_ID(lr));

	bank->active |= bit;
	bank->held |= lr & LR_HARDWARE ? bit : 0;
	bank->pending |= lr & LR_PENDING ? bit : 0;
	lr_write(index, 0);
}

/*
 * If all list registers are active, the least urgent one makes room for one to be taken. Returns
 * the words that are busy after that.
 */
static uint32_t make_room(struct vcpu *vcpu, uint32_t words)
{
	const unsigned count = lr_count();
	unsigned least = 0;

	for (unsigned i = 0; i < count; i++) {
		if (!(lr_read(i) & LR_ACTIVE))
			return words;
		if (bits_get(lr_read(i), 48, 8) > bits_get(lr_read(least), 48, 8))
			least = i;
	}
	put_back(vcpu, least);
	return busy_words(vcpu);
}

/*
 * Lists what `in` finds in `words` while there is room, but for one register if `spare`. Returns
 * what is left.
 */
static uint32_t fill(struct vcpu *vcpu, uint32_t (*in)(struct vcpu *vcpu, uint32_t word),
	uint32_t words, bool spare)
{
	for (;;) {
		const uint32_t id = most_urgent(vcpu, in, words);
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
	uint32_t words;

	vcpu->arch.bank.pending |= (uint16_t)__atomic_fetch_and(
		&vcpu->arch.posted, ARCH_POSTED_BOOK, __ATOMIC_ACQUIRE);
	end_unlisted(vcpu);
	vgic_injected_fold(vcpu);
	add_pending_edges(vcpu);
	words = busy_words(vcpu);
	if (most_urgent(vcpu, pending_in, words) != VGIC_NO_ID)
		words = make_room(vcpu, words);
	if (fill(vcpu, active_in, words, true) != VGIC_NO_ID)
		hcr |= ICH_HCR_LRENPIE;
	if (fill(vcpu, pending_in, words, false) != VGIC_NO_ID)
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
	else if (vcpu_is_shared(target))
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
	vgic_injected_fold(vcpu);
	for (unsigned i = 0; i < count; i++) {
		const uint64_t lr = lr_read(i);

		if (lr & LR_HARDWARE)
			gic_write_word(
				vcpu->cpu, LR_ID(lr) / 32, GICD_ICACTIVER, vgic_bit(LR_ID(lr)));
		lr_write(i, 0);
	}
	lock_release(&vcpu->vm->arch.lock);
}

void vgic_injected_unlist_all(struct vcpu *vcpu)
{
	const unsigned count = lr_count();

	end_unlisted(vcpu);
	vgic_injected_fold(vcpu);
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
	return most_urgent(vcpu, pending_in, busy_words(vcpu));
}
