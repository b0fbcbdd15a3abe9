/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs where: which CPUs are shared, which core a real-time vCPU without one gets, and what the
 * plan says of their time.
 */
#ifndef TOOLS_SCHEDULE_H
#define TOOLS_SCHEDULE_H

#include "tools/tree.h"

#define SCHEDULE_SHARE_ONE (1ull << 32) /* all of a CPU */

/* Reads the description's keys scheduling, reserve and trace. The board has been read. */
void schedule_read(struct system *system, const struct tree *root);

/*
 * Fills system->cpus and is_shared, and of the vCPUs their core where the tool chooses it,
 * is_shared, guest_file and the overhead in ticks.capacity. All VMs' vCPUs have been read.
 */
void schedule_plan(struct system *system);

/* What a real-time vCPU takes of its core at most, in 2^32nds, rounded up; a task's: 0. */
uint64_t schedule_utilisation(const struct vm_vcpu *vcpu);

/* Whether the vCPU may run on the board's CPU `cpu`. */
bool schedule_runs_on(const struct vm_vcpu *vcpu, unsigned cpu);

#endif
