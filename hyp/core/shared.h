/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUs that several vCPUs share (cpu_is_shared, vcpu_is_shared): the scheduler's decisions carried
 * out. There where HYP_SHARED is 1 (extent.h).
 */
#ifndef HYP_CORE_SHARED_H
#define HYP_CORE_SHARED_H

#include <stdbool.h>
#include <stdint.h>

#include "hyp/core/hypercall.h"

struct cpu;
struct fault_report;
struct vcpu;
struct vm;

/* Connects the plan's memory for scheduling to the records of CPUs and vCPUs. */
void shared_init(void);

/*
 * The vCPU to run on this shared CPU, loaded and ready to enter; sleeps while there is none. What
 * had been loaded may be any vCPU, whose registers are complete, or none.
 */
struct vcpu *shared_next(struct cpu *cpu);

/*
 * The loaded vCPU, which is shared, waits for an interrupt (WFI), at most until `until` (ticks, or
 * ARCH_NEVER); its own timers end the wait, too. cpu_attend follows.
 */
void shared_wait(struct vcpu *vcpu, uint64_t until);

/*
 * The same, by a call of the firmware that suspends the vCPU; and whether `vcpu`, which is shared,
 * waits so. Any CPU may ask.
 */
void shared_suspend(struct vcpu *vcpu);
bool shared_is_suspended(const struct vcpu *vcpu);

/*
 * SCHED_YIELD for HYPERCALL_NEXT_TURN by the loaded vCPU, which is shared, and shared_next: the
 * vCPU to enter.
 */
struct vcpu *shared_yield(struct vcpu *vcpu);

/*
 * As shared_wait, unless an interrupt waits already, for what another VM or a task does: at most
 * `ns` nanoseconds, or HYPERCALL_FOREVER. Who looks whether it has been done, and asks to be woken,
 * before this, is woken. Returns whether it waits.
 */
bool shared_wait_for(struct vcpu *vcpu, uint64_t ns);

/*
 * The loaded vCPU, which is shared, spins for something that another one of its VM is to do. If
 * that other one waits for this core, it has it next. cpu_attend follows.
 */
void shared_spins(struct vcpu *vcpu);

/*
 * As shared_wake, of `to`, which is shared, by `from`, which is loaded here and shared, and goes on
 * wanting to run. If both are best effort and at home on this CPU, `to` has the core next, for what
 * is left of the quantum that is running, and the loaded one has it after that; but real time that
 * is due comes before both. Else `to` is woken and waits for its turn. cpu_attend follows.
 */
void shared_hand_over(struct vcpu *from, struct vcpu *to);

/*
 * The same if `to` is at home on this CPU and waits, and an interrupt that the caller has just
 * raised for it ends that; else nothing happens. cpu_attend follows.
 */
void shared_hand_over_interrupted(struct vcpu *from, struct vcpu *to);

/*
 * Something happened that ends the wait of `vcpu`, which is shared; from any CPU. Its CPU, which
 * may be this one, is kicked.
 */
void shared_wake(struct vcpu *vcpu);

/*
 * A physical interrupt for `vcpu`, which is shared, belongs to this CPU and is not loaded, has
 * arrived here and is in its book; `fast` if it is one of those that may take the core. `irq` is
 * for the trace. cpu_attend follows.
 */
void shared_arrived(struct vcpu *vcpu, uint32_t irq, bool fast);

/* Whether `vcpu`, which is shared and at home on this CPU, does not want to run. */
bool shared_waits(const struct vcpu *vcpu);

/* `vm`, which has shared vCPUs, is being stopped: all of its vCPUs' CPUs look at them. */
void shared_stop(const struct vm *vm);

/* The loaded vCPU, which is shared, made a mistake: `report` is said in its own time. */
void shared_fault(struct vcpu *vcpu, const struct fault_report *report);

/* `vcpu` is shared, on this CPU, and off from now on. */
void shared_forget(struct vcpu *vcpu);

/* Every vCPU of `vm` is off: its tasks are forgotten. */
void shared_vm_left(struct vm *vm);

/* The calls of abi/hypercall.h for time (realtime.c). realtime_create may be HYPERCALL_REPEAT. */
hypercall_service realtime_yield, realtime_pass_param, realtime_create, realtime_launch,
	realtime_delete, realtime_report, realtime_next_event;

#endif
