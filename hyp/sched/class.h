/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a scheduling class is. sched.c has a table of them, the highest first: it gives the core to
 * the first class that has an entity for it, and tells each how much time its entities have had.
 *
 * Another class is a file with these functions, a line in that table, and its records in types.h:
 * - Fixed priority: edf.c with the priority as the key of `ready`; `end` is SCHED_NEVER if there
 *   are no budgets.
 * - A cyclic plan (ARINC 653): `due` steps from window to window and returns when the present one
 *   ends, `pick` returns the window's entity if it is ready, and `end` is SCHED_NEVER.
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

/* In all of them, time has been charged until `now`. */
struct sched_class {
	/* `owner` has used so many ticks. It must have the core no longer only after `due`. */
	void (*charge)(struct sched_cpu *cpu, struct sched_entity *owner, uint64_t used);

	/* Does what has come due, to the owner too; returns the time of the next event. */
	uint64_t (*due)(struct sched_cpu *cpu, uint64_t now);

	/* Whose the core is from now on, or NULL. If that is cpu->owner, nothing changes. */
	struct sched_entity *(*pick)(struct sched_cpu *cpu, uint64_t now);

	/* `owner`, of a higher class, has the core from now on. */
	void (*outranked)(struct sched_cpu *cpu, struct sched_entity *owner, uint64_t now);

	/* When `owner`, which has the core from cpu->since on, must leave it, or SCHED_NEVER. */
	uint64_t (*end)(const struct sched_cpu *cpu, const struct sched_entity *owner);

	/* The entity is blocked, and wants to run. */
	void (*wake)(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now);

	/* Sched.h's functions of these names; block and done are the running entity's. */
	void (*block)(
		struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now);
	void (*done)(
		struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now);
	void (*remove)(struct sched_cpu *cpu, struct sched_entity *entity);
};

/* What all classes need. */

/* The owner leaves; `cost` ticks are still charged to it, and the time after them to the next. */
void class_leave(struct sched_cpu *cpu, uint64_t cost);

static inline void class_trace(struct sched_cpu *cpu, uint64_t now, enum trace_event event,
	const struct sched_entity *entity, uint64_t value)
{
	trace_write_at(cpu->trace, now, event, entity->number, value);
}

/* The two that there are, and what they do beside the above. */

extern const struct sched_class edf_class, round_robin_class;

void edf_init(struct edf_cpu *edf);
void edf_add(struct sched_cpu *cpu, struct sched_entity *entity,
	const struct sched_parameters *parameters, bool ends_jobs);
bool edf_set_deadline(
	struct sched_cpu *cpu, struct sched_entity *entity, uint64_t deadline, uint64_t now);

void round_robin_init(struct sched_common *common);
void round_robin_init_cpu(struct round_robin_cpu *round_robin);
void round_robin_add(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t affinity);

/* Whoever runs on the quantum or budget of `owner` goes back to the queue. */
void round_robin_evict(struct sched_cpu *cpu, struct sched_entity *owner);

/* `entity` takes the core at the next decision, if the one that has it now would go on. */
void round_robin_summon(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now);

/* `other`, if it waits for this CPU, runs on what is left of the owner's quantum. */
void round_robin_lend(struct sched_cpu *cpu, struct sched_entity *other);

#endif
