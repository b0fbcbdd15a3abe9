/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random sets of real-time entities on one CPU with best-effort hogs, run by the scheduler on a
 * clock that jumps from event to event, and checked against a model that knows nothing of it.
 */
#ifndef TESTS_SIMULATE_ENGINE_H
#define TESTS_SIMULATE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "hyp/sched/admission.h"

#define ENGINE_MOST 12u

struct engine_set {
	unsigned count;
	struct sched_parameters parameters[ENGINE_MOST]; /* with the switches */
	uint64_t hyperperiod;
	uint64_t share; /* for real time, in 2^32nds */
	uint64_t switch_cost;
	uint64_t masked; /* the longest time without a decision */
};

struct engine_result {
	bool admitted;
	uint64_t decisions, ticks, jobs;
	unsigned implicit, brink, loaded; /* 1 if all D = P; near to the limit; a share above 3/4 */
};

/*
 * Makes set number `seed`, asks for its admission, and holds the answer against the exact test by
 * brute force; if it was admitted, runs it at its worst and at random. Returns NULL, or what was
 * wrong, in words that are valid until the next call.
 */
const char *engine_check(uint64_t seed, struct engine_result *result);

/* The parts of it, for tests that make their own sets. */

void engine_random_set(uint64_t seed, struct engine_set *set);

bool engine_admitted(const struct engine_set *set);

/* EDF without budgets on a set released at once, after what may block; true if no deadline is
 * missed. */
bool engine_feasible(const struct engine_set *set);

#endif
