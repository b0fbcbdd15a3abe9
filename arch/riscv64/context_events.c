/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What begins and ends the waits of vCPUs on shared CPUs.
 */
#include "arch/include/arch_cpu.h"
#include "arch/include/arch_vcpu.h"
#include "arch/riscv64/context.h"
#include "arch/riscv64/context_files.h"
#include "arch/riscv64/exit.h"
#include "arch/riscv64/firmware.h"
#include "arch/riscv64/guarded.h"
#include "arch/riscv64/irq.h"
#include "arch/riscv64/regs.h"
#include "hyp/core/comm.h"
#include "hyp/core/cpu.h"
#include "hyp/core/shared.h"
#include "hyp/core/vm.h"

#define INSTRUCTION_WFI     0x10500073
#define INSTRUCTION_WRS_NTO 0x00d00073

#define VS_INTERRUPTS (BIT(IRQ_VS_SOFT) | BIT(IRQ_VS_TIMER) | BIT(IRQ_VS_EXT))

/* Bits of vsie, which has them where sie does. */
#define VSIE_TIMER BIT(IRQ_S_TIMER)
#define VSIE_EXT   BIT(IRQ_S_EXT)

static bool is_loaded(const struct vcpu *vcpu)
{
	return vcpu->cpu->vcpu == vcpu;
}

uint64_t arch_vcpu_timer(const struct vcpu *vcpu)
{
	const struct arch_context *context = context_of(vcpu);
	const bool loaded = is_loaded(vcpu);
	const uint64_t vsie = loaded ? csr_read(CSR_VSIE) : context->vsie;
	const uint64_t ticks =
		loaded && context_has_timer ? csr_read(CSR_VSTIMECMP) : context->timer;

	if (!(vsie & VSIE_TIMER) && !vm_has_upcalls(vcpu->vm))
		return ARCH_NEVER;
	if (ticks + vcpu->time_offset < ticks)
		return ARCH_NEVER;
	return ticks + vcpu->time_offset;
}

static bool has_interrupt_here(void)
{
	return (csr_read(CSR_HIP) & csr_read(CSR_HIE) & VS_INTERRUPTS) != 0;
}

/* hvip has the bits of VS level one above those that vsie has. */
static bool has_interrupt_elsewhere(const struct vcpu *vcpu)
{
	const struct arch_context *context = context_of(vcpu);

	return vcpu->arch.posted || (context->hvip >> 1 & context->vsie) ||
	       arch_vcpu_timer(vcpu) <= arch_cpu_ticks() ||
	       ((context->vsie & VSIE_EXT) && context->file && files_pending(vcpu));
}

NEVER_INLINE static bool has_any_interrupt(struct vcpu *vcpu)
{
	if (vm_has_upcalls(vcpu->vm) && comm_upcall_waits(vcpu))
		return true;
	if (!is_loaded(vcpu))
		return has_interrupt_elsewhere(vcpu);
	if (vcpu->arch.posted)
		irq_take_posted(vcpu);
	return has_interrupt_here();
}

/* The plain case, as at each wait, in the fewest instructions. */
bool arch_vcpu_has_interrupt(struct vcpu *vcpu)
{
	if (!is_loaded(vcpu) || vcpu->arch.posted || (context_of(vcpu)->traits & CONTEXT_CALLS))
		return has_any_interrupt(vcpu);
	return has_interrupt_here();
}

/* WFI is only a supervisor's (priv, virtual-instruction exceptions); WRS.NTO anybody's (Zawrs). */
bool context_stalls(struct vcpu *vcpu, uint64_t instruction)
{
	context_ran(vcpu);
	if (instruction == 0)
		instruction = exit_fetch();
	if (instruction == INSTRUCTION_WRS_NTO) {
		shared_spins(vcpu);
	} else if (instruction == INSTRUCTION_WFI && (csr_read(CSR_SSTATUS) & SSTATUS_SPP)) {
		if (!arch_vcpu_has_interrupt(vcpu))
			shared_wait(vcpu, ARCH_NEVER);
	} else {
		return false;
	}
	vcpu->exits[EXIT_CAUSE_WAIT]++;
	return true;
}

void context_suspend(struct vcpu *vcpu)
{
	context_ran(vcpu);
	if (!arch_vcpu_has_interrupt(vcpu))
		shared_suspend(vcpu);
}

void context_tell_again(void)
{
	const uint64_t files = csr_read(CSR_HGEIE);

	if (__builtin_expect((csr_read(CSR_HGEIP) & files) != 0, 0))
		csr_write(CSR_HGEIE, files);
}

/*
 * WFI wakes for what is enabled in sie and hie (priv, WFI). The interrupts of the vCPU whose
 * registers are still here would wake this CPU for ever if nobody takes them, as when its budget is
 * used up. So its file tells once until it has run; its timer is the scheduler's matter, and
 * whoever posts for it kicks.
 */
void context_wait(struct cpu *cpu)
{
	struct context_cpu *here = context_cpu(cpu);
	const uint64_t enabled = csr_swap(CSR_HIE, BIT(IRQ_S_GUEST));
	const uint64_t file = cpu->vcpu ? context_of(cpu->vcpu)->file : 0;

	if (!here->told)
		csr_set(CSR_HGEIE, file);
	context_tell_again();
	__asm__ volatile("wfi" ::: "memory");
	csr_clear(CSR_HGEIE, file);
	if (csr_read(CSR_HGEIP) & file)
		here->told = true;
	csr_write(CSR_HIE, enabled);
}

/* Idle, with a vCPU's registers still here: what came for it ends its wait, too. */
void context_polled(struct cpu *cpu)
{
	if (cpu->vcpu && arch_vcpu_has_interrupt(cpu->vcpu))
		shared_arrived(cpu->vcpu, 0, false);
}

static bool is_fast(const struct vm *vm, uint32_t irq)
{
	for (uint32_t i = 0; i < vm->plan->irq_count; i++) {
		if (vm->plan->irqs[i].id == irq)
			return vm->plan->irqs[i].flags & PLAN_IRQ_FAST;
	}
	return false;
}

void context_posted(struct vcpu *vcpu, uint32_t irq)
{
	if (irq && __atomic_load_n(&vcpu->cpu, __ATOMIC_RELAXED) == arch_cpu_here())
		shared_arrived(vcpu, irq, is_fast(vcpu->vm, irq));
	else
		shared_wake(vcpu);
}

/* Whoever becomes loaded after this looks has seen what was posted before it (finish). */
uint64_t context_fence(const struct vm *vm, uint64_t vcpus)
{
	uint64_t now = 0;

	for (; vcpus; vcpus &= vcpus - 1) {
		struct vcpu *vcpu = vm_vcpu(vm, bits_lowest(vcpus));

		if (vcpu->shared) {
			__atomic_fetch_or(&vcpu->arch.posted, IRQ_POSTED_FENCE, __ATOMIC_SEQ_CST);
			fence(rw, rw);
			if (__atomic_load_n(&vcpu->cpu->vcpu, __ATOMIC_RELAXED) != vcpu)
				continue;
		}
		now |= vcpus & -vcpus;
	}
	return now;
}
