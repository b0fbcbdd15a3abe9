/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power control by PSCI.
 */
#include "guest/lib/aarch64/psci.h"

#include "guest/lib/aarch64/smccc.h"
#include "guest/lib/aarch64/start.h"
#include "guest/lib/power.h"

int64_t smccc_call(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3)
{
	if (start_level == 2)
		return smccc_smc(function, x1, x2, x3, 0, 0, 0, 0);
	return smccc_hvc(function, x1, x2, x3, 0, 0, 0, 0);
}

int64_t psci_cpu_on(uint64_t affinity, uint64_t entry, uint64_t context)
{
	return smccc_call(PSCI_CPU_ON | PSCI_64, affinity, entry, context);
}

int64_t psci_cpu_off(void)
{
	return (int32_t)smccc_call(PSCI_CPU_OFF, 0, 0, 0);
}

void power_off(void)
{
	smccc_call(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		__asm__ volatile("wfi");
}

void power_reset(void)
{
	smccc_call(PSCI_SYSTEM_RESET, 0, 0, 0);
	for (;;)
		__asm__ volatile("wfi");
}
