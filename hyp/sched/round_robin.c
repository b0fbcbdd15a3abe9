/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Round robin: best-effort entities in one queue for all CPUs, a quantum each in turn.
 *
 * Who joins the queue at its end gets the next number as its turn, and a CPU takes the lowest of
 * those that may run on it. So that this takes the same time however many wait, those with the same
 * affinity are a group with a ring by turn, and there are few groups. As long as nobody ever came
 * that may move between CPUs, no number is given, as no CPU has more than one group to choose from:
 * all have 0, and whoever moves joins behind them.
 *
 * Each CPU has a current entity, whose quantum it is. It stays that while real time runs, unless it
 * may run elsewhere: then it waits. It keeps its place in the queue, where it is passed over; so
 * does a guest, which runs on another one's time. When a quantum ends where nobody comes from
 * elsewhere, its owner stands first in the ring, and all that has to be done is to turn that.
 */
#include "hyp/sched/class.h"
#include "lib/bits.h"

static uint64_t bit_of(const struct sched_cpu *cpu)
{
	return 1ull << cpu->index;
}

static struct round_robin_group *group_of(struct sched_cpu *cpu, const struct sched_entity *entity)
{
	return &cpu->common->groups[entity->round_robin.group];
}

/* Whether some entity may run here and elsewhere. */
static ALWAYS_INLINE bool is_roaming(const struct sched_cpu *cpu)
{
	return round_robin_is_any_roaming(cpu) && (cpu->common->roaming & bit_of(cpu)) != 0;
}

/*
 * The queue is this CPU's until `release_queue`. Where nobody comes from elsewhere no other CPU
 * looks at this one's group, or changes what `is_roaming` says in a way that concerns what is done
 * until then. Returns whether there is a lock to be released.
 */
static ALWAYS_INLINE bool hold_queue(struct sched_cpu *cpu)
{
	if (__builtin_expect(!is_roaming(cpu), 1))
		return false;
	lock_take(&cpu->common->lock);
	return true;
}

static ALWAYS_INLINE void release_queue(struct sched_cpu *cpu, bool is_locked)
{
	if (__builtin_expect(is_locked, 0))
		lock_release(&cpu->common->lock);
}

/* All from here to the class's functions is between `hold_queue` and `release_queue`. */

/* It may be chosen, here or elsewhere. */
static void make_ready(struct sched_cpu *cpu, struct sched_entity *entity)
{
	entity->state = SCHED_READY;
	if (cpu->round_robin.current)
		cpu->ticks = true;
	else
		cpu->unusual |= SCHED_UNUSUAL_STALE;
	if (entity->round_robin.roams)
		cpu->unusual |= SCHED_UNUSUAL_QUEUE;
}

/* To the end of the queue, from outside. */
static void append(struct sched_cpu *cpu, struct sched_entity *entity)
{
	struct round_robin_group *group = group_of(cpu, entity);
	struct sched_entity *first = group->first ? group->first : entity, *last;

	if (first == entity)
		first->round_robin.before = group->first = entity;
	last = first->round_robin.before;
	entity->round_robin.next = first;
	entity->round_robin.before = last;
	last->round_robin.next = entity;
	first->round_robin.before = entity;
	entity->round_robin.expired = false;
	if (round_robin_is_any_roaming(cpu))
		entity->round_robin.turn =
			__atomic_add_fetch(&cpu->common->turn, 1, __ATOMIC_RELAXED);
	make_ready(cpu, entity);
}

static void take_out(struct sched_cpu *cpu, struct sched_entity *entity)
{
	struct round_robin_group *group = group_of(cpu, entity);
	struct sched_entity *next = entity->round_robin.next, *before = entity->round_robin.before;

	before->round_robin.next = next;
	next->round_robin.before = before;
	if (group->first == entity)
		group->first = next == entity ? NULL : next;
}

/* From wherever it is in the queue to the end. */
static void move_back(struct sched_cpu *cpu, struct sched_entity *entity)
{
	take_out(cpu, entity);
	append(cpu, entity);
}

/* The first that waits, from `entity` on, or NULL; few are to be passed over (see above). */
static ALWAYS_INLINE struct sched_entity *waiting_from(
	const struct round_robin_group *group, struct sched_entity *entity)
{
	while (entity->state != SCHED_READY) {
		entity = entity->round_robin.next;
		if (entity == group->first)
			return NULL;
	}
	return entity;
}

/* The first of the group that waits. */
static ALWAYS_INLINE struct sched_entity *first_of(const struct round_robin_group *group)
{
	return group->first ? waiting_from(group, group->first) : NULL;
}

/* The first of those that may run here, or NULL, where some may run elsewhere. */
static struct sched_entity *first_of_all(struct sched_cpu *cpu)
{
	const struct sched_common *common = cpu->common;
	struct sched_entity *first = NULL;

	for (unsigned i = 0; i < common->group_count; i++) {
		struct sched_entity *entity;

		if (!(common->groups[i].affinity & bit_of(cpu)))
			continue;
		entity = first_of(&common->groups[i]);
		if (entity && (!first || entity->round_robin.turn < first->round_robin.turn))
			first = entity;
	}
	return first;
}

/* The first of those that may run here, or NULL. */
static struct sched_entity *first_waiting(struct sched_cpu *cpu, bool is_roaming)
{
	if (__builtin_expect(is_roaming, 0))
		return first_of_all(cpu);
	return cpu->round_robin.own ? first_of(cpu->round_robin.own) : NULL;
}

static void evict(struct sched_cpu *cpu, struct sched_entity *owner)
{
	if (!owner->guest)
		return;
	make_ready(cpu, owner->guest);
	owner->guest = NULL;
}

static void host(struct sched_cpu *cpu, struct sched_entity *owner, struct sched_entity *guest)
{
	evict(cpu, owner);
	owner->guest = guest;
	guest->state = SCHED_GUEST;
	guest->round_robin.host = owner;
	guest->round_robin.refused = false;
	if (owner == cpu->round_robin.current)
		cpu->ticks = true;
	else
		cpu->unusual |= SCHED_UNUSUAL_STALE;
}

static void make_current(struct sched_cpu *cpu, struct sched_entity *entity)
{
	entity->state = SCHED_CHOSEN;
	entity->round_robin.refused = false;
	cpu->round_robin.current = entity;
}

/*
 * Notes what this CPU does, and finds others that should decide again: for each group that waits an
 * idle CPU, or else one whose quantum has no end yet. One that was told is as good as busy. A group
 * of a single CPU is left to that one.
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

		if (kick == 0 || (group->affinity & (group->affinity - 1)) == 0 || !first_of(group))
			continue;
		kick &= -kick;
		common->idle &= ~kick;
		common->tickless &= ~kick;
		cpu->kicks |= kick;
		cpu->unusual |= SCHED_UNUSUAL_NEWS;
	}
}

/* The summoned entity takes the core: on the rest of the owner's time, or with a quantum. */
static void take_core(struct sched_cpu *cpu, struct sched_entity *owner, uint64_t now)
{
	struct round_robin_cpu *round_robin = &cpu->round_robin;
	struct sched_entity *entity = round_robin->summoned;

	class_trace(
		cpu, now, TRACE_FAST, entity, owner->guest ? owner->guest->number : owner->number);
	entity->stats.fast++;
	entity->round_robin.fast_from = now + entity->fast_interval;
	round_robin->summoned = NULL;
	if (entity->policy == PLAN_RECYCLE_QUANTUM || owner != round_robin->current) {
		host(cpu, owner, entity);
		return;
	}
	evict(cpu, owner);
	owner->round_robin.left = cpu->common->quantum;
	move_back(cpu, owner);
	entity->round_robin.left = cpu->common->quantum;
	entity->round_robin.expired = false;
	make_current(cpu, entity);
}

/* Whom it was to take the core from has left: it waits for its turn. */
static void miss_core(struct sched_cpu *cpu)
{
	make_ready(cpu, cpu->round_robin.summoned);
	cpu->round_robin.summoned = NULL;
}

/* One that was refused and still waits, or NULL: it has had the core since, or is elsewhere. */
static struct sched_entity *first_refused(struct sched_cpu *cpu, uint64_t now)
{
	uint64_t *slots = &cpu->round_robin.refused;

	while (*slots != 0) {
		struct sched_entity *entity = cpu->common->entities[bits_lowest(*slots)];

		*slots &= *slots - 1;
		if (entity && entity->state == SCHED_READY && entity->round_robin.refused &&
			now >= entity->round_robin.fast_from &&
			(group_of(cpu, entity)->affinity & bit_of(cpu)) != 0)
			return entity;
	}
	return NULL;
}

/* Whoever has the core now may have to give way to one that was refused before. */
static void retry(struct sched_cpu *cpu, uint64_t now)
{
	struct round_robin_cpu *round_robin = &cpu->round_robin;
	struct sched_entity *current = round_robin->current;

	if (!current || !current->preemptable || current->guest)
		return;
	round_robin->summoned = first_refused(cpu, now);
	if (!round_robin->summoned)
		return;
	take_core(cpu, current, now);
	cpu->ticks = true;
}

/*
 * Finds the current entity, and whether its quantum has an end. Of a guest, too, that ends it: the
 * guest waits for a quantum of its own, and so does its host.
 */
static void choose(struct sched_cpu *cpu, uint64_t now, bool is_roaming)
{
	struct round_robin_cpu *round_robin = &cpu->round_robin;
	struct sched_entity *current = round_robin->current, *first;

	if (round_robin->summoned) {
		if (current && current == cpu->owner && !current->round_robin.expired)
			take_core(cpu, current, now);
		else
			miss_core(cpu);
		current = round_robin->current;
	}
	if (current && current->round_robin.expired)
		evict(cpu, current);
	first = first_waiting(cpu, is_roaming);
	if (current && first && current->round_robin.expired) {
		if (current == cpu->running)
			cpu->turned = true;
		else
			class_trace(cpu, now, TRACE_QUANTUM_END, current, 0);
		move_back(cpu, current);
		make_current(cpu, first);
	} else if (current) {
		current->round_robin.expired = false;
	} else if (first) {
		make_current(cpu, first);
		first = first_waiting(cpu, is_roaming);
	}
	cpu->ticks = first || (current && current->guest);
	if (round_robin->refused != 0)
		retry(cpu, now);
}

/* The class's functions. */

static void wake(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	bool is_locked;

	class_trace(cpu, now, TRACE_WAKE, entity, 0);
	tournament_set(&cpu->round_robin.wakes, entity->slot, TOURNAMENT_NONE);
	entity->round_robin.left = cpu->common->quantum;
	is_locked = hold_queue(cpu);
	append(cpu, entity);
	release_queue(cpu, is_locked);
}

/* A real-time entity, `owner`, has the core from now on. */
static void outranked(struct sched_cpu *cpu, struct sched_entity *owner, uint64_t now)
{
	struct round_robin_cpu *round_robin = &cpu->round_robin;
	struct sched_entity *current = round_robin->current;
	const bool is_locked = hold_queue(cpu);

	if (round_robin->summoned && owner == cpu->owner)
		take_core(cpu, owner, now);
	if (round_robin->summoned)
		miss_core(cpu);
	if (current && current->guest && current->guest->round_robin.roams)
		evict(cpu, current);
	if (current && current->round_robin.roams) {
		evict(cpu, current);
		round_robin->current = NULL;
		if (current->round_robin.expired)
			move_back(cpu, current);
		else
			make_ready(cpu, current);
	}
	if (is_locked)
		note(cpu, false, false);
	cpu->unusual &= (uint8_t)~SCHED_UNUSUAL_QUEUE;
	release_queue(cpu, is_locked);
}

/* Where entities come and go, each decision looks at the queue. */
static void pick(struct sched_cpu *cpu, uint64_t now)
{
	struct round_robin_cpu *round_robin = &cpu->round_robin;
	const bool is_locked = hold_queue(cpu);

	choose(cpu, now, is_locked);
	cpu->unusual &= (uint8_t) ~(SCHED_UNUSUAL_QUEUE | SCHED_UNUSUAL_STALE);
	if (is_locked)
		cpu->unusual |= SCHED_UNUSUAL_QUEUE;
	if (round_robin->refused != 0)
		cpu->unusual |= SCHED_UNUSUAL_STALE;
	if (__builtin_expect(is_locked, 0))
		note(cpu, !round_robin->current, round_robin->current && !cpu->ticks);
	release_queue(cpu, is_locked);
}

static void do_wakes(struct sched_cpu *cpu, uint64_t now)
{
	const struct tournament *wakes = &cpu->round_robin.wakes;
	unsigned left = CLASS_EVENTS_AT_ONCE;

	do
		wake(cpu, cpu->common->entities[tournament_first(wakes)], now);
	while (--left != 0 && tournament_least(wakes) <= now);
}

/*
 * While a real-time entity has the core that others may not take it from, those that wait for a
 * time wait until it leaves: neither the clock nor their waking takes any of its time.
 */
struct sched_entity *round_robin_decide(
	struct sched_cpu *cpu, struct sched_entity *owner, uint64_t now, uint64_t *until)
{
	struct round_robin_cpu *round_robin = &cpu->round_robin;
	const struct tournament *wakes = &round_robin->wakes;

	if (owner && (cpu->unusual & SCHED_UNUSUAL_QUEUE))
		outranked(cpu, owner, now);
	if (owner && !owner->preemptable)
		return owner;
	if (tournament_least(wakes) <= now)
		do_wakes(cpu, now);
	class_until(until, tournament_least(wakes));
	if (owner)
		return owner;
	if ((cpu->unusual & SCHED_UNUSUAL_STALE) || is_roaming(cpu))
		pick(cpu, now);
	if (cpu->ticks && round_robin->current)
		class_until(until, cpu->since + round_robin->current->round_robin.left);
	return round_robin->current;
}

/* As `round_robin_charge` and `choose`; nobody is in round_robin_cpu.refused. */
struct sched_entity *round_robin_turn(
	struct sched_cpu *cpu, struct sched_entity *owner, uint64_t used, uint64_t left)
{
	struct round_robin_group *const own = cpu->round_robin.own;
	struct sched_entity *const next = owner->round_robin.next;

	if (own->first != owner || next->state != SCHED_READY || (int64_t)left <= 0)
		return NULL;
	owner->round_robin.left = left;
	owner->stats.ran_ticks += used;
	own->first = next;
	owner->state = SCHED_READY;
	next->state = SCHED_CHOSEN;
	cpu->round_robin.current = next;
	return next;
}

/* The one that runs leaves the queue. */
static ALWAYS_INLINE void leave(struct sched_cpu *cpu, struct sched_entity *entity)
{
	take_out(cpu, entity);
	cpu->unusual |= SCHED_UNUSUAL_STALE;
	if (entity->state == SCHED_GUEST) {
		entity->round_robin.host->guest = NULL;
		return;
	}
	evict(cpu, entity);
	cpu->round_robin.current = NULL;
	cpu->owner = NULL;
}

/*
 * One has left: finds the current entity, if it was that one, and whether others wait, so that the
 * next decision need not look; if it is as simple as that.
 */
static ALWAYS_INLINE void settle(struct sched_cpu *cpu)
{
	struct round_robin_cpu *round_robin = &cpu->round_robin;
	struct sched_entity *current = round_robin->current, *first = first_of(round_robin->own);

	if (round_robin->summoned || round_robin->refused != 0)
		return;
	if (!current) {
		if (!first)
			return;
		make_current(cpu, first);
		cpu->ticks = waiting_from(round_robin->own, first) != NULL;
	} else if (current->round_robin.expired) {
		return;
	} else {
		cpu->ticks = first || current->guest;
	}
	cpu->unusual &= (uint8_t)~SCHED_UNUSUAL_STALE;
}

void round_robin_block(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until)
{
	const bool is_locked = hold_queue(cpu);

	leave(cpu, entity);
	entity->state = SCHED_BLOCKED;
	if (!is_locked)
		settle(cpu);
	release_queue(cpu, is_locked);
	tournament_set(&cpu->round_robin.wakes, entity->slot, until);
}

static void done(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now)
{
	const bool is_locked = hold_queue(cpu);

	(void)until;
	(void)now;
	leave(cpu, entity);
	entity->round_robin.left = cpu->common->quantum;
	append(cpu, entity);
	release_queue(cpu, is_locked);
}

/* In whatever state it is. */
static void remove_entity(struct sched_cpu *cpu, struct sched_entity *entity)
{
	struct round_robin_cpu *round_robin = &cpu->round_robin;
	bool is_locked;

	tournament_set(&round_robin->wakes, entity->slot, TOURNAMENT_NONE);
	is_locked = hold_queue(cpu);
	evict(cpu, entity);
	if (entity->state == SCHED_GUEST)
		entity->round_robin.host->guest = NULL;
	if (entity->state >= SCHED_READY)
		take_out(cpu, entity);
	if (round_robin->current == entity)
		round_robin->current = NULL;
	if (round_robin->summoned == entity)
		round_robin->summoned = NULL;
	if (cpu->owner == entity)
		cpu->owner = NULL;
	cpu->unusual |= SCHED_UNUSUAL_STALE;
	entity->state = SCHED_ABSENT;
	cpu->common->entities[entity->slot] = NULL;
	release_queue(cpu, is_locked);
}

const struct sched_class round_robin_class = {
	.wake = wake,
	.done = done,
	.remove = remove_entity,
};

void round_robin_evict(struct sched_cpu *cpu, struct sched_entity *owner)
{
	bool is_locked;

	if (!owner->guest)
		return;
	is_locked = hold_queue(cpu);
	evict(cpu, owner);
	release_queue(cpu, is_locked);
}

void round_robin_summon(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	bool is_locked;

	if (entity->state == SCHED_BLOCKED)
		wake(cpu, entity, now);
	is_locked = hold_queue(cpu);
	if (entity->state == SCHED_GUEST && entity->round_robin.host != cpu->owner)
		evict(cpu, entity->round_robin.host); /* which waits itself */
	if (entity == cpu->owner) {
		evict(cpu, entity); /* it is its own quantum that another one runs on */
	} else if (entity->state == SCHED_READY || entity->state == SCHED_CHOSEN) {
		if (entity == cpu->round_robin.current)
			cpu->round_robin.current = NULL;
		evict(cpu, entity);
		entity->state = SCHED_SUMMONED;
		cpu->round_robin.summoned = entity;
		cpu->unusual |= SCHED_UNUSUAL_QUEUE | SCHED_UNUSUAL_STALE;
	}
	release_queue(cpu, is_locked);
}

void round_robin_refuse(struct sched_cpu *cpu, struct sched_entity *entity)
{
	bool is_locked;

	is_locked = hold_queue(cpu);
	if (entity->state == SCHED_READY) {
		entity->round_robin.refused = true;
		cpu->round_robin.refused |= 1ull << entity->slot;
		cpu->unusual |= SCHED_UNUSUAL_STALE;
	}
	release_queue(cpu, is_locked);
}

/* Whoever has more to do after this has a guest or waits: the quantum has an end from now on. */
static ALWAYS_INLINE void lend(struct sched_cpu *cpu, struct sched_entity *other)
{
	if (other == cpu->owner)
		evict(cpu, other);
	else if (other->state == SCHED_READY && (group_of(cpu, other)->affinity & bit_of(cpu)) != 0)
		host(cpu, cpu->owner, other);
}

RARELY static void lend_locked(struct sched_cpu *cpu, struct sched_entity *other)
{
	lock_take(&cpu->common->lock);
	lend(cpu, other);
	lock_release(&cpu->common->lock);
}

/* As hold_queue. What is rare is a function of its own, so that the usual way calls nobody. */
void round_robin_lend(struct sched_cpu *cpu, struct sched_entity *other)
{
	if (__builtin_expect(is_roaming(cpu), 0))
		lend_locked(cpu, other);
	else
		lend(cpu, other);
}
