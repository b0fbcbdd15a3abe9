/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random calls by HVC and SMC, with every register random. Left out is what ends or stops the guest
 * by right, and what would print nonsense.
 */
#include <stdbool.h>
#include <stddef.h>

#include "guest/lib/aarch64/psci.h"
#include "guest/lib/aarch64/smccc.h"
#include "guest/lib/aarch64/start.h"
#include "guest/lib/hypercall.h"
#include "machine.h"
#include "random.h"

#define PSCI_CPU_DEFAULT_SUSPEND 0x8400000c
#define PSCI_SYSTEM_SUSPEND      0x8400000e
#define PSCI_SYSTEM_RESET2       0x84000012

static bool call_is_final(uint32_t function)
{
	static const uint32_t final[] = {PSCI_CPU_SUSPEND, PSCI_CPU_OFF, PSCI_SYSTEM_OFF,
		PSCI_SYSTEM_RESET, PSCI_CPU_DEFAULT_SUSPEND, PSCI_SYSTEM_SUSPEND,
		PSCI_SYSTEM_RESET2};

	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++)
		if ((function & ~(uint32_t)PSCI_64) == final[i])
			return true;
	return false;
}

/* Mostly from the ranges in which something is, else anything. */
static uint64_t call_function(void)
{
	static const uint32_t bases[] = {PSCI_VERSION, PSCI_VERSION | PSCI_64, SMCCC_VERSION,
		SMCCC_VERSION | PSCI_64, HYPERCALL_BASE, HYPERCALL_BASE & ~PSCI_64, 0x8600ff00,
		0x80008000};
	uint64_t function;

	if (random_below(8) == 0)
		return random_value();
	function = bases[random_below(sizeof(bases) / sizeof(bases[0]))] + random_below(32);
	if (random_below(8) == 0)
		function |= random_next() << 32;
	return function;
}

/* Mostly to VMs that exist, and never for ever. */
static void call_send(struct smccc_registers *registers)
{
	if (random_below(4)) {
		registers->x[1] = random_below(4);
		registers->x[2] = random_below(80);
	}
	registers->x[3] = random_below(RANDOM_SLEEP_NS);
}

void random_call(void)
{
	struct smccc_registers registers;
	uint32_t function;

	for (unsigned i = 0; i < RANDOM_REGISTERS; i++)
		registers.x[i] = random_value();
	do {
		registers.x[0] = call_function();
		function = (uint32_t)registers.x[0];
	} while (call_is_final(function));
	if (function == HYPERCALL_BASE + HYPERCALL_CONSOLE_WRITE)
		registers.x[1] |= HYPERCALL_CONSOLE_MAX + 16; /* too much, so nothing is printed */
	if (function == HYPERCALL_BASE + HYPERCALL_SCHED_YIELD)
		registers.x[1] = 1 + random_below(RANDOM_SLEEP_NS); /* 0 is for ever */
	if (function == HYPERCALL_BASE + HYPERCALL_IPC_RECV_MSG)
		registers.x[1] = random_below(RANDOM_SLEEP_NS);
	if (function == HYPERCALL_BASE + HYPERCALL_IPC_SEND_MSG)
		call_send(&registers);
	if (start_level == 2 || random_below(2))
		smccc_smc_all(&registers);
	else
		smccc_hvc_all(&registers);
}
