/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The budget of a real-time entity: a sporadic server's. Its capacity lies in a few chunks, each
 * with the time from which on it may be used; what is used of a chunk comes back, as a chunk, a
 * period after that chunk's time. The amounts always sum up to the capacity.
 *
 * Why that keeps others safe: look at the capacity as single ticks of budget. A tick that may be
 * used from time t on is used as part of a job that is released at t and due at t + D, and may be
 * used again from t + P on at the earliest, as what moves chunks (waking late, joining, overruns)
 * only moves them to later. So each tick is a sporadic task of its own with period P, deadline D
 * and execution time 1, and in any window of length L the jobs that are released and due in it
 * have no more than capacity * (floor((L - D) / P) + 1) ticks: the demand bound of one sporadic
 * task with the whole capacity, which is what admission.h tests.
 */
#ifndef HYP_SCHED_BUDGET_H
#define HYP_SCHED_BUDGET_H

#include <stdint.h>

#define BUDGET_CHUNKS 8u /* at most, with the first; a power of two */

struct budget_chunk {
	uint64_t time, amount;
};

struct budget {
	struct budget_chunk first; /* `amount` is what is left of it */
	uint64_t spent;            /* of the first chunk */
	uint8_t begin, count;      /* of `later`, a ring by time */
	struct budget_chunk later[BUDGET_CHUNKS];
};

/* The whole capacity, from `time` on. */
void budget_init(struct budget *budget, uint64_t capacity, uint64_t time);

/*
 * More is used than the first chunk has, as the clock was looked at too late: the rest is taken
 * from the next chunks, as if it had been used when they were due.
 */
void budget_overrun(struct budget *budget, uint64_t period, uint64_t used);

/* `used` ticks of the first chunk, which has them, are spent. */
static inline void budget_spend(struct budget *budget, uint64_t used)
{
	budget->first.amount -= used;
	budget->spent += used;
}

/* `used` ticks are spent. */
static inline void budget_charge(struct budget *budget, uint64_t period, uint64_t used)
{
	if (used > budget->first.amount)
		budget_overrun(budget, period, used);
	else
		budget_spend(budget, used);
}

/*
 * What is spent of the first chunk goes to its place a period later, and what is left of it is a
 * chunk that can be moved. Chunks below `least` (1 or more) ticks at the front join the next one.
 */
void budget_split(struct budget *budget, uint64_t period, uint64_t least);

/*
 * All chunks that may be used by `now`, and lie less than a period after the first, are given up
 * until a period later. A split must follow.
 */
void budget_yield(struct budget *budget, uint64_t period, uint64_t now);

/* All chunks that may be used by `now` become one chunk of this moment. After a split only. */
void budget_join(struct budget *budget, uint64_t now);

/* Waking late: nothing may be used as if it had been released before `now`. After a split only. */
static inline void budget_wake(struct budget *budget, uint64_t now)
{
	if (budget->count != 0)
		budget_join(budget, now);
	if (budget->first.time < now)
		budget->first.time = now;
}

/* Sum of all amounts; always the capacity. */
uint64_t budget_sum(const struct budget *budget);

#endif
