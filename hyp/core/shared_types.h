/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of shared CPUs and vCPUs, in memory that the plan gives only where they are needed.
 */
#ifndef HYP_CORE_SHARED_TYPES_H
#define HYP_CORE_SHARED_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/include/arch_vcpu.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/sched/admission.h"
#include "hyp/sched/sched.h"
#include "lib/lock.h"

struct vcpu;

/* What was posted for a vCPU, for its CPU to carry out. */
#define SHARED_POSTED_WAKE 1u
#define SHARED_POSTED_FAST 2u

/*
 * Why a vCPU is special: it is off, to start, or to leave; or one of the flags below is set, for
 * good; or it has a region, and is told of decisions.
 */
#define SHARED_NOT_READY 1ull
#define SHARED_SPECIAL   2ull
#define SHARED_TOLD      4ull

enum shared_task { SHARED_TASK_FREE, SHARED_TASK_REGISTERED, SHARED_TASK_ENDING };

struct shared_vcpu {
	struct sched_entity entity; /* first: sched_pick returns it */
	struct vcpu *vcpu;
	bool known;             /* the scheduler has it (sched_add_*) */
	bool migrates;          /* more than one bit in its affinity */
	bool has_clock;         /* plan_vm.own_time */
	bool may_spin;          /* for another vCPU of its VM on the same core */
	bool receives;          /* it has begun to wait for a message, and not run since */
	bool suspended;         /* its last wait is one of the firmware's suspend; atomic */
	bool leaves;            /* it is one of shared_cpu.leavers */
	uint8_t slot;           /* sched_traits.slot */
	uint8_t filter;         /* enum irq_filter that is right while it runs */
	uint32_t loaded;        /* 1: its registers are some CPU's; written by that one, atomic */
	uint64_t began_ticks;   /* when it got the core last */
	uint64_t told;          /* SHARED_TOLD: its dispatches that are */
	uint64_t stopped_ticks; /* since when it wants to run and does not, or 0 */

	uint64_t special; /* bits SHARED_*: not to be entered by loading its registers alone */
	uint32_t posted;  /* bits SHARED_POSTED_*, atomic; 0: in no list */
	struct shared_vcpu *next_posted; /* in shared_cpu.posted or .waiting */
	struct shared_vcpu *next_leaver; /* in shared_cpu.leavers */

	bool reports; /* it made a mistake, and `report` has not been said to its end */
	unsigned report_line;
	struct fault_report report;

	uint32_t news; /* a manager's: something happened to a task of its VM; atomic */

	/* A task's: guarded by realtime.c's lock. */
	enum shared_task task;
	uint64_t entry, stack;
	uint64_t scheduler, mode;           /* as the guest told by HYPERCALL_SCHED_PASS_PARAM */
	struct sched_parameters parameters; /* in force, or registered */

	struct arch_context context;
} __attribute__((aligned(64)));

struct shared_queue {
	struct shared_vcpu *first, *last; /* `last` means nothing if `first` is NULL */
};

struct shared_cpu {
	struct shared_vcpu *posted; /* newest first; any CPU puts in, this one takes all */
	uint8_t filter;             /* enum irq_filter that holds now */
	struct sched_cpu sched;     /* large: behind what each decision looks at */
	/* Taken from `posted`, oldest first, and not done yet: of real-time vCPUs, and of others.
	 */
	struct shared_queue urgent, others;
	struct shared_vcpu *leavers; /* to be switched off in best effort's time at the latest */
	struct shared_vcpu *real_time[SCHED_REAL_TIME_MOST]; /* by slot */
	unsigned real_time_count;

	/* A task that is being admitted: guarded by realtime.c's lock. */
	struct vcpu *applicant, *next_applicant; /* who asks, and who waits to; or NULL */
	uint64_t applied_ticks;                  /* when the applicant asked last */
	struct sched_parameters candidate;       /* what for; period 0: not begun */
	struct admission admission;
	struct sched_parameters set[SCHED_REAL_TIME_MOST + 1]; /* with the new one, the last */
} __attribute__((aligned(64)));

/*
 * Takes what was posted to this CPU into its queues; and, when some of that has been done, sees to
 * it that the rest counts as posted, and (before a guest is entered) that a decision follows.
 */
void shared_sort_posts(struct shared_cpu *cpu);
void shared_keep_posts(struct shared_cpu *cpu);
void shared_attend_soon(const struct cpu *cpu);

/*
 * One step of what a vCPU, which its CPU has chosen to run, does instead if it has to leave: its
 * VM is being stopped or restored, or its task was deleted. Others may have the core between two
 * steps.
 */
void shared_leave(struct cpu *cpu, struct vcpu *vcpu);
static inline bool shared_is_leaving(const struct vm *vm, const struct shared_vcpu *record)
{
	return vm_state(vm) != VM_RUNNING || record->task == SHARED_TASK_ENDING;
}

/*
 * The vCPU, at home on this CPU, has to leave: it does in its own turn, or when nothing real-time
 * wants the CPU, whichever comes first. shared_stop_leaver sees to one of those.
 */
void shared_add_leaver(struct cpu *cpu, struct vcpu *vcpu);
void shared_stop_leaver(struct cpu *cpu);

static inline bool shared_is_task(const struct vcpu *vcpu)
{
	return vcpu->plan->index >= vcpu->vm->plan->task_first;
}

/* The vCPU of a task is off: if the task was deleted, its vCPU is free (realtime.c). */
void realtime_off(struct vcpu *task);

/* Something happened to tasks on this CPU that their VMs' managers want to know. */
void realtime_happened(struct cpu *cpu, uint64_t slots);

/*
 * Not all guests say that they spin, and not all architectures tell us: a vCPU that may, and has
 * run for spin_ticks while another one of its VM waits for the same core, is taken for one that
 * does. Returns when to decide again.
 */
uint64_t shared_watch_spinning(struct shared_vcpu *record, uint64_t now);

#endif
