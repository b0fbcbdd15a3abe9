/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Best-effort guests. One that loses the core does not notice, but the next turn of its loop finds
 * the counter far ahead: that is a gap.
 */
#include <stdbool.h>

#include "guest/lib/irq.h"
#include "guest/lib/print.h"
#include "machine.h"
#include "shared.h"

#define GAPS_MOST  4096
#define GAP_LEAST  24 /* a turn of the loop is shorter, the shortest exit longer */
#define ROUNDS     64
#define SPEND_LESS 100000 /* instructions: far less than a quantum */
#define AWAY_NS    20000  /* less than that: the other one does not wait in vain */

static struct shared_gap gaps[GAPS_MOST];

/* Spins until the core was away, or it is late (clock, ns). */
static bool find_gap(struct shared_gap *gap, uint64_t end_ns)
{
	uint64_t last = machine_count(), now;

	for (unsigned turn = 1;; turn++) {
		now = machine_count();
		if (now - last > GAP_LEAST) {
			*gap = (struct shared_gap){last, now};
			return true;
		}
		if (turn % 4096 == 0) {
			if (shared_clock() >= end_ns)
				return false;
			now = machine_count();
		}
		last = now;
	}
}

void role_hog(void)
{
	unsigned count = 0;

	while (count < GAPS_MOST && find_gap(&gaps[count], SHARED_END_NS))
		count++;
	while (shared_clock() < SHARED_PRINT_NS)
		;
	shared_print("gap", gaps, count);
}

/* Gives the core away in each of the rounds, for its next turn or for a time. */
static void give_away(struct shared_gap *rounds, uint64_t ns)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		machine_spend(SPEND_LESS);
#ifdef SHARED_FLOAT
		machine_use_float();
#endif
		rounds[i].came = machine_yield(ns, &rounds[i].left);
	}
}

/*
 * Two of these take turns. In the first rounds each gives the core away by a call, so that both the
 * last instruction before and the first one after are known exactly: at first it goes on wanting
 * to run, and then it sleeps. After that each goes on until its quantum is used up.
 */
void role_switch(void)
{
	struct shared_gap ends[ROUNDS];
	unsigned count = 0;

#ifdef SHARED_FLOAT
	machine_use_float();
#endif
	while (shared_clock() < SHARED_BEGIN_NS)
		;
	give_away(gaps, HYPERCALL_NEXT_TURN);
	give_away(gaps + ROUNDS, AWAY_NS);
	while (count < ROUNDS && find_gap(&ends[count], SHARED_END_NS))
		count++;
	while (shared_clock() < SHARED_PRINT_NS)
		;
	shared_print("yield", gaps, ROUNDS);
	shared_print("sleep", gaps + ROUNDS, ROUNDS);
	shared_print("quantum", ends, count);
}

void role_sleeper(void)
{
	for (;;)
		irq_wait();
}
