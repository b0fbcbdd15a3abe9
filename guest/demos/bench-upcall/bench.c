/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts the instructions of a timer's upcall: from the deadline to the first instruction of its
 * handler, and what the interrupted code loses in all.
 */
#include "bench.h"

#include "guest/lib/hypercall.h"
#include "guest/lib/print.h"
#include "guest/lib/region.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"
#include "guest/lib/upcall.h"
#include "machine.h"

#define REPEATS  64u
#define TICKS    1000u
#define NS_PER_S 1000000000ull

static volatile uint64_t arrival; /* the counter at the handler's first instruction */

static void tick(unsigned irq)
{
	arrival = counter_read();
	(void)irq;
}

/* The last two readings around the interruption are apart by what it took, and by one turn. */
static uint64_t interrupted(void)
{
	uint64_t before, after = counter_read(), longest = 0, usual = ~0ull;
	bool over;

	arrival = 0;
	do {
		over = arrival != 0;
		before = after;
		after = counter_read();
		if (after - before > longest)
			longest = after - before;
		if (after - before < usual)
			usual = after - before;
	} while (!over);
	return longest - usual;
}

static void measure(uint64_t *entry, uint64_t *round)
{
	const uint64_t tick_ns = NS_PER_S / timer_frequency();

	for (unsigned i = 0; i < REPEATS; i++) {
		const uint64_t deadline = timer_now() + TICKS + i;

		timer_arm(deadline);
		round[i] = interrupted();
		entry[i] = arrival + counter_epoch() - 1 - deadline * tick_ns;
	}
}

static void show(const char *key, uint64_t *values)
{
	uint64_t least = ~0ull, most = 0;

	for (unsigned i = 0; i < REPEATS; i++) {
		least = values[i] < least ? values[i] : least;
		most = values[i] > most ? values[i] : most;
	}
	print("bench %s %lu\nbench %s_max %lu\n", key, least, key, most);
}

int main(uint64_t tree)
{
	uint64_t entry[REPEATS], round[REPEATS];

	(void)tree;
	counter_init();
	if (upcall_init() != 0 || !bench_set_entry()) {
		print("bench: failed: this VM has no upcalls\n");
		return 1;
	}
	upcall_set_handler(upcall_timer_irq(), tick);
	upcall_unmask();
	upcall_open();
	measure(entry, round);
	show("upcall_entry", entry);
	show("upcall_round", round);
	print("bench: done\n");
	return 0;
}
