/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The budget of a real-time entity: a sporadic server's. Its capacity lies in a few chunks, each
 * with the time from which on it may be used; what is used of a chunk comes back, as a chunk, a
 * period after that chunk's time. The amounts always sum up to the capacity.
 *
 * Why that keeps others safe: look at the capacity as single ticks of budget. A tick that may be
 * used from time t on is used as part of a job that is released at t and due at t + D, and may be
 * used again from t + P on at the earliest, as what moves chunks (waking late, merging, overruns)
 * only moves them to later. So each tick is a sporadic task of its own with period P, deadline D
 * and execution time 1, and in any window of length L the jobs that are released and due in it
 * have no more than capacity * (floor((L - D) / P) + 1) ticks: the demand bound of one sporadic
 * task with the whole capacity, which is what admission.h tests.
 */
#ifndef HYP_SCHED_BUDGET_H
#define HYP_SCHED_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#define BUDGET_CHUNKS 8u /* a power of two */

struct budget_chunk {
	uint64_t time, amount;
};

/* A ring of chunks, by time. The first one's amount is what is left of it. */
struct budget {
	uint64_t spent; /* of the first chunk */
	uint8_t first, count;
	struct budget_chunk chunks[BUDGET_CHUNKS];
};

/* The whole capacity, from `time` on. */
void budget_init(struct budget *budget, uint64_t capacity, uint64_t time);

static inline struct budget_chunk *budget_head(struct budget *budget)
{
	return &budget->chunks[budget->first];
}

static inline const struct budget_chunk *budget_first(const struct budget *budget)
{
	return &budget->chunks[budget->first];
}

/*
 * `used` ticks of the first chunk are spent. What was used beyond it (the clock was looked at too
 * late) is taken from the next chunks, as if it had been used when they were due.
 */
void budget_charge(struct budget *budget, uint64_t period, uint64_t used);

/*
 * What is spent of the first chunk goes to its place a period later, and what is left of it is a
 * chunk that can be moved. Chunks below `least` (1 or more) ticks at the front join the next one.
 */
void budget_split(struct budget *budget, uint64_t period, uint64_t least);

/*
 * All chunks that may be used, and lie less than a period after the first, are given up until a
 * period later. A split must follow.
 */
void budget_yield(struct budget *budget, uint64_t period, uint64_t now);

/* Waking late: what may be used by `now` becomes one chunk of this moment. After a split only. */
void budget_wake(struct budget *budget, uint64_t now);

/* Sum of all amounts; always the capacity. */
uint64_t budget_sum(const struct budget *budget);

#endif
