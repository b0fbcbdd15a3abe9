/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a set of real-time entities on one CPU can be promised that each meets every deadline
 * under EDF, whenever its jobs come (at least a period apart). Exact, in integers: a set is refused
 * only if there is a pattern of arrivals under which a deadline is missed.
 *
 * - Utilisation: sum(C / P) <= share. Enough if all D = P and nothing blocks (Liu and Layland).
 * - Processor demand (Baruah, Rosier, Howell): in no interval of length t do the jobs that are
 *   released and due in it need more than t. Looked at by QPA (Zhang and Burns): from the end of
 *   the longest busy period backwards, at few of the deadlines.
 *
 * Overhead: an entity's capacity includes a switch for its release and one for its leaving. Beside
 * these, each interval is charged with what admission_blocking says, as if all of it always fell
 * together:
 * - `masked`, the longest time that the hypervisor goes without a decision: it has just begun, for
 *   an entity that is due later or a best-effort one, when a job is released; or a switch, as such
 *   a one leaves, if that takes longer.
 * - `masked` for each entity: it may be in the hypervisor when its budget ends, and uses so much
 *   more, before it leaves, than is due by then. What comes back to it later is less by that, so
 *   however often it does it, it is never ahead by more.
 * - A switch for each other entity: it may be released once to be due later (it does not run then,
 *   so not twice).
 */
#ifndef HYP_SCHED_ADMISSION_H
#define HYP_SCHED_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "hyp/sched/parameters.h"

#define ADMISSION_MOST  65u          /* entities in a set: those of a CPU, and one that applies */
#define ADMISSION_WHOLE (1ull << 32) /* the share that is the whole CPU */

enum admission_result { ADMISSION_MORE, ADMISSION_ADMITTED, ADMISSION_REFUSED };

enum admission_reason {
	ADMISSION_REASON_NONE,
	ADMISSION_REASON_PARAMETERS,  /* not 0 < C <= D <= P <= 2^40: entity `which` of the set */
	ADMISSION_REASON_UTILISATION, /* more than the share, or all, with nothing left for
					 `blocking` */
	ADMISSION_REASON_DEMAND,      /* `demand` ticks are needed in an interval of `time` ticks */
	ADMISSION_REASON_UNDECIDED    /* it would take too long to find out: more than 2^20 looks */
};

struct admission {
	enum admission_reason reason;
	unsigned which;
	uint64_t time, demand; /* saturated */

	/* The rest is admission.c's. */
	const struct sched_parameters *set;
	unsigned count, next, phase;
	uint32_t looks;
	bool implicit; /* all D = P */
	bool is_whole; /* the share */
	uint64_t share, blocking;
	int64_t slack;
	uint64_t t, sum, last_deadline, first_deadline;
	uint64_t rest[ADMISSION_MOST];
};

/*
 * Begins the test of `count` (0..ADMISSION_MOST) entities, which must stay as they are until it is
 * over. `share` is the utilisation that is allowed, in 2^32nds.
 */
void admission_begin(struct admission *admission, const struct sched_parameters *set,
	unsigned count, uint64_t share, uint64_t switch_cost, uint64_t masked);

/* What the hypervisor may take of any interval beside what the capacities include. */
uint64_t admission_blocking(unsigned count, uint64_t switch_cost, uint64_t masked);

/* Goes on with it: a bounded number of instructions, for at most 8 entities. */
enum admission_result admission_step(struct admission *admission);

/*
 * The budget, and the capacity to test with, for an entity that is to have `capacity` ticks for
 * itself: its release and its leaving cost it a switch each.
 */
static inline uint64_t admission_capacity(uint64_t capacity, uint64_t switch_cost)
{
	return capacity + 2 * switch_cost;
}

#endif
