/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical CPUs: one record each, and the loop that waits for a vCPU to run.
 */
#ifndef HYP_CORE_CPU_H
#define HYP_CORE_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/plan.h"
#include "abi/trace.h"
#include "hyp/core/extent.h"

struct arch_context;
struct shared_cpu;
struct vcpu;

struct cpu {
	struct vcpu *vcpu; /* the one whose registers it has; dedicated: the one that it runs */
	struct shared_cpu *shared; /* NULL unless cpu_is_shared */
	const struct plan_cpu *plan;
	/*
	 * Shared: the vCPU whose FP and SIMD registers the CPU's are, if anybody's, where the
	 * architecture leaves them there. That one's own copy is older.
	 */
	struct arch_context *fp_owner;
	uint64_t boot_ticks;
	struct trace_ring trace; /* with plan.trace_records of records behind it */
} __attribute__((aligned(64)));

/* Record of CPU `index`, which must be below the plan's cpu_count. */
struct cpu *cpu_at(unsigned index);

unsigned cpu_index(const struct cpu *cpu);

/* Whether several vCPUs may share it (shared.h); else one has it for itself. */
static inline bool cpu_is_shared(const struct cpu *cpu)
{
	return HYP_SHARED && cpu->shared;
}

/* Waits, asleep, until one of this CPU's vCPUs can run; returns it, ready to enter. */
struct vcpu *cpu_next(struct cpu *cpu);

/*
 * The vCPU to go on with after something may have changed for `vcpu`: itself, unless it is off or
 * its VM is being stopped.
 */
struct vcpu *cpu_attend(struct vcpu *vcpu);

#endif
