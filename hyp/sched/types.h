/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler's records, which the core embeds and only hyp/sched/ looks into.
 */
#ifndef HYP_SCHED_TYPES_H
#define HYP_SCHED_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/stats.h"
#include "abi/trace.h"
#include "hyp/sched/budget.h"
#include "hyp/sched/parameters.h"
#include "lib/lock.h"
#include "lib/tournament.h"

#define SCHED_REAL_TIME_MOST   TOURNAMENT_SLOTS /* real-time entities of a CPU */
#define SCHED_BEST_EFFORT_MOST TOURNAMENT_SLOTS /* best-effort entities of all CPUs together */
#define SCHED_GROUPS           8u               /* different affinities of best-effort entities */

/* Which class an entity is in, the highest first. */
enum sched_rank { SCHED_RANK_EDF, SCHED_RANK_ROUND_ROBIN };

/*
 * ASLEEP: its job is done, and only time begins the next. DEPLETED: wants to run, and waits for its
 * budget. READY: wants to run, and is among those to choose from; of a real-time entity also while
 * it runs. Best effort only: CHOSEN: taken out of the queue by a CPU, whose `current` it is. GUEST:
 * it runs on another one's quantum or budget. SUMMONED: it will, at the next decision.
 */
enum sched_state {
	SCHED_ABSENT,
	SCHED_BLOCKED,
	SCHED_ASLEEP,
	SCHED_DEPLETED,
	SCHED_READY,
	SCHED_CHOSEN,
	SCHED_GUEST,
	SCHED_SUMMONED
};

/* Of an entity with a budget. Only its CPU touches it. */
struct edf_entity {
	struct sched_parameters parameters;
	struct budget budget;
	uint64_t chunk;    /* the time of the chunk of budget that is in use */
	uint64_t deadline; /* of that, absolute: what EDF goes by */
	uint64_t released; /* the current job */
	uint64_t late_at; /* when that has missed its deadline; SCHED_NEVER: also if it was noted */
	uint64_t stated;  /* its deadline by sched_set_deadline, or 0 */
	uint64_t wake_at; /* BLOCKED, ASLEEP: when that ends by itself */
	bool is_open;     /* there is a current job */
	bool ends_jobs;   /* by sched_done; else each chunk of budget is a job */
};

/* Under the common lock; but its time is its CPU's, and so is all while it is BLOCKED. */
struct round_robin_entity {
	struct sched_entity *next, *before; /* in its group's ring, unless it is BLOCKED */
	uint64_t turn;                      /* the lowest in the queue is first; or 0 */
	uint64_t left;                      /* of its quantum */
	uint64_t fast_from;                 /* when it may take a core by a fast interrupt again */
	struct sched_entity *host;          /* GUEST: whose quantum or budget it runs on */
	uint8_t group;                      /* index of its affinity */
	bool roams;                         /* that has several CPUs */
	bool expired;                       /* a quantum has ended since it was chosen */
	bool refused; /* READY: a fast interrupt came while nobody could be made to give way */
};

struct sched_entity {
	struct sched_stats stats;
	uint32_t reports; /* bits 1 << HYPERCALL_REPORT_*, set atomically */
	uint8_t number, slot;
	uint8_t rank;   /* enum sched_rank */
	uint8_t state;  /* enum sched_state */
	uint8_t policy; /* enum plan_irq_policy */
	bool preemptable;
	uint64_t fast_interval;
	struct sched_entity *guest; /* runs instead of it on its quantum or budget, or NULL */
	union {
		struct edf_entity edf;
		struct round_robin_entity round_robin;
	};
};

/* Best-effort entities with the same affinity that want to run: a ring, by turn. */
struct round_robin_group {
	uint64_t affinity;
	struct sched_entity *first; /* or NULL */
};

/*
 * A group of a single CPU is only that one's business, and its ring needs no lock as long as no
 * entity may come from elsewhere or go there.
 */
struct sched_common {
	uint64_t quantum, switch_cost;
	uint64_t turn; /* the last that was given; atomic */

	struct lock lock; /* for all that follows */

	/* Masks of CPUs: idle, or with a best-effort quantum without end, when they decided last.
	 */
	uint64_t idle, tickless;
	uint64_t roaming; /* CPUs that entities may move from or to; read without the lock */
	unsigned group_count;
	struct round_robin_group groups[SCHED_GROUPS];
	struct sched_entity *entities[SCHED_BEST_EFFORT_MOST];
};

struct edf_cpu {
	struct sched_entity *current; /* the ready one that is due first, or NULL */
	struct tournament events;     /* by the time of what happens next without its doing */
	struct tournament others;     /* the other ready ones, by deadline */
	struct sched_entity *entities[SCHED_REAL_TIME_MOST];
};

struct round_robin_cpu {
	struct sched_entity *current;  /* whose quantum it is, also while real time runs; or NULL */
	struct round_robin_group *own; /* that of the entities that run here only, or NULL */
	struct sched_entity *summoned; /* by a fast interrupt, or NULL */
	uint64_t refused;              /* slots in which there may be one that was refused here */
	struct tournament wakes;       /* entities that blocked here, by the time of waking */
};

/*
 * What sched_pick_usual does not look after. QUEUE: before real time runs, round robin has
 * something to do. STALE: the queue is not as it was when the current entity was found. NEWS: there
 * are kicks, or reports.
 */
#define SCHED_UNUSUAL_QUEUE 1u
#define SCHED_UNUSUAL_STALE 2u
#define SCHED_UNUSUAL_NEWS  4u

/* Only its own CPU touches it. What each decision looks at stands at its beginning. */
struct sched_cpu {
	struct sched_entity *running; /* what sched_pick returned last, as far as it is there yet */
	struct sched_entity *owner;   /* whose quantum or budget that is; NULL: it has left */
	uint64_t until;
	uint64_t since; /* up to when all time is charged; ahead of now while switching */
	struct sched_common *common;
	struct trace_ring *trace;
	uint8_t unusual; /* bits SCHED_UNUSUAL_* */
	uint8_t last;    /* number of the one that ran last, or TRACE_NO_VCPU */
	bool idle;       /* sched_pick returned NULL last */
	bool turned;     /* the quantum of the one that ran has ended, in this decision */
	bool ticks;      /* the quantum of best effort's current one has an end, as others wait */
	uint8_t index;
	uint64_t idle_ticks;
	uint64_t kicks;    /* CPUs that should decide again */
	uint64_t reported; /* slots of real-time entities with something to report */
	struct round_robin_cpu round_robin;
	struct edf_cpu edf;
};

#endif
