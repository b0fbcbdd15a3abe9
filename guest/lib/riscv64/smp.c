/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start of further harts through HSM. CPU n is hart n; if another than hart 0 started, 0 and it
 * change places.
 */
#include "guest/lib/smp.h"

#include "guest/lib/riscv64/sbi.h"
#include "guest/lib/riscv64/smp_hart.h"
#include "guest/lib/riscv64/start.h"
#include "guest/lib/riscv64/system.h"

static struct smp_start smp_starts[SMP_CPU_MAX];

uint64_t smp_hart(unsigned cpu)
{
	if (cpu == 0)
		return start_hart;
	return cpu == start_hart ? 0 : cpu;
}

int smp_start(unsigned cpu, void (*function)(void *argument), void *argument)
{
	struct smp_start *start = &smp_starts[cpu];

	if (cpu == 0 || cpu >= SMP_CPU_MAX)
		return SBI_NOT_SUPPORTED;
	start->cpu = cpu;
	start->function = function;
	start->argument = argument;
	system_fence();
	return (int)sbi_call(SBI_HSM, SBI_HSM_START, smp_hart(cpu), (uint64_t)start_secondary,
		(uint64_t)start, 0, 0, 0)
		.error;
}

void smp_enter(struct smp_start *start)
{
	start->function(start->argument);
	sbi_call(SBI_HSM, SBI_HSM_STOP, 0, 0, 0, 0, 0, 0);
}
