/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Round robin: best-effort entities in one queue for all CPUs, a quantum each in turn.
 *
 * Who joins the queue at its end gets the next number as its turn, and a CPU takes the lowest of
 * those that may run on it. So that this takes the same time however many wait, those with the same
 * affinity are a group with a list by turn, and there are few groups.
 *
 * Each CPU has a current entity, whose quantum it is, and which is in no list. It stays that while
 * real time runs, unless it may run elsewhere: then it waits in the queue, with its turn. A guest,
 * which runs on another one's time, keeps its place in the queue, where it is passed over.
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

static bool is_pinned(struct sched_cpu *cpu, const struct sched_entity *entity)
{
	return group_of(cpu, entity) == cpu->round_robin.own;
}

/* Whether some entity may run here and elsewhere. */
static bool is_roaming(const struct sched_cpu *cpu)
{
	return (__atomic_load_n(&cpu->common->roaming, __ATOMIC_RELAXED) & bit_of(cpu)) != 0;
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
	cpu->round_robin.stale = true;
	if (!is_pinned(cpu, entity))
		cpu->unusual |= SCHED_UNUSUAL_QUEUE;
}

/* Into its list, before `next`, or at the end. */
static void insert(struct sched_cpu *cpu, struct sched_entity *entity, struct sched_entity *next)
{
	struct round_robin_group *group = group_of(cpu, entity);
	struct sched_entity *before = next ? next->round_robin.before : group->last;

	entity->round_robin.next = next;
	entity->round_robin.before = before;
	*(before ? &before->round_robin.next : &group->first) = entity;
	*(next ? &next->round_robin.before : &group->last) = entity;
	make_ready(cpu, entity);
}

/* To the end of the queue. */
static void append(struct sched_cpu *cpu, struct sched_entity *entity)
{
	entity->round_robin.turn = __atomic_add_fetch(&cpu->common->turn, 1, __ATOMIC_RELAXED);
	entity->round_robin.expired = false;
	insert(cpu, entity, NULL);
}

/* Back to where it was when it was chosen: only those that other CPUs put back are before it. */
static void put_back(struct sched_cpu *cpu, struct sched_entity *entity)
{
	struct sched_entity *next = group_of(cpu, entity)->first;

	while (next && next->round_robin.turn < entity->round_robin.turn)
		next = next->round_robin.next;
	insert(cpu, entity, next);
}

static void take_out(struct sched_cpu *cpu, struct sched_entity *entity)
{
	struct round_robin_group *group = group_of(cpu, entity);
	struct sched_entity *next = entity->round_robin.next, *before = entity->round_robin.before;

	*(before ? &before->round_robin.next : &group->first) = next;
	*(next ? &next->round_robin.before : &group->last) = before;
}

/* The first of the group that waits; those to be passed over are not more than there are CPUs. */
static ALWAYS_INLINE struct sched_entity *first_of(const struct round_robin_group *group)
{
	struct sched_entity *first = group->first;

	while (first && first->state != SCHED_READY)
		first = first->round_robin.next;
	return first;
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
	cpu->round_robin.stale = true;
}

/* Out of wherever it is. */
static void withdraw(struct sched_cpu *cpu, struct sched_entity *entity)
{
	struct round_robin_cpu *round_robin = &cpu->round_robin;

	evict(cpu, entity);
	entity->round_robin.refused = false;
	if (entity->state == SCHED_GUEST)
		entity->round_robin.host->guest = NULL;
	if (entity->state >= SCHED_READY && entity->state != SCHED_CHOSEN)
		take_out(cpu, entity);
	if (round_robin->current == entity)
		round_robin->current = NULL;
	if (round_robin->summoned == entity)
		round_robin->summoned = NULL;
	if (cpu->owner == entity)
		cpu->owner = NULL;
	round_robin->stale = true;
}

static void make_current(struct sched_cpu *cpu, struct sched_entity *entity)
{
	take_out(cpu, entity);
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
	append(cpu, owner);
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
	round_robin->ticks = true;
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
		class_trace(cpu, now, TRACE_QUANTUM_END, current, 0);
		append(cpu, current);
		make_current(cpu, first);
	} else if (current) {
		current->round_robin.expired = false;
	} else if (first) {
		make_current(cpu, first);
		first = first_waiting(cpu, is_roaming);
	}
	round_robin->ticks = first || (current && current->guest);
	if (round_robin->refused != 0)
		retry(cpu, now);
}

/* The class's functions. */

/*
 * What is used beyond the quantum is the next one's. While no other waits, quanta just follow each
 * other, as if there were a tick.
 */
void round_robin_charge(struct sched_cpu *cpu, struct sched_entity *owner, uint64_t used)
{
	if (used < owner->round_robin.left) {
		owner->round_robin.left -= used;
		return;
	}
	used -= owner->round_robin.left;
	owner->round_robin.left = cpu->common->quantum - used % cpu->common->quantum;
	owner->round_robin.expired = cpu->round_robin.ticks;
	cpu->round_robin.stale = true;
}

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
	if (current && current->guest && !is_pinned(cpu, current->guest))
		evict(cpu, current);
	if (current && !is_pinned(cpu, current)) {
		evict(cpu, current);
		round_robin->current = NULL;
		if (current->round_robin.expired)
			append(cpu, current);
		else
			put_back(cpu, current);
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
	if (is_locked)
		cpu->unusual |= SCHED_UNUSUAL_QUEUE;
	else
		cpu->unusual &= (uint8_t)~SCHED_UNUSUAL_QUEUE;
	round_robin->stale = false;
	if (__builtin_expect(is_locked, 0))
		note(cpu, !round_robin->current, round_robin->current && !round_robin->ticks);
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
	if (round_robin->stale || is_roaming(cpu))
		pick(cpu, now);
	if (round_robin->ticks)
		class_until(until, cpu->since + round_robin->current->round_robin.left);
	return round_robin->current;
}

/*
 * As `choose`, where nobody comes from elsewhere, and no one becomes or ceases to be a guest.
 * Returns false, and nothing has happened, if it is not as simple.
 */
static ALWAYS_INLINE bool choose_usual(struct sched_cpu *cpu, uint64_t now)
{
	struct round_robin_cpu *round_robin = &cpu->round_robin;
	struct sched_entity *current = round_robin->current, *first;

	if (!round_robin->own || round_robin->summoned || round_robin->refused)
		return false;
	first = first_of(round_robin->own);
	if (current && current->guest && current->round_robin.expired)
		return false;
	round_robin->ticks = first || (current && current->guest);
	if (current && first && current->round_robin.expired) {
		class_trace(cpu, now, TRACE_QUANTUM_END, current, 0);
		append(cpu, current);
		make_current(cpu, first);
	} else if (current) {
		current->round_robin.expired = false;
	} else if (first) {
		make_current(cpu, first);
		round_robin->ticks = first_of(round_robin->own) != NULL;
	}
	round_robin->stale = false;
	return true;
}

bool round_robin_decide_usual(
	struct sched_cpu *cpu, struct sched_entity **owner, uint64_t now, uint64_t *until)
{
	struct round_robin_cpu *round_robin = &cpu->round_robin;

	if (*owner)
		return !(*owner)->preemptable;
	if (tournament_least(&round_robin->wakes) <= now ||
		__atomic_load_n(&cpu->common->roaming, __ATOMIC_RELAXED) != 0)
		return false;
	class_until(until, tournament_least(&round_robin->wakes));
	if (round_robin->stale && !choose_usual(cpu, now))
		return false;
	*owner = round_robin->current;
	if (!*owner)
		return false;
	if (round_robin->ticks)
		class_until(until, cpu->since + (*owner)->round_robin.left);
	return true;
}

/* The current entity is nobody else's to look at, as a rule. */
static void block(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now)
{
	bool is_locked;

	(void)now;
	if (entity->state == SCHED_CHOSEN && !entity->guest) {
		cpu->round_robin.current = NULL;
		cpu->round_robin.stale = true;
		cpu->owner = NULL;
		entity->state = SCHED_BLOCKED;
	} else {
		is_locked = hold_queue(cpu);
		withdraw(cpu, entity);
		entity->state = SCHED_BLOCKED;
		release_queue(cpu, is_locked);
	}
	tournament_set(&cpu->round_robin.wakes, entity->slot, until);
}

static void done(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now)
{
	bool is_locked;

	(void)until;
	(void)now;
	is_locked = hold_queue(cpu);
	withdraw(cpu, entity);
	entity->round_robin.left = cpu->common->quantum;
	append(cpu, entity);
	release_queue(cpu, is_locked);
}

static void remove_entity(struct sched_cpu *cpu, struct sched_entity *entity)
{
	bool is_locked;

	tournament_set(&cpu->round_robin.wakes, entity->slot, TOURNAMENT_NONE);
	is_locked = hold_queue(cpu);
	withdraw(cpu, entity);
	entity->state = SCHED_ABSENT;
	cpu->common->entities[entity->slot] = NULL;
	release_queue(cpu, is_locked);
}

const struct sched_class round_robin_class = {
	.wake = wake,
	.block = block,
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
		if (entity == cpu->round_robin.current) {
			cpu->round_robin.current = NULL;
			put_back(cpu, entity);
		}
		evict(cpu, entity);
		entity->state = SCHED_SUMMONED;
		cpu->round_robin.summoned = entity;
		cpu->round_robin.stale = true;
		cpu->unusual |= SCHED_UNUSUAL_QUEUE;
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
		cpu->round_robin.stale = true;
	}
	release_queue(cpu, is_locked);
}

void round_robin_lend(struct sched_cpu *cpu, struct sched_entity *other)
{
	bool is_locked;

	is_locked = hold_queue(cpu);
	if (other == cpu->owner)
		evict(cpu, other);
	else if (other->state == SCHED_READY && (group_of(cpu, other)->affinity & bit_of(cpu)) != 0)
		host(cpu, cpu->owner, other);
	release_queue(cpu, is_locked);
}
