/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PLIC that a guest sees: a context per vCPU, and only the VM's own sources; the others read as
 * zero and ignore writes. A source of a real device has been claimed from the physical PLIC while
 * it is pending or held here, so it cannot come again before the guest completes it.
 */
#include "arch/riscv64/plic.h"

#include "abi/plan.h"
#include "arch/include/arch_cpu.h"
#include "arch/riscv64/context.h"
#include "arch/riscv64/irq.h"
#include "arch/riscv64/regs.h"
#include "arch/riscv64/upcall.h"
#include "hyp/core/comm.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

static uint8_t *priority_of(const struct vm *vm, uint32_t irq)
{
	return &irq_bank(vm, irq)->mode[irq % ARCH_BANK_IRQS];
}

/* The vCPUs whose contexts have it enabled, a bit each. */
static uint32_t *enables_of(const struct vm *vm, uint32_t irq)
{
	return &irq_bank(vm, irq)->target[irq % ARCH_BANK_IRQS];
}

/* The pending source that the vCPU's context would claim, above `threshold`; 0 if there is none. */
static uint32_t find_best(const struct vcpu *vcpu, uint32_t threshold)
{
	const struct plan_vm *plan = vcpu->vm->plan;
	uint32_t best = 0, best_priority = threshold;

	for (uint32_t i = 0; i < plan->irq_count; i++) {
		const uint32_t irq = plan->irqs[i].id;

		if (!(irq_bank(vcpu->vm, irq)->pending & irq_bit(irq)) ||
			!(*enables_of(vcpu->vm, irq) & 1u << vcpu->plan->index))
			continue;
		if (*priority_of(vcpu->vm, irq) > best_priority) {
			best = irq;
			best_priority = *priority_of(vcpu->vm, irq);
		}
	}
	return best;
}

/* Under vm->arch.lock, on the vCPU's own CPU: the line to the guest as it should be. */
static void apply(struct vcpu *vcpu)
{
	vcpu->arch.external = find_best(vcpu, vcpu->arch.threshold) != 0;
	if (vcpu->arch.external)
		csr_set(CSR_HVIP, BIT(IRQ_VS_EXT));
	else
		csr_clear(CSR_HVIP, BIT(IRQ_VS_EXT));
}

void plic_guest_update(struct vcpu *vcpu)
{
	lock_take(&vcpu->vm->arch.lock);
	apply(vcpu);
	lock_release(&vcpu->vm->arch.lock);
}

/*
 * Something has changed: each vCPU whose line is not as it should be gets to know. `irq`: because
 * that one has just arrived from its device, or 0.
 */
static void settle_after(struct vm *vm, uint32_t irq)
{
	const struct cpu *here = arch_cpu_here();

	for (unsigned i = 0; i < vm->plan->vcpu_count; i++) {
		struct vcpu *vcpu = vm_vcpu(vm, i);

		if (vcpu == here->vcpu)
			apply(vcpu);
		else if (vcpu->arch.external != (find_best(vcpu, vcpu->arch.threshold) != 0))
			irq_post(vcpu, IRQ_POSTED_EXTERNAL, irq);
	}
}

static void settle(struct vm *vm)
{
	settle_after(vm, 0);
}

uint32_t plic_guest_irq_of(const struct vm *vm, uint32_t source)
{
	const struct plan_vm *plan = vm->plan;

	for (uint32_t i = 0; i < plan->irq_count; i++) {
		const uint32_t irq = plan->irqs[i].id;

		if (irq_is_hardware(vm, irq) && irq_host(vm, irq) == source)
			return irq;
	}
	return 0;
}

/* The same of a VM with upcalls, for its first vCPU. On a shared CPU cpu_attend follows. */
RARELY static bool record(const struct cpu *cpu, struct vm *vm, uint32_t irq)
{
	struct vcpu *first = vm_vcpu(vm, 0);
	bool is_new;

	lock_take(&vm->arch.lock);
	is_new = upcall_claimed(vm, irq);
	lock_release(&vm->arch.lock);
	if (vcpu_is_shared(first))
		context_posted(first, irq);
	else if (cpu->vcpu == first)
		comm_upcall(first);
	else if (is_new)
		vcpu_kick(first);
	return !cpu_is_shared(cpu);
}

bool plic_guest_arrived(struct cpu *cpu, uint32_t source)
{
	const struct vcpu *loaded = cpu->vcpu;
	struct vm *vm = cpu_is_shared(cpu) ? context_owner(source) : loaded->vm;
	const uint32_t irq = plic_guest_irq_of(vm, source);

	if (vm_has_upcalls(vm))
		return record(cpu, vm, irq);
	lock_take(&vm->arch.lock);
	irq_bank(vm, irq)->pending |= irq_bit(irq);
	settle_after(vm, irq);
	lock_release(&vm->arch.lock);
	return !cpu_is_shared(cpu) || (loaded && loaded->vm == vm && vm->plan->vcpu_count == 1);
}

/* Claiming takes no notice of the threshold. */
static uint32_t claim(struct vcpu *vcpu)
{
	const uint32_t irq = find_best(vcpu, 0);

	if (irq == 0)
		return 0;
	irq_bank(vcpu->vm, irq)->pending &= ~irq_bit(irq);
	irq_bank(vcpu->vm, irq)->held |= irq_bit(irq);
	settle(vcpu->vm);
	return irq;
}

/* The gateway lets an emulated device's next request in, if there is one. */
static void reopen(struct vm *vm, uint32_t irq)
{
	struct irq_bank *bank = irq_bank(vm, irq);

	if ((bank->line | bank->again) & ~bank->held & irq_bit(irq)) {
		bank->pending |= irq_bit(irq);
		bank->again &= ~irq_bit(irq);
	}
}

/* Ignored unless the source is enabled for the context ("Interrupt Completion"). */
static void complete(struct vcpu *vcpu, uint32_t irq)
{
	struct vm *vm = vcpu->vm;

	if (!irq_is_owned(vm, irq) || !(*enables_of(vm, irq) & 1u << vcpu->plan->index) ||
		!(irq_bank(vm, irq)->held & irq_bit(irq)))
		return;
	irq_bank(vm, irq)->held &= ~irq_bit(irq);
	if (irq_is_hardware(vm, irq))
		plic_complete(vcpu->arch.home, irq_host(vm, irq));
	reopen(vm, irq);
	settle(vm);
}

static enum plic_priority physical_priority(const struct vm *vm, uint32_t priority)
{
	if (priority == 0)
		return PLIC_OFF;
	return vm->arch.is_real_time ? PLIC_REAL_TIME : PLIC_NORMAL;
}

static void write_priority(struct vm *vm, uint32_t irq, uint32_t value)
{
	if (!irq_is_owned(vm, irq))
		return;
	value &= PLIC_GUEST_PRIORITIES;
	*priority_of(vm, irq) = (uint8_t)value;
	if (irq_is_hardware(vm, irq))
		plic_set_priority(irq_host(vm, irq), physical_priority(vm, value));
	settle(vm);
}

static void write_enables(struct vcpu *frame, uint32_t first, uint32_t value)
{
	struct vm *vm = frame->vm;
	const uint32_t own = 1u << frame->plan->index;

	if (first >= vm->plan->irq_limit)
		return;
	for (uint32_t todo = irq_bank(vm, first)->owned; todo; todo &= todo - 1) {
		const uint32_t irq = first + bits_lowest(todo);
		const bool enabled = value & irq_bit(irq);
		uint32_t *enables = enables_of(vm, irq);

		if (enabled == ((*enables & own) != 0))
			continue;
		*enables ^= own;
		if (irq_is_hardware(vm, irq))
			plic_set_enabled(frame->arch.home, irq_host(vm, irq),
				enabled || (vcpu_is_shared(frame) &&
						   context_enables(vm, irq, frame->arch.home)));
	}
	settle(vm);
}

static uint32_t read_enables(const struct vcpu *frame, uint32_t first)
{
	const struct vm *vm = frame->vm;
	uint32_t word = 0;

	if (first >= vm->plan->irq_limit)
		return 0;
	for (uint32_t todo = irq_bank(vm, first)->owned; todo; todo &= todo - 1) {
		if (*enables_of(vm, first + bits_lowest(todo)) & 1u << frame->plan->index)
			word |= todo & -todo;
	}
	return word;
}

static void write_threshold(struct vcpu *frame, uint32_t value)
{
	frame->arch.threshold = value & PLIC_GUEST_PRIORITIES;
	settle(frame->vm);
}

/* The vCPU whose context holds the register at `offset` behind the contexts' first, or NULL. */
static struct vcpu *find_context(const struct vm *vm, uint64_t offset, uint32_t stride)
{
	return offset / stride < vm->plan->vcpu_count ? vm_vcpu(vm, offset / stride) : 0;
}

static void write_register(struct vm *vm, uint64_t offset, uint32_t value)
{
	struct vcpu *frame;

	if (offset < PLIC_PENDING) {
		write_priority(vm, offset / 4, value);
	} else if (offset >= PLIC_CONTEXT) {
		frame = find_context(vm, offset - PLIC_CONTEXT, PLIC_CONTEXT_STRIDE);
		if (frame && offset % PLIC_CONTEXT_STRIDE == PLIC_CLAIM)
			complete(frame, value);
		else if (frame && offset % PLIC_CONTEXT_STRIDE == PLIC_THRESHOLD)
			write_threshold(frame, value);
	} else if (offset >= PLIC_ENABLE) {
		frame = find_context(vm, offset - PLIC_ENABLE, PLIC_ENABLE_STRIDE);
		if (frame)
			write_enables(frame, offset % PLIC_ENABLE_STRIDE * 8, value);
	}
}

static uint32_t read_context(struct vcpu *frame, uint64_t offset)
{
	switch (offset) {
	case PLIC_THRESHOLD:
		return frame->arch.threshold;
	case PLIC_CLAIM:
		return claim(frame);
	default:
		return 0;
	}
}

static uint32_t read_register(struct vm *vm, uint64_t offset)
{
	const uint32_t first = (offset - PLIC_PENDING) * 8;
	struct vcpu *frame;

	if (offset >= PLIC_CONTEXT) {
		frame = find_context(vm, offset - PLIC_CONTEXT, PLIC_CONTEXT_STRIDE);
		return frame ? read_context(frame, offset % PLIC_CONTEXT_STRIDE) : 0;
	}
	if (offset >= PLIC_ENABLE) {
		frame = find_context(vm, offset - PLIC_ENABLE, PLIC_ENABLE_STRIDE);
		return frame ? read_enables(frame, offset % PLIC_ENABLE_STRIDE * 8) : 0;
	}
	if (offset >= PLIC_PENDING)
		return first < vm->plan->irq_limit ? irq_bank(vm, first)->pending : 0;
	return irq_is_owned(vm, offset / 4) ? *priority_of(vm, offset / 4) : 0;
}

void plic_guest_write(struct vcpu *vcpu, uint64_t offset, uint32_t value)
{
	struct vm *vm = vcpu->vm;

	lock_take(&vm->arch.lock);
	write_register(vm, offset, value);
	lock_release(&vm->arch.lock);
}

uint32_t plic_guest_read(struct vcpu *vcpu, uint64_t offset)
{
	struct vm *vm = vcpu->vm;
	uint32_t value;

	lock_take(&vm->arch.lock);
	value = read_register(vm, offset);
	lock_release(&vm->arch.lock);
	return value;
}

void plic_guest_set_line(struct vm *vm, uint32_t irq, bool high)
{
	struct irq_bank *bank = irq_bank(vm, irq);

	if (!irq_is_owned(vm, irq) || irq_is_hardware(vm, irq))
		return;
	bank->line = high ? bank->line | irq_bit(irq) : bank->line & ~irq_bit(irq);
	reopen(vm, irq);
	settle(vm);
}

void plic_guest_raise(struct vm *vm, uint32_t irq)
{
	if (!irq_is_owned(vm, irq) || irq_is_hardware(vm, irq))
		return;
	irq_bank(vm, irq)->again |= irq_bit(irq);
	reopen(vm, irq);
	settle(vm);
}

/* What the guest left claimed is completed, for which it must be enabled. */
static void quiesce(const struct vm *vm, uint32_t source)
{
	const struct cpu *cpu = vm_vcpu(vm, 0)->arch.home;

	plic_set_priority(source, PLIC_OFF);
	plic_set_enabled(cpu, source, true);
	plic_complete(cpu, source);
	for (unsigned i = 0; i < vm->plan->vcpu_count; i++)
		plic_set_enabled(vm_vcpu(vm, i)->arch.home, source, false);
}

void plic_guest_reset(struct vm *vm)
{
	const struct plan_vm *plan = vm->plan;

	irq_reset_banks(vm);
	for (uint32_t i = 0; i < plan->irq_count; i++) {
		if (irq_is_hardware(vm, plan->irqs[i].id))
			quiesce(vm, irq_host(vm, plan->irqs[i].id));
	}
}

void plic_guest_vcpu_reset(struct vcpu *vcpu)
{
	plic_guest_update(vcpu);
}
