/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start of further CPUs through PSCI.
 */
#include "guest/lib/smp.h"

#include "guest/lib/aarch64/psci.h"
#include "guest/lib/aarch64/start.h"
#include "guest/lib/aarch64/system.h"

static struct smp_start smp_starts[SMP_CPU_MAX];

int smp_start(unsigned cpu, void (*function)(void *argument), void *argument)
{
	struct smp_start *start = &smp_starts[cpu];

	if (cpu == 0 || cpu >= SMP_CPU_MAX)
		return PSCI_INVALID_PARAMETERS;
	start->cpu = cpu;
	start->function = function;
	start->argument = argument;
	system_dsb();
	return (int)psci_cpu_on(cpu, (uint64_t)start_secondary, (uint64_t)start);
}

void smp_enter(struct smp_start *start)
{
	start->function(start->argument);
	psci_cpu_off();
}
