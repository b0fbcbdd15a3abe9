/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all classes have in common: who owns the core, who runs on whose time, and whose time it is.
 */
#include "hyp/sched/sched.h"

#include "hyp/sched/class.h"

void sched_common_init(struct sched_common *common, uint64_t quantum, uint64_t switch_cost)
{
	*common = (struct sched_common){.quantum = quantum, .switch_cost = switch_cost};
	for (unsigned i = 0; i < SCHED_GROUPS; i++)
		tournament_init(&common->groups[i].queue);
}

void sched_cpu_init(struct sched_cpu *cpu, struct sched_common *common, unsigned index,
	struct trace_ring *trace)
{
	*cpu = (struct sched_cpu){
		.common = common, .index = (uint8_t)index, .trace = trace, .last = TRACE_NO_VCPU, .idle = true};
	tournament_init(&cpu->ready);
	tournament_init(&cpu->events);
	tournament_init(&cpu->wakes);
}

void class_init_entity(struct sched_entity *entity, const struct sched_traits *traits,
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

/* Who has the core, or has had it since the last decision. */
static struct sched_entity *on_core(struct sched_cpu *cpu)
{
	return cpu->running ? cpu->running : cpu->owner;
}

void class_leave(struct sched_cpu *cpu, struct sched_entity *entity)
{
	if (entity->class == &edf_class) {
		on_core(cpu)->stats.ran_ticks += cpu->common->switch_cost;
		cpu->since += cpu->common->switch_cost;
	}
	cpu->owner = NULL;
}

/* The time until now is charged to who had it. Between owners it is the next one's. */
static void charge(struct sched_cpu *cpu, uint64_t now)
{
	uint64_t used = now - cpu->since;

	if (now <= cpu->since || (!cpu->owner && !cpu->idle))
		return;
	cpu->since = now;
	if (cpu->owner) {
		on_core(cpu)->stats.ran_ticks += used;
		cpu->owner->class->charge(cpu, cpu->owner, used);
	} else {
		cpu->idle_ticks += used;
	}
}

static bool is_best_effort(const struct sched_entity *entity)
{
	return entity && entity->class == &round_robin_class;
}

/* Whether the owner would go on if the summoned entity were not there. */
static bool owner_stands(struct sched_cpu *cpu, uint64_t now)
{
	struct sched_entity *real_time = edf_class.pick(cpu, now);

	return cpu->owner && (real_time ? real_time == cpu->owner : !cpu->owner->turn.expired);
}

/* `owner` has the core from now on, or whoever runs on its time. */
static void dispatch(struct sched_cpu *cpu, struct sched_entity *owner, uint64_t now)
{
	struct sched_entity *running = owner && owner->guest ? owner->guest : owner;

	if (running && running != cpu->running) {
		running->stats.dispatches++;
		class_trace(cpu, now, TRACE_SWITCH, running, cpu->last);
		cpu->last = running->number;
	} else if (!running && !cpu->idle) {
		trace_write_at(cpu->trace, now, TRACE_IDLE, TRACE_NO_VCPU, cpu->until);
	}
	cpu->owner = owner;
	cpu->running = running;
	cpu->idle = !running;
}

struct sched_entity *sched_pick(struct sched_cpu *cpu, uint64_t now)
{
	struct sched_entity *owner;
	uint64_t event, wake;

	charge(cpu, now);
	event = edf_class.due(cpu, now);
	wake = round_robin_class.due(cpu, now);
	if (wake < event)
		event = wake;
	if (cpu->summoned)
		round_robin_take(cpu, owner_stands(cpu, now), now);
	owner = edf_class.pick(cpu, now);
	if (!owner) {
		owner = round_robin_class.pick(cpu, now);
	} else if (cpu->queue_matters || is_best_effort(cpu->owner)) {
		round_robin_class.put(cpu, is_best_effort(cpu->owner) ? cpu->owner : NULL);
	}
	cpu->until = event;
	dispatch(cpu, owner, now);
	if (owner && owner->class->end(cpu, owner) < cpu->until)
		cpu->until = owner->class->end(cpu, owner);
	return cpu->running;
}

void sched_wake(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	if (entity->state == SCHED_BLOCKED)
		entity->class->wake(cpu, entity, now);
}

void sched_wake_fast(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	const struct sched_entity *running = cpu->running;

	if (is_best_effort(entity) && entity->policy != PLAN_DEFER && running &&
		running != entity && running->preemptable && !cpu->summoned &&
		now >= entity->turn.fast_from)
		round_robin_summon(cpu, entity, now);
	else
		sched_wake(cpu, entity, now);
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
	entity->class->yield(cpu, entity, until, now);
	if (!sched_wants(entity))
		cpu->running = NULL;
}

void sched_yield_to(struct sched_cpu *cpu, struct sched_entity *other, uint64_t now)
{
	(void)now;
	if (is_best_effort(cpu->owner) && is_best_effort(other))
		round_robin_lend(cpu, cpu->running, other);
}

void sched_remove(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	if (entity->state == SCHED_ABSENT)
		return;
	charge(cpu, now);
	entity->class->remove(cpu, entity, now);
	if (cpu->running == entity)
		cpu->running = NULL;
}

bool sched_is_real_time(const struct sched_entity *entity)
{
	return entity->class == &edf_class;
}

bool sched_wants(const struct sched_entity *entity)
{
	return entity->state > SCHED_ASLEEP;
}

uint64_t sched_kicks(struct sched_cpu *cpu)
{
	uint64_t kicks = cpu->kicks;

	cpu->kicks = 0;
	return kicks;
}

uint64_t sched_reported(struct sched_cpu *cpu)
{
	uint64_t reported = cpu->reported;

	cpu->reported = 0;
	return reported;
}
