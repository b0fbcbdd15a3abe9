/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a scheduling class is. sched.c gives the core to the first class that has an entity for it,
 * and tells each how much time its entities have had.
 *
 * Another class is a file with these functions, a rank and records in types.h, and its lines in
 * sched.c:
 * - Fixed priority: as edf.c, with the priority in the place of the deadline.
 * - A cyclic plan (ARINC 653): `decide` steps from window to window, lowers `until` to the end of
 * the present one, and returns its entity if that is ready.
 */
#ifndef HYP_SCHED_CLASS_H
#define HYP_SCHED_CLASS_H

#include <stddef.h>

#include "hyp/sched/sched.h"
#include "hyp/trace/trace.h"

/*
 * So many things that come due at once are done in one decision, so that it is short; what is left
 * has its time in the past, and the next decision follows at once.
 */
#define CLASS_EVENTS_AT_ONCE 4u

/*
 * Some functions are called by name, as they are on the way of each decision:
 *
 * NAME_charge: `owner`, the class's, has used so many ticks. It goes on until NAME_decide, however.
 *
 * NAME_decide: does what has come due by `now`, and lowers `until` to when it must be called again
 * at the latest. If a higher class has an `owner` for the core, that is returned; if not, the
 * class's own, which has the core from cpu->since on, or NULL. (The highest is not told of one.)
 *
 * NAME_block: the running entity, which is the class's, waits; the time until now is charged.
 */
void edf_charge(struct sched_cpu *cpu, struct sched_entity *owner, uint64_t used);
struct sched_entity *edf_decide(struct sched_cpu *cpu, uint64_t now, uint64_t *until);
void edf_block(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now);

struct sched_entity *round_robin_decide(
	struct sched_cpu *cpu, struct sched_entity *owner, uint64_t now, uint64_t *until);

/*
 * What is used beyond the quantum is the next one's. While no other waits, quanta just follow each
 * other, as if there were a tick.
 */
static inline void round_robin_charge(
	struct sched_cpu *cpu, struct sched_entity *owner, uint64_t used)
{
	if (__builtin_expect(used < owner->round_robin.left, 1)) {
		owner->round_robin.left -= used;
		return;
	}
	used -= owner->round_robin.left;
	owner->round_robin.left = cpu->common->quantum - used % cpu->common->quantum;
	if (!cpu->ticks)
		return;
	owner->round_robin.expired = true;
	cpu->unusual |= SCHED_UNUSUAL_STALE;
}

struct sched_class {
	/* The entity is blocked, and wants to run. */
	void (*wake)(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now);

	/* The functions of sched.h; the time until `now` is charged. */
	void (*done)(
		struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now);
	void (*remove)(struct sched_cpu *cpu, struct sched_entity *entity);
};
void round_robin_block(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until);

/*
 * On the shortest way, for what is usual. An event has come due: its entity, if it is released, has
 * the core, and that is all; or NULL, and the rest is left.
 */
struct sched_entity *edf_release_usual(struct sched_cpu *cpu, uint64_t now, uint64_t *until);

/* Nothing has come due: the current one, which there is, if it goes on; or NULL. */
struct sched_entity *edf_continue_usual(struct sched_cpu *cpu, uint64_t now, uint64_t *until);

/*
 * The chunk of budget of `owner` is used up, but for what leaving costs; also if it was looked at
 * too late, and more than that is used up.
 */
static inline bool edf_is_exhausted(const struct sched_cpu *cpu, const struct sched_entity *owner)
{
	const struct budget_chunk *chunk = &owner->edf.budget.first;

	return chunk->amount <= cpu->common->switch_cost || chunk->time != owner->edf.chunk;
}

/*
 * The owner goes to the end of the queue with `left` of a quantum; it has run itself for the last
 * `used` ticks, which are charged to it, and nobody roams: the next one, whose turn it is; or NULL,
 * and nothing has happened, if it is not as simple as that.
 */
struct sched_entity *round_robin_turn(
	struct sched_cpu *cpu, struct sched_entity *owner, uint64_t used, uint64_t left);

/* Whether best-effort entities come and go on any CPU. */
static inline bool round_robin_is_any_roaming(const struct sched_cpu *cpu)
{
	const volatile uint64_t *roaming = &cpu->common->roaming; /* of others' doing: one load */

	return *roaming != 0;
}

/* What all classes need. */

/* The class wants to decide again at `time`. */
static inline void class_until(uint64_t *until, uint64_t time)
{
	if (time < *until)
		*until = time;
}

/* The owner leaves, and `cost` more ticks are charged to it; the time after them is the next one's.
 */
void class_leave(struct sched_cpu *cpu, uint64_t cost);

static inline void class_trace(struct sched_cpu *cpu, uint64_t now, enum trace_event event,
	const struct sched_entity *entity, uint64_t value)
{
	trace_write_at(cpu->trace, now, event, entity->number, value);
}

/* The two that there are, and what they do beside the above. */

extern const struct sched_class edf_class, round_robin_class;

void edf_add(struct sched_cpu *cpu, struct sched_entity *entity,
	const struct sched_parameters *parameters, bool ends_jobs);
bool edf_set_deadline(
	struct sched_cpu *cpu, struct sched_entity *entity, uint64_t deadline, uint64_t now);

void round_robin_add(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t affinity);

/* Whoever runs on the quantum or budget of `owner` goes back to the queue. */
void round_robin_evict(struct sched_cpu *cpu, struct sched_entity *owner);

/* `entity` takes the core at the next decision, if the one that has it now would go on. */
void round_robin_summon(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now);

/* It would, but who has the core is not preemptable: it does once a preemptable one has it. */
void round_robin_refuse(struct sched_cpu *cpu, struct sched_entity *entity);

/* `other`, if it waits for this CPU, runs on what is left of the owner's quantum. */
void round_robin_lend(struct sched_cpu *cpu, struct sched_entity *other);

#endif
