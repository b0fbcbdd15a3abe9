/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The architecture contract's interrupts, over the board's controller; and the hypervisor's own
 * interrupts as they arrive.
 */
#include "arch/riscv64/irq.h"

#include "arch/include/arch_cpu.h"
#include "arch/riscv64/context.h"
#include "arch/riscv64/exit.h"
#include "arch/riscv64/regs.h"
#include "arch/riscv64/upcall.h"
#include "hyp/core/comm.h"
#include "hyp/core/console.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/mmio.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"
#include "lib/string.h"

/* Called by exit.S. */
bool exit_irq(struct vcpu *vcpu, uint64_t cause);

const struct irq_controller *irq_controller;

void arch_irq_init(void)
{
	irq_controller = hyp_plan->own_group ? &irq_aia : &irq_plic;
	irq_controller->init();
}

void irq_cpu_init(struct cpu *cpu)
{
	irq_controller->cpu_init(cpu);
	csr_write(CSR_SIE, BIT(IRQ_S_SOFT) | BIT(IRQ_S_EXT));
}

void irq_vcpu_reset(struct vcpu *vcpu)
{
	irq_controller->vcpu_reset(vcpu);
}

void arch_irq_kick(const struct cpu *cpu)
{
	irq_controller->kick(cpu);
}

void arch_irq_route_own(uint32_t irq, const struct cpu *cpu)
{
	irq_controller->route_own(irq, cpu);
}

void irq_reset_banks(const struct vm *vm)
{
	const struct plan_vm *plan = vm->plan;

	CHECK(plan->irq_limit % ARCH_BANK_IRQS == 0);
	memset(plan->irq_banks, 0, plan->irq_limit / ARCH_BANK_IRQS * sizeof(struct irq_bank));
	for (uint32_t i = 0; i < plan->irq_count; i++) {
		const struct plan_irq *irq = &plan->irqs[i];
		struct irq_bank *bank = irq_bank(vm, irq->id);

		bank->owned |= irq_bit(irq->id);
		if (irq->flags & PLAN_IRQ_VIRTUAL)
			continue;
		bank->hardware |= irq_bit(irq->id);
		bank->host[irq->id % ARCH_BANK_IRQS] =
			irq->host_id ? irq->host_id : (uint16_t)irq->id;
	}
}

/* Where the guest has its controller: exit.c finds it there without a search. */
static void find_controller(struct vm *vm)
{
	for (uint32_t i = 0; i < vm->plan->mmio_count; i++) {
		if (vm->plan->mmio[i].kind == PLAN_MMIO_INTC) {
			vm->arch.intc_base = vm->plan->mmio[i].base;
			vm->arch.intc_size = vm->plan->mmio[i].size_bytes;
		}
	}
}

void arch_vm_reset_irqs(struct vm *vm, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++) {
		struct vcpu *vcpu = vm_vcpu(vm, i);

		__atomic_store_n(&vcpu->arch.posted, 0, __ATOMIC_RELAXED);
		vcpu->arch.threshold = 0;
		vcpu->arch.home = vcpu->cpu;
	}
	if (first != 0)
		return;
	find_controller(vm);
	irq_controller->reset(vm);
}

void arch_virq_set_line(struct vm *vm, uint32_t irq, bool high)
{
	lock_take(&vm->arch.lock);
	if (vm_has_upcalls(vm))
		upcall_set_line(vm, irq, high);
	else
		irq_controller->set_line(vm, irq, high);
	lock_release(&vm->arch.lock);
}

/* The registers of both controllers are words, in one region. */
enum mmio_result arch_intc_access(struct vcpu *vcpu, struct mmio_access *access, uint32_t unit)
{
	const uint64_t offset = access->address;

	if (unit != PLAN_MMIO_INTC || access->size != 4)
		return MMIO_DENIED;
	if (access->is_write)
		irq_controller->write(vcpu, offset, (uint32_t)access->value);
	else
		access->value = irq_controller->read(vcpu, offset);
	return MMIO_DONE;
}

/* A shared vCPU for which the same is posted already has been woken and has not run since. */
void irq_post(struct vcpu *vcpu, uint32_t event, uint32_t irq)
{
	const uint32_t before = __atomic_fetch_or(&vcpu->arch.posted, event, __ATOMIC_SEQ_CST);

	if (arch_cpu_here()->vcpu == vcpu) {
		if (__atomic_load_n(&vcpu->state, __ATOMIC_RELAXED) == VCPU_ON)
			irq_take_posted(vcpu);
	} else if (!vcpu_is_shared(vcpu)) {
		arch_irq_kick(vcpu->cpu);
	} else if (!(before & event)) {
		context_posted(vcpu, irq);
	}
}

void irq_take_posted(struct vcpu *vcpu)
{
	const uint32_t posted = __atomic_exchange_n(&vcpu->arch.posted, 0, __ATOMIC_ACQUIRE);

	if (posted & IRQ_POSTED_SOFT)
		csr_set(CSR_HVIP, BIT(IRQ_VS_SOFT));
	if (posted & IRQ_POSTED_EXTERNAL)
		irq_controller->update(vcpu);
	if (posted & IRQ_POSTED_FENCE) {
		hfence_vvma_all();
		fence_i();
	}
}

void irq_own_arrived(struct cpu *cpu, struct vcpu *vcpu, uint32_t irq)
{
	trace_write(&cpu->trace, TRACE_OWN, vcpu ? vcpu->number : TRACE_NO_VCPU, irq);
	if (irq == hyp_plan->console_irq)
		console_input();
}

/* Not delegated: the running guest has upcalls. Returns whether it has been given its own. */
static bool take_upcall_timer(struct vcpu *vcpu)
{
	upcall_timer_arrived(vcpu);
	if (COMM_UPCALL_AT_ONCE)
		comm_upcall(vcpu);
	return COMM_UPCALL_AT_ONCE;
}

/*
 * What was stored before an interrupt was sent is seen once it is taken. Returns true if the
 * interrupt was for the guest that runs, and for nobody else.
 */
NEVER_INLINE static bool take(struct cpu *cpu, struct vcpu *vcpu, unsigned irq)
{
	bool is_guests = false;

	switch (irq) {
	case IRQ_S_EXT:
		is_guests = irq_controller->arrived(cpu, vcpu);
		break;
	case IRQ_S_SOFT:
		csr_clear(CSR_SIP, BIT(IRQ_S_SOFT));
		break;
	case IRQ_S_TIMER:
		if (cpu_is_shared(cpu)) {
			is_guests = context_timer_arrived(cpu);
		} else {
			vcpu_timer_arrived();
			is_guests = true;
		}
		break;
	case IRQ_S_GUEST:
		if (HYP_SHARED)
			context_files_arrived(cpu);
		break;
	case IRQ_VS_TIMER:
		is_guests = HYP_COMM && take_upcall_timer(vcpu);
		break;
	}
	fence(ir, rw);
	return is_guests;
}

/*
 * Interrupts for HS-mode, which no guest can mask. The guest goes on at once unless its VM is being
 * stopped, which is what a kick may be about, or it may have to give a shared CPU away.
 */
bool exit_irq(struct vcpu *vcpu, uint64_t cause)
{
	const bool is_guests = take(vcpu->cpu, vcpu, (unsigned)(cause & 0xff));

	vcpu->exits[is_guests ? EXIT_CAUSE_INTERRUPT : EXIT_CAUSE_OWN]++;
	if (__atomic_load_n(&vcpu->arch.posted, __ATOMIC_RELAXED))
		irq_take_posted(vcpu);
	return __atomic_load_n(&vcpu->vm->state, __ATOMIC_ACQUIRE) == VM_RUNNING &&
	       (is_guests || !(vcpu_is_shared(vcpu) || vm_has_upcalls(vcpu->vm)));
}

/* SGEI is in hip alone. */
static uint64_t pending_here(void)
{
	return (csr_read(CSR_SIP) & csr_read(CSR_SIE)) |
	       (csr_read(CSR_HIP) & csr_read(CSR_HIE) & BIT(IRQ_S_GUEST));
}

void arch_irq_poll(struct cpu *cpu)
{
	uint64_t pending;

	while ((pending = pending_here()) != 0)
		take(cpu, 0, bits_lowest(pending));
	if (cpu_is_shared(cpu))
		context_polled(cpu);
}
