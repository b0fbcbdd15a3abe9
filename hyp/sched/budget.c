/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sporadic-server budgets: see budget.h for why they keep others safe.
 */
#include "hyp/sched/budget.h"

void budget_init(struct budget *budget, uint64_t capacity, uint64_t time)
{
	budget->first = (struct budget_chunk){time, capacity};
	budget->spent = 0;
	budget->begin = 0;
	budget->count = 0;
}

static struct budget_chunk *later(struct budget *budget, unsigned i)
{
	return &budget->later[(budget->begin + i) % BUDGET_CHUNKS];
}

/* No chunk is later than `time`. If there is no room, the last one waits for this one. */
static void append(struct budget *budget, uint64_t time, uint64_t amount)
{
	struct budget_chunk *last = later(budget, budget->count - 1u);

	if (budget->count != 0 && (budget->count == BUDGET_CHUNKS - 1 || last->time == time)) {
		last->time = time;
		last->amount += amount;
	} else {
		*later(budget, budget->count++) = (struct budget_chunk){time, amount};
	}
}

static void drop_first(struct budget *budget)
{
	budget->first = *later(budget, 0);
	budget->begin++;
	budget->count--;
}

/* What is spent of the first chunk goes to its place; one that is used up goes away. */
static void put_back(struct budget *budget, uint64_t period)
{
	const struct budget_chunk back = {budget->first.time + period, budget->spent};

	budget->spent = 0;
	if (budget->first.amount == 0 && budget->count == 0) {
		budget->first = back;
		return;
	}
	if (budget->first.amount == 0)
		drop_first(budget);
	if (budget->count == 0 && budget->first.time == back.time)
		budget->first.amount += back.amount; /* two would pay for two switches */
	else if (back.amount != 0)
		append(budget, back.time, back.amount);
}

void budget_split(struct budget *budget, uint64_t period, uint64_t least)
{
	if (budget->spent != 0 || budget->first.amount == 0)
		put_back(budget, period);
	while (budget->first.amount < least && budget->count != 0) {
		later(budget, 0)->amount += budget->first.amount;
		drop_first(budget);
	}
}

/* Whole capacities delay everything by as many periods; the rest is taken chunk by chunk. */
void budget_overrun(struct budget *budget, uint64_t period, uint64_t used)
{
	const uint64_t capacity = budget_sum(budget);
	const uint64_t delay = used / capacity * period;

	budget->first.time += delay;
	for (unsigned i = 0; i < budget->count; i++)
		later(budget, i)->time += delay;
	used %= capacity;
	while (used >= budget->first.amount) {
		used -= budget->first.amount;
		budget->spent += budget->first.amount;
		budget->first.amount = 0;
		put_back(budget, period);
	}
	budget->first.amount -= used;
	budget->spent += used;
}

void budget_yield(struct budget *budget, uint64_t period, uint64_t now)
{
	const uint64_t end = budget->first.time + period;

	for (unsigned n = budget->count + 1u; n != 0; n--) {
		if (budget->first.time > now || budget->first.time >= end)
			return;
		budget->spent += budget->first.amount;
		budget->first.amount = 0;
		put_back(budget, period);
	}
}

void budget_join(struct budget *budget, uint64_t now)
{
	while (budget->count != 0 && later(budget, 0)->time <= now) {
		later(budget, 0)->amount += budget->first.amount;
		drop_first(budget);
	}
}

uint64_t budget_sum(const struct budget *budget)
{
	uint64_t sum = budget->first.amount + budget->spent;

	for (unsigned i = 0; i < budget->count; i++)
		sum += budget->later[(budget->begin + i) % BUDGET_CHUNKS].amount;
	return sum;
}
