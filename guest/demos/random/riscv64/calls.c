/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random calls of the hypervisor and of the firmware, with random parameters. Left out is what ends
 * or stops this guest by right, and what prints.
 */
#include <stdbool.h>
#include <stddef.h>

#include "abi/hypercall.h"
#include "guest/lib/riscv64/sbi.h"
#include "random.h"

#define LEGACY_PUT      1
#define LEGACY_SHUTDOWN 8
#define SRST_TYPES      3

static bool call_is_final(uint64_t extension, uint64_t function)
{
	switch (extension) {
	case LEGACY_PUT:
	case LEGACY_SHUTDOWN:
		return true;
	case SBI_HSM:
		return function == SBI_HSM_STOP || function == SBI_HSM_SUSPEND;
	case SBI_DBCN:
		return function == 2;
	default:
		return false;
	}
}

static uint64_t call_extension(void)
{
	static const uint32_t extensions[] = {SBI_BASE, SBI_TIME, SBI_IPI, SBI_RFENCE, SBI_HSM,
		SBI_SRST, SBI_DBCN, HYPERCALL_EXTENSION, 0x535553, 0x504d55, 0x43505043, 0x4e41434c,
		0x535441, 0x08000000, 0x09000000, 0x0a000000};

	if (random_below(8) == 0)
		return random_value();
	if (random_below(8) == 0)
		return random_below(16);
	return extensions[random_below(sizeof(extensions) / sizeof(extensions[0]))];
}

/* Mostly to VMs that exist, and never for ever. */
static void call_send(uint64_t *args)
{
	if (random_below(4)) {
		args[0] = random_below(4);
		args[1] = random_below(80);
	}
	args[2] = random_below(RANDOM_SLEEP_NS);
}

void random_call(void)
{
	uint64_t args[6], extension, function;

	do {
		extension = call_extension();
		function = random_below(8) ? random_below(extension == HYPERCALL_EXTENSION ? 24 : 8)
					   : random_value();
	} while (call_is_final(extension, function));
	for (unsigned i = 0; i < 6; i++)
		args[i] = random_value();
	if (extension == SBI_SRST)
		args[0] |= SRST_TYPES; /* none that exists */
	if (extension == SBI_DBCN ||
		(extension == HYPERCALL_EXTENSION && (uint32_t)function == HYPERCALL_CONSOLE_WRITE))
		args[0] |= 1ull << 40; /* too much, so nothing is printed */
	if (extension == HYPERCALL_EXTENSION && (uint32_t)function == HYPERCALL_SCHED_YIELD)
		args[0] = 1 + random_below(RANDOM_SLEEP_NS); /* 0 is for ever */
	if (extension == HYPERCALL_EXTENSION && (uint32_t)function == HYPERCALL_IPC_RECV_MSG)
		args[0] = random_below(RANDOM_SLEEP_NS);
	if (extension == HYPERCALL_EXTENSION && (uint32_t)function == HYPERCALL_IPC_SEND_MSG)
		call_send(args);
	if (extension == SBI_HSM && function == SBI_HSM_START)
		args[0] &= 0; /* itself, which runs already */
	sbi_call(extension, function, args[0], args[1], args[2], args[3], args[4], args[5]);
}
