/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all classes have in common: whose the core is, and who is charged for which time.
 *
 * The owner is the entity whose budget or quantum is being used. It runs itself, or its guest does.
 * Between the moment that an owner leaves and the next decision there is none; that time, if any,
 * is charged to the next one. So each tick is charged to one entity, or is idle.
 */
#include "hyp/sched/sched.h"

#include "hyp/sched/class.h"
#include "lib/bits.h"

static const struct sched_class *class_of(const struct sched_entity *entity)
{
	return sched_is_real_time(entity) ? &edf_class : &round_robin_class;
}

void sched_common_init(struct sched_common *common, uint64_t quantum, uint64_t switch_cost)
{
	common->quantum = quantum;
	common->switch_cost = switch_cost;
}

void sched_cpu_init(struct sched_cpu *cpu, struct sched_common *common, unsigned index,
	struct trace_ring *trace)
{
	cpu->common = common;
	cpu->trace = trace;
	cpu->index = (uint8_t)index;
	cpu->last = TRACE_NO_VCPU;
	cpu->until = SCHED_NEVER;
	cpu->idle = true;
}

static void init_entity(
	struct sched_entity *entity, const struct sched_traits *traits, enum sched_rank rank)
{
	entity->number = traits->number;
	entity->slot = traits->slot;
	entity->state = SCHED_BLOCKED;
	entity->policy = (uint8_t)traits->policy;
	entity->preemptable = traits->preemptable;
	entity->fast_interval = traits->fast_interval;
	entity->rank = (uint8_t)rank;
	entity->guest = NULL;
}

void sched_add_real_time(struct sched_cpu *cpu, struct sched_entity *entity,
	const struct sched_traits *traits, const struct sched_parameters *parameters)
{
	init_entity(entity, traits, SCHED_RANK_EDF);
	edf_add(cpu, entity, parameters, traits->ends_jobs);
}

void sched_add_best_effort(struct sched_cpu *cpu, struct sched_entity *entity,
	const struct sched_traits *traits, uint64_t affinity)
{
	init_entity(entity, traits, SCHED_RANK_ROUND_ROBIN);
	round_robin_add(cpu, entity, affinity);
}

/* Who has the core, or has had it since the last decision. */
static struct sched_entity *on_core(struct sched_cpu *cpu)
{
	return cpu->running ? cpu->running : cpu->owner;
}

void class_leave(struct sched_cpu *cpu, uint64_t cost)
{
	on_core(cpu)->stats.ran_ticks += cost;
	cpu->since += cost;
	cpu->owner = NULL;
}

static void charge(struct sched_cpu *cpu, uint64_t now)
{
	const uint64_t used = now - cpu->since;

	if (now <= cpu->since)
		return;
	if (cpu->owner) {
		on_core(cpu)->stats.ran_ticks += used;
		if (sched_is_real_time(cpu->owner))
			edf_charge(cpu, cpu->owner, used);
		else
			round_robin_charge(cpu, cpu->owner, used);
		cpu->since = now;
	} else if (cpu->idle) {
		cpu->idle_ticks += used;
		cpu->since = now;
	}
}

/* Who had not the core before has it from now on. */
static ALWAYS_INLINE void give_core(
	struct sched_cpu *cpu, struct sched_entity *running, uint64_t now)
{
	const uint8_t number = running->number;

	running->stats.dispatches++;
	trace_write_at(cpu->trace, now, TRACE_SWITCH, number, cpu->last);
	cpu->last = number;
}

/* `running` has the core from now on. */
static void dispatch(struct sched_cpu *cpu, struct sched_entity *running, uint64_t now)
{
	if (running && running != cpu->running) {
		give_core(cpu, running, now);
	} else if (!running && !cpu->idle) {
		trace_write_at(cpu->trace, now, TRACE_IDLE, TRACE_NO_VCPU,
			cpu->until == SCHED_NEVER ? ~0ull : cpu->until);
	}
	cpu->running = running;
	cpu->idle = !running;
}

struct sched_entity *sched_pick(struct sched_cpu *cpu, uint64_t now)
{
	struct sched_entity *owner;
	uint64_t until = SCHED_NEVER;

	charge(cpu, now);
	owner = edf_decide(cpu, now, &until);
	owner = round_robin_decide(cpu, owner, now, &until);
	cpu->until = until;
	cpu->owner = owner;
	dispatch(cpu, owner && owner->guest ? owner->guest : owner, now);
	return cpu->running;
}

/* As `charge`. Returns false, and nothing has happened, if nobody ran, or for too long. */
static ALWAYS_INLINE bool charge_usual(struct sched_cpu *cpu, uint64_t now)
{
	const uint64_t used = now - cpu->since;
	struct sched_entity *owner = cpu->owner;

	if (!owner)
		return !cpu->idle;
	if (now <= cpu->since)
		return true;
	if (!sched_is_real_time(owner))
		round_robin_charge(cpu, owner, used);
	else if (used <= owner->edf.budget.first.amount)
		budget_spend(&owner->edf.budget, used);
	else
		return false;
	on_core(cpu)->stats.ran_ticks += used;
	cpu->since = now;
	return true;
}

struct sched_entity *sched_pick_usual(struct sched_cpu *cpu, uint64_t now)
{
	struct sched_entity *owner;
	uint64_t until;

	if (cpu->unusual != 0 || !charge_usual(cpu, now))
		return NULL;
	if (!edf_decide_usual(cpu, &owner, now, &until) ||
		!round_robin_decide_usual(cpu, &owner, now, &until))
		return NULL;
	cpu->until = until;
	cpu->owner = owner;
	if (__builtin_expect(owner->guest != NULL, 0))
		owner = owner->guest;
	if (owner != cpu->running)
		give_core(cpu, owner, now);
	cpu->running = owner;
	return owner;
}

void sched_wake(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	if (entity->state != SCHED_BLOCKED)
		return;
	charge(cpu, now);
	class_of(entity)->wake(cpu, entity, now);
}

/* A real-time entity has its deadline, and no other claim to the core. */
void sched_wake_fast(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	const struct sched_entity *running = cpu->running;
	const bool is_fast = !sched_is_real_time(entity) && entity->policy != PLAN_DEFER &&
			     running && running != entity && !cpu->round_robin.summoned &&
			     now >= entity->round_robin.fast_from;

	if (is_fast && running->preemptable) {
		round_robin_summon(cpu, entity, now);
		return;
	}
	sched_wake(cpu, entity, now);
	if (is_fast)
		round_robin_refuse(cpu, entity);
}

/* What a guest says may be later than all times. */
static uint64_t earlier(uint64_t until)
{
	return until < SCHED_NEVER ? until : SCHED_NEVER;
}

void sched_block(struct sched_cpu *cpu, uint64_t until, uint64_t now)
{
	struct sched_entity *entity = cpu->running;

	charge(cpu, now);
	class_trace(cpu, now, TRACE_BLOCK, entity, until);
	class_of(entity)->block(cpu, entity, earlier(until), now);
	cpu->running = NULL;
}

void sched_done(struct sched_cpu *cpu, uint64_t until, uint64_t now)
{
	struct sched_entity *entity = cpu->running;

	charge(cpu, now);
	class_of(entity)->done(cpu, entity, earlier(until), now);
	if (!sched_wants(entity))
		cpu->running = NULL;
}

bool sched_set_deadline(struct sched_cpu *cpu, uint64_t deadline, uint64_t now)
{
	charge(cpu, now);
	return edf_set_deadline(cpu, cpu->running, deadline, now);
}

void sched_yield_to(struct sched_cpu *cpu, struct sched_entity *other, uint64_t now)
{
	charge(cpu, now);
	if (!sched_is_real_time(other) && cpu->owner && !sched_is_real_time(cpu->owner))
		round_robin_lend(cpu, other);
}

void sched_remove(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	if (entity->state == SCHED_ABSENT)
		return;
	charge(cpu, now);
	class_of(entity)->remove(cpu, entity);
	entity->state = SCHED_ABSENT;
	if (cpu->running == entity)
		cpu->running = NULL;
}

/* Takes one of them. */
static uint64_t take_news(struct sched_cpu *cpu, uint64_t *news)
{
	const uint64_t taken = *news;

	*news = 0;
	if ((cpu->kicks | cpu->reported) == 0)
		cpu->unusual &= (uint8_t)~SCHED_UNUSUAL_NEWS;
	return taken;
}

uint64_t sched_kicks(struct sched_cpu *cpu)
{
	return take_news(cpu, &cpu->kicks);
}

uint64_t sched_reported(struct sched_cpu *cpu)
{
	return take_news(cpu, &cpu->reported);
}
