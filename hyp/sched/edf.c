/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Earliest deadline first, with budgets. Each entity is at home on one CPU; in that one's `ready`
 * is its deadline if it may run, and in `events` always the time of what happens next by itself: it
 * gets budget, wakes, or its current job is missed.
 *
 * A switch is paid for by the entity that causes it: to it, when it takes the core, as its time
 * begins at once; from it, when it leaves by itself, as its time ends when the next one's begins.
 */
#include "abi/hypercall.h"
#include "hyp/sched/class.h"

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void report(struct sched_cpu *cpu, struct sched_entity *entity, unsigned what)
{
	__atomic_fetch_or(&entity->reports, 1u << what, __ATOMIC_RELAXED);
	cpu->reported |= 1ull << entity->slot;
}

/* What is spent of the first chunk goes back; a chunk that cannot pay for its switches waits. */
static void split(struct sched_cpu *cpu, struct sched_entity *entity)
{
	budget_split(&entity->edf.budget, entity->edf.parameters.period,
		2 * cpu->common->switch_cost + 1);
}

/* A job that ends at the very moment that it is due is in time. */
static void set_event(struct sched_cpu *cpu, struct sched_entity *entity)
{
	const struct edf_entity *edf = &entity->edf;
	uint64_t time = edf->due == SCHED_NEVER ? SCHED_NEVER : edf->due + 1;

	if (entity->state == SCHED_DEPLETED)
		time = min(time, budget_first(&edf->budget)->time);
	else if (entity->state != SCHED_READY)
		time = min(time, edf->wake_at);
	tournament_set(&cpu->edf.events, entity->slot, time);
}

static void miss(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	class_trace(cpu, now, TRACE_DEADLINE_MISS, entity, entity->edf.due);
	entity->stats.misses++;
	entity->edf.due = SCHED_NEVER;
	report(cpu, entity, HYPERCALL_REPORT_MISSES);
}

static void open_job(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	struct edf_entity *edf = &entity->edf;

	edf->is_open = true;
	edf->released = edf->chunk;
	edf->due = edf->deadline;
	entity->stats.jobs++;
	class_trace(cpu, now, TRACE_RELEASE, entity, edf->due);
}

static void close_job(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	if (entity->edf.due < now)
		miss(cpu, entity, now);
	entity->edf.is_open = false;
	entity->edf.stated = 0;
	entity->edf.due = SCHED_NEVER;
}

/* The first chunk of budget may be used. */
static void release(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	struct edf_entity *edf = &entity->edf;

	edf->chunk = budget_first(&edf->budget)->time;
	edf->deadline = max(edf->chunk + edf->parameters.deadline, edf->stated);
	if (!edf->is_open)
		open_job(cpu, entity, now);
	entity->state = SCHED_READY;
	tournament_set(&cpu->edf.ready, entity->slot, edf->deadline);
	set_event(cpu, entity);
}

/* It wants to run: at once, or as soon as it has budget. */
static void want(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	if (budget_first(&entity->edf.budget)->time <= now) {
		release(cpu, entity, now);
	} else {
		entity->state = SCHED_DEPLETED;
		set_event(cpu, entity);
	}
}

static void unready(struct sched_cpu *cpu, struct sched_entity *entity, enum sched_state state)
{
	tournament_set(&cpu->edf.ready, entity->slot, TOURNAMENT_NONE);
	entity->state = (uint8_t)state;
	round_robin_evict(cpu, entity);
}

static void charge(struct sched_cpu *cpu, struct sched_entity *owner, uint64_t used)
{
	(void)cpu;
	budget_charge(&owner->edf.budget, owner->edf.parameters.period, used);
}

static void leave(struct sched_cpu *cpu, struct sched_entity *entity)
{
	if (cpu->owner != entity)
		return;
	charge(cpu, entity, cpu->common->switch_cost);
	class_leave(cpu, cpu->common->switch_cost);
}

/*
 * The owner has to leave: what is left of its budget, if anything, is a chunk to run on later, or
 * at once, if it still is the earliest.
 */
static void step_down(struct sched_cpu *cpu, struct sched_entity *owner, uint64_t now)
{
	const struct budget *budget = &owner->edf.budget;

	leave(cpu, owner);
	split(cpu, owner);
	round_robin_evict(cpu, owner);
	if (budget_first(budget)->time > now) {
		class_trace(cpu, now, TRACE_BUDGET_END, owner, budget_first(budget)->time);
		owner->stats.budget_ends++;
		report(cpu, owner, HYPERCALL_REPORT_EXHAUSTIONS);
		unready(cpu, owner, SCHED_DEPLETED);
	}
	want(cpu, owner, now);
}

/* Its chunk of budget is used up, but for what leaving costs. */
static void exhaust(struct sched_cpu *cpu, struct sched_entity *owner, uint64_t now)
{
	if (!owner->edf.ends_jobs)
		close_job(cpu, owner, now);
	step_down(cpu, owner, now);
}

/* Also if it was looked at too late, and more than the chunk is used up. */
static bool is_exhausted(const struct sched_cpu *cpu, const struct sched_entity *owner)
{
	const struct budget_chunk *chunk = budget_first(&owner->edf.budget);

	return chunk->amount <= cpu->common->switch_cost || chunk->time != owner->edf.chunk;
}

/* What happens to the entity at this time without its doing. */
static void happen(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	struct edf_entity *edf = &entity->edf;

	if (edf->due < now)
		miss(cpu, entity, now);
	if (entity->state < SCHED_DEPLETED && edf->wake_at <= now) {
		budget_wake(&edf->budget, edf->wake_at);
		want(cpu, entity, now);
	} else if (entity->state == SCHED_DEPLETED) {
		want(cpu, entity, now);
	} else {
		set_event(cpu, entity);
	}
}

static uint64_t due(struct sched_cpu *cpu, uint64_t now)
{
	struct edf_cpu *edf = &cpu->edf;
	struct sched_entity *owner = cpu->owner;

	if (owner && owner->class == &edf_class && is_exhausted(cpu, owner))
		exhaust(cpu, owner, now);
	for (unsigned i = 0; i < CLASS_EVENTS_AT_ONCE; i++) {
		if (tournament_least(&edf->events) > now)
			break;
		happen(cpu, edf->entities[tournament_first(&edf->events)], now);
	}
	return tournament_least(&edf->events);
}

/* Among those that are due at the same time the owner goes on, as switching costs time. */
static struct sched_entity *pick(struct sched_cpu *cpu, uint64_t now)
{
	const struct edf_cpu *edf = &cpu->edf;
	struct sched_entity *owner = cpu->owner;
	const uint64_t least = tournament_least(&edf->ready);

	(void)now;
	if (least == TOURNAMENT_NONE)
		return NULL;
	if (owner && owner->class == &edf_class && owner->edf.deadline == least)
		return owner;
	return edf->entities[tournament_first(&edf->ready)];
}

static uint64_t end(const struct sched_cpu *cpu, const struct sched_entity *owner)
{
	return cpu->since + budget_first(&owner->edf.budget)->amount - cpu->common->switch_cost;
}

static void wake(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	class_trace(cpu, now, TRACE_WAKE, entity, 0);
	budget_wake(&entity->edf.budget, now);
	want(cpu, entity, now);
}

static void block(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now)
{
	leave(cpu, entity);
	split(cpu, entity);
	unready(cpu, entity, SCHED_BLOCKED);
	if (!entity->edf.ends_jobs)
		close_job(cpu, entity, now);
	entity->edf.wake_at = until;
	set_event(cpu, entity);
}

static void done(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now)
{
	struct edf_entity *edf = &entity->edf;

	leave(cpu, entity);
	budget_yield(&edf->budget, edf->parameters.period, now);
	split(cpu, entity);
	unready(cpu, entity, SCHED_ASLEEP);
	close_job(cpu, entity, now);
	edf->ends_jobs = true;
	edf->wake_at = max(edf->released + edf->parameters.period,
		max(until, budget_first(&edf->budget)->time));
	class_trace(cpu, now, TRACE_JOB_END, entity, edf->wake_at);
	report(cpu, entity, HYPERCALL_REPORT_JOBS);
	set_event(cpu, entity);
}

static void remove(struct sched_cpu *cpu, struct sched_entity *entity)
{
	leave(cpu, entity);
	unready(cpu, entity, SCHED_ABSENT);
	tournament_set(&cpu->edf.events, entity->slot, TOURNAMENT_NONE);
	cpu->edf.entities[entity->slot] = NULL;
}

static void outranked(struct sched_cpu *cpu, struct sched_entity *owner, uint64_t now)
{
	(void)cpu;
	(void)owner;
	(void)now;
}

const struct sched_class edf_class = {
	.charge = charge,
	.due = due,
	.pick = pick,
	.outranked = outranked,
	.end = end,
	.wake = wake,
	.block = block,
	.done = done,
	.remove = remove,
};

void edf_init(struct edf_cpu *edf)
{
	tournament_init(&edf->ready);
	tournament_init(&edf->events);
}

void edf_add(struct sched_cpu *cpu, struct sched_entity *entity,
	const struct sched_parameters *parameters, bool ends_jobs)
{
	entity->edf = (struct edf_entity){
		.parameters = *parameters,
		.due = SCHED_NEVER,
		.wake_at = SCHED_NEVER,
		.ends_jobs = ends_jobs,
	};
	budget_init(&entity->edf.budget, parameters->capacity, 0);
	cpu->edf.entities[entity->slot] = entity;
}

/* Later than its own, a job's deadline takes nothing from others, and its budget stays the same. */
bool edf_set_deadline(
	struct sched_cpu *cpu, struct sched_entity *entity, uint64_t deadline, uint64_t now)
{
	struct edf_entity *edf = &entity->edf;

	if (deadline < edf->chunk + edf->parameters.deadline)
		return false;
	if (edf->due < now)
		miss(cpu, entity, now);
	if (edf->due != SCHED_NEVER)
		edf->due = deadline;
	edf->stated = deadline;
	edf->deadline = deadline;
	tournament_set(&cpu->edf.ready, entity->slot, deadline);
	if (deadline > tournament_least(&cpu->edf.ready))
		step_down(cpu, entity, now);
	else
		set_event(cpu, entity);
	return true;
}
