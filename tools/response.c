/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Worst-case response times under EDF, by looking at every deadline at which one can occur.
 */
#include "tools/response.h"

#include "hyp/sched/admission.h"

#define LOOKS_MOST 20000000ull /* a second or so */

/* The one that is looked at: entity `which` has a job that is released at `a`, with others before.
 */
struct look {
	const struct sched_parameters *set;
	unsigned count, which;
	uint64_t blocking, looks;
};

static uint64_t rounded_up(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The longest time for which the CPU can be busy: all released at 0, and as soon again as may be.
 */
static uint64_t busy_period(struct look *look)
{
	uint64_t length = 0, next = 1;

	while (next != length && ++look->looks < LOOKS_MOST) {
		length = next;
		next = look->blocking;
		for (unsigned i = 0; i < look->count; i++)
			next += rounded_up(length, look->set[i].period) * look->set[i].capacity;
	}
	return next;
}

/* Work that is there in [0, t) and goes before or with the job that is due at `due`. */
static uint64_t work(const struct look *look, uint64_t a, uint64_t due, uint64_t t)
{
	const struct sched_parameters *own = &look->set[look->which];
	const uint64_t first = a % own->period;
	uint64_t sum = look->blocking;

	for (unsigned i = 0; i < look->count; i++) {
		const struct sched_parameters *other = &look->set[i];

		if (i != look->which && other->deadline <= due)
			sum += other->capacity *
			       min(rounded_up(t, other->period),
				       1 + (due - other->deadline) / other->period);
	}
	if (t > first)
		sum += own->capacity * min(rounded_up(t - first, own->period), 1 + a / own->period);
	return sum;
}

/* When the job that is released at `a` is over, or `a` if the CPU was free before. */
static uint64_t end_of(struct look *look, uint64_t a)
{
	const uint64_t due = a + look->set[look->which].deadline;
	uint64_t t = 0, next = 1;

	while (next != t && ++look->looks < LOOKS_MOST) {
		t = next;
		next = work(look, a, due, t);
		if (next == 0)
			return a;
	}
	return next;
}

/* The worst of the releases at which entity `which` is due together with one of `other`. */
static uint64_t worst_with(
	struct look *look, const struct sched_parameters *other, uint64_t length, uint64_t worst)
{
	const struct sched_parameters *own = &look->set[look->which];
	uint64_t due = other->deadline;

	if (due < own->deadline)
		due += rounded_up(own->deadline - due, other->period) * other->period;
	for (uint64_t a = due - own->deadline; a < length && look->looks < LOOKS_MOST;
		a += other->period) {
		const uint64_t end = end_of(look, a);

		if (end > a && end - a > worst)
			worst = end - a;
	}
	return worst;
}

uint64_t response_worst(const struct sched_parameters *set, unsigned count, unsigned which,
	uint64_t switch_cost, uint64_t masked)
{
	struct look look = {set, count, which, admission_blocking(count, switch_cost, masked), 0};
	const uint64_t length = busy_period(&look);
	uint64_t worst = set[which].capacity;

	for (unsigned i = 0; i < count && look.looks < LOOKS_MOST; i++)
		worst = worst_with(&look, &set[i], length, worst);
	return look.looks < LOOKS_MOST ? worst : RESPONSE_UNKNOWN;
}

uint64_t response_best_effort_lag(
	const struct sched_parameters *set, unsigned count, uint64_t masked)
{
	uint64_t lag = 0;

	for (unsigned i = 0; i < count; i++) {
		const unsigned __int128 used = (unsigned __int128)set[i].capacity * set[i].deadline;

		lag += masked + set[i].capacity +
		       (uint64_t)((used + set[i].period - 1) / set[i].period);
	}
	return lag;
}
