/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The physical CPU: firmware calls, sleep, power, the debugger.
 */
#include "arch/include/arch_cpu.h"

#include "abi/image.h"
#include "arch/aarch64/firmware.h"
#include "arch/aarch64/gic.h"
#include "arch/aarch64/regs.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"

#define PSCI_CPU_ON_64  0xc4000003
#define PSCI_SYSTEM_OFF 0x84000008

#define SEMIHOSTING_WRITEC 0x03

extern const char _start[], start_secondary[];

/* Physical address of _start; start.S writes it on the first CPU. */
uint64_t start_pa;

int64_t firmware_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a;
	register uint64_t x2 __asm__("x2") = b;
	register uint64_t x3 __asm__("x3") = c;

	/* SMCCC 1.0, 2.5: x0 to x17 are the callee's. */
	__asm__ volatile("smc #0"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
			 :
			 : "memory", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
			 "x14", "x15", "x16", "x17");
	return (int64_t)x0;
}

void arch_cpu_init(struct cpu *cpu)
{
	REQUIRE((sysreg_read(mpidr_el1) & MPIDR_AFFINITY) == cpu->plan->hw_id,
		"the boot CPU is not the first one of the board's device tree");
	gic_cpu_init(cpu);
}

int64_t arch_cpu_start(const struct cpu *cpu)
{
	return firmware_call(PSCI_CPU_ON_64, cpu->plan->hw_id,
		start_pa + (uint64_t)(start_secondary - _start), cpu_index(cpu));
}

/* WFI wakes for a pending physical interrupt whatever PSTATE masks (D1.6.2). */
void arch_cpu_wait(void)
{
	dsb(sy);
	__asm__ volatile("wfi" ::: "memory");
}

/*
 * One second, by the EL2 physical timer, whose interrupt is ours. On the direct way a guest can
 * raise its running priority and execute WFI, and then nothing wakes it.
 */
bool arch_cpu_wait_bounded(void)
{
	const uint64_t end = arch_cpu_ticks() + sysreg_read(cntfrq_el0);

	sysreg_write(cnthp_cval_el2, end);
	sysreg_write(cnthp_ctl_el2, 1);
	isb();
	arch_cpu_wait();
	sysreg_write(cnthp_ctl_el2, 0);
	isb();
	return arch_cpu_ticks() < end;
}

_Noreturn void arch_system_off(void)
{
	firmware_call(PSCI_SYSTEM_OFF, 0, 0, 0);
	arch_cpu_halt();
}

_Noreturn void arch_cpu_halt(void)
{
	for (;;)
		__asm__ volatile("wfi");
}

/* Arm semihosting (IHI 0100), SYS_WRITEC: x1 points at the character. */
void arch_debugger_put(char c)
{
	register uint64_t operation __asm__("x0") = SEMIHOSTING_WRITEC;
	register const char *parameter __asm__("x1") = &c;

	__asm__ volatile("hlt #0xf000" : "+r"(operation) : "r"(parameter) : "memory");
}
