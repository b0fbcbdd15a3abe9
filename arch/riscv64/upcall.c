/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts by upcall. The guest's timer is not delegated (hideleg) but comes here. It is answered
 * by setting its comparison to the end of time, so that a guest's tick needs no call. A device's
 * source is claimed from the PLIC; an edge is completed at once, a level when the guest says that
 * it has served the device (UPCALL_END). With AIA a device's interrupts would go into a guest
 * interrupt file without the hypervisor, which has no way to record them: such VMs have no devices
 * (the host tool sees to it).
 */
#include "arch/riscv64/upcall.h"

#include "abi/region.h"
#include "arch/include/arch_cpu.h"
#include "arch/include/arch_vcpu.h"
#include "arch/riscv64/exit.h"
#include "arch/riscv64/irq.h"
#include "arch/riscv64/plic.h"
#include "arch/riscv64/regs.h"
#include "hyp/core/comm.h"
#include "hyp/core/cpu.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

#define DELEGATED       (BIT(IRQ_VS_SOFT) | BIT(IRQ_VS_TIMER) | BIT(IRQ_VS_EXT))
#define INSTRUCTION_WFI 0x10500073

/* hie.VSTIE is a bit of its own only while the timer is not delegated (priv, hie). */
void upcall_leave_hart(bool next_has_upcalls)
{
	if (csr_read(CSR_HIDELEG) != DELEGATED)
		csr_clear(CSR_HIE, BIT(IRQ_VS_TIMER));
	csr_write(CSR_HIDELEG, next_has_upcalls ? DELEGATED & ~BIT(IRQ_VS_TIMER) : DELEGATED);
}

void upcall_enter_hart(void)
{
	csr_set(CSR_HIE, BIT(IRQ_VS_TIMER));
}

static const struct plan_irq *find(const struct vm *vm, uint32_t irq)
{
	for (uint32_t i = 0; i < vm->plan->irq_count; i++) {
		if (vm->plan->irqs[i].id == irq)
			return &vm->plan->irqs[i];
	}
	return 0;
}

/* As if a guest had enabled all its sources for its first vCPU (plic_guest.c). */
static void open_sources(struct vcpu *first)
{
	const struct vm *vm = first->vm;

	for (uint32_t i = 0; i < vm->plan->irq_count; i++) {
		const uint32_t irq = vm->plan->irqs[i].id;

		if (!irq_is_hardware(vm, irq))
			continue;
		irq_bank(vm, irq)->target[irq % ARCH_BANK_IRQS] = 1;
		plic_set_priority(
			irq_host(vm, irq), vm->arch.is_real_time ? PLIC_REAL_TIME : PLIC_NORMAL);
		plic_set_enabled(first->arch.home, irq_host(vm, irq), true);
	}
}

void upcall_start(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	upcall_leave_hart(true);
	upcall_enter_hart();
	csr_set(CSR_HSTATUS, HSTATUS_VTW);
	lock_take(&vm->arch.lock);
	if (vcpu->plan->index == 0)
		open_sources(vcpu);
	lock_release(&vm->arch.lock);
}

/* Its line falls, and the guest's next write of the comparison raises it again. */
void upcall_timer_arrived(struct vcpu *vcpu)
{
	if (vcpu_has_timer())
		csr_write(CSR_VSTIMECMP, ARCH_NEVER);
	csr_clear(CSR_HVIP, BIT(IRQ_VS_TIMER));
	comm_upcall_record(vcpu, REGION_UPCALL_TIMER);
}

bool upcall_claimed(struct vm *vm, uint32_t irq)
{
	struct vcpu *first = vm_vcpu(vm, 0);

	if (find(vm, irq)->flags & PLAN_IRQ_EDGE)
		plic_complete(first->arch.home, irq_host(vm, irq));
	else
		irq_bank(vm, irq)->held |= irq_bit(irq);
	return comm_upcall_record(first, irq);
}

/* An emulated device's level that has come is held, too, until the guest ends it. */
static void take_line(struct vm *vm, uint32_t irq)
{
	struct irq_bank *bank = irq_bank(vm, irq);

	if (!(bank->line & ~bank->held & irq_bit(irq)))
		return;
	bank->held |= irq_bit(irq);
	comm_upcall_raise(vm_vcpu(vm, 0), irq);
}

void upcall_set_line(struct vm *vm, uint32_t irq, bool high)
{
	struct irq_bank *bank = irq_bank(vm, irq);

	bank->line = high ? bank->line | irq_bit(irq) : bank->line & ~irq_bit(irq);
	take_line(vm, irq);
}

static bool is_own(uint32_t irq)
{
	return irq == REGION_UPCALL_IPI || irq == REGION_UPCALL_TIMER;
}

bool arch_vcpu_upcall_end(struct vcpu *vcpu, uint32_t irq)
{
	struct vm *vm = vcpu->vm;
	struct irq_bank *bank;

	if (!irq_is_owned(vm, irq))
		return is_own(irq);
	bank = irq_bank(vm, irq);
	lock_take(&vm->arch.lock);
	if (bank->held & bank->hardware & irq_bit(irq))
		plic_complete(vm_vcpu(vm, 0)->arch.home, irq_host(vm, irq));
	bank->held &= ~irq_bit(irq);
	take_line(vm, irq);
	lock_release(&vm->arch.lock);
	return true;
}

/*
 * With SIE clear in supervisor mode, sepc and the previous state may hold what the guest has not
 * saved yet, or is about to return to: an upcall there could not be returned from. VSSIP then waits
 * until the guest opens, and the guest clears it by itself. An upcall closes the CPU as a trap
 * does, but leaves its registers alone: what SRET needs is in *state.
 */
bool arch_vcpu_upcall(struct vcpu *vcpu, uint64_t entry, uint64_t *pc, uint64_t *state)
{
	const uint64_t status = csr_read(CSR_VSSTATUS);
	const uint64_t was_supervisor = csr_read(CSR_SSTATUS) & SSTATUS_SPP;
	uint64_t resumed = (status & ~(SSTATUS_SPP | SSTATUS_SPIE)) | was_supervisor;

	(void)vcpu;
	if (was_supervisor && !(status & SSTATUS_SIE)) {
		csr_set(CSR_HVIP, BIT(IRQ_VS_SOFT));
		return false;
	}
	if (status & SSTATUS_SIE)
		resumed = (resumed & ~SSTATUS_SIE) | SSTATUS_SPIE;
	__atomic_store_n(pc, csr_read(CSR_SEPC), __ATOMIC_RELAXED);
	__atomic_store_n(state, resumed, __ATOMIC_RELAXED);
	csr_clear(CSR_VSSTATUS, SSTATUS_SIE);
	csr_set(CSR_SSTATUS, SSTATUS_SPP);
	csr_write(CSR_SEPC, entry);
	return true;
}

/*
 * Interrupts are masked here, so that one that comes after the look is still pending when the hart
 * waits, and ends the wait.
 */
bool upcall_waits(struct vcpu *vcpu, uint64_t instruction)
{
	if (instruction == 0)
		instruction = exit_fetch();
	if (instruction != INSTRUCTION_WFI || !(csr_read(CSR_SSTATUS) & SSTATUS_SPP))
		return false;
	vcpu->exits[EXIT_CAUSE_WAIT]++;
	if (!comm_upcall_waits(vcpu))
		arch_cpu_wait();
	return true;
}
