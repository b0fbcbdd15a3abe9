/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real-time manager: makes a VM's functions into tasks, each on a vCPU of its own that the
 * hypervisor schedules by earliest deadline first, within the task's budget. There is no scheduler
 * in the VM. The VM's description says how many tasks there may be and on which core they run.
 *
 * Calls that return an int return 0 or more, or one of abi/hypercall.h's errors. Times are in
 * nanoseconds and must be whole ticks of the board's counter.
 */
#ifndef GUEST_REALTIME_REALTIME_H
#define GUEST_REALTIME_REALTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/hypercall.h"

#define REALTIME_TASKS_MOST  15   /* of a VM */
#define REALTIME_STACK_LEAST 1024 /* bytes; an exception's frame takes 288 of them */

/* A stack; what a task's stack is made of. */
#define REALTIME_STACK(bytes) __attribute__((aligned(16))) uint8_t stack[bytes]

struct realtime_task {
	void (*function)(void *argument); /* the task is deleted when it returns */
	void *argument;
	void *stack; /* its lowest byte, aligned to 16; nobody else's while the task exists */
	size_t stack_bytes; /* a multiple of 16, REALTIME_STACK_LEAST at least */

	/* A job is released each period, may run for the capacity, and must be done when the
	 * deadline has passed since its release. 0 < capacity <= deadline <= period. */
	uint64_t period_ns, capacity_ns, deadline_ns;
};

/* By the manager's vCPU, before all else: from here on its memory is seen as the tasks see it. */
void realtime_init(void);

/*
 * Registers a task and returns its number, from 0; it does not run yet. HYPERCALL_REFUSED: a
 * deadline of a task or vCPU of that core could then be missed, or best effort's reserve not be
 * kept. HYPERCALL_NO_ROOM: each of the VM's task vCPUs has a task.
 */
int realtime_create(const struct realtime_task *task);

/* Starts a registered task of this VM; its first job is released at once. */
int realtime_launch(unsigned task);

/* Ends a task of this VM, running or not, and gives its share of the core back. */
int realtime_delete(unsigned task);

/* By a task: its job is done. Returns when the next one is released, at least a period later. */
void realtime_end_job(void);

/* The same, and the next job is not released before `delay_ns` from now. */
void realtime_end_job_for(uint64_t delay_ns);

/*
 * By a task: this job is due `deadline_ns` from now, later than the task's own deadline; tasks
 * that are due earlier go first. HYPERCALL_INVALID_PARAMETER if it is earlier than that.
 */
int realtime_set_deadline(uint64_t deadline_ns);

enum realtime_report {
	REALTIME_JOBS = HYPERCALL_REPORT_JOBS,               /* jobs ended */
	REALTIME_MISSES = HYPERCALL_REPORT_MISSES,           /* deadlines missed */
	REALTIME_EXHAUSTIONS = HYPERCALL_REPORT_EXHAUSTIONS, /* budgets used up */
	REALTIME_ENDS = HYPERCALL_REPORT_ENDS,               /* the task was deleted */
};

/* How often that has happened to a task of this VM; 0 for one that does not exist. */
uint64_t realtime_count(unsigned task, enum realtime_report what);

struct realtime_event {
	unsigned task;
	unsigned what; /* a bit for each of enum realtime_report, what happened since the last event
			*/
};

/* Whether something has happened to one of the tasks that was not told yet, and what. */
bool realtime_next_event(struct realtime_event *event);

/*
 * By the manager: the same, but waits for it, at most for `most_ns`; 0: for ever. The end of a job
 * alone does not end the wait. Where a manager has its core for itself, the library needs its
 * timer for this and for realtime_sleep_until, and initialises the VM's interrupts (irq.h); both
 * are called with interrupts masked.
 */
bool realtime_wait_event(struct realtime_event *event, uint64_t most_ns);

/* By the manager: gives the core to others until the clock (timer_now) is at or past `ticks`. */
void realtime_sleep_until(uint64_t ticks);

#endif
