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

static ALWAYS_INLINE void charge_inline(struct sched_cpu *cpu, uint64_t now)
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

static void charge(struct sched_cpu *cpu, uint64_t now)
{
	charge_inline(cpu, now);
}

/* Who had not the core before has it from now on: `event` says why. */
static ALWAYS_INLINE void give_core(
	struct sched_cpu *cpu, struct sched_entity *running, enum trace_event event, uint64_t now)
{
	const uint8_t number = running->number;

	trace_write_at(cpu->trace, now, event, number, cpu->last);
	running->stats.dispatches++;
	cpu->last = number;
	cpu->running = running;
}

/* `running` has the core from now on. */
static void dispatch(struct sched_cpu *cpu, struct sched_entity *running, uint64_t now)
{
	if (running && running != cpu->running) {
		give_core(cpu, running, cpu->turned ? TRACE_TURN : TRACE_SWITCH, now);
	} else if (!running && !cpu->idle) {
		trace_write_at(cpu->trace, now, TRACE_IDLE, TRACE_NO_VCPU,
			cpu->until == SCHED_NEVER ? ~0ull : cpu->until);
	}
	cpu->running = running;
	cpu->turned = false;
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

/* What the usual ways end with, but at the end of a quantum. */
static ALWAYS_INLINE struct sched_entity *have(
	struct sched_cpu *cpu, struct sched_entity *owner, uint64_t until, uint64_t now)
{
	cpu->until = until;
	cpu->owner = owner;
	if (__builtin_expect(owner->guest != NULL, 0))
		owner = owner->guest;
	if (owner != cpu->running)
		give_core(cpu, owner, TRACE_SWITCH, now);
	return owner;
}

struct sched_entity *sched_pick_usual_real_time(struct sched_cpu *cpu, uint64_t now)
{
	struct sched_entity *owner = cpu->owner, *const ran = cpu->running;
	const uint64_t used = now - cpu->since;
	uint64_t until = tournament_least(&cpu->edf.events);

	if (cpu->unusual != 0)
		return NULL;
	if (!owner) {
		if (cpu->idle)
			return NULL;
	} else if (!ran) {
		return NULL;
	} else if (__builtin_expect(now > cpu->since, 1)) {
		if (__builtin_expect(!sched_is_real_time(owner), 1))
			round_robin_charge(cpu, owner, used);
		else if (used <= owner->edf.budget.first.amount)
			budget_spend(&owner->edf.budget, used);
		else
			return NULL;
		ran->stats.ran_ticks += used;
		cpu->since = now;
	}
	if (owner && sched_is_real_time(owner) && edf_is_exhausted(cpu, owner))
		return NULL;
	if (until > now) {
		owner = edf_continue_usual(cpu, now, &until);
		return owner ? have(cpu, owner, until, now) : NULL;
	}
	owner = edf_release_usual(cpu, now, &until);
	if (!owner)
		return NULL;
	cpu->until = until;
	cpu->owner = owner;
	/* It slept: nobody is its guest, and others ran. */
	give_core(cpu, owner, TRACE_SWITCH, now);
	return owner;
}

/* Nothing else has come due: the owner, which runs itself, has `left` of a quantum next time. */
static ALWAYS_INLINE struct sched_entity *turn(
	struct sched_cpu *cpu, uint64_t left, enum trace_event event, uint64_t now)
{
	uint64_t until = tournament_least_of(&cpu->edf.events, &cpu->round_robin.wakes);
	struct sched_entity *next;

	if (cpu->unusual != 0 || until <= now || round_robin_is_any_roaming(cpu))
		return NULL;
	next = round_robin_turn(cpu, cpu->running, now - cpu->since, left);
	if (!next)
		return NULL;
	class_until(&until, now + next->round_robin.left);
	cpu->since = now;
	cpu->until = until;
	cpu->owner = next;
	give_core(cpu, next, event, now);
	return next;
}

/* Whether the best-effort entity whose quantum it is runs on that. */
static ALWAYS_INLINE bool is_on_quantum(const struct sched_cpu *cpu, uint64_t now)
{
	const struct sched_entity *running = cpu->running;

	return running && running == cpu->owner && running == cpu->round_robin.current &&
	       now > cpu->since;
}

struct sched_entity *sched_pick_usual_turn(struct sched_cpu *cpu, uint64_t now)
{
	const uint64_t used = now - cpu->since;
	uint64_t left;

	if (!is_on_quantum(cpu, now) || cpu->running->guest)
		return NULL;
	left = cpu->running->round_robin.left;
	return used < left ? NULL : turn(cpu, left + cpu->common->quantum - used, TRACE_TURN, now);
}

struct sched_entity *sched_done_usual(struct sched_cpu *cpu, uint64_t now)
{
	if (cpu->edf.current || !is_on_quantum(cpu, now))
		return NULL;
	return turn(cpu, cpu->common->quantum, TRACE_SWITCH, now);
}

struct sched_entity *sched_pick_usual_best_effort(struct sched_cpu *cpu, uint64_t now)
{
	struct sched_entity *owner = cpu->round_robin.current;
	uint64_t until = tournament_least_of(&cpu->edf.events, &cpu->round_robin.wakes);
	uint64_t since = cpu->since;

	if (cpu->unusual != 0 || until <= now || !owner || round_robin_is_any_roaming(cpu))
		return NULL;
	if (cpu->owner != owner) {
		if (cpu->owner || cpu->idle)
			return NULL;
	} else if (now > since) {
		if (!cpu->running || now - since >= owner->round_robin.left)
			return NULL;
		owner->round_robin.left -= now - since;
		cpu->running->stats.ran_ticks += now - since;
		cpu->since = since = now;
	}
	if (cpu->ticks)
		class_until(&until, since + owner->round_robin.left);
	return have(cpu, owner, until, now);
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

	charge_inline(cpu, now);
	class_trace(cpu, now, TRACE_BLOCK, entity, until);
	cpu->running = NULL;
	until = earlier(until);
	if (sched_is_real_time(entity))
		edf_block(cpu, entity, until, now);
	else
		round_robin_block(cpu, entity, until);
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

static ALWAYS_INLINE void yield_to(struct sched_cpu *cpu, struct sched_entity *other)
{
	if (!sched_is_real_time(other) && cpu->owner && !sched_is_real_time(cpu->owner))
		round_robin_lend(cpu, other);
}

void sched_yield_to(struct sched_cpu *cpu, struct sched_entity *other, uint64_t now)
{
	charge(cpu, now);
	yield_to(cpu, other);
}

static NEVER_INLINE void hand_over_any(
	struct sched_cpu *cpu, struct sched_entity *other, uint64_t now)
{
	charge_inline(cpu, now);
	if (other->state == SCHED_BLOCKED)
		class_of(other)->wake(cpu, other, now);
	yield_to(cpu, other);
}

/* Usually the other one wants to run, and the quantum that is running has not ended. */
void sched_hand_over(struct sched_cpu *cpu, struct sched_entity *other, uint64_t now)
{
	struct sched_entity *owner = cpu->owner, *ran = cpu->running;
	const uint64_t used = now - cpu->since;

	if (__builtin_expect(!owner || !ran || sched_is_real_time(owner) || now < cpu->since ||
				     used >= owner->round_robin.left ||
				     other->state == SCHED_BLOCKED,
		    0)) {
		hand_over_any(cpu, other, now);
		return;
	}
	owner->round_robin.left -= used;
	ran->stats.ran_ticks += used;
	cpu->since = now;
	yield_to(cpu, other);
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
