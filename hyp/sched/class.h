/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a scheduling class must do. sched.c asks the classes in order of rank, and carries the time.
 */
#ifndef HYP_SCHED_CLASS_H
#define HYP_SCHED_CLASS_H

#include <stddef.h>

#include "hyp/sched/sched.h"
#include "hyp/trace/trace.h"

#define SCHED_EVENTS_AT_ONCE 4u /* done in one decision; the next one does what is left */

struct sched_class {
	/* `used` ticks have passed for the owner `entity`. */
	void (*charge)(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t used);
	/* Does what has come due; the time of the next event is returned. */
	uint64_t (*due)(struct sched_cpu *cpu, uint64_t now);
	/* Who of the class has the core now, or NULL. */
	struct sched_entity *(*pick)(struct sched_cpu *cpu, uint64_t now);
	/* The owner `entity` waits while one of a higher class has the core. */
	void (*put)(struct sched_cpu *cpu, struct sched_entity *entity);
	/* When the owner `entity` must leave if nothing happens before. */
	uint64_t (*end)(const struct sched_cpu *cpu, const struct sched_entity *entity);

	void (*wake)(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now);
	void (*block)(
		struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now);
	void (*yield)(
		struct sched_cpu *cpu, struct sched_entity *entity, uint64_t until, uint64_t now);
	void (*remove)(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now);
};

extern const struct sched_class edf_class, round_robin_class;

/* Between the classes and sched.c. */

void class_init_entity(struct sched_entity *entity, const struct sched_traits *traits,
	const struct sched_class *class);

/* The owner is no longer one; the time from `since` on is the next one's. */
void class_leave(struct sched_cpu *cpu, struct sched_entity *entity);

/* Whoever runs on the quantum or budget of `entity` has to wait for his own turn. */
void round_robin_evict(struct sched_cpu *cpu, struct sched_entity *entity);

/* A fast interrupt for `entity`, which may take the core: it is made ready for round_robin_take. */
void round_robin_summon(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now);

/* The summoned entity takes the core from the owner if that would go on (`stands`). */
void round_robin_take(struct sched_cpu *cpu, bool stands, uint64_t now);

/* `other`, if it waits in the queue, runs on the owner's quantum instead of `entity`. */
void round_robin_lend(
	struct sched_cpu *cpu, struct sched_entity *entity, struct sched_entity *other);

/* Takes note of what this CPU does (the owner is round robin's, NULL, or real-time). */
void round_robin_note(struct sched_cpu *cpu);

static inline void class_trace(struct sched_cpu *cpu, uint64_t now, enum trace_event event,
	const struct sched_entity *entity, uint64_t value)
{
	trace_write_at(cpu->trace, now, event, entity->number, value);
}

#endif
