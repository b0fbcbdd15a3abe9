/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tasks of the demonstration, and what each knows of itself.
 */
#ifndef DEMO_H
#define DEMO_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/realtime/realtime.h"

#define DEMO_TASKS_MOST 8

/* How a task behaves; one that faults does so after DEMO_FAULT_JOBS. */
enum demo_manner { DEMO_ENDS_JOBS, DEMO_OVERRUNS, DEMO_FAULTS };
#define DEMO_FAULT_JOBS 20

struct demo_parameters {
	uint32_t period_us, capacity_us, deadline_us;
	enum demo_manner manner;
};

/* The set that this variant was built with; returns how many there are. */
unsigned demo_set(const struct demo_parameters **set);

/*
 * A task's own book, in ticks. Jobs are released a period apart, so the difference between a job's
 * begin or end and its number times the period says where in its period it lies. The earliest begin
 * of all is, but for the time of a dispatch, the release; the latest end less that is the worst
 * response.
 */
struct demo_task {
	const struct demo_parameters *parameters;
	unsigned number;                 /* the hypervisor's */
	uint64_t loops;                  /* rounds of work in a job */
	uint64_t period;                 /* ticks */
	uint64_t launched;               /* by the manager, ticks */
	volatile uint64_t jobs;          /* done */
	volatile int64_t earliest_begin; /* in its period */
	volatile int64_t latest_end;
	REALTIME_STACK(4096);
};

/* Learns how fast rounds of work are done; by the manager, before there are tasks. */
void demo_calibrate(void);

/* Registers the task; returns realtime_create's error. */
int demo_create(struct demo_task *task, const struct demo_parameters *parameters);

/* Starts it; returns realtime_launch's error. */
int demo_launch(struct demo_task *task);

/* Jobs that must have been released by now. */
uint64_t demo_due(const struct demo_task *task);

/* Worst response so far in microseconds; 0 before the first job has ended. */
uint64_t demo_response_us(const struct demo_task *task);

#endif
