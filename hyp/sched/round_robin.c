/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Round robin: best-effort entities in one queue for all CPUs, a quantum each in turn.
 *
 * Who joins the queue at its end gets the next number as its turn, and a CPU takes the lowest of
 * those that may run on it. So that this takes the same time however many wait, those with the same
 * affinity are a group, with a tournament by turn, and there are few groups.
 *
 * Each CPU has a current entity, whose quantum it is. It stays that while real time runs, unless it
 * may run elsewhere: then it waits in the queue, with its turn, so before all that came later.
 */
#include "hyp/sched/class.h"

static uint64_t bit_of(const struct sched_cpu *cpu)
{
	return 1ull << cpu->index;
}

static struct round_robin_group *group_of(struct sched_cpu *cpu, const struct sched_entity *entity)
{
	return &cpu->common->groups[entity->round_robin.group];
}

static bool is_pinned(struct sched_cpu *cpu, const struct sched_entity *entity)
{
	return group_of(cpu, entity)->affinity == bit_of(cpu);
}

/* All from here to the class's functions is under the common lock. */

/* To the end of the queue, and what is left of its quantum with it. */
static void new_turn(struct sched_cpu *cpu, struct sched_entity *entity)
{
	entity->round_robin.turn = ++cpu->common->turn;
	entity->round_robin.expired = false;
}

static void new_quantum(struct sched_cpu *cpu, struct sched_entity *entity)
{
	new_turn(cpu, entity);
	entity->round_robin.left = cpu->common->quantum;
}

static void enqueue(struct sched_cpu *cpu, struct sched_entity *entity)
{
	struct round_robin_group *group = group_of(cpu, entity);

	entity->state = SCHED_READY;
	tournament_set(&group->queue, entity->slot, entity->round_robin.turn);
	if (group->affinity != bit_of(cpu))
		cpu->round_robin.open = true;
}

static void dequeue(struct sched_cpu *cpu, struct sched_entity *entity)
{
	tournament_set(&group_of(cpu, entity)->queue, entity->slot, TOURNAMENT_NONE);
}

/* The first in the queue of those that may run here, or NULL. */
static struct sched_entity *first_waiting(struct sched_cpu *cpu)
{
	struct sched_common *common = cpu->common;
	struct sched_entity *first = NULL;
	uint64_t least = TOURNAMENT_NONE;

	for (unsigned i = 0; i < common->group_count; i++) {
		const struct round_robin_group *group = &common->groups[i];
		const uint64_t turn = tournament_least(&group->queue);

		if (turn < least && (group->affinity & bit_of(cpu)) != 0) {
			least = turn;
			first = common->entities[tournament_first(&group->queue)];
		}
	}
	return first;
}

static void evict(struct sched_cpu *cpu, struct sched_entity *owner)
{
	if (!owner->guest)
		return;
	enqueue(cpu, owner->guest);
	owner->guest = NULL;
}

/* Another guest goes back to the queue, where it has a turn of its own. */
static void host(struct sched_cpu *cpu, struct sched_entity *owner, struct sched_entity *guest)
{
	evict(cpu, owner);
	owner->guest = guest;
	guest->state = SCHED_GUEST;
	guest->round_robin.host = owner;
}

/* Out of wherever it is. */
static void withdraw(struct sched_cpu *cpu, struct sched_entity *entity)
{
	struct round_robin_cpu *round_robin = &cpu->round_robin;

	evict(cpu, entity);
	if (entity->state == SCHED_READY)
		dequeue(cpu, entity);
	else if (entity->state == SCHED_GUEST)
		entity->round_robin.host->guest = NULL;
	if (round_robin->summoned == entity)
		round_robin->summoned = NULL;
	if (round_robin->current == entity)
		round_robin->current = NULL;
	if (cpu->owner == entity)
		class_leave(cpu, 0);
}

/*
 * Notes what this CPU does, and finds others that should decide again: for each group that waits an
 * idle CPU, or else one whose quantum has no end yet. One that was told is as good as busy.
 */
static void note(struct sched_cpu *cpu, bool idle, bool tickless)
{
	struct sched_common *common = cpu->common;

	common->idle = (common->idle & ~bit_of(cpu)) | (idle ? bit_of(cpu) : 0);
	common->tickless = (common->tickless & ~bit_of(cpu)) | (tickless ? bit_of(cpu) : 0);
	for (unsigned i = 0; i < common->group_count; i++) {
		const struct round_robin_group *group = &common->groups[i];
		const uint64_t others = group->affinity & ~bit_of(cpu);
		uint64_t kick =
			others & common->idle ? others & common->idle : others & common->tickless;

		if (kick == 0 || tournament_least(&group->queue) == TOURNAMENT_NONE)
			continue;
		kick &= -kick;
		common->idle &= ~kick;
		common->tickless &= ~kick;
		cpu->kicks |= kick;
	}
}

/* The summoned entity takes the core: on the rest of the owner's time, or with a quantum. */
static void take_core(struct sched_cpu *cpu, struct sched_entity *owner, uint64_t now)
{
	struct round_robin_cpu *round_robin = &cpu->round_robin;
	struct sched_entity *entity = round_robin->summoned;

	class_trace(cpu, now, TRACE_FAST, entity, cpu->last);
	entity->stats.fast++;
	entity->round_robin.fast_from = now + entity->fast_interval;
	round_robin->summoned = NULL;
	if (entity->policy == PLAN_RECYCLE_QUANTUM || owner != round_robin->current) {
		host(cpu, owner, entity);
		return;
	}
	evict(cpu, owner);
	new_quantum(cpu, owner);
	enqueue(cpu, owner);
	new_quantum(cpu, entity);
	entity->state = SCHED_CHOSEN;
	round_robin->current = entity;
}

/* Whom it was to take the core from has left: it waits for its turn. */
static void miss_core(struct sched_cpu *cpu)
{
	enqueue(cpu, cpu->round_robin.summoned);
	cpu->round_robin.summoned = NULL;
}

static struct sched_entity *choose(struct sched_cpu *cpu, uint64_t now)
{
	struct round_robin_cpu *round_robin = &cpu->round_robin;
	struct sched_entity *current = round_robin->current, *first;

	if (round_robin->summoned &&
		(!current || current->round_robin.expired || current != cpu->owner))
		miss_core(cpu);
	if (round_robin->summoned) {
		take_core(cpu, current, now);
		return round_robin->current;
	}
	first = first_waiting(cpu);
	if (current && !(current->round_robin.expired && first)) {
		current->round_robin.expired = false;
		return current;
	}
	if (current) {
		class_trace(cpu, now, TRACE_QUANTUM_END, current, 0);
		evict(cpu, current);
		new_turn(cpu, current);
		enqueue(cpu, current);
		first = first_waiting(cpu);
	}
	round_robin->current = first;
	if (!first)
		return NULL;
	dequeue(cpu, first);
	first->state = SCHED_CHOSEN;
	if (first->guest && !(group_of(cpu, first->guest)->affinity & bit_of(cpu)))
		evict(cpu, first);
	return first;
}

/* The class's functions. */

/* What the quantum is short of its use is the next quantum's, as if a tick had divided the two. */
static void charge(struct sched_cpu *cpu, struct sched_entity *owner, uint64_t used)
{
	struct round_robin_entity *round_robin = &owner->round_robin;

	if (used < round_robin->left) {
		round_robin->left -= used;
		return;
	}
	used -= round_robin->left;
	round_robin->left = cpu->common->quantum - used % cpu->common->quantum;
	round_robin->expired = true;
}

static void wake(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	class_trace(cpu, now, TRACE_WAKE, entity, 0);
	tournament_set(&cpu->round_robin.wakes, entity->slot, TOURNAMENT_NONE);
	lock_take(&cpu->common->lock);
	new_quantum(cpu, entity);
	enqueue(cpu, entity);
	lock_release(&cpu->common->lock);
}

static uint64_t due(struct sched_cpu *cpu, uint64_t now)
{
	const struct tournament *wakes = &cpu->round_robin.wakes;

	for (unsigned i = 0; i < CLASS_EVENTS_AT_ONCE && tournament_least(wakes) <= now; i++)
		wake(cpu, cpu->common->entities[tournament_first(wakes)], now);
	return tournament_least(wakes);
}

static struct sched_entity *pick(struct sched_cpu *cpu, uint64_t now)
{
	struct round_robin_cpu *round_robin = &cpu->round_robin;
	struct sched_entity *chosen;

	lock_take(&cpu->common->lock);
	chosen = choose(cpu, now);
	round_robin->ticks = chosen && first_waiting(cpu);
	round_robin->open = (cpu->common->roaming & bit_of(cpu)) != 0;
	if (round_robin->open)
		note(cpu, !chosen, chosen && !round_robin->ticks);
	lock_release(&cpu->common->lock);
	return chosen;
}

static void outranked(struct sched_cpu *cpu, struct sched_entity *owner, uint64_t now)
{
	struct round_robin_cpu *round_robin = &cpu->round_robin;
	struct sched_entity *current = round_robin->current;

	if (!round_robin->open)
		return;
	lock_take(&cpu->common->lock);
	if (round_robin->summoned && owner == cpu->owner)
		take_core(cpu, owner, now);
	if (round_robin->summoned)
		miss_core(cpu);
	if (current && !is_pinned(cpu, current)) {
		if (current->round_robin.expired)
			new_turn(cpu, current);
		enqueue(cpu, current);
		round_robin->current = NULL;
	}
	round_robin->open = false;
	note(cpu, false, false);
	lock_release(&cpu->common->lock);
}

static uint64_t end(const struct sched_cpu *cpu, const struct sched_entity *owner)
{
	return cpu->round_robin.ticks ? cpu->since + owner->round_robin.left : SCHED_NEVER;
}

static void block(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now)
{
	(void)now;
	lock_take(&cpu->common->lock);
	withdraw(cpu, entity);
	entity->state = SCHED_BLOCKED;
	lock_release(&cpu->common->lock);
	tournament_set(&cpu->round_robin.wakes, entity->slot, until);
}

static void done(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now)
{
	(void)until;
	(void)now;
	lock_take(&cpu->common->lock);
	withdraw(cpu, entity);
	new_quantum(cpu, entity);
	enqueue(cpu, entity);
	lock_release(&cpu->common->lock);
}

static void remove(struct sched_cpu *cpu, struct sched_entity *entity)
{
	tournament_set(&cpu->round_robin.wakes, entity->slot, TOURNAMENT_NONE);
	lock_take(&cpu->common->lock);
	withdraw(cpu, entity);
	entity->state = SCHED_ABSENT;
	cpu->common->entities[entity->slot] = NULL;
	lock_release(&cpu->common->lock);
}

const struct sched_class round_robin_class = {
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

void round_robin_init(struct sched_common *common)
{
	for (unsigned i = 0; i < SCHED_GROUPS; i++)
		tournament_init(&common->groups[i].queue);
}

void round_robin_init_cpu(struct round_robin_cpu *round_robin)
{
	tournament_init(&round_robin->wakes);
}

/* The host tool refuses a system with more affinities than there are groups. */
static uint8_t find_group(struct sched_common *common, uint64_t affinity)
{
	unsigned i = 0;

	while (i < common->group_count && common->groups[i].affinity != affinity)
		i++;
	if (i == common->group_count && i < SCHED_GROUPS) {
		common->groups[i].affinity = affinity;
		common->group_count++;
	}
	if ((affinity & (affinity - 1)) != 0)
		common->roaming |= affinity;
	return (uint8_t)i;
}

void round_robin_add(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t affinity)
{
	lock_take(&cpu->common->lock);
	entity->round_robin =
		(struct round_robin_entity){.group = find_group(cpu->common, affinity)};
	cpu->common->entities[entity->slot] = entity;
	lock_release(&cpu->common->lock);
}

void round_robin_evict(struct sched_cpu *cpu, struct sched_entity *owner)
{
	if (!owner->guest)
		return;
	lock_take(&cpu->common->lock);
	evict(cpu, owner);
	lock_release(&cpu->common->lock);
}

void round_robin_summon(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	if (entity->state == SCHED_BLOCKED)
		wake(cpu, entity, now);
	lock_take(&cpu->common->lock);
	if (entity == cpu->owner) {
		evict(cpu, entity); /* it is its own quantum that another one runs on */
	} else if (entity->state == SCHED_READY || entity->state == SCHED_CHOSEN) {
		withdraw(cpu, entity);
		entity->state = SCHED_SUMMONED;
		cpu->round_robin.summoned = entity;
		cpu->round_robin.open = true;
	}
	lock_release(&cpu->common->lock);
}

void round_robin_lend(struct sched_cpu *cpu, struct sched_entity *other)
{
	lock_take(&cpu->common->lock);
	if (other == cpu->owner) {
		evict(cpu, other);
	} else if (other->state == SCHED_READY &&
		   (group_of(cpu, other)->affinity & bit_of(cpu)) != 0) {
		withdraw(cpu, other);
		host(cpu, cpu->owner, other);
	}
	lock_release(&cpu->common->lock);
}
