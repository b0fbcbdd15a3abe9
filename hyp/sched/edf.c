/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Earliest deadline first, with budgets. Each entity is at home on one CPU. Of those that may run
 * there, the one that is due first is `current`, and the others are in a tournament by deadline.
 * All are in another one, by the time of what happens to them next by itself: they get budget,
 * wake, or miss the deadline of a job.
 *
 * The hypervisor's work for an entity is paid for by that one, whoever runs meanwhile: each release
 * costs it a switch, and so does each time that it leaves the core by itself. The switch to it when
 * it takes the core, and the one to another when it leaves, are these.
 */
#include "abi/hypercall.h"
#include "hyp/sched/class.h"
#include "lib/bits.h"

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
	cpu->unusual |= SCHED_UNUSUAL_NEWS;
}

/* What is spent of the first chunk goes back; a chunk that cannot pay for its switches waits. */
static void split(struct sched_cpu *cpu, struct sched_entity *entity)
{
	budget_split(&entity->edf.budget, entity->edf.parameters.period,
		2 * cpu->common->switch_cost + 1);
}

static void set_event(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t time)
{
	tournament_set(&cpu->edf.events, entity->slot, time);
}

RARELY static void miss(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	class_trace(cpu, now, TRACE_DEADLINE_MISS, entity, entity->edf.late_at - 1);
	entity->stats.misses++;
	entity->edf.late_at = SCHED_NEVER;
	report(cpu, entity, HYPERCALL_REPORT_MISSES);
}

static void check_miss(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	if (entity->edf.late_at <= now)
		miss(cpu, entity, now);
}

static ALWAYS_INLINE void open_job(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	struct edf_entity *edf = &entity->edf;

	edf->is_open = true;
	edf->released = edf->chunk;
	edf->late_at = edf->deadline + 1;
	entity->stats.jobs++;
	class_trace(cpu, now, TRACE_RELEASE, entity, edf->deadline);
}

static void close_job(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	check_miss(cpu, entity, now);
	entity->edf.is_open = false;
	entity->edf.stated = 0;
	entity->edf.late_at = SCHED_NEVER;
}

static void add_other(struct sched_cpu *cpu, struct sched_entity *entity)
{
	tournament_set(&cpu->edf.others, entity->slot, entity->edf.deadline);
}

/* Among those that are due at the same time the current one goes on, as switching costs time. */
static void add_ready(struct sched_cpu *cpu, struct sched_entity *entity)
{
	struct edf_cpu *edf = &cpu->edf;

	entity->state = SCHED_READY;
	if (edf->current && edf->current->edf.deadline <= entity->edf.deadline) {
		add_other(cpu, entity);
		return;
	}
	if (edf->current)
		add_other(cpu, edf->current);
	edf->current = entity;
}

static void remove_ready(struct sched_cpu *cpu, struct sched_entity *entity)
{
	struct edf_cpu *edf = &cpu->edf;

	if (edf->current == entity) {
		if (tournament_least(&edf->others) == TOURNAMENT_NONE) {
			edf->current = NULL;
			return;
		}
		entity = edf->entities[tournament_first(&edf->others)];
		edf->current = entity;
	}
	tournament_set(&edf->others, entity->slot, TOURNAMENT_NONE);
}

void edf_charge(struct sched_cpu *cpu, struct sched_entity *owner, uint64_t used)
{
	(void)cpu;
	budget_charge(&owner->edf.budget, owner->edf.parameters.period, used);
}

/*
 * The first chunk of budget may be used. As long as it is ready, nothing happens to it by itself,
 * but that it is late; that is seen when it is current. What is noted as its next event is the next
 * release, so that it stands there already when the job ends.
 *
 * The time that the hypervisor takes for it, from now on or from whoever runs, is its own.
 */
static void release(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	const uint64_t cost = cpu->common->switch_cost;
	struct edf_entity *edf = &entity->edf;

	edf->chunk = edf->budget.first.time;
	edf->deadline = max(edf->chunk + edf->parameters.deadline, edf->stated);
	if (!edf->is_open)
		open_job(cpu, entity, now);
	edf_charge(cpu, entity, cost);
	entity->stats.ran_ticks += cost;
	cpu->since += cost;
	add_ready(cpu, entity);
	set_event(cpu, entity, edf->chunk + edf->parameters.period);
}

/*
 * The same of one that is asleep, if nobody else is ready: it has closed its job, and sleeps at
 * least until its budget comes.
 */
struct sched_entity *edf_release_usual(struct sched_cpu *cpu, uint64_t now, uint64_t *until)
{
	const uint64_t cost = cpu->common->switch_cost;
	const unsigned slot = tournament_first(&cpu->edf.events);
	struct sched_entity *entity = cpu->edf.entities[slot];
	struct edf_entity *edf = &entity->edf;
	const uint64_t chunk = edf->wake_at;

	if (entity->state != SCHED_ASLEEP || entity->preemptable || cpu->edf.current ||
		edf->budget.count != 0 || edf->budget.first.amount < cost ||
		chunk + edf->parameters.deadline < now)
		return NULL;
	budget_spend(&edf->budget, cost);
	entity->stats.ran_ticks += cost;
	*until = cpu->since + edf->budget.first.amount;
	cpu->since += cost;
	cpu->edf.current = entity;
	entity->state = SCHED_READY;
	edf->budget.first.time = chunk;
	edf->chunk = chunk;
	edf->deadline = chunk + edf->parameters.deadline;
	open_job(cpu, entity, now);
	class_until(until, edf->late_at);
	tournament_put(&cpu->edf.events, slot, chunk + edf->parameters.period);
	class_until(until, tournament_least(&cpu->edf.events));
	return *until > now ? entity : NULL;
}

/* It wants to run: at once, or as soon as it has budget. */
static void want(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	struct edf_entity *edf = &entity->edf;

	if (edf->budget.first.time <= now) {
		release(cpu, entity, now);
	} else {
		entity->state = SCHED_DEPLETED;
		set_event(cpu, entity, min(edf->late_at, edf->budget.first.time));
	}
}

static void unready(struct sched_cpu *cpu, struct sched_entity *entity, enum sched_state state)
{
	if (entity->state == SCHED_READY)
		remove_ready(cpu, entity);
	entity->state = (uint8_t)state;
	round_robin_evict(cpu, entity);
}

static void leave(struct sched_cpu *cpu, struct sched_entity *entity)
{
	if (cpu->owner != entity)
		return;
	edf_charge(cpu, entity, cpu->common->switch_cost);
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
	unready(cpu, owner, SCHED_DEPLETED);
	if (budget->first.time > now) {
		class_trace(cpu, now, TRACE_BUDGET_END, owner, budget->first.time);
		owner->stats.budget_ends++;
		report(cpu, owner, HYPERCALL_REPORT_EXHAUSTIONS);
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

/* What happens to the entity at this time without its doing. */
static void happen(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	struct edf_entity *edf = &entity->edf;

	check_miss(cpu, entity, now);
	if (entity->state == SCHED_READY) {
		set_event(cpu, entity, edf->late_at);
	} else if (entity->state == SCHED_DEPLETED) {
		want(cpu, entity, now);
	} else if (edf->wake_at <= now) {
		budget_wake(&edf->budget, edf->wake_at);
		want(cpu, entity, now);
	} else {
		set_event(cpu, entity, min(edf->late_at, edf->wake_at));
	}
}

static void do_events(struct sched_cpu *cpu, uint64_t now)
{
	struct edf_cpu *edf = &cpu->edf;
	unsigned left = CLASS_EVENTS_AT_ONCE;

	do
		happen(cpu, edf->entities[tournament_first(&edf->events)], now);
	while (--left != 0 && tournament_least(&edf->events) <= now);
}

/* When the current entity must be looked at again. */
static ALWAYS_INLINE void until_of(
	const struct sched_cpu *cpu, const struct sched_entity *current, uint64_t *until)
{
	class_until(until, current->edf.late_at);
	class_until(
		until, cpu->since + current->edf.budget.first.amount - cpu->common->switch_cost);
}

struct sched_entity *edf_decide(struct sched_cpu *cpu, uint64_t now, uint64_t *until)
{
	struct edf_cpu *edf = &cpu->edf;
	struct sched_entity *before = cpu->owner;

	if (before && sched_is_real_time(before) && edf_is_exhausted(cpu, before))
		exhaust(cpu, before, now);
	if (tournament_least(&edf->events) <= now)
		do_events(cpu, now);
	class_until(until, tournament_least(&edf->events));
	if (!edf->current)
		return NULL;
	check_miss(cpu, edf->current, now);
	until_of(cpu, edf->current, until);
	return edf->current;
}

struct sched_entity *edf_continue_usual(struct sched_cpu *cpu, uint64_t now, uint64_t *until)
{
	struct sched_entity *current = cpu->edf.current;

	until_of(cpu, current, until);
	return current->preemptable || *until <= now ? NULL : current;
}

static void wake(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	class_trace(cpu, now, TRACE_WAKE, entity, 0);
	budget_wake(&entity->edf.budget, now);
	want(cpu, entity, now);
}

void edf_block(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now)
{
	leave(cpu, entity);
	split(cpu, entity);
	unready(cpu, entity, SCHED_BLOCKED);
	if (!entity->edf.ends_jobs)
		close_job(cpu, entity, now);
	entity->edf.wake_at = until;
	set_event(cpu, entity, min(entity->edf.late_at, until));
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
	edf->wake_at =
		max(edf->released + edf->parameters.period, max(until, edf->budget.first.time));
	class_trace(cpu, now, TRACE_JOB_END, entity, edf->wake_at);
	/* So many that nobody is woken for it. */
	__atomic_fetch_or(&entity->reports, 1u << HYPERCALL_REPORT_JOBS, __ATOMIC_RELAXED);
	set_event(cpu, entity, edf->wake_at);
}

static void remove_entity(struct sched_cpu *cpu, struct sched_entity *entity)
{
	leave(cpu, entity);
	unready(cpu, entity, SCHED_ABSENT);
	tournament_set(&cpu->edf.events, entity->slot, TOURNAMENT_NONE);
	cpu->edf.entities[entity->slot] = NULL;
}

const struct sched_class edf_class = {
	.wake = wake,
	.done = done,
	.remove = remove_entity,
};

void edf_add(struct sched_cpu *cpu, struct sched_entity *entity,
	const struct sched_parameters *parameters, bool ends_jobs)
{
	entity->edf = (struct edf_entity){
		.parameters = *parameters,
		.late_at = SCHED_NEVER,
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
	check_miss(cpu, entity, now);
	if (edf->late_at != SCHED_NEVER)
		edf->late_at = deadline + 1;
	class_trace(cpu, now, TRACE_DEADLINE_SET, entity, deadline);
	edf->stated = deadline;
	edf->deadline = deadline;
	if (entity != cpu->edf.current || deadline > tournament_least(&cpu->edf.others))
		step_down(cpu, entity, now);
	return true;
}
