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

struct sched_class;

/*
 * ASLEEP: its job is done, and only time begins the next. DEPLETED: wants to run, and waits for its
 * budget. READY: wants to run, and is among those to choose from; of a real-time entity also while
 * it runs. The others are a best-effort entity's: CHOSEN: a CPU has taken it out of the queue for a
 * quantum. GUEST: it runs on another's quantum or budget. SUMMONED: about to be that.
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

/* What an entity with a budget has. */
struct sched_job {
	struct sched_parameters parameters;
	struct budget budget;
	uint64_t released; /* the time of the budget's chunk that it runs on */
	uint64_t deadline; /* absolute; what EDF goes by */
	uint64_t stated;   /* by sched_set_deadline for the current job, or 0 */
	uint64_t due;      /* when the current job is missed, or SCHED_NEVER (also: was missed) */
	uint64_t wake_at;  /* BLOCKED, ASLEEP: when that ends by itself */
	bool open;         /* a job has been released and is not over */
	bool ends_jobs;    /* sched_done ends its jobs; else each chunk of budget is one */
};

/* What an entity of the queue has. Guarded by the common lock unless it is CHOSEN or BLOCKED. */
struct sched_turn {
	uint64_t turn;             /* who is first in the queue: the lowest */
	uint64_t left;             /* of its quantum */
	uint8_t group;             /* of those with the same affinity */
	bool expired;              /* its quantum has ended since it was chosen */
	uint64_t fast_from;        /* from when on it may take the core by a fast interrupt again */
	struct sched_entity *host; /* GUEST: on whose quantum or budget it runs */
};

struct sched_entity {
	struct sched_stats stats;
	uint32_t reports; /* bits 1 << HYPERCALL_REPORT_*, set atomically */
	uint8_t number, slot;
	uint8_t state;  /* enum sched_state */
	uint8_t policy; /* enum plan_irq_policy */
	bool preemptable;
	uint64_t fast_interval;
	const struct sched_class *class;
	struct sched_entity *guest; /* runs on this one's quantum or budget, or NULL */
	union {
		struct sched_job job;
		struct sched_turn turn;
	};
};

#define SCHED_GROUPS 8u /* different affinities, at most */

struct sched_group {
	uint64_t affinity; /* 0: not in use */
	struct tournament queue;
};

struct sched_common {
	struct lock lock;
	uint64_t quantum, switch_cost;

	/* Under the lock. Masks of CPUs: what each did when it decided last. */
	uint64_t turn;     /* the last one given */
	uint64_t idle;     /* nothing */
	uint64_t tickless; /* best-effort work without quantum end */
	struct sched_group groups[SCHED_GROUPS];
	struct sched_entity *entities[64];
};

/* Only its own CPU touches it. */
struct sched_cpu {
	struct sched_entity *running; /* what sched_pick returned last */
	struct sched_entity
		*owner; /* whose quantum or budget that uses; NULL: none, or it has left */
	uint64_t until;
	uint64_t since; /* the time up to which all is charged; ahead of now while switching */
	uint64_t idle_ticks;
	uint64_t kicks, reported;
	struct sched_common *common;
	struct trace_ring *trace;
	uint8_t index;
	uint8_t last;       /* number of who ran last */
	bool idle;          /* sched_pick returned NULL last */
	bool ticks;         /* the best-effort owner's quantum has an end, as others wait */
	bool queue_matters; /* to the others: what this CPU did, or has put into the queue */
	struct sched_entity *summoned; /* by a fast interrupt since */

	struct tournament ready;  /* real-time entities by deadline */
	struct tournament events; /* by the time of what happens to them next */
	struct sched_entity *real_time[64];
	struct tournament wakes; /* best-effort entities that blocked here, by the time of waking */
};

#endif
