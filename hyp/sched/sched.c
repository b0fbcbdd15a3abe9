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

static const struct sched_class *const classes[] = {&edf_class, &round_robin_class};

#define CLASSES (sizeof(classes) / sizeof(classes[0]))

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

static void init_entity(struct sched_entity *entity, const struct sched_traits *traits,
	const struct sched_class *class)
{
	entity->number = traits->number;
	entity->slot = traits->slot;
	entity->state = SCHED_BLOCKED;
	entity->policy = (uint8_t)traits->policy;
	entity->preemptable = traits->preemptable;
	entity->fast_interval = traits->fast_interval;
	entity->class = class;
	entity->guest = NULL;
}

void sched_add_real_time(struct sched_cpu *cpu, struct sched_entity *entity,
	const struct sched_traits *traits, const struct sched_parameters *parameters)
{
	init_entity(entity, traits, &edf_class);
	edf_add(cpu, entity, parameters, traits->ends_jobs);
}

void sched_add_best_effort(struct sched_cpu *cpu, struct sched_entity *entity,
	const struct sched_traits *traits, uint64_t affinity)
{
	init_entity(entity, traits, &round_robin_class);
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

static ALWAYS_INLINE void charge_now(struct sched_cpu *cpu, uint64_t now)
{
	const uint64_t used = now - cpu->since;

	if (now <= cpu->since)
		return;
	if (cpu->owner) {
		on_core(cpu)->stats.ran_ticks += used;
		cpu->owner->class->charge(cpu, cpu->owner, used);
		cpu->since = now;
	} else if (cpu->idle) {
		cpu->idle_ticks += used;
		cpu->since = now;
	}
}

static void charge(struct sched_cpu *cpu, uint64_t now)
{
	charge_now(cpu, now);
}

/* `running` has the core from now on. */
static void dispatch(struct sched_cpu *cpu, struct sched_entity *running, uint64_t now)
{
	if (running && running != cpu->running) {
		running->stats.dispatches++;
		class_trace(cpu, now, TRACE_SWITCH, running, cpu->last);
		cpu->last = running->number;
	} else if (!running && !cpu->idle) {
		trace_write_at(cpu->trace, now, TRACE_IDLE, TRACE_NO_VCPU, cpu->until);
	}
	cpu->running = running;
	cpu->idle = !running;
}

struct sched_entity *sched_pick(struct sched_cpu *cpu, uint64_t now)
{
	struct sched_entity *owner = NULL;

	charge_now(cpu, now);
	cpu->until = SCHED_NEVER;
	for (unsigned i = 0; i < CLASSES; i++)
		owner = classes[i]->decide(cpu, owner, now);
	cpu->owner = owner;
	dispatch(cpu, owner && owner->guest ? owner->guest : owner, now);
	return cpu->running;
}

bool sched_is_real_time(const struct sched_entity *entity)
{
	return entity->class == &edf_class;
}

bool sched_wants(const struct sched_entity *entity)
{
	return entity->state > SCHED_ASLEEP;
}

void sched_wake(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	if (entity->state != SCHED_BLOCKED)
		return;
	charge(cpu, now);
	entity->class->wake(cpu, entity, now);
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

void sched_block(struct sched_cpu *cpu, uint64_t until, uint64_t now)
{
	struct sched_entity *entity = cpu->running;

	charge(cpu, now);
	class_trace(cpu, now, TRACE_BLOCK, entity, until);
	entity->class->block(cpu, entity, until, now);
	cpu->running = NULL;
}

void sched_done(struct sched_cpu *cpu, uint64_t until, uint64_t now)
{
	struct sched_entity *entity = cpu->running;

	charge(cpu, now);
	entity->class->done(cpu, entity, until, now);
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
	entity->class->remove(cpu, entity);
	entity->state = SCHED_ABSENT;
	if (cpu->running == entity)
		cpu->running = NULL;
}

uint64_t sched_kicks(struct sched_cpu *cpu)
{
	const uint64_t kicks = cpu->kicks;

	cpu->kicks = 0;
	return kicks;
}

uint64_t sched_reported(struct sched_cpu *cpu)
{
	const uint64_t reported = cpu->reported;

	cpu->reported = 0;
	return reported;
}
