/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a task's vCPU starts, and how that gets from there to the task's function.
 */
#ifndef GUEST_REALTIME_ENTRY_H
#define GUEST_REALTIME_ENTRY_H

#define ENTRY_FUNCTION 0 /* offsets in struct entry_record */
#define ENTRY_ARGUMENT 8
#define ENTRY_BYTES    16

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

/*
 * Lies at the stack pointer that the task starts with, so that it is there as soon as the task
 * exists: it may be launched, by another VM too, before realtime_create has returned.
 */
struct entry_record {
	void (*function)(void *argument);
	void *argument;
};

_Static_assert(offsetof(struct entry_record, function) == ENTRY_FUNCTION, "ENTRY_FUNCTION");
_Static_assert(offsetof(struct entry_record, argument) == ENTRY_ARGUMENT, "ENTRY_ARGUMENT");
_Static_assert(sizeof(struct entry_record) == ENTRY_BYTES, "ENTRY_BYTES");

/*
 * The architecture's part, in assembly: first instruction of every task. It makes the vCPU ready
 * (vectors, MMU) and calls entry_run.
 */
void entry_start(void);

/* The architecture's part: what the manager's own vCPU must do to see memory as tasks do. */
void entry_prepare_manager(void);

/* Runs the task and deletes it when its function returns; called by entry_start only. */
_Noreturn void entry_run(unsigned task, void (*function)(void *argument), void *argument);
#endif
#endif
