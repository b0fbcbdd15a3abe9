/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts instructions: of what the hypervisor adds to a timer's interrupt, of a hypercall, of
 * accesses to the emulated interrupt controller, of an IPI, and until the guest runs at all. The
 * same file runs on the bare machine, for the native figures. docs/measuring.md explains the
 * figures.
 */
#include "bench.h"

#include <stdbool.h>

#include "guest/lib/console.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/irq.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"
#include "machine.h"

#define BENCH_DEADLINE_TICKS 1000
#define BENCH_NS_PER_S       1000000000ull

uint64_t bench_empty;
static volatile uint64_t bench_arrival; /* counter at the vector's first instruction, 0: none yet */

static void bench_sort(uint64_t *values)
{
	for (unsigned i = 1; i < BENCH_REPEATS; i++) {
		uint64_t value = values[i];
		unsigned at = i;

		for (; at > 0 && values[at - 1] > value; at--)
			values[at] = values[at - 1];
		values[at] = value;
	}
}

void bench_print(const char *key, uint64_t *values)
{
	bench_sort(values);
	print("bench %s %lu\n", key, values[BENCH_REPEATS / 2]);
	print("bench %s_min %lu\n", key, values[0]);
	print("bench %s_max %lu\n", key, values[BENCH_REPEATS - 1]);
}

static void bench_tick(unsigned irq, uint64_t arrival)
{
	(void)irq;
	timer_disarm();
	bench_arrival = arrival;
}

/*
 * Instructions from the timer's deadline to the first instruction of the exception vector, out of
 * WFI or out of running code. What is printed is the whole path; native is subtracted by the
 * reader.
 */
static void bench_timer(const char *key, bool sleep)
{
	uint64_t values[BENCH_REPEATS];
	uint64_t tick_ns = BENCH_NS_PER_S / timer_frequency();

	for (unsigned i = 0; i < BENCH_REPEATS; i++) {
		uint64_t deadline = timer_now() + BENCH_DEADLINE_TICKS + i;

		bench_arrival = 0;
		timer_arm(deadline);
		irq_unmask();
		while (!bench_arrival) {
			if (sleep)
				__asm__ volatile("wfi");
		}
		irq_mask();
		values[i] = bench_arrival + bench_counter_epoch() - 1 - deadline * tick_ns;
	}
	bench_print(key, values);
}

/* Counter and clock must have advanced in step: else something ran that the counter did not see. */
static bool bench_check(uint64_t epoch)
{
	uint64_t now = bench_counter_epoch();

	if (now == epoch || !BENCH_COUNTS_SLEEP)
		return true;
	print("bench: failed: the counter and the clock drifted apart by %lu ns; is this -icount "
	      "shift=0, and does the counter see EL2?\n",
		epoch < now ? now - epoch : epoch - now);
	return false;
}

int main(uint64_t tree)
{
	uint64_t epoch;
	bool good;

	(void)tree;
	bench_counter_init();
	epoch = bench_counter_epoch();
	console_init(CONSOLE_AUTO);
	print("bench boot_to_guest %lu\n", bench_entry_counter +
						   (BENCH_COUNTS_SLEEP ? epoch - 1 : 0) -
						   BENCH_ENTRY_INSTRUCTIONS);
	irq_init();
	irq_set_handler(timer_irq(), bench_tick);
	irq_enable(timer_irq());
	bench_empty = BENCH_COUNT("", 0, 0);
	print("bench empty %lu\n", bench_empty);
	bench_timer("timer", true);
	bench_timer("timer_running", false);
	BENCH("nop", "nop", 0, 0);
	if (hypercall_present())
		BENCH("hypercall", BENCH_HYPERCALL, 0);
	bench_registers();
	good = bench_check(epoch);
	bench_ipi();
	if (good)
		print("bench: done\n");
	power_off();
}
