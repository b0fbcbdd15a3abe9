/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the real-time vCPUs of a CPU can be promised their deadlines: the same test that the
 * hypervisor makes for tasks at run time, and what to change if not.
 */
#ifndef TOOLS_SCHEDULE_ADMISSION_H
#define TOOLS_SCHEDULE_ADMISSION_H

#include <stdbool.h>

#include "hyp/sched/admission.h"
#include "tools/system.h"

/* The real-time vCPUs with parameters of one CPU, as the plan has them. */
struct schedule_set {
	struct sched_parameters parameters[ADMISSION_MOST];
	const struct vm *vms[ADMISSION_MOST];
	const struct vm_vcpu *vcpus[ADMISSION_MOST];
	unsigned count; /* at most ADMISSION_MOST; what would be more is left out */
};

void schedule_admission_collect(
	struct schedule_set *set, const struct system *system, unsigned cpu);

/* Runs the test to its end; *admission says why it was refused. */
bool schedule_admission_test(struct admission *admission, const struct sched_parameters *set,
	unsigned count, uint64_t share, uint64_t switch_cost, uint64_t masked);

/* Checks all shared CPUs of the system; an error for each that is refused. */
void schedule_admission_check(const struct system *system);

#endif
