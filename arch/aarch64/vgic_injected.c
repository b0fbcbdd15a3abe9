/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The injected way: the hypervisor takes a guest's interrupts and puts them into list registers
 * (IHI 0069 12.4.6, ICH_LR<n>_EL2). There is one book: an interrupt that is in a list register has
 * its pending and active state there, any other one in its struct irq_bank. Only the vCPU's own CPU
 * moves interrupts between the two; others change the flags and kick it.
 */
#include "arch/aarch64/gic.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/vgic.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/cpu.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"

#define LR_PENDING  BIT(62)
#define LR_ACTIVE   BIT(63)
#define LR_STATE    (3ull << 62)
#define LR_HARDWARE BIT(61)
#define LR_GROUP1   BIT(60)
#define LR_EOI      BIT(41) /* no hardware behind it: tell us when it ends */
#define LR_ID(lr)   ((uint32_t)(lr))

/* At most these are used; what does not fit waits in the book. */
#define FOR_LIST_REGISTERS(X) X(0) X(1) X(2) X(3)
#define LIST_REGISTERS        4u

static uint64_t lr_read(unsigned index)
{
	switch (index) {
#define LR_READ(n)                                                                       \
	case n:                                                                                    \
		return sysreg_read(S3_4_C12_C12_##n);
		FOR_LIST_REGISTERS(LR_READ)
	default:
		return 0;
	}
}

static void lr_write(unsigned index, uint64_t value)
{
	switch (index) {
#define LR_WRITE(n)                                                                                \
	case n:                                                                                    \
		sysreg_write(S3_4_C12_C12_##n, value);                                      \
		return;
		FOR_LIST_REGISTERS(LR_WRITE)
	}
}

static unsigned lr_count(void)
{
	const unsigned count = (unsigned)bits_get(sysreg_read(ICH_VTR_EL2), 0, 5) + 1;

	return count < LIST_REGISTERS ? count : LIST_REGISTERS;
}

/* Which of them hold nothing. */
static uint64_t lr_empty(void)
{
	return sysreg_read(ICH_ELRSR_EL2) & (BIT(lr_count()) - 1);
}

static struct irq_bank *bank_of(struct vcpu *vcpu, uint32_t id)
{
	return vgic_bank(vcpu, id / 32);
}

static uint32_t bit_of(uint32_t id)
{
	return 1u << id % 32;
}

static uint64_t lr_value(uint32_t id, const struct irq_bank *bank)
{
	uint64_t value = (uint64_t)bank->priority[id % 32] << 48 | id;

	return bank->group1 & bit_of(id) ? value | LR_GROUP1 : value;
}

static bool owns(struct vcpu *vcpu, uint32_t id)
{
	return id < vcpu->vm->plan->irq_limit && (bank_of(vcpu, id)->owned & bit_of(id));
}

/* Physical interrupts come back by themselves, so the hot path needs no lock and no book. */
void vgic_injected_arrived(struct vcpu *vcpu, uint32_t id)
{
	const uint64_t empty = lr_empty();
	struct irq_bank *bank;

	vcpu->exits[EXIT_CAUSE_INTERRUPT]++;
	trace_write(&vcpu->cpu->trace, TRACE_INJECT, vcpu->number, id);
	if (!owns(vcpu, id)) {
		sysreg_write(ICC_DIR_EL1, id); /* not the guest's: ended, and forgotten */
		return;
	}
	bank = bank_of(vcpu, id);
	if (empty) {
		lr_write(bits_lowest(empty),
			LR_PENDING | LR_HARDWARE | (uint64_t)id << 32 | lr_value(id, bank));
		return;
	}
	lock_take(&vcpu->vm->arch.lock);
	bank->pending |= bit_of(id);
	bank->held |= bit_of(id);
	lock_release(&vcpu->vm->arch.lock);
	vgic_injected_sync(vcpu);
}

/* Takes what is not active out of the list registers, back into the book. */
static void fold(struct vcpu *vcpu)
{
	const unsigned count = lr_count();
	const uint64_t empty = lr_empty();

	for (unsigned i = 0; i < count; i++) {
		const uint64_t lr = lr_read(i);
		struct irq_bank *bank;

		if (empty >> i & 1) {
			lr_write(i, 0); /* also an ended one, whose maintenance is over with that */
			continue;
		}
		if (lr & LR_ACTIVE)
			continue;
		bank = bank_of(vcpu, LR_ID(lr));
		bank->pending |= bit_of(LR_ID(lr));
		if (lr & LR_HARDWARE)
			bank->held |= bit_of(LR_ID(lr));
		lr_write(i, 0);
	}
}

/* The interrupts of `word` that are in a list register in one of the states `state`. */
static uint32_t listed(uint32_t word, uint64_t state)
{
	const unsigned count = lr_count();
	uint32_t bits = 0;

	for (unsigned i = 0; i < count; i++) {
		const uint64_t lr = lr_read(i);

		if ((lr & state) && LR_ID(lr) / 32 == word)
			bits |= bit_of(LR_ID(lr));
	}
	return bits;
}

/* What of `word` should be in a list register of `vcpu` and is not. */
static uint32_t due(struct vcpu *vcpu, uint32_t word)
{
	const struct irq_bank *bank = vgic_bank(vcpu, word);
	uint32_t bits = (bank->pending | bank->line) & bank->enabled & vgic_forwarded(vcpu->vm, bank);

	bits = (bits | bank->active) & ~listed(word, LR_STATE);
	if (word == 0)
		return bits;
	for (uint32_t todo = bits; todo; todo &= todo - 1) {
		if (bank->target[bits_lowest(todo)] != vcpu->plan->index)
			bits &= ~(todo & -todo);
	}
	return bits;
}

#define NO_ID (~0u)

/* Active ones first, since their end must find them; then by priority, then by number (4.8). */
static unsigned rank(struct vcpu *vcpu, uint32_t id)
{
	const struct irq_bank *bank = bank_of(vcpu, id);

	return bank->active & bit_of(id) ? 0 : 1u + bank->priority[id % 32];
}

/* The most urgent interrupt that is due, or NO_ID. */
static uint32_t most_urgent(struct vcpu *vcpu)
{
	uint32_t best = NO_ID;

	for (uint32_t word = 0; word < vcpu->vm->plan->irq_limit / 32; word++) {
		for (uint32_t todo = due(vcpu, word); todo; todo &= todo - 1) {
			uint32_t id = word * 32 + bits_lowest(todo);

			if (best == NO_ID || rank(vcpu, id) < rank(vcpu, best))
				best = id;
		}
	}
	return best;
}

static void list(struct vcpu *vcpu, unsigned index, uint32_t id)
{
	struct irq_bank *bank = bank_of(vcpu, id);
	const uint32_t bit = bit_of(id);
	uint64_t lr = lr_value(id, bank);

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

static void sync_locked(struct vcpu *vcpu)
{
	uint32_t id;

	vcpu->arch.bank.pending |= __atomic_exchange_n(&vcpu->arch.sgis_posted, 0, __ATOMIC_ACQUIRE);
	fold(vcpu);
	for (;;) {
		const uint64_t empty = lr_empty();

		id = most_urgent(vcpu);
		if (id == NO_ID || !empty)
			break;
		list(vcpu, bits_lowest(empty), id);
	}
	/* More than fits: come back when no list register is pending any more (NPIE). */
	sysreg_write(ICH_HCR_EL2, ICH_HCR_EN | (id != NO_ID ? ICH_HCR_NPIE : 0));
}

void vgic_injected_sync(struct vcpu *vcpu)
{
	lock_take(&vcpu->vm->arch.lock);
	sync_locked(vcpu);
	lock_release(&vcpu->vm->arch.lock);
}

bool vgic_injected_waits(void)
{
	const unsigned count = lr_count();

	for (unsigned i = 0; i < count; i++) {
		if (lr_read(i) & LR_PENDING)
			return true;
	}
	return false;
}

/* Whether `vcpu` is the one that this CPU runs, whose list registers are therefore at hand. */
static bool is_here(const struct vcpu *vcpu)
{
	return vcpu->cpu->plan->hw_id == (sysreg_read(mpidr_el1) & MPIDR_AFFINITY);
}

static void notify(struct vcpu *vcpu)
{
	if (is_here(vcpu))
		sync_locked(vcpu);
	else
		arch_irq_kick(vcpu->cpu);
}

/* A private word concerns its vCPU, a shared one any of them. */
static void notify_word(struct vcpu *frame, uint32_t word)
{
	if (word == 0)
		notify(frame);
	else
		vgic_injected_settle(frame->vm);
}

/* Brings into the book what of the VM's interrupts this CPU's list registers hold. */
static void fold_here(struct vcpu *frame)
{
	for (unsigned i = 0; i < frame->vm->plan->vcpu_count; i++) {
		if (is_here(vm_vcpu(frame->vm, i)))
			fold(vm_vcpu(frame->vm, i));
	}
}

void vgic_injected_settle(struct vm *vm)
{
	for (unsigned i = 0; i < vm->plan->vcpu_count; i++)
		notify(vm_vcpu(vm, i));
}

void vgic_injected_enable(struct vcpu *frame, uint32_t word, uint32_t bits)
{
	gic_write_word(frame->cpu, word, GICD_ISENABLER, bits & vgic_bank(frame, word)->hardware);
	notify_word(frame, word);
}

void vgic_injected_disable(struct vcpu *frame, uint32_t word, uint32_t bits)
{
	gic_write_word(frame->cpu, word, GICD_ICENABLER, bits & vgic_bank(frame, word)->hardware);
	notify_word(frame, word);
}

/*
 * A physical interrupt is made pending physically and then arrives. One that is held for the guest
 * and given up is let go, so that it can fire again.
 */
void vgic_injected_set_pending(struct vcpu *frame, uint32_t word, uint32_t bits, bool pending)
{
	struct irq_bank *bank = vgic_bank(frame, word);
	const uint32_t hardware = bits & bank->hardware;

	fold_here(frame);
	if (pending) {
		gic_write_word(frame->cpu, word, GICD_ISPENDR, hardware);
		bank->pending |= bits & ~hardware;
	} else {
		gic_write_word(frame->cpu, word, GICD_ICPENDR, hardware);
		gic_write_word(frame->cpu, word, GICD_ICACTIVER, bits & bank->pending & bank->held);
		bank->held &= ~(bits & bank->pending);
		bank->pending &= ~bits;
		if (word == 0)
			__atomic_fetch_and(&frame->arch.sgis_posted, ~bits, __ATOMIC_RELAXED);
	}
	notify_word(frame, word);
}

uint32_t vgic_injected_pending(struct vcpu *frame, uint32_t word)
{
	const struct irq_bank *bank = vgic_bank(frame, word);
	uint32_t bits = bank->pending | bank->line | listed(word, LR_PENDING);

	if (word == 0)
		bits |= __atomic_load_n(&frame->arch.sgis_posted, __ATOMIC_RELAXED);
	return bits | (gic_read_word(frame->cpu, word, GICD_ISPENDR) & bank->hardware);
}

/* Active in a list register of this CPU: the bit is changed there. */
static uint32_t deactivate_listed(uint32_t word, uint32_t bits)
{
	const unsigned count = lr_count();
	uint32_t done = 0;

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
	uint32_t hardware = bits & bank->hardware;

	if (active) {
		bits &= ~listed(word, LR_ACTIVE);
		bank->active |= bits;
		bank->held |= bits & hardware;
		gic_write_word(frame->cpu, word, GICD_ISACTIVER, hardware);
	} else {
		const uint32_t was_active = deactivate_listed(word, bits) | (bits & bank->active);

		/* One that waits to be taken is physically active, too, and stays so. */
		hardware &= was_active | ~(bank->held | listed(word, LR_STATE));
		gic_write_word(frame->cpu, word, GICD_ICACTIVER, hardware);
		bank->active &= ~bits;
		bank->held &= ~(hardware & ~bank->pending);
	}
	notify_word(frame, word);
}

uint32_t vgic_injected_active(struct vcpu *frame, uint32_t word)
{
	return vgic_bank(frame, word)->active | listed(word, LR_ACTIVE);
}

/* IHI 0069 table 8-13, one security state: a request reaches only interrupts of its own group. */
void vgic_injected_sgi(struct vcpu *sender, struct vcpu *target, uint32_t id, bool group1)
{
	if ((target->arch.bank.group1 >> id & 1) != group1)
		return;
	__atomic_fetch_or(&target->arch.sgis_posted, 1u << id, __ATOMIC_RELEASE);
	if (target == sender)
		vgic_injected_sync(target);
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

void vgic_injected_stop(void)
{
	const unsigned count = lr_count();

	sysreg_write(ICH_HCR_EL2, 0);
	for (unsigned i = 0; i < count; i++)
		lr_write(i, 0);
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
