/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The injected way: the hypervisor takes a guest's interrupts and puts them into list registers
 * (IHI 0069 12.4.6, ICH_LR<n>_EL2). There is one book: an interrupt that is in a list register has
 * its pending and active state there, any other one in its struct virq. Only the vCPU's own CPU
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

#define FOR_LIST_REGISTERS(X)                                                                      \
	X(0, 12, 0) X(1, 12, 1) X(2, 12, 2) X(3, 12, 3) X(4, 12, 4) X(5, 12, 5) X(6, 12, 6)        \
	X(7, 12, 7) X(8, 13, 0) X(9, 13, 1) X(10, 13, 2) X(11, 13, 3) X(12, 13, 4) X(13, 13, 5)    \
	X(14, 13, 6) X(15, 13, 7)

static uint64_t lr_read(unsigned index)
{
	switch (index) {
#define LR_READ(n, crm, op2)                                                                       \
	case n:                                                                                    \
		return sysreg_read(S3_4_C12_C##crm##_##op2);
		FOR_LIST_REGISTERS(LR_READ)
	default:
		return 0;
	}
}

static void lr_write(unsigned index, uint64_t value)
{
	switch (index) {
#define LR_WRITE(n, crm, op2)                                                                      \
	case n:                                                                                    \
		sysreg_write(S3_4_C12_C##crm##_##op2, value);                                      \
		return;
		FOR_LIST_REGISTERS(LR_WRITE)
	}
}

static unsigned lr_count(void)
{
	return (unsigned)bits_get(sysreg_read(ICH_VTR_EL2), 0, 5) + 1;
}

static uint64_t lr_value(uint32_t id, const struct virq *virq)
{
	uint64_t value = (uint64_t)virq->priority << 48 | id;

	if (virq->flags & VIRQ_GROUP1)
		value |= LR_GROUP1;
	return value;
}

/* Physical interrupts come back by themselves, so the hot path needs no lock and no book. */
void vgic_injected_arrived(struct vcpu *vcpu, uint32_t id)
{
	const uint64_t empty = sysreg_read(ICH_ELRSR_EL2);
	struct virq *virq = vgic_find(vcpu, id);

	vcpu->exits[EXIT_CAUSE_INTERRUPT]++;
	trace_write(&vcpu->cpu->trace, TRACE_INJECT, vcpu_index(vcpu), id);
	if (!virq) {
		sysreg_write(ICC_DIR_EL1, id); /* not the guest's: ended, and forgotten */
		return;
	}
	if (empty) {
		lr_write(bits_lowest(empty),
			LR_PENDING | LR_HARDWARE | (uint64_t)id << 32 | lr_value(id, virq));
		return;
	}
	lock_take(&vcpu->vm->arch.lock);
	virq->flags |= VIRQ_PENDING | VIRQ_HELD;
	lock_release(&vcpu->vm->arch.lock);
	vgic_injected_sync(vcpu);
}

/* Takes what is not active out of the list registers, back into the book. */
static void fold(struct vcpu *vcpu)
{
	const unsigned count = lr_count();
	uint64_t empty = sysreg_read(ICH_ELRSR_EL2);

	for (unsigned i = 0; i < count; i++) {
		const uint64_t lr = lr_read(i);
		struct virq *virq;

		if (empty >> i & 1) {
			lr_write(i, 0); /* also an ended one, whose maintenance is over with that */
			continue;
		}
		virq = vgic_find(vcpu, LR_ID(lr));
		if (!virq || (lr & LR_ACTIVE))
			continue;
		virq->flags |= VIRQ_PENDING | (lr & LR_HARDWARE ? VIRQ_HELD : 0);
		lr_write(i, 0);
	}
}

static bool is_listed(uint32_t id)
{
	const unsigned count = lr_count();
	const uint64_t empty = sysreg_read(ICH_ELRSR_EL2);

	for (unsigned i = 0; i < count; i++) {
		if (!(empty >> i & 1) && LR_ID(lr_read(i)) == id)
			return true;
	}
	return false;
}

static bool is_due(const struct vcpu *vcpu, uint32_t id, const struct virq *virq)
{
	if (virq->flags & VIRQ_ACTIVE)
		return !is_listed(id);
	if (!(virq->flags & (VIRQ_PENDING | VIRQ_LINE)) || !(virq->flags & VIRQ_ENABLED))
		return false;
	return vgic_group_enabled(vcpu->vm, virq) && !is_listed(id);
}

struct candidate {
	struct virq *virq;
	uint32_t id;
};

/* Active ones first: their end must find them; then by priority, then by number (IHI 0069 4.8). */
static bool is_before(const struct virq *a, const struct virq *b)
{
	bool a_active = a->flags & VIRQ_ACTIVE, b_active = b->flags & VIRQ_ACTIVE;

	return a_active != b_active ? a_active : a->priority < b->priority;
}

static void consider(
	struct vcpu *vcpu, uint32_t id, struct virq *virq, struct candidate *best, unsigned *left)
{
	if (!virq || vgic_target(vcpu, id, virq) != vcpu || !is_due(vcpu, id, virq))
		return;
	++*left;
	if (!best->virq || is_before(virq, best->virq))
		*best = (struct candidate){virq, id};
}

/* The most urgent interrupt that is due and in no list register; `left` counts all such. */
static struct candidate most_urgent(struct vcpu *vcpu, unsigned *left)
{
	const struct plan_vm *plan = vcpu->vm->plan;
	struct candidate best = {0};

	*left = 0;
	for (uint32_t id = 0; id < GIC_PRIVATE_IRQS; id++)
		consider(vcpu, id, vgic_find(vcpu, id), &best, left);
	for (uint32_t i = 0; i < plan->irq_count; i++)
		consider(vcpu, plan->irqs[i].id, (struct virq *)plan->virqs + i, &best, left);
	return best;
}

static void list(unsigned index, uint32_t id, struct virq *virq)
{
	uint64_t lr = lr_value(id, virq);

	if (virq->flags & VIRQ_ACTIVE)
		lr |= LR_ACTIVE;
	if (virq->flags & (VIRQ_PENDING | VIRQ_LINE))
		lr |= LR_PENDING;
	if (virq->flags & VIRQ_HELD) {
		lr |= LR_HARDWARE | (uint64_t)id << 32;
		if (lr & LR_ACTIVE)
			lr &= ~LR_PENDING; /* not both with hardware behind it, 12.4.6 */
	} else if (!(virq->flags & VIRQ_EDGE)) {
		lr |= LR_EOI;
	}
	lr_write(index, lr);
	virq->flags &= ~(VIRQ_PENDING | VIRQ_ACTIVE | VIRQ_HELD);
}

static void take_posted_sgis(struct vcpu *vcpu)
{
	uint32_t posted = __atomic_exchange_n(&vcpu->arch.sgis_posted, 0, __ATOMIC_ACQUIRE);

	for (; posted; posted &= posted - 1)
		vcpu->arch.privates[bits_lowest(posted)].flags |= VIRQ_PENDING;
}

static void sync_locked(struct vcpu *vcpu)
{
	unsigned left;

	take_posted_sgis(vcpu);
	fold(vcpu);
	for (;;) {
		struct candidate next = most_urgent(vcpu, &left);
		uint64_t empty = sysreg_read(ICH_ELRSR_EL2) & (BIT(lr_count()) - 1);

		if (!next.virq || !empty)
			break;
		list(bits_lowest(empty), next.id, next.virq);
	}
	/* More than fits: come back when no list register is pending any more (NPIE). */
	sysreg_write(ICH_HCR_EL2, ICH_HCR_EN | (left ? ICH_HCR_NPIE : 0));
}

void vgic_injected_sync(struct vcpu *vcpu)
{
	lock_take(&vcpu->vm->arch.lock);
	sync_locked(vcpu);
	lock_release(&vcpu->vm->arch.lock);
}

bool vgic_injected_pending(void)
{
	const unsigned count = lr_count();

	for (unsigned i = 0; i < count; i++) {
		if (lr_read(i) & LR_PENDING)
			return true;
	}
	return false;
}

/* The vCPU of the CPU that runs this code, if it is `vcpu`, syncs at once; another one is kicked. */
static void notify(struct vcpu *vcpu)
{
	if (vcpu->cpu->plan->hw_id == (sysreg_read(mpidr_el1) & MPIDR_AFFINITY))
		sync_locked(vcpu);
	else
		arch_irq_kick(vcpu->cpu);
}

static void enable(struct vcpu *frame, uint32_t id, struct virq *virq)
{
	if (virq->flags & VIRQ_HARDWARE)
		gic_set_bit(frame->cpu, id, GICD_ISENABLER);
	notify(vgic_target(frame, id, virq));
}

static void disable(struct vcpu *frame, uint32_t id, struct virq *virq)
{
	if (virq->flags & VIRQ_HARDWARE)
		gic_set_bit(frame->cpu, id, GICD_ICENABLER);
	notify(vgic_target(frame, id, virq));
}

/* A physical interrupt that the guest's side gave up may fire again only when it is not active. */
static void let_go(struct vcpu *frame, uint32_t id, struct virq *virq)
{
	if (virq->flags & VIRQ_HELD)
		gic_set_bit(frame->cpu, id, GICD_ICACTIVER);
	virq->flags &= ~VIRQ_HELD;
}

static bool is_here(struct vcpu *vcpu)
{
	return vcpu->cpu->plan->hw_id == (sysreg_read(mpidr_el1) & MPIDR_AFFINITY);
}

static void set_pending(struct vcpu *frame, uint32_t id, struct virq *virq, bool pending)
{
	struct vcpu *target = vgic_target(frame, id, virq);

	if (is_here(target))
		fold(target);
	if (pending && (virq->flags & VIRQ_HARDWARE)) {
		gic_set_bit(frame->cpu, id, GICD_ISPENDR);
	} else if (pending) {
		virq->flags |= VIRQ_PENDING;
	} else {
		if (virq->flags & VIRQ_HARDWARE)
			gic_set_bit(frame->cpu, id, GICD_ICPENDR);
		if (virq->flags & VIRQ_PENDING)
			let_go(frame, id, virq);
		virq->flags &= ~VIRQ_PENDING;
	}
	notify(target);
}

static bool is_pending(struct vcpu *frame, uint32_t id, const struct virq *virq)
{
	struct vcpu *target = vgic_target(frame, id, virq);
	bool pending;

	if (is_here(target))
		fold(target);
	pending = (virq->flags & (VIRQ_PENDING | VIRQ_LINE)) ||
		  (id < GIC_SGIS && (target->arch.sgis_posted >> id & 1)) ||
		  ((virq->flags & VIRQ_HARDWARE) && gic_get_bit(frame->cpu, id, GICD_ISPENDR));
	notify(target);
	return pending;
}

/* The list register of an active interrupt, or a number beyond them. */
static unsigned find_active(uint32_t id)
{
	const unsigned count = lr_count();
	unsigned i = 0;

	while (i < count && !((lr_read(i) & LR_ACTIVE) && LR_ID(lr_read(i)) == id))
		i++;
	return i;
}

static void set_active(struct vcpu *frame, uint32_t id, struct virq *virq, bool active)
{
	struct vcpu *target = vgic_target(frame, id, virq);
	const unsigned index = is_here(target) ? find_active(id) : lr_count();

	if (active && index == lr_count()) {
		virq->flags |= VIRQ_ACTIVE;
		if (virq->flags & VIRQ_HARDWARE) {
			gic_set_bit(frame->cpu, id, GICD_ISACTIVER);
			virq->flags |= VIRQ_HELD;
		}
	} else if (!active) {
		if (index < lr_count())
			lr_write(index, lr_read(index) & ~LR_ACTIVE);
		if ((virq->flags & VIRQ_HARDWARE) && !(virq->flags & VIRQ_PENDING))
			gic_set_bit(frame->cpu, id, GICD_ICACTIVER);
		virq->flags &= ~VIRQ_ACTIVE;
	}
	notify(target);
}

static bool is_active(struct vcpu *frame, uint32_t id, const struct virq *virq)
{
	struct vcpu *target = vgic_target(frame, id, virq);

	return (virq->flags & VIRQ_ACTIVE) || (is_here(target) && find_active(id) < lr_count());
}

/* The list register takes the priority along when the interrupt is listed. */
static void set_priority(struct vcpu *frame, uint32_t id, struct virq *virq)
{
	notify(vgic_target(frame, id, virq));
}

static void settle(struct vcpu *frame)
{
	for (unsigned i = 0; i < frame->vm->plan->vcpu_count; i++)
		notify(vm_vcpu(frame->vm, i));
}

const struct vgic_route vgic_injected = {
	.enable = enable,
	.disable = disable,
	.set_pending = set_pending,
	.is_pending = is_pending,
	.set_active = set_active,
	.is_active = is_active,
	.set_priority = set_priority,
	.settle = settle,
};

void vgic_injected_sgi(struct vcpu *sender, struct vcpu *target, uint32_t id)
{
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
	struct virq *virq = vgic_find(frame, irq);

	if (!virq)
		return;
	if (vm->plan->delivery == PLAN_DIRECT) {
		vgic_direct.set_pending(frame, irq, virq, high);
		return;
	}
	lock_take(&vm->arch.lock);
	virq->flags = (uint16_t)(high ? virq->flags | VIRQ_LINE : virq->flags & ~VIRQ_LINE);
	if (!high)
		set_pending(frame, irq, virq, false);
	else
		notify(vgic_target(frame, irq, virq));
	lock_release(&vm->arch.lock);
}
