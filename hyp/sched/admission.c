/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Admission in small steps. Each phase is a loop over the set that is left after some entities and
 * taken up again; what it has gathered by its end decides what follows.
 */
#include "hyp/sched/admission.h"

#define ENTITIES_A_STEP 8u
#define PERIOD_MOST     (1ull << 40)
#define LOOKS_MOST      (1u << 20)

/* A digit of the utilisations, in their long division: a remainder below 2^40 has room for it. */
#define DIGIT_BITS 24u

/*
 * Two sums that differ do so by at least 1 / (the product of all denominators). With a digit more
 * than these, what still looks equal is equal.
 */
#define DIGITS_MOST ((40u * ADMISSION_MOST + 32u) / DIGIT_BITS + 2u)

enum phase { CHECK_PARAMETERS, DIVIDE, BUSY_PERIOD, DEMAND };

/* Sums and products that do not fit are as large as can be: more than any interval has. */
static uint64_t add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

uint64_t admission_blocking(unsigned count, uint64_t switch_cost, uint64_t masked)
{
	const uint64_t under_way = masked > switch_cost ? masked : switch_cost;

	if (count == 0)
		return 0;
	return add(add(under_way, multiply(count, masked)), multiply(count - 1, switch_cost));
}

static enum admission_result refuse(struct admission *admission, enum admission_reason reason)
{
	admission->reason = reason;
	return ADMISSION_REFUSED;
}

static void begin_phase(struct admission *admission, enum phase phase)
{
	admission->phase = phase;
	admission->next = 0;
	admission->sum = 0;
	admission->last_deadline = 0;
}

void admission_begin(struct admission *admission, const struct sched_parameters *set,
	unsigned count, uint64_t share, uint64_t switch_cost, uint64_t masked)
{
	admission->reason = ADMISSION_REASON_NONE;
	admission->which = 0;
	admission->time = 0;
	admission->demand = 0;
	admission->set = set;
	admission->count = count;
	admission->looks = 0;
	admission->implicit = true;
	admission->is_whole = share >= ADMISSION_WHOLE;
	admission->share = admission->is_whole ? ADMISSION_WHOLE : share;
	admission->blocking = admission_blocking(count, switch_cost, masked);
	admission->first_deadline = PERIOD_MOST;
	begin_phase(admission, CHECK_PARAMETERS);
}

static bool check(struct admission *admission, unsigned i)
{
	const struct sched_parameters *entity = &admission->set[i];

	if (entity->capacity == 0 || entity->capacity > entity->deadline ||
		entity->deadline > entity->period || entity->period > PERIOD_MOST) {
		admission->which = i;
		return false;
	}
	admission->rest[i] = entity->capacity;
	admission->sum = add(admission->sum, entity->capacity);
	if (entity->deadline < admission->first_deadline)
		admission->first_deadline = entity->deadline;
	if (entity->deadline != entity->period)
		admission->implicit = false;
	return true;
}

/* The next digit of C / P. */
static void divide(struct admission *admission, unsigned i)
{
	const uint64_t scaled = admission->rest[i] << DIGIT_BITS;

	admission->sum += scaled / admission->set[i].period;
	admission->rest[i] = scaled % admission->set[i].period;
	if (admission->rest[i] != 0)
		admission->last_deadline = 1; /* there are more digits */
}

/* Jobs that come in [0, t), if all come at 0 and as soon after as they may. */
static void add_arrivals(struct admission *admission, unsigned i)
{
	const struct sched_parameters *entity = &admission->set[i];
	const uint64_t jobs = (admission->t - 1) / entity->period + 1;

	admission->sum = add(admission->sum, multiply(jobs, entity->capacity));
}

/* Those of them that are due by t; and the last deadline before t. */
static void add_demand(struct admission *admission, unsigned i)
{
	const struct sched_parameters *entity = &admission->set[i];
	uint64_t jobs, last;

	if (entity->deadline > admission->t)
		return;
	jobs = (admission->t - entity->deadline) / entity->period;
	last = entity->deadline + jobs * entity->period;
	admission->sum = add(admission->sum, multiply(jobs + 1, entity->capacity));
	if (last == admission->t)
		last = jobs == 0 ? 0 : last - entity->period;
	if (last > admission->last_deadline)
		admission->last_deadline = last;
}

static enum admission_result after_check(struct admission *admission)
{
	if (admission->count == 0)
		return ADMISSION_ADMITTED;
	admission->t = add(admission->sum, admission->blocking);
	admission->slack = 0;
	begin_phase(admission, DIVIDE);
	return ADMISSION_MORE;
}

/*
 * `slack` is share - utilisation in units of the last digit, so far; what the digits to come can
 * take from it is less than 1 for each entity, and what those of the share can add less than 1.
 */
static enum admission_result after_divide(struct admission *admission)
{
	const bool more = admission->last_deadline != 0;
	bool close;
	const uint64_t scaled = admission->share << DIGIT_BITS;

	admission->slack = (admission->slack << DIGIT_BITS) + (int64_t)(scaled >> 32) -
			   (int64_t)admission->sum;
	admission->share = scaled & (ADMISSION_WHOLE - 1);
	if (admission->slack < 0)
		return refuse(admission, ADMISSION_REASON_UTILISATION);
	close = more && admission->slack < (int64_t)admission->count;
	if (close && ++admission->looks < DIGITS_MOST) {
		begin_phase(admission, DIVIDE);
		return ADMISSION_MORE;
	}
	if (admission->is_whole && admission->blocking != 0 && (close || admission->slack == 0))
		return refuse(admission, ADMISSION_REASON_UTILISATION);
	if (admission->implicit && admission->blocking == 0)
		return ADMISSION_ADMITTED;
	begin_phase(admission, BUSY_PERIOD);
	return ADMISSION_MORE;
}

static enum admission_result look_again(struct admission *admission, uint64_t t, enum phase phase)
{
	if (t == UINT64_MAX || ++admission->looks > LOOKS_MOST)
		return refuse(admission, ADMISSION_REASON_UNDECIDED);
	admission->t = t;
	begin_phase(admission, phase);
	return ADMISSION_MORE;
}

static enum admission_result after_busy_period(struct admission *admission)
{
	const uint64_t length = add(admission->sum, admission->blocking);

	return look_again(admission, length, length == admission->t ? DEMAND : BUSY_PERIOD);
}

/*
 * Between the demand by t and t itself there can be no miss, as demand does not fall; so the next
 * look is there, or, if the two are equal, at the deadline before.
 */
static enum admission_result after_demand(struct admission *admission)
{
	const uint64_t demand = add(admission->sum, admission->blocking);

	if (demand > admission->t && admission->sum != 0) {
		admission->time = admission->t;
		admission->demand = demand;
		return refuse(admission, ADMISSION_REASON_DEMAND);
	}
	if (demand <= admission->first_deadline)
		return ADMISSION_ADMITTED;
	if (demand == admission->t)
		return look_again(admission, admission->last_deadline, DEMAND);
	return look_again(admission, demand, DEMAND);
}

enum admission_result admission_step(struct admission *admission)
{
	const unsigned left = admission->count - admission->next;
	const unsigned end = admission->next + (left < ENTITIES_A_STEP ? left : ENTITIES_A_STEP);

	for (; admission->next < end; admission->next++) {
		if (admission->phase == DIVIDE)
			divide(admission, admission->next);
		else if (admission->phase == BUSY_PERIOD)
			add_arrivals(admission, admission->next);
		else if (admission->phase == DEMAND)
			add_demand(admission, admission->next);
		else if (!check(admission, admission->next))
			return refuse(admission, ADMISSION_REASON_PARAMETERS);
	}
	if (admission->next < admission->count)
		return ADMISSION_MORE;
	switch (admission->phase) {
	case CHECK_PARAMETERS:
		return after_check(admission);
	case DIVIDE:
		return after_divide(admission);
	case BUSY_PERIOD:
		return after_busy_period(admission);
	default:
		return after_demand(admission);
	}
}
