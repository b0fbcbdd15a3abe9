/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Round robin: best-effort entities in one queue for all CPUs, each with a quantum at a time.
 *
 * The queue is in parts, one for each affinity that occurs. Whoever joins it at its end gets the
 * next number, and a CPU takes the lowest of those that may run on it.
 */
#include "hyp/sched/class.h"

static uint64_t bit_of(const struct sched_cpu *cpu)
{
	return 1ull << cpu->index;
}

static struct sched_group *group_of(struct sched_cpu *cpu, const struct sched_entity *entity)
{
	return &cpu->common->groups[entity->turn.group];
}

static bool may_run_here(struct sched_cpu *cpu, const struct sched_entity *entity)
{
	return (group_of(cpu, entity)->affinity & bit_of(cpu)) != 0;
}

/* To the end of the queue, with a quantum. */
static void new_turn(struct sched_cpu *cpu, struct sched_entity *entity)
{
	entity->turn.turn = ++cpu->common->turn;
	entity->turn.expired = false;
}

static void enqueue(struct sched_cpu *cpu, struct sched_entity *entity)
{
	entity->state = SCHED_READY;
	entity->turn.host = NULL;
	tournament_set(&group_of(cpu, entity)->queue, entity->slot, entity->turn.turn);
	cpu->queue_matters = true;
}

static void dequeue(struct sched_cpu *cpu, struct sched_entity *entity)
{
	tournament_set(&group_of(cpu, entity)->queue, entity->slot, TOURNAMENT_NONE);
}

/* The first in the queue of those that may run here, or NULL. */
static struct sched_entity *first_waiting(struct sched_cpu *cpu)
{
	struct sched_common *common = cpu->common;
	struct tournament *best = NULL;
	uint64_t least = TOURNAMENT_NONE;

	for (unsigned i = 0; i < SCHED_GROUPS; i++) {
		struct sched_group *group = &common->groups[i];

		if ((group->affinity & bit_of(cpu)) && tournament_least(&group->queue) < least) {
			best = &group->queue;
			least = tournament_least(best);
		}
	}
	return best ? common->entities[tournament_first(best)] : NULL;
}

static void evict(struct sched_cpu *cpu, struct sched_entity *owner)
{
	if (owner->guest)
		enqueue(cpu, owner->guest);
	owner->guest = NULL;
}

void round_robin_evict(struct sched_cpu *cpu, struct sched_entity *entity)
{
	lock_take(&cpu->common->lock);
	evict(cpu, entity);
	lock_release(&cpu->common->lock);
}

/* Which other CPUs should look at what waits: an idle one, or else one that nothing interrupts. */
static void find_kicks(struct sched_cpu *cpu)
{
	struct sched_common *common = cpu->common;

	for (unsigned i = 0; i < SCHED_GROUPS; i++) {
		const struct sched_group *group = &common->groups[i];
		uint64_t others = group->affinity & ~bit_of(cpu);
		uint64_t kick = others & common->idle;

		if (!kick)
			kick = others & common->tickless;
		if (kick && tournament_least(&group->queue) != TOURNAMENT_NONE)
			cpu->kicks |= kick & -kick;
	}
}

/* Notes for the others what this CPU does. */
static void note(struct sched_cpu *cpu, bool idle, bool tickless)
{
	struct sched_common *common = cpu->common;

	common->idle = (common->idle & ~bit_of(cpu)) | (idle ? bit_of(cpu) : 0);
	common->tickless = (common->tickless & ~bit_of(cpu)) | (tickless ? bit_of(cpu) : 0);
	cpu->queue_matters = idle || tickless;
	find_kicks(cpu);
}

/* Quanta that end while no other waits are begun anew at once, as they would be by a tick. */
static void charge(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t used)
{
	struct sched_turn *turn = &entity->turn;

	if (used < turn->left) {
		turn->left -= used;
		return;
	}
	turn->left = cpu->common->quantum - (used - turn->left) % cpu->common->quantum;
	turn->expired = true;
}

static void wake(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	if (entity->state != SCHED_BLOCKED)
		return;
	class_trace(cpu, now, TRACE_WAKE, entity, 0);
	tournament_set(&cpu->wakes, entity->slot, TOURNAMENT_NONE);
	lock_take(&cpu->common->lock);
	new_turn(cpu, entity);
	entity->turn.left = cpu->common->quantum;
	enqueue(cpu, entity);
	lock_release(&cpu->common->lock);
}

static uint64_t due(struct sched_cpu *cpu, uint64_t now)
{
	for (unsigned i = 0; i < SCHED_EVENTS_AT_ONCE && tournament_least(&cpu->wakes) <= now; i++)
		wake(cpu, cpu->common->entities[tournament_first(&cpu->wakes)], now);
	return tournament_least(&cpu->wakes);
}

static struct sched_entity *choose(struct sched_cpu *cpu, uint64_t now)
{
	struct sched_entity *owner = cpu->owner;
	struct sched_entity *first = first_waiting(cpu);

	if (owner && !(owner->turn.expired && first)) {
		owner->turn.expired = false;
		return owner;
	}
	if (owner) {
		class_trace(cpu, now, TRACE_QUANTUM_END, owner, 0);
		new_turn(cpu, owner);
		enqueue(cpu, owner);
		evict(cpu, owner);
		first = first_waiting(cpu);
	}
	if (first) {
		dequeue(cpu, first);
		first->state = SCHED_CHOSEN;
		if (first->guest && !may_run_here(cpu, first->guest))
			evict(cpu, first);
	}
	return first;
}

static struct sched_entity *pick(struct sched_cpu *cpu, uint64_t now)
{
	struct sched_entity *chosen;

	lock_take(&cpu->common->lock);
	chosen = choose(cpu, now);
	cpu->ticks = chosen && first_waiting(cpu);
	note(cpu, !chosen, chosen && !cpu->ticks);
	lock_release(&cpu->common->lock);
	return chosen;
}

/* What is left of its quantum is kept, and its place in the queue is before all that came later. */
static void put(struct sched_cpu *cpu, struct sched_entity *entity)
{
	lock_take(&cpu->common->lock);
	if (entity) {
		if (entity->turn.expired)
			new_turn(cpu, entity);
		enqueue(cpu, entity);
	}
	note(cpu, false, false);
	lock_release(&cpu->common->lock);
}

static uint64_t end(const struct sched_cpu *cpu, const struct sched_entity *entity)
{
	return cpu->ticks ? cpu->since + entity->turn.left : SCHED_NEVER;
}

/* Out of wherever it is; under the lock. */
static void withdraw(struct sched_cpu *cpu, struct sched_entity *entity)
{
	if (entity->state == SCHED_READY)
		dequeue(cpu, entity);
	if (entity->state == SCHED_GUEST)
		entity->turn.host->guest = NULL;
	if (entity->state == SCHED_SUMMONED)
		cpu->summoned = NULL;
	entity->turn.host = NULL;
	evict(cpu, entity);
	if (cpu->owner == entity)
		class_leave(cpu, entity);
}

static void block(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now)
{
	(void)now;
	lock_take(&cpu->common->lock);
	withdraw(cpu, entity);
	entity->state = SCHED_BLOCKED;
	lock_release(&cpu->common->lock);
	tournament_set(&cpu->wakes, entity->slot, until);
}

static void yield(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now)
{
	(void)until;
	(void)now;
	lock_take(&cpu->common->lock);
	withdraw(cpu, entity);
	new_turn(cpu, entity);
	entity->turn.left = cpu->common->quantum;
	enqueue(cpu, entity);
	lock_release(&cpu->common->lock);
}

static void remove(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	(void)now;
	lock_take(&cpu->common->lock);
	withdraw(cpu, entity);
	entity->state = SCHED_ABSENT;
	cpu->common->entities[entity->slot] = NULL;
	lock_release(&cpu->common->lock);
	tournament_set(&cpu->wakes, entity->slot, TOURNAMENT_NONE);
}

const struct sched_class round_robin_class = {
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

/* The group for this affinity; the host tool sees to it that there are not too many. */
static uint8_t find_group(struct sched_common *common, uint64_t affinity)
{
	uint8_t i = 0;

	while (i < SCHED_GROUPS - 1 && common->groups[i].affinity != affinity &&
		common->groups[i].affinity != 0)
		i++;
	common->groups[i].affinity |= affinity;
	return i;
}

void sched_add_best_effort(struct sched_cpu *cpu, struct sched_entity *entity,
	const struct sched_traits *traits, uint64_t affinity)
{
	class_init_entity(entity, traits, &round_robin_class);
	lock_take(&cpu->common->lock);
	entity->turn = (struct sched_turn){.group = find_group(cpu->common, affinity)};
	cpu->common->entities[entity->slot] = entity;
	lock_release(&cpu->common->lock);
}

/* To the runner on the owner's quantum or budget. */
static void host(struct sched_cpu *cpu, struct sched_entity *owner, struct sched_entity *entity)
{
	evict(cpu, owner);
	owner->guest = entity;
	entity->state = SCHED_GUEST;
	entity->turn.host = owner;
}

void round_robin_summon(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	if (entity->state == SCHED_BLOCKED)
		wake(cpu, entity, now);
	lock_take(&cpu->common->lock);
	if (entity->state == SCHED_CHOSEN && cpu->owner == entity) {
		evict(cpu, entity);
	} else if (entity->state == SCHED_READY) {
		dequeue(cpu, entity);
		evict(cpu, entity);
		entity->state = SCHED_SUMMONED;
		entity->turn.fast_from = now + entity->fast_interval;
		cpu->summoned = entity;
	}
	lock_release(&cpu->common->lock);
}

void round_robin_take(struct sched_cpu *cpu, bool stands, uint64_t now)
{
	struct sched_entity *entity = cpu->summoned, *owner = cpu->owner;

	cpu->summoned = NULL;
	lock_take(&cpu->common->lock);
	if (!stands) {
		enqueue(cpu, entity);
	} else {
		class_trace(cpu, now, TRACE_FAST, entity, cpu->running->number);
		entity->stats.fast++;
		if (entity->policy == PLAN_RESET_QUANTUM && owner->class == &round_robin_class) {
			new_turn(cpu, owner);
			owner->turn.left = cpu->common->quantum;
			enqueue(cpu, owner);
			evict(cpu, owner);
			entity->turn.left = cpu->common->quantum;
			entity->turn.expired = false;
			entity->state = SCHED_CHOSEN;
			class_leave(cpu, owner);
			cpu->owner = entity;
		} else {
			host(cpu, owner, entity);
		}
	}
	lock_release(&cpu->common->lock);
}

void round_robin_lend(
	struct sched_cpu *cpu, struct sched_entity *entity, struct sched_entity *other)
{
	lock_take(&cpu->common->lock);
	if (other->state == SCHED_READY && may_run_here(cpu, other)) {
		dequeue(cpu, other);
		evict(cpu, other);
		host(cpu, cpu->owner, other);
	} else if (other == cpu->owner && other != entity) {
		evict(cpu, other);
	}
	lock_release(&cpu->common->lock);
}
