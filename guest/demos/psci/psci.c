/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks PSCI (Arm DEN0022), the SMC calling convention (Arm DEN0028) and the hypervisor's own
 * calls as a guest sees them, through HVC and SMC. Wants two vCPUs. On a bare emulator only one of
 * the two ways is there, and the stricter checks are left out.
 */
#include "psci.h"

#include <stdbool.h>
#include <stddef.h>

#include "guest/lib/aarch64/gic.h"
#include "guest/lib/aarch64/psci.h"
#include "guest/lib/aarch64/smccc.h"
#include "guest/lib/aarch64/start.h"
#include "guest/lib/aarch64/system.h"
#include "guest/lib/check.h"
#include "guest/lib/console.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/irq.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/smp.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"

#define PSCI_POWER_DOWN    (1u << 16) /* StateType of CPU_SUSPEND's power_state */
#define PSCI_FILLING       0x5ca1ab1e00000000ull
#define PSCI_TIMEOUT_S     2
#define PSCI_SUSPEND_PER_S 200  /* a suspension lasts 1/200 s */
#define PSCI_NOBODY        0x77 /* an affinity that no VM of ours has */

static void (*psci_conduit)(struct smccc_registers *registers);
static bool psci_strict; /* under the hypervisor */

static void psci_second_main(void *argument);

static struct psci_second psci_second = {.start = {1, psci_second_main, NULL}};
static volatile uint64_t psci_starts;   /* of the second CPU so far */
static volatile uint64_t psci_releases; /* it may go off when this is as high */

static uint64_t psci_call(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3)
{
	struct smccc_registers registers;

	for (unsigned i = 0; i < 18; i++)
		registers.x[i] = PSCI_FILLING + i;
	registers.x[0] = function;
	registers.x[1] = x1;
	registers.x[2] = x2;
	registers.x[3] = x3;
	psci_conduit(&registers);
	for (unsigned i = 4; i < 18; i++) {
		if (registers.x[i] == PSCI_FILLING + i)
			continue;
		print("psci: function 0x%lx changed x%u\n", function, i);
		check(false, "x4 to x17 are preserved");
		break;
	}
	return registers.x[0];
}

/* A 32-bit function answers in w0, a 64-bit one in x0. */
static void psci_expect(
	uint64_t function, uint64_t x1, uint64_t x2, int64_t expected, const char *what)
{
	uint64_t value = psci_call(function, x1, x2, 0);

	if (function & PSCI_64)
		check_equal(value, (uint64_t)expected, what);
	else
		check_equal((uint32_t)value, (uint32_t)expected, what);
}

static void psci_check_versions(void)
{
	uint64_t version = psci_call(PSCI_VERSION, 0, 0, 0);

	check(version >> 16 == 1, "PSCI_VERSION: major version 1");
	psci_expect(PSCI_MIGRATE_INFO, 0, 0, 2, "MIGRATE_INFO_TYPE: no trusted OS");
	version = psci_call(SMCCC_VERSION, 0, 0, 0);
	if (!psci_strict)
		return;
	check(version >= 0x10001 && version < 0x20000, "SMCCC_VERSION: 1.1 or later");
	psci_expect(PSCI_FEATURES, SMCCC_VERSION, 0, 0, "PSCI_FEATURES of SMCCC_VERSION");
	psci_expect(SMCCC_ARCH_FEATURES, SMCCC_VERSION, 0, 0, "ARCH_FEATURES of SMCCC_VERSION");
	psci_expect(SMCCC_ARCH_FEATURES, SMCCC_ARCH_FEATURES, 0, 0, "ARCH_FEATURES of itself");
	psci_expect(SMCCC_ARCH_FEATURES, 0x80007fff, 0, -1, "ARCH_FEATURES of an unknown function");
	psci_expect(PSCI_VERSION | PSCI_FILLING, 0, 0, (int64_t)psci_call(PSCI_VERSION, 0, 0, 0),
		"bits 63:32 of the function number do not count");
}

static void psci_check_features(void)
{
	static const uint32_t present[] = {PSCI_VERSION, PSCI_CPU_SUSPEND,
		PSCI_CPU_SUSPEND | PSCI_64, PSCI_CPU_OFF, PSCI_CPU_ON, PSCI_CPU_ON | PSCI_64,
		PSCI_AFFINITY_INFO, PSCI_AFFINITY_INFO | PSCI_64, PSCI_MIGRATE_INFO,
		PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_FEATURES};
	static const uint32_t absent[] = {PSCI_VERSION | PSCI_64, PSCI_CPU_OFF | PSCI_64,
		PSCI_MIGRATE, PSCI_MIGRATE_INFO | PSCI_64, PSCI_SYSTEM_OFF | PSCI_64,
		PSCI_SYSTEM_RESET | PSCI_64, PSCI_FEATURES | PSCI_64, 0x8400001f, 0xc400001f,
		0x84000020, 0, 0xffffffff};

	for (size_t i = 0; i < sizeof(present) / sizeof(present[0]); i++) {
		int32_t flags = (int32_t)psci_call(PSCI_FEATURES, present[i], 0, 0);

		if (!check(flags >= 0, "PSCI_FEATURES knows what there is"))
			print("psci: not 0x%x\n", present[i]);
	}
	for (size_t i = 0; psci_strict && i < sizeof(absent) / sizeof(absent[0]); i++) {
		int32_t flags = (int32_t)psci_call(PSCI_FEATURES, absent[i], 0, 0);

		if (!check(flags == PSCI_NOT_SUPPORTED, "PSCI_FEATURES knows what there is not"))
			print("psci: 0x%x\n", absent[i]);
	}
}

/* Functions that do not exist, among them the 64-bit forms of such as have only a 32-bit one. */
static void psci_check_unknown(void)
{
	static const uint32_t absent[] = {PSCI_VERSION | PSCI_64, PSCI_CPU_OFF | PSCI_64,
		PSCI_MIGRATE_INFO | PSCI_64, PSCI_SYSTEM_OFF | PSCI_64, PSCI_SYSTEM_RESET | PSCI_64,
		PSCI_FEATURES | PSCI_64, PSCI_MIGRATE, PSCI_MIGRATE | PSCI_64,
		PSCI_MIGRATE_INFO_CPU, 0x8400001f, 0xc400001f, 0x8400ffff, 0xc400ffff, 0x80001000,
		0xc0000001, 0x81000000, 0x82000000, 0x83000000, 0x85000000, 0x86000000, 0x8600ffff,
		HYPERCALL_BASE + HYPERCALL_COUNT, HYPERCALL_BASE + 0xffff, 0xb0000000, 0xf2000000,
		0x04000000, 0x44000003, 0x46000000, 0x00000000, 0xffffffff};

	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		uint64_t value = psci_call(absent[i], 1, 2, 3);

		if (absent[i] & PSCI_64 && !check(value == (uint64_t)-1, "unknown 64-bit function"))
			print("psci: 0x%x returned 0x%lx\n", absent[i], value);
		if (!check((int32_t)value == SMCCC_NOT_SUPPORTED, "unknown function"))
			print("psci: 0x%x returned 0x%lx\n", absent[i], value);
	}
}

static void psci_check_hypercalls(void)
{
	check_equal(psci_call(HYPERCALL_BASE + HYPERCALL_INFO_GET_VERSION, 0, 0, 0),
		HYPERCALL_INTERFACE_VERSION, "hypercall VERSION");
	check(psci_call(HYPERCALL_BASE + HYPERCALL_INFO_GET_ID, 0, 0, 0) < 0x100, "INFO_GET_ID");
	psci_expect(HYPERCALL_BASE + HYPERCALL_CONSOLE_WRITE, 0, 0, 0, "CONSOLE_WRITE of nothing");
	psci_expect(HYPERCALL_BASE + HYPERCALL_CONSOLE_WRITE, HYPERCALL_CONSOLE_MAX + 1, 0,
		HYPERCALL_INVALID_PARAMETER, "CONSOLE_WRITE of too much");
	psci_expect(HYPERCALL_BASE + HYPERCALL_CONSOLE_WRITE, 1ull << 32, 0,
		HYPERCALL_INVALID_PARAMETER, "CONSOLE_WRITE of 2^32 bytes");
	psci_expect(HYPERCALL_BASE + HYPERCALL_CONSOLE_WRITE, (uint64_t)-1, 0,
		HYPERCALL_INVALID_PARAMETER, "CONSOLE_WRITE of 2^64 - 1 bytes");
}

/* On the second CPU; when this returns, the CPU turns itself off. */
static void psci_second_main(void *argument)
{
	(void)argument;
	psci_starts = psci_starts + 1;
	while (psci_releases != psci_starts)
		__asm__ volatile("yield");
}

static uint64_t psci_state(uint64_t function)
{
	return psci_call(function, 1, 0, 0);
}

static bool psci_wait_state(uint64_t state)
{
	uint64_t end = timer_now() + PSCI_TIMEOUT_S * timer_frequency();

	while (timer_now() < end) {
		if (psci_state(PSCI_AFFINITY_INFO | PSCI_64) == state)
			return true;
		__asm__ volatile("yield");
	}
	return false;
}

static bool psci_wait_starts(uint64_t starts)
{
	uint64_t end = timer_now() + PSCI_TIMEOUT_S * timer_frequency();

	while (timer_now() < end) {
		if (psci_starts == starts)
			return true;
		__asm__ volatile("yield");
	}
	return false;
}

static void psci_check_affinity_info(void)
{
	psci_expect(PSCI_AFFINITY_INFO, 0, 0, PSCI_STATE_ON, "AFFINITY_INFO of this CPU");
	psci_expect(
		PSCI_AFFINITY_INFO | PSCI_64, 0, 0, PSCI_STATE_ON, "AFFINITY_INFO64 of this CPU");
	psci_expect(PSCI_AFFINITY_INFO, 1, 0, PSCI_STATE_OFF, "AFFINITY_INFO of the second CPU");
	psci_expect(PSCI_AFFINITY_INFO | PSCI_64, PSCI_NOBODY, 0, PSCI_INVALID_PARAMETERS,
		"AFFINITY_INFO of a CPU that does not exist");
	if (!psci_strict)
		return;
	psci_expect(PSCI_AFFINITY_INFO, PSCI_NOBODY, 0, PSCI_INVALID_PARAMETERS,
		"AFFINITY_INFO32 of a CPU that does not exist");
	psci_expect(PSCI_AFFINITY_INFO | PSCI_64, 0x101, 0, PSCI_INVALID_PARAMETERS,
		"AFFINITY_INFO looks at Aff1");
	psci_expect(PSCI_AFFINITY_INFO | PSCI_64, 0x100000001, 0, PSCI_INVALID_PARAMETERS,
		"AFFINITY_INFO looks at Aff3");
	psci_expect(PSCI_AFFINITY_INFO | PSCI_64, 0x80000000, 0, PSCI_INVALID_PARAMETERS,
		"AFFINITY_INFO with a reserved bit");
	psci_expect(PSCI_AFFINITY_INFO | PSCI_64, 0, 4, PSCI_INVALID_PARAMETERS,
		"AFFINITY_INFO of level 4");
}

/* Errors of CPU_ON that do not start anything. */
static void psci_check_on_errors(void)
{
	uint64_t entry = (uint64_t)start_secondary;

	psci_expect(PSCI_CPU_ON | PSCI_64, PSCI_NOBODY, entry, PSCI_INVALID_PARAMETERS,
		"CPU_ON of a CPU that does not exist");
	psci_expect(PSCI_CPU_ON | PSCI_64, 0, entry, PSCI_ALREADY_ON, "CPU_ON of this CPU");
	if (!psci_strict)
		return;
	psci_expect(PSCI_CPU_ON, PSCI_NOBODY, entry, PSCI_INVALID_PARAMETERS,
		"CPU_ON32 of a CPU that does not exist");
	psci_expect(PSCI_CPU_ON, 0, entry, PSCI_ALREADY_ON, "CPU_ON32 of this CPU");
	psci_expect(PSCI_CPU_ON | PSCI_64, 0x80000001, entry, PSCI_INVALID_PARAMETERS,
		"CPU_ON with a reserved bit");
	psci_expect(PSCI_CPU_ON | PSCI_64, 0x10001, entry, PSCI_INVALID_PARAMETERS,
		"CPU_ON looks at Aff2");
	psci_expect(PSCI_CPU_ON | PSCI_64, 0x100000001, entry, PSCI_INVALID_PARAMETERS,
		"CPU_ON looks at Aff3");
	psci_expect(PSCI_CPU_ON | PSCI_64, 1, entry + 2, PSCI_INVALID_ADDRESS,
		"CPU_ON at no multiple of 4");
	psci_expect(PSCI_AFFINITY_INFO, 1, 0, PSCI_STATE_OFF, "nothing was started by all that");
}

static void psci_check_start_state(void)
{
	if (!psci_strict)
		return; /* firmware starts it at EL2 */
	check_equal(psci_second.level, 1 << 2, "the second CPU starts at EL1");
	check_equal(psci_second.daif, 0x3c0, "the second CPU starts with DAIF set");
	check_equal(psci_second.spsel, 1, "the second CPU starts on its own stack pointer");
	check_bits(psci_second.mpidr, 0xff80ffffff, 0x80000001, "the second CPU's MPIDR");
	check_bits(psci_second.sctlr, 0x2001005, 0, "the second CPU's MMU and caches are off");
}

/* One life of the second CPU, started by `function`. */
static void psci_check_life(uint64_t function)
{
	uint64_t entry = (uint64_t)psci_entry, context = (uint64_t)&psci_second;
	uint64_t life = psci_starts + 1;
	int32_t again;

	check_equal((uint32_t)psci_call(function, 1, entry, context), PSCI_SUCCESS, "CPU_ON");
	again = (int32_t)psci_call(function, 1, entry, context);
	check(again == PSCI_ALREADY_ON || again == PSCI_ON_PENDING || !psci_strict,
		"CPU_ON right after CPU_ON");
	if (!check(psci_wait_starts(life), "the second CPU ran"))
		return;
	psci_check_start_state();
	psci_expect(function, 1, entry, PSCI_ALREADY_ON, "CPU_ON of a CPU that is on");
	check_equal(
		psci_state(PSCI_AFFINITY_INFO), PSCI_STATE_ON, "AFFINITY_INFO of a CPU that is on");
	psci_releases = life;
	check(psci_wait_state(PSCI_STATE_OFF), "the second CPU went off");
}

static void psci_arm_timer(uint64_t deadline)
{
	irq_enable(timer_irq());
	timer_arm(deadline);
}

/* The timer's interrupt stays masked at the CPU: it must wake the CPU nevertheless. */
static void psci_check_suspend(uint64_t function, uint32_t power_state, const char *what)
{
	uint64_t deadline = timer_now() + timer_frequency() / PSCI_SUSPEND_PER_S;

	psci_arm_timer(deadline);
	psci_expect(function, power_state, (uint64_t)start_secondary, PSCI_SUCCESS, what);
	check(timer_now() >= deadline, "CPU_SUSPEND returns when the timer rings");
	psci_expect(function, power_state, (uint64_t)start_secondary, PSCI_SUCCESS,
		"CPU_SUSPEND with an interrupt pending");
	timer_disarm();
	irq_disable(timer_irq());
}

static void psci_check_suspends(void)
{
	irq_init();
	psci_check_suspend(PSCI_CPU_SUSPEND, 0, "CPU_SUSPEND to standby");
	psci_check_suspend(PSCI_CPU_SUSPEND | PSCI_64, 0, "CPU_SUSPEND64 to standby");
	if (!psci_strict)
		return;
	/* May be entered as standby (DEN0022 5.4.1), which is what happens here. */
	psci_check_suspend(
		PSCI_CPU_SUSPEND | PSCI_64, PSCI_POWER_DOWN, "CPU_SUSPEND to power-down");
	psci_expect(PSCI_CPU_SUSPEND | PSCI_64, 1u << 31, 0, PSCI_INVALID_PARAMETERS,
		"CPU_SUSPEND with reserved bits");
	psci_expect(PSCI_CPU_SUSPEND, 1u << 23, 0, PSCI_INVALID_PARAMETERS,
		"CPU_SUSPEND32 with reserved bits");
}

static void psci_check_all(void)
{
	psci_check_versions();
	psci_check_features();
	psci_check_affinity_info();
	psci_check_on_errors();
	psci_check_life(PSCI_CPU_ON | PSCI_64);
	psci_check_life(PSCI_CPU_ON);
	psci_check_suspends();
	if (psci_strict)
		psci_check_unknown();
}

int main(uint64_t tree)
{
	(void)tree;
	console_init(CONSOLE_AUTO);
	check_init("psci");
	psci_strict = hypercall_present();
	psci_conduit = start_level == 2 ? smccc_smc_all : smccc_hvc_all;
	psci_check_all();
	if (psci_strict) {
		psci_check_hypercalls();
		psci_conduit = smccc_smc_all;
		print("psci: the same by SMC\n");
		psci_check_all();
	}
	check_report();
	power_off();
}
