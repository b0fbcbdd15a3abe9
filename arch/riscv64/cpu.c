/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The physical CPU: firmware calls, sleep, power, the debugger.
 */
#include "arch/include/arch_cpu.h"

#include "arch/riscv64/context.h"
#include "arch/riscv64/exit.h"
#include "arch/riscv64/firmware.h"
#include "arch/riscv64/guarded.h"
#include "arch/riscv64/irq.h"
#include "arch/riscv64/regs.h"
#include "arch/riscv64/start.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

#define START_TRIES        1000000u
#define SEMIHOSTING_WRITEC 0x03

uint64_t start_pa;

/* SBI 2.0, chapter 3: all registers but a0 and a1 are kept. */
static struct sbi_result call(uint64_t extension, uint64_t function, uint64_t p0, uint64_t p1,
	uint64_t p2, uint64_t p3, uint64_t p4)
{
	register uint64_t a0 __asm__("a0") = p0;
	register uint64_t a1 __asm__("a1") = p1;
	register uint64_t a2 __asm__("a2") = p2;
	register uint64_t a3 __asm__("a3") = p3;
	register uint64_t a4 __asm__("a4") = p4;
	register uint64_t a6 __asm__("a6") = function;
	register uint64_t a7 __asm__("a7") = extension;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
			 : "memory");
	return (struct sbi_result){(int64_t)a0, (int64_t)a1};
}

struct sbi_result firmware_call(
	uint64_t extension, uint64_t function, uint64_t p0, uint64_t p1, uint64_t p2)
{
	return call(extension, function, p0, p1, p2, 0, 0);
}

/* A mask of the firmware's has 64 harts from a base on; theirs may lie further apart. */
int64_t firmware_fence(const struct vm *vm, uint64_t vcpus, unsigned function, uint64_t start,
	uint64_t size, uint64_t asid)
{
	if (HYP_SHARED)
		vcpus = context_fence(vm, vcpus);
	while (vcpus) {
		const uint64_t base = vm_vcpu(vm, bits_lowest(vcpus))->cpu->plan->hw_id;
		uint64_t mask = 0, later = 0;
		struct sbi_result result;

		for (; vcpus; vcpus &= vcpus - 1) {
			const uint64_t bit =
				vm_vcpu(vm, bits_lowest(vcpus))->cpu->plan->hw_id - base;

			if (bit < 64)
				mask |= BIT(bit);
			else
				later |= vcpus & -vcpus;
		}
		result = call(SBI_RFENCE, function, mask, base, start, size, asid);
		if (result.error)
			return result.error;
		vcpus = later;
	}
	return SBI_SUCCESS;
}

/* Its record lies above its stack. */
struct cpu *arch_cpu_here(void)
{
	return (struct cpu *)(start_stack_here() + START_STACK_TOP);
}

void arch_cpu_init(struct cpu *cpu)
{
	vcpu_probe_features();
	irq_cpu_init(cpu);
	if (cpu_is_shared(cpu))
		context_cpu_init(cpu);
}

/* The hart that booted in the place of CPU 0 may still be on its way to stop (start.S). */
int64_t arch_cpu_start(const struct cpu *cpu)
{
	const uint64_t entry = start_pa + ((uintptr_t)start_secondary - (uintptr_t)_start);
	struct sbi_result result = {0};

	for (unsigned left = START_TRIES; left > 0; left--) {
		result = firmware_call(SBI_HSM, HSM_START, cpu->plan->hw_id, entry, cpu_index(cpu));
		if (result.error != SBI_ALREADY_AVAILABLE)
			break;
	}
	return result.error;
}

/*
 * WFI wakes for what is pending and enabled in sie or hie, whatever sstatus.SIE says (priv, WFI);
 * the guest's own timer and interrupts wake it, too.
 */
void arch_cpu_wait(void)
{
	struct cpu *cpu = arch_cpu_here();

	if (cpu_is_shared(cpu))
		context_wait(cpu);
	else
		__asm__ volatile("wfi" ::: "memory");
}

/* A guest cannot mask HS-mode's interrupts: the kick always arrives. */
bool arch_cpu_wait_bounded(void)
{
	arch_cpu_wait();
	return true;
}

_Noreturn void arch_system_off(void)
{
	firmware_call(SBI_SRST, 0, SRST_SHUTDOWN, 0, 0);
	arch_cpu_halt();
}

_Noreturn void arch_cpu_halt(void)
{
	csr_write(CSR_SIE, 0);
	for (;;)
		__asm__ volatile("wfi");
}

/* RISC-V semihosting, SYS_WRITEC: a1 points at the character. */
void arch_debugger_put(char c)
{
	const struct guarded state = guarded_enter();

	guarded_semihosting(SEMIHOSTING_WRITEC, &c);
	guarded_leave(&state);
}
