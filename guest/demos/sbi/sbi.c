/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks the firmware's interface against the RISC-V Supervisor Binary Interface 2.0 ("SBI"), on
 * two harts: what each extension has to do, and what it has to answer to misuse.
 */
#include "guest/lib/riscv64/sbi.h"

#include <stddef.h>

#include "guest/lib/check.h"
#include "guest/lib/console.h"
#include "guest/lib/irq.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/riscv64/board.h"
#include "guest/lib/riscv64/intc.h"
#include "guest/lib/riscv64/start.h"
#include "guest/lib/riscv64/system.h"
#include "guest/lib/smp.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"

#define NOWHERE   0x60000000ull
#define WAIT_MS   200
#define ALL_HARTS (~0ull)

unsigned sbi_count_changed(uint64_t extension, uint64_t function);

/* What the second hart is to do, and what it has seen. */
static volatile uint64_t second_job, second_seen, second_interrupts;
static struct smp_start second_start, second_resume;

static int64_t error_of(
	uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1, uint64_t a2)
{
	return sbi_call(extension, function, a0, a1, a2, 0, 0, 0).error;
}

static void expect(int64_t error, uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1,
	const char *what)
{
	check_equal((uint64_t)error_of(extension, function, a0, a1, 0), (uint64_t)error, what);
}

static void check_base(void)
{
	static const uint32_t extensions[] = {
		SBI_BASE, SBI_TIME, SBI_IPI, SBI_RFENCE, SBI_HSM, SBI_SRST, SBI_DBCN};
	struct sbi_result version = sbi_call(SBI_BASE, 0, 0, 0, 0, 0, 0, 0);

	check_equal((uint64_t)version.error, 0, "BASE: version");
	check(version.value >= 0x02000000 && version.value < 0x80000000,
		"BASE: version 2.0 or later");
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		check(sbi_call(SBI_BASE, 3, extensions[i], 0, 0, 0, 0, 0).value != 0,
			"BASE: probe of an extension");
	check_equal(sbi_call(SBI_BASE, 3, 0x12345678, 0, 0, 0, 0, 0).value, 0,
		"BASE: probe of what is not there");
	for (uint64_t function = 1; function <= 6; function++)
		if (function != 3)
			expect(SBI_SUCCESS, SBI_BASE, function, 0, 0, "BASE: identities");
	expect(SBI_NOT_SUPPORTED, SBI_BASE, 7, 0, 0, "BASE: unknown function");
	expect(SBI_NOT_SUPPORTED, 0x12345678, 0, 0, 0, "unknown extension");
	expect(SBI_NOT_SUPPORTED, SBI_BASE | 1ull << 40, 0, 0, 0, "extension of more than 32 bits");
	check_equal(sbi_count_changed(SBI_BASE, 0), 0, "registers that a call changes");
	check_equal(sbi_count_changed(SBI_HSM, 99), 0, "registers that a refused call changes");
	check_equal(sbi_count_changed(0x0a4f524c, 0), 0, "registers that a hypercall changes");
}

static bool is_pending(unsigned irq)
{
	return system_read(sip) >> irq & 1;
}

static void check_time(void)
{
	expect(SBI_SUCCESS, SBI_TIME, 0, timer_now(), 0, "TIME: set in the past");
	for (uint64_t end = timer_now() + BOARD_TIMER_HZ / 1000;
		!is_pending(SYSTEM_IRQ_TIMER) && timer_now() < end;)
		;
	check(is_pending(SYSTEM_IRQ_TIMER), "TIME: pending when it is time");
	expect(SBI_SUCCESS, SBI_TIME, 0, ~0ull, 0, "TIME: set to never");
	check(!is_pending(SYSTEM_IRQ_TIMER), "TIME: not pending any more");
	expect(SBI_NOT_SUPPORTED, SBI_TIME, 1, 0, 0, "TIME: unknown function");
}

static void check_ipi(void)
{
	expect(SBI_SUCCESS, SBI_IPI, 0, 1, 0, "IPI: to itself");
	check(is_pending(SYSTEM_IRQ_SOFT), "IPI: pending");
	system_clear(sip, 1 << SYSTEM_IRQ_SOFT);
	check(!is_pending(SYSTEM_IRQ_SOFT), "IPI: taken back");
	expect(SBI_SUCCESS, SBI_IPI, 0, 0, 0, "IPI: to nobody");
	check(!is_pending(SYSTEM_IRQ_SOFT), "IPI: nobody is not itself");
	expect(SBI_SUCCESS, SBI_IPI, 0, 0, ALL_HARTS, "IPI: to all");
	check(is_pending(SYSTEM_IRQ_SOFT), "IPI: itself is one of all");
	system_clear(sip, 1 << SYSTEM_IRQ_SOFT);
	expect(SBI_INVALID_PARAM, SBI_IPI, 0, 4, 0, "IPI: to a hart that is not there");
	expect(SBI_INVALID_PARAM, SBI_IPI, 0, 1, 2, "IPI: from a base that is not there");
	expect(SBI_INVALID_PARAM, SBI_IPI, 0, 1, 1ull << 40, "IPI: from a base far off");
	expect(SBI_NOT_SUPPORTED, SBI_IPI, 1, 1, 0, "IPI: unknown function");
}

static void check_rfence(void)
{
	for (uint64_t function = 0; function <= 2; function++) {
		expect(SBI_SUCCESS, SBI_RFENCE, function, 1, 0, "RFENCE: on itself");
		expect(SBI_SUCCESS, SBI_RFENCE, function, 0, ALL_HARTS, "RFENCE: on all");
		expect(SBI_INVALID_PARAM, SBI_RFENCE, function, 4, 0,
			"RFENCE: on a hart that is not there");
	}
	for (uint64_t function = 3; function <= 7; function++)
		expect(SBI_NOT_SUPPORTED, SBI_RFENCE, function, 1, 0,
			"RFENCE: for a hypervisor, or unknown");
}

static uint64_t status_of(uint64_t hart)
{
	struct sbi_result result = sbi_call(SBI_HSM, SBI_HSM_STATUS, hart, 0, 0, 0, 0, 0);

	return result.error ? (uint64_t)result.error : result.value;
}

static bool comes_to(uint64_t status)
{
	uint64_t end = timer_now() + BOARD_TIMER_HZ / 1000 * WAIT_MS;

	while (status_of(1) != status) {
		if (timer_now() > end)
			return check_equal(status_of(1), status, "HSM: state of the second hart");
	}
	return check(true, "HSM: state");
}

static bool is_seen(uint64_t value)
{
	uint64_t end = timer_now() + BOARD_TIMER_HZ / 1000 * WAIT_MS;

	while (second_seen != value && timer_now() < end)
		;
	return check_equal(second_seen, value, "HSM: what the second hart has seen");
}

static void second_main(void *argument)
{
	second_seen = (uint64_t)argument;
	while (second_job == 0)
		;
}

static void second_interrupted(unsigned irq, uint64_t arrival)
{
	(void)irq;
	(void)arrival;
	second_interrupts++;
}

/* In WFI inside the firmware until an IPI; then it says what the call returned. */
static void second_suspends(void *argument)
{
	(void)argument;
	irq_init_cpu();
	system_set(sie, 1 << SYSTEM_IRQ_SOFT);
	second_seen = 100;
	second_seen = (uint64_t)error_of(SBI_HSM, SBI_HSM_SUSPEND, 0, 0, 0) + 200;
	system_clear(sip, 1 << SYSTEM_IRQ_SOFT);
	while (second_job == 1)
		;
	irq_unmask();
	second_seen = (uint64_t)error_of(SBI_HSM, SBI_HSM_SUSPEND, 0, 0, 0) + 250;
	irq_mask();
	while (second_job == 2)
		;
	second_resume = (struct smp_start){1, second_main, (void *)300};
	error_of(SBI_HSM, SBI_HSM_SUSPEND, 0x80000000, (uint64_t)start_secondary,
		(uint64_t)&second_resume);
	second_seen = 400; /* it does not return */
}

static int64_t start_second(void (*function)(void *), uint64_t argument)
{
	second_job = 0;
	second_seen = 0;
	second_start = (struct smp_start){1, function, (void *)argument};
	system_fence();
	return error_of(
		SBI_HSM, SBI_HSM_START, 1, (uint64_t)start_secondary, (uint64_t)&second_start);
}

static void check_start(void)
{
	check_equal(status_of(0), SBI_STARTED, "HSM: state of this hart");
	check_equal(status_of(1), SBI_STOPPED, "HSM: state of a hart that has not started");
	check_equal(status_of(2), (uint64_t)SBI_INVALID_PARAM, "HSM: state of no hart");
	expect(SBI_ALREADY_AVAILABLE, SBI_HSM, SBI_HSM_START, 0, BOARD_RAM_BASE,
		"HSM: start of this hart");
	expect(SBI_INVALID_PARAM, SBI_HSM, SBI_HSM_START, 2, BOARD_RAM_BASE,
		"HSM: start of no hart");
	expect(SBI_INVALID_PARAM, SBI_HSM, SBI_HSM_START, 1ull << 33, BOARD_RAM_BASE,
		"HSM: start of a hart far off");
	expect(SBI_INVALID_ADDRESS, SBI_HSM, SBI_HSM_START, 1, NOWHERE,
		"HSM: start where nothing is");
	for (uint64_t life = 1; life <= 3; life++) {
		check_equal((uint64_t)start_second(second_main, life), 0, "HSM: start");
		is_seen(life);
		comes_to(SBI_STARTED);
		check_equal((uint64_t)error_of(SBI_HSM, SBI_HSM_START, 1, BOARD_RAM_BASE, 0),
			(uint64_t)SBI_ALREADY_AVAILABLE, "HSM: start of a hart that runs");
		second_job = 1;
		comes_to(SBI_STOPPED);
	}
	expect(SBI_NOT_SUPPORTED, SBI_HSM, 4, 0, 0, "HSM: unknown function");
}

static void check_suspend(void)
{
	expect(SBI_INVALID_PARAM, SBI_HSM, SBI_HSM_SUSPEND, 1, 0, "HSM: reserved suspend type");
	expect(SBI_INVALID_PARAM, SBI_HSM, SBI_HSM_SUSPEND, 0x80000001, 0,
		"HSM: reserved non-retentive type");
	expect(SBI_INVALID_ADDRESS, SBI_HSM, SBI_HSM_SUSPEND, 0x80000000, NOWHERE,
		"HSM: resume where nothing is");
	irq_set_handler(INTC_OWN + SYSTEM_IRQ_SOFT, second_interrupted);
	second_job = 1;
	check_equal((uint64_t)start_second(second_suspends, 0), 0, "HSM: start to suspend");
	second_job = 1;
	is_seen(100);
	comes_to(SBI_SUSPENDED);
	expect(SBI_SUCCESS, SBI_IPI, 0, 1, 1, "HSM: wake-up");
	is_seen(200);
	comes_to(SBI_STARTED);
	second_job = 2;
	comes_to(SBI_SUSPENDED);
	expect(SBI_SUCCESS, SBI_IPI, 0, 1, 1, "HSM: wake-up by an interrupt that is taken");
	is_seen(250);
	check_equal(second_interrupts, 1, "HSM: interrupts that the second hart took");
	comes_to(SBI_STARTED);
	second_job = 3;
	comes_to(SBI_SUSPENDED);
	second_job = 0;
	expect(SBI_SUCCESS, SBI_IPI, 0, 1, 1, "HSM: wake-up to resume");
	is_seen(300);
	second_job = 1;
	comes_to(SBI_STOPPED);
}

static void check_reset(void)
{
	expect(SBI_INVALID_PARAM, SBI_SRST, 0, 3, 0, "SRST: reserved type");
	expect(SBI_INVALID_PARAM, SBI_SRST, 0, 0, 2, "SRST: reserved reason");
	expect(SBI_NOT_SUPPORTED, SBI_SRST, 1, 0, 0, "SRST: unknown function");
}

static void check_console(void)
{
	static const char text[] = "sbi: this line came through DBCN\n";
	struct sbi_result result =
		sbi_call(SBI_DBCN, 0, sizeof(text) - 1, (uint64_t)text, 0, 0, 0, 0);

	check_equal((uint64_t)result.error, 0, "DBCN: write");
	check_equal(result.value, sizeof(text) - 1, "DBCN: bytes written");
	expect(SBI_INVALID_PARAM, SBI_DBCN, 0, 4, NOWHERE, "DBCN: write from where nothing is");
	check_equal((uint64_t)error_of(SBI_DBCN, 0, 4, (uint64_t)text, 1),
		(uint64_t)SBI_INVALID_PARAM, "DBCN: write from beyond 64 bits");
	result = sbi_call(SBI_DBCN, 0, 0, (uint64_t)text, 0, 0, 0, 0);
	check(result.error == 0 && result.value == 0, "DBCN: write of nothing");
	expect(SBI_SUCCESS, SBI_DBCN, 2, '\n', 0, "DBCN: write of a byte");
	result = sbi_call(SBI_DBCN, 1, 4, BOARD_RAM_BASE + BOARD_RAM_SIZE - 64, 0, 0, 0, 0);
	check(result.error == 0 && result.value == 0, "DBCN: read of nothing");
	expect(SBI_INVALID_PARAM, SBI_DBCN, 1, 4, NOWHERE, "DBCN: read to where nothing is");
	expect(SBI_NOT_SUPPORTED, SBI_DBCN, 3, 0, 0, "DBCN: unknown function");
}

static void check_legacy(void)
{
	check_equal(
		(uint64_t)error_of(SBI_LEGACY_PUT, 0, '\n', 0, 0), 0, "legacy: write of a byte");
	check_equal((uint64_t)error_of(2, 0, 0, 0, 0), ~0ull, "legacy: read of nothing");
	check_equal((uint64_t)error_of(0x0f, 0, 0, 0, 0), (uint64_t)SBI_NOT_SUPPORTED,
		"legacy: reserved");
}

int main(uint64_t tree)
{
	(void)tree;
	console_init(CONSOLE_AUTO);
	check_init("sbi");
	irq_init();
	check_base();
	check_time();
	check_ipi();
	check_rfence();
	check_start();
	check_suspend();
	check_reset();
	check_console();
	check_legacy();
	check_report();
	power_off();
}
