/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A few CPUs with a scheduler and a clock that is moved by hand, for the tests of hyp/sched/.
 */
#ifndef TESTS_SCHED_WORLD_H
#define TESTS_SCHED_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/hypercall.h"
#include "hyp/sched/sched.h"
#include "hyp/trace/trace.h"

#define WORLD_CPUS     4u
#define WORLD_ENTITIES 80u
#define WORLD_RECORDS  256u

struct world {
	uint64_t now;
	struct sched_common common;
	struct sched_cpu cpus[WORLD_CPUS];
	struct sched_entity entities[WORLD_ENTITIES]; /* by number */
	unsigned count, best_effort, real_time[WORLD_CPUS];
	struct {
		struct trace_ring ring;
		struct trace_record records[WORLD_RECORDS];
	} traces[WORLD_CPUS];
	uint64_t read[WORLD_CPUS]; /* records that world_find has passed */
	uint64_t usual_count;      /* decisions of sched_pick_usual */
	uint64_t done_count;       /* of sched_done_usual */
};

extern struct world world;

void world_begin(uint64_t quantum, uint64_t switch_cost);

/* A new entity on CPU 0, or this one, which is not woken yet; its number is the next one. */
struct sched_entity *world_real_time(uint64_t period, uint64_t capacity, uint64_t deadline);
struct sched_entity *world_real_time_on(
	unsigned cpu, uint64_t period, uint64_t capacity, uint64_t deadline);
struct sched_entity *world_best_effort(uint64_t affinity);

/* A real-time one that is known to end its jobs, or that fast interrupts may take the core from. */
struct sched_entity *world_task(uint64_t period, uint64_t capacity, uint64_t deadline);
struct sched_entity *world_preemptable(uint64_t period, uint64_t capacity, uint64_t deadline);

/* The same, preemptable and with this policy for its fast interrupts, CPU 0 only. */
struct sched_entity *world_fast(enum plan_irq_policy policy, uint64_t interval);

void world_wake(struct sched_entity *entity);

/* Lets CPU 0 decide; the number of the entity that it runs, or -1. */
int world_pick(void);
int world_pick_on(unsigned cpu);

/* sched_done on a CPU; where the usual way does that and a decision, it does. */
void world_done(unsigned cpu, uint64_t until);

/* The clock goes on to `time`; whenever the scheduler of CPU 0 wants to decide, it does. */
int world_run_to(uint64_t time);

/* The next record of CPU 0 with this event: its vCPU, and its value if that is asked for; or -1. */
int world_find(enum trace_event event, uint64_t *value);

/* Each tick of each CPU, as far as they have decided, is charged to one entity or was idle. */
void world_check_time(void);

#endif
