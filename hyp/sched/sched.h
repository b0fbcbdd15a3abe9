/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs next on a CPU that several vCPUs share. Pure: time is an argument, in ticks of any
 * clock; there is no hardware in it, and no vCPU, only entities that want to run.
 *
 * Classes stand one above the other (struct sched_class, class.h): earliest deadline first with
 * budgets (edf.c), then round robin (round_robin.c). All functions but sched_kicks are called on
 * the CPU that `cpu` describes, and an entity's always on the CPU that is its home: of a real-time
 * entity the one that it was added to, of a best-effort one the one where it last ran.
 */
#ifndef HYP_SCHED_SCHED_H
#define HYP_SCHED_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/plan.h"
#include "hyp/sched/parameters.h"
#include "hyp/sched/types.h"

#define SCHED_NEVER TOURNAMENT_NONE /* later than all times */

/* What all CPUs have in common: the queue of best-effort entities, with its lock. */
void sched_common_init(struct sched_common *common, uint64_t quantum, uint64_t switch_cost);

/* `index` is the CPU's bit in affinity masks; decisions are written to `trace`. */
void sched_cpu_init(struct sched_cpu *cpu, struct sched_common *common, unsigned index,
	struct trace_ring *trace);

/*
 * A new entity, which does not want to run yet. `number` is its vCPU's in the plan, for the trace.
 * `slot` is its own: of a real-time entity among those of its CPU, of a best-effort one among those
 * of all CPUs.
 */
struct sched_traits {
	uint8_t number, slot;
	bool preemptable;            /* plan_vm.preemptable */
	bool ends_jobs;              /* real time: sched_done ends its jobs (a task) */
	enum plan_irq_policy policy; /* plan_vm.irq_policy */
	uint64_t fast_interval;      /* plan_vm.fast_interval_ticks */
};
void sched_add_real_time(struct sched_cpu *cpu, struct sched_entity *entity,
	const struct sched_traits *traits, const struct sched_parameters *parameters);
void sched_add_best_effort(struct sched_cpu *cpu, struct sched_entity *entity,
	const struct sched_traits *traits, uint64_t affinity);

/* `entity`, in whatever state, is no more; it may be added again. */
void sched_remove(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now);

/* `entity` wants to run. Nothing happens if it does already. */
void sched_wake(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now);

/*
 * The same because of an interrupt that is fast for it. Where its policy, the running entity and
 * the time since the last one allow, it takes the core at the next sched_pick; else as sched_wake.
 * If only the running entity does not allow it, as it is not preemptable, it takes the core from
 * the next best-effort one that is [HF 5.5: the interrupt stays pending until then]. Taken from a
 * real-time entity (which is preemptable then), it runs on that one's budget.
 */
void sched_wake_fast(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t now);

/* The running entity does not want to run until it is woken, or until `until` (or later than any).
 */
void sched_block(struct sched_cpu *cpu, uint64_t until, uint64_t now);

/*
 * The running entity has done what it had to. Real time: its job is over; it gives up what is left
 * of its budget, and its next job is released a period after this one, but not before `until` (or
 * 0). Being woken does not make that earlier. Best effort: it wants to run, after all others.
 */
void sched_done(struct sched_cpu *cpu, uint64_t until, uint64_t now);

/*
 * sched_done and sched_pick in one for a best-effort entity, on the shortest way; or NULL, and
 * nothing has happened, if it is not as simple as that.
 */
struct sched_entity *sched_done_usual(struct sched_cpu *cpu, uint64_t now);

/*
 * The running entity is real-time and says when its current job is due: it gives way to those that
 * are due earlier, and is late after that. Before its own deadline nothing changes, and false is
 * returned.
 */
bool sched_set_deadline(struct sched_cpu *cpu, uint64_t deadline, uint64_t now);

/*
 * The running (best-effort) entity waits for `other`, which wants to run here and waits in the same
 * queue: it has the core next, for what is left of this quantum. Nothing happens if it does not.
 */
void sched_yield_to(struct sched_cpu *cpu, struct sched_entity *other, uint64_t now);

/* sched_wake and then sched_yield_to. */
void sched_hand_over(struct sched_cpu *cpu, struct sched_entity *other, uint64_t now);

/*
 * Decides: the time until `now` is charged to the entity that ran, everything that has come due is
 * done, and the entity to run is returned, or NULL. Whoever decides again before sched_until, does
 * so because of an event. The cost does not depend on the number of entities.
 */
struct sched_entity *sched_pick(struct sched_cpu *cpu, uint64_t now);

/*
 * The same on the shortest way, if what has come due is usual: a job that is released, or nothing,
 * where sched_has_real_time; where not, a quantum that ends if sched_is_due, and another
 * best-effort entity has its turn, or nothing. If it is not usual, NULL is returned, and sched_pick
 * is to follow at once.
 */
struct sched_entity *sched_pick_usual_real_time(struct sched_cpu *cpu, uint64_t now);
struct sched_entity *sched_pick_usual_turn(struct sched_cpu *cpu, uint64_t now);
struct sched_entity *sched_pick_usual_best_effort(struct sched_cpu *cpu, uint64_t now);

static inline bool sched_has_real_time(const struct sched_cpu *cpu, uint64_t now)
{
	return cpu->edf.current || tournament_least(&cpu->edf.events) <= now;
}

static inline bool sched_is_due(const struct sched_cpu *cpu, uint64_t now)
{
	return cpu->until <= now;
}

static inline struct sched_entity *sched_pick_usual(struct sched_cpu *cpu, uint64_t now)
{
	if (sched_has_real_time(cpu, now))
		return sched_pick_usual_real_time(cpu, now);
	return sched_is_due(cpu, now) ? sched_pick_usual_turn(cpu, now)
				      : sched_pick_usual_best_effort(cpu, now);
}

/* When sched_pick must be called at the latest; SCHED_NEVER: only after an event. */
static inline uint64_t sched_until(const struct sched_cpu *cpu)
{
	return cpu->until;
}

/* The entity that sched_pick returned last, unless it was removed or has blocked. */
static inline struct sched_entity *sched_running(const struct sched_cpu *cpu)
{
	return cpu->running;
}

/* Whether the entity is one with a budget. */
static inline bool sched_is_real_time(const struct sched_entity *entity)
{
	return entity->rank == SCHED_RANK_EDF;
}

/* Whether the entity wants to run: it runs, waits for the core, or for its budget. */
static inline bool sched_wants(const struct sched_entity *entity)
{
	return entity->state > SCHED_ASLEEP;
}

/* Whether sched_kicks or sched_reported have something to say, which are both to be asked then. */
static inline bool sched_has_news(const struct sched_cpu *cpu)
{
	return (cpu->unusual & SCHED_UNUSUAL_NEWS) != 0;
}

/*
 * Other CPUs that should decide again because of what happened here, a bit for each (best-effort
 * work for an idle CPU, or for one whose quantum has no end yet). Asked once, they are forgotten.
 */
uint64_t sched_kicks(struct sched_cpu *cpu);

/*
 * Slots of this CPU's real-time entities to which something but the end of a job has happened;
 * asked once, they are forgotten. What it was is in entity->reports, bits 1 << HYPERCALL_REPORT_*,
 * which the asker exchanges atomically for 0.
 */
uint64_t sched_reported(struct sched_cpu *cpu);

#endif
