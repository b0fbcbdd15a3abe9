/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sporadic-server budgets: see budget.h for why they keep others safe.
 */
#include "hyp/sched/budget.h"

static struct budget_chunk *chunk_at(struct budget *budget, unsigned i)
{
	return &budget->chunks[(budget->first + i) % BUDGET_CHUNKS];
}

static void drop_first(struct budget *budget)
{
	budget->first = (budget->first + 1) % BUDGET_CHUNKS;
	budget->count--;
}

/* No chunk may be later than `time`. If there is no room, the last one waits for this one. */
static void append(struct budget *budget, uint64_t time, uint64_t amount)
{
	struct budget_chunk *last = chunk_at(budget, budget->count - 1u);

	if (budget->count != 0 && (budget->count == BUDGET_CHUNKS || last->time == time)) {
		last->time = time;
		last->amount += amount;
		return;
	}
	*chunk_at(budget, budget->count++) = (struct budget_chunk){time, amount};
}

void budget_init(struct budget *budget, uint64_t capacity, uint64_t time)
{
	budget->spent = 0;
	budget->first = 0;
	budget->count = 1;
	budget->chunks[0] = (struct budget_chunk){time, capacity};
}

/* What was spent of the first chunk goes to its place; an empty first chunk goes away. */
static void put_back(struct budget *budget, uint64_t period)
{
	struct budget_chunk first = *budget_head(budget);
	uint64_t spent = budget->spent;

	budget->spent = 0;
	if (first.amount == 0)
		drop_first(budget);
	if (spent != 0)
		append(budget, first.time + period, spent);
}

static void join_small(struct budget *budget, uint64_t least)
{
	while (budget->count > 1 && budget_head(budget)->amount < least) {
		chunk_at(budget, 1)->amount += budget_head(budget)->amount;
		drop_first(budget);
	}
}

void budget_split(struct budget *budget, uint64_t period, uint64_t least)
{
	put_back(budget, period);
	join_small(budget, least);
}

/* Whole capacities delay everything by as many periods; the rest is taken chunk by chunk. */
static void overrun(struct budget *budget, uint64_t period, uint64_t used)
{
	uint64_t capacity = budget_sum(budget);
	uint64_t rounds = used / capacity;

	used %= capacity;
	for (unsigned i = 0; i < budget->count; i++)
		chunk_at(budget, i)->time += rounds * period;
	while (used >= budget_head(budget)->amount) {
		budget->spent += budget_head(budget)->amount;
		used -= budget_head(budget)->amount;
		budget_head(budget)->amount = 0;
		put_back(budget, period);
	}
	budget_head(budget)->amount -= used;
	budget->spent += used;
}

void budget_charge(struct budget *budget, uint64_t period, uint64_t used)
{
	struct budget_chunk *first = budget_head(budget);

	if (used > first->amount) {
		overrun(budget, period, used);
		return;
	}
	first->amount -= used;
	budget->spent += used;
}

void budget_yield(struct budget *budget, uint64_t period, uint64_t now)
{
	uint64_t end = budget_head(budget)->time + period;

	for (unsigned n = budget->count; n != 0; n--) {
		struct budget_chunk *first = budget_head(budget);

		if (first->time > now || first->time >= end)
			break;
		budget->spent += first->amount;
		first->amount = 0;
		put_back(budget, period);
	}
}

void budget_wake(struct budget *budget, uint64_t now)
{
	while (budget->count > 1 && chunk_at(budget, 1)->time <= now) {
		chunk_at(budget, 1)->amount += budget_head(budget)->amount;
		drop_first(budget);
	}
	if (budget_head(budget)->time < now)
		budget_head(budget)->time = now;
}

uint64_t budget_sum(const struct budget *budget)
{
	uint64_t sum = budget->spent;

	for (unsigned i = 0; i < budget->count; i++)
		sum += budget->chunks[(budget->first + i) % BUDGET_CHUNKS].amount;
	return sum;
}
