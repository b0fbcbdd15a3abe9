/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Earliest deadline first: real-time entities with budgets, each at home on one CPU.
 *
 * All of a CPU's entities are in its two tournaments, each in its own slot: `ready` by deadline, if
 * it may run, and `events` by the time of what happens to it next without its doing.
 */
#include "abi/hypercall.h"
#include "hyp/sched/class.h"

/* Chunks of budget below this cannot even pay for being switched to and from. */
static uint64_t least_chunk(const struct sched_cpu *cpu)
{
	return 2 * cpu->common->switch_cost + 1;
}

static void report(struct sched_cpu *cpu, struct sched_entity *entity, unsigned what)
{
	__atomic_fetch_or(&entity->reports, 1u << what, __ATOMIC_RELAXED);
	cpu->reported |= 1ull << entity->slot;
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* A job that is over at its very deadline is in time. */
static void set_event(struct sched_cpu *cpu, struct sched_entity *entity)
{
	struct sched_job *job = &entity->job;
	uint64_t time = job->due == SCHED_NEVER ? SCHED_NEVER : job->due + 1;

	if (entity->state == SCHED_DEPLETED)
		time = min(time, budget_first(&job->budget)->time);
	else if (entity->state != SCHED_READY)
		time = min(time, job->wake_at);
	tournament_set(&cpu->events, entity->slot, time);
}

static void miss(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	entity->stats.misses++;
	class_trace(cpu, now, TRACE_DEADLINE_MISS, entity, entity->job.due);
	entity->job.due = SCHED_NEVER;
	report(cpu, entity, HYPERCALL_REPORT_MISSES);
}

static void close_job(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	if (entity->job.due < now)
		miss(cpu, entity, now);
	entity->job.open = false;
	entity->job.stated = 0;
	entity->job.due = SCHED_NEVER;
}

static void not_ready(struct sched_cpu *cpu, struct sched_entity *entity, enum sched_state state)
{
	tournament_set(&cpu->ready, entity->slot, TOURNAMENT_NONE);
	entity->state = (uint8_t)state;
	if (entity->guest)
		round_robin_evict(cpu, entity);
}

/* The first chunk of budget may be used: a job begins, or goes on. */
static void release(struct sched_cpu *cpu, struct sched_entity *entity)
{
	struct sched_job *job = &entity->job;

	job->released = budget_first(&job->budget)->time;
	job->deadline = max(job->released + job->parameters.deadline, job->stated);
	if (!job->open) {
		job->open = true;
		job->due = job->deadline;
		entity->stats.jobs++;
		class_trace(cpu, job->released, TRACE_RELEASE, entity, job->deadline);
	}
	entity->state = SCHED_READY;
	tournament_set(&cpu->ready, entity->slot, job->deadline);
	set_event(cpu, entity);
}

/* It wants to run: now, or once it has a budget. */
static void want(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	if (budget_first(&entity->job.budget)->time <= now) {
		release(cpu, entity);
		return;
	}
	entity->state = SCHED_DEPLETED;
	set_event(cpu, entity);
}

static void charge(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t used)
{
	(void)cpu;
	budget_charge(&entity->job.budget, entity->job.parameters.period, used);
}

/* It leaves the core by itself, and pays for the switch to the next one. */
static void leave(struct sched_cpu *cpu, struct sched_entity *entity)
{
	if (cpu->owner != entity)
		return;
	charge(cpu, entity, cpu->common->switch_cost);
	class_leave(cpu, entity);
}

/* The owner has used up its budget, but for what leaving costs. */
static void exhaust(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	struct sched_job *job = &entity->job;
	const uint64_t period = job->parameters.period, cost = cpu->common->switch_cost;
	uint64_t rest = 0;

	if (budget_first(&job->budget)->time == job->released) {
		rest = budget_first(&job->budget)->amount;
		budget_finish(&job->budget, period, least_chunk(cpu));
	} else {
		budget_split(&job->budget, period, least_chunk(cpu));
	}
	if (budget_first(&job->budget)->time > now) {
		budget_charge(&job->budget, period, cost - rest);
		budget_split(&job->budget, period, least_chunk(cpu));
		class_leave(cpu, entity);
		entity->stats.budget_ends++;
		report(cpu, entity, HYPERCALL_REPORT_EXHAUSTIONS);
		class_trace(cpu, now, TRACE_BUDGET_END, entity, budget_first(&job->budget)->time);
		not_ready(cpu, entity, SCHED_DEPLETED);
	}
	if (!job->ends_jobs)
		close_job(cpu, entity, now);
	want(cpu, entity, now);
}

static bool is_exhausted(const struct sched_cpu *cpu, const struct sched_entity *entity)
{
	const struct budget_chunk *chunk = budget_first(&entity->job.budget);

	return chunk->amount <= cpu->common->switch_cost || chunk->time != entity->job.released;
}

static void wake_at(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t time, uint64_t now)
{
	budget_wake(&entity->job.budget, time);
	want(cpu, entity, now);
}

static void happen(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	struct sched_job *job = &entity->job;

	if (job->due < now)
		miss(cpu, entity, now);
	if (entity->state == SCHED_DEPLETED && budget_first(&job->budget)->time <= now)
		release(cpu, entity);
	else if ((entity->state == SCHED_BLOCKED || entity->state == SCHED_ASLEEP) &&
		 job->wake_at <= now)
		wake_at(cpu, entity, job->wake_at, now);
	else
		set_event(cpu, entity);
}

static uint64_t due(struct sched_cpu *cpu, uint64_t now)
{
	struct sched_entity *owner = cpu->owner;

	if (owner && owner->class == &edf_class && is_exhausted(cpu, owner))
		exhaust(cpu, owner, now);
	for (unsigned i = 0; i < SCHED_EVENTS_AT_ONCE && tournament_least(&cpu->events) <= now; i++)
		happen(cpu, cpu->real_time[tournament_first(&cpu->events)], now);
	return tournament_least(&cpu->events);
}

/* Among those that are due at the same time the running one goes on, as switching costs. */
static struct sched_entity *pick(struct sched_cpu *cpu, uint64_t now)
{
	struct sched_entity *owner = cpu->owner;
	uint64_t least = tournament_least(&cpu->ready);

	(void)now;
	if (least == TOURNAMENT_NONE)
		return NULL;
	if (owner && owner->class == &edf_class && owner->job.deadline == least)
		return owner;
	return cpu->real_time[tournament_first(&cpu->ready)];
}

static void put(struct sched_cpu *cpu, struct sched_entity *entity)
{
	(void)cpu;
	(void)entity;
}

static uint64_t end(const struct sched_cpu *cpu, const struct sched_entity *entity)
{
	return cpu->since + budget_first(&entity->job.budget)->amount - cpu->common->switch_cost;
}

static void wake(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	if (entity->state != SCHED_BLOCKED)
		return;
	class_trace(cpu, now, TRACE_WAKE, entity, 0);
	wake_at(cpu, entity, now, now);
}

static void block(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now)
{
	struct sched_job *job = &entity->job;

	leave(cpu, entity);
	budget_split(&job->budget, job->parameters.period, least_chunk(cpu));
	not_ready(cpu, entity, SCHED_BLOCKED);
	if (!job->ends_jobs)
		close_job(cpu, entity, now);
	job->wake_at = until;
	set_event(cpu, entity);
}

static void yield(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now)
{
	struct sched_job *job = &entity->job;

	leave(cpu, entity);
	budget_yield(&job->budget, job->parameters.period, least_chunk(cpu), now);
	not_ready(cpu, entity, SCHED_ASLEEP);
	close_job(cpu, entity, now);
	job->ends_jobs = true;
	job->wake_at = max(until, budget_first(&job->budget)->time);
	class_trace(cpu, now, TRACE_JOB_END, entity, job->wake_at);
	report(cpu, entity, HYPERCALL_REPORT_JOBS);
	set_event(cpu, entity);
}

static void remove(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	(void)now;
	leave(cpu, entity);
	not_ready(cpu, entity, SCHED_ABSENT);
	tournament_set(&cpu->events, entity->slot, TOURNAMENT_NONE);
	cpu->real_time[entity->slot] = NULL;
}

const struct sched_class edf_class = {
	.charge = charge,
	.due = due,
	.pick = pick,
	.put = put,
	.end = end,
	.wake = wake,
	.block = block,
	.yield = yield,
	.remove = remove,
};

void sched_add_real_time(struct sched_cpu *cpu, struct sched_entity *entity,
	const struct sched_traits *traits, const struct sched_parameters *parameters)
{
	class_init_entity(entity, traits, &edf_class);
	entity->job = (struct sched_job){
		.parameters = *parameters,
		.due = SCHED_NEVER,
		.wake_at = SCHED_NEVER,
		.ends_jobs = traits->ends_jobs,
	};
	budget_init(&entity->job.budget, parameters->capacity, 0);
	cpu->real_time[entity->slot] = entity;
}

bool sched_set_deadline(struct sched_cpu *cpu, uint64_t deadline, uint64_t now)
{
	struct sched_entity *entity = cpu->running;
	struct sched_job *job;

	if (!entity || entity->class != &edf_class)
		return false;
	job = &entity->job;
	if (deadline < job->released + job->parameters.deadline)
		return false;
	if (job->due < now)
		miss(cpu, entity, now);
	job->stated = deadline;
	job->deadline = deadline;
	if (job->due != SCHED_NEVER)
		job->due = deadline;
	tournament_set(&cpu->ready, entity->slot, deadline);
	set_event(cpu, entity);
	return true;
}
