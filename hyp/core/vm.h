/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual machines: stopping, restarting and what follows from a guest's mistake.
 */
#ifndef HYP_CORE_VM_H
#define HYP_CORE_VM_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/plan.h"
#include "abi/stats.h"
#include "arch/include/arch_vcpu.h"
#include "hyp/core/console.h"
#include "hyp/core/extent.h"
#include "hyp/devices/uart.h"
#include "lib/lock.h"

struct cpu;
struct vcpu;

struct vm {
	const struct plan_vm *plan;
	uint32_t state; /* enum vm_state; written under `lock` */
	uint32_t faults, restarts;

	/* Guards state, stop_policy, vcpus_on, the emulated controller and the UART. */
	struct lock lock;
	enum plan_policy stop_policy; /* valid in VM_STOPPING */
	uint32_t vcpus_on;            /* vCPUs that are not off */

	/*
	 * Every vCPU has left, and what that entails is done step by step in the first one's time,
	 * if that is shared: what is next of vm_end, and of the vCPUs' interrupts.
	 */
	bool is_empty;
	uint8_t end_stage, end_step;
	/* In VM_RESTORING: what is next, piece of plan->restore and bytes of it that are done. */
	uint32_t restore_piece;
	uint64_t restore_bytes;

	struct uart uart;            /* the shared console, if the plan gives one */
	struct console_line console; /* guarded by the console's lock */
	struct arch_vm arch;
} __attribute__((aligned(64)));

/* Record of VM `index` of the plan. */
struct vm *vm_at(unsigned index);

/* vCPU `index` (below plan->vcpu_count) of the VM. */
struct vcpu *vm_vcpu(const struct vm *vm, unsigned index);

/* enum vm_state, as any CPU may ask. */
static inline uint32_t vm_state(const struct vm *vm)
{
	return __atomic_load_n(&vm->state, __ATOMIC_ACQUIRE);
}

/* Whether its interrupts come by upcall (comm.h). */
static inline bool vm_has_upcalls(const struct vm *vm)
{
	return HYP_COMM && vm->plan->delivery == PLAN_UPCALL;
}

/*
 * Called by one of the VM's own vCPUs (so that the VM cannot be over before this is). Begins to
 * stop the VM: every vCPU comes out of the guest, the last one then halts or restarts
 * the VM by `policy`. The first call wins. PLAN_STOP_SYSTEM switches the board off.
 */
void vm_stop(struct vm *vm, enum plan_policy policy);

/* A guest's mistake that has no answer in its architecture. */
struct fault {
	const char *what;  /* in words, for a person */
	uint64_t syndrome; /* as the architecture gives it */
	uint64_t address;  /* guest-physical, or ADDRESS_NONE */
};

#define ADDRESS_NONE (~0ull)

/* What is to be said of a mistake: what the guest was doing, and what the trace held then. */
struct fault_report {
	struct fault fault;
	uint64_t pc;
	uint64_t trace_end; /* trace_ring.next */
};

/*
 * Says line `line`, from 0 up, of the report on a mistake of `vcpu`. Returns false behind the last
 * one.
 */
bool vm_report(const struct vcpu *vcpu, const struct fault_report *report, unsigned line);

/*
 * Reports the mistake and stops the guest's VM as its description says. Returns the vCPU to run
 * next on this CPU.
 */
struct vcpu *vm_fault(struct vcpu *vcpu, const struct fault *fault);

/*
 * Whether the VM is being stopped, some of its vCPUs have not left it, and may be out of reach:
 * only with direct delivery can a guest mask a kick.
 */
bool vm_waits(struct vm *vm);

/*
 * The vCPUs that have not left will not: the VM, which has no memory any more, is halted without
 * them.
 */
void vm_abandon(struct vm *vm);

/* Halts or restarts the VM, or begins to; called by the last vCPU that left it. */
void vm_left(struct vm *vm);

/* Whether vm_left has begun, and the VM does not run again yet, nor is it halted. */
static inline bool vm_is_empty(const struct vm *vm)
{
	return __atomic_load_n(&vm->is_empty, __ATOMIC_RELAXED);
}

/*
 * One step of what vm_left has begun, on the CPU of the VM's first vCPU. Returns whether another
 * one is to follow; if not, the VM is in VM_RESTORING or VM_HALTED.
 */
bool vm_end(struct vm *vm);

/*
 * The VM is in VM_RESTORING: one step of it, on the CPU of its first vCPU and in that one's time.
 * After the last one the VM runs again, and this vCPU is about to start.
 */
void vm_restore(struct vm *vm, struct cpu *cpu);

#endif
