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

	struct uart uart;            /* the shared console, if the plan gives one */
	struct console_line console; /* guarded by the console's lock */
	struct arch_vm arch;
} __attribute__((aligned(64)));

/* Record of VM `index` of the plan. */
struct vm *vm_at(unsigned index);

/* vCPU `index` (below plan->vcpu_count) of the VM. */
struct vcpu *vm_vcpu(const struct vm *vm, unsigned index);

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

/*
 * Reports the mistake and stops the guest's VM as its description says. Returns the vCPU to run
 * next on this CPU.
 */
struct vcpu *vm_fault(struct vcpu *vcpu, const struct fault *fault);

/* Whether the VM is being stopped and some of its vCPUs have not left it. */
bool vm_waits(struct vm *vm);

/*
 * The vCPUs that have not left will not: the VM, which has no memory any more, is halted without
 * them. Called on `cpu`.
 */
void vm_abandon(struct vm *vm, struct cpu *cpu);

/* Halts or restarts the VM; called on `cpu` by the last vCPU that left it. */
void vm_left(struct vm *vm, struct cpu *cpu);

#endif
