/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known in advance about a set of real-time entities on a CPU that has been admitted: how
 * long each waits for its budget at most, and how much of each stretch of time is best effort's.
 */
#ifndef TOOLS_RESPONSE_H
#define TOOLS_RESPONSE_H

#include <stdint.h>

#include "hyp/sched/parameters.h"

#define RESPONSE_UNKNOWN UINT64_MAX

/*
 * The longest time, in ticks, from a release of entity `which` until it has had its whole capacity,
 * whenever the others' jobs come (Spuri, "Analysis of deadline scheduled real-time systems", INRIA
 * research report 2772, 1996, section 3). Exact but for what the hypervisor takes beside what is in
 * the capacities, which counts as in admission.h. RESPONSE_UNKNOWN if there is too much to look at;
 * no more than its deadline then, as the set has been admitted.
 */
uint64_t response_worst(const struct sched_parameters *set, unsigned count, unsigned which,
	uint64_t switch_cost, uint64_t masked);

/*
 * In every stretch of L ticks best effort has at least (1 - sum(C / P)) * L ticks less this many,
 * as long as no task states a later deadline than its own (sched_set_deadline).
 *
 * A tick of budget that may be used from t on is used by t + D at the latest, as the set has been
 * admitted, and may be used again from t + P on (budget.h). If it is used n times in a stretch of
 * L, its first release was at most D before the stretch, and its last one within it: the n - 1
 * periods between them fit into L + D, so n <= (L + D) / P + 1. The capacities together have no
 * more than sum(C * (L + D) / P + C) then: what is not sum(C / P) * L is the sum of C * D / P + C,
 * here with each part rounded up. Switches are in it, as capacities pay for them. What each may
 * use too much, as it was in the hypervisor when its budget ended, is `masked` once (admission.h).
 */
uint64_t response_best_effort_lag(
	const struct sched_parameters *set, unsigned count, uint64_t masked);

#endif
