/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual CPUs and the one way that every exit takes.
 */
#ifndef HYP_CORE_VCPU_H
#define HYP_CORE_VCPU_H

#include <stdint.h>

#include "abi/plan.h"
#include "abi/stats.h"
#include "arch/include/arch_vcpu.h"
#include "hyp/core/mmio.h"

struct cpu;
struct vm;

struct vcpu {
	struct arch_vcpu arch; /* first: the entry code finds the guest's registers at offset 0 */
	const struct plan_vcpu *plan;
	struct vm *vm;
	struct cpu *cpu;
	uint64_t exits[EXIT_CAUSE_COUNT];

	/* enum vcpu_state. OFF -> STARTING under vm->lock by anyone, the other ways by its own CPU. */
	uint32_t state;
	uint64_t start_pc, start_argument; /* valid in STARTING */
} __attribute__((aligned(64)));

/* What brought a guest to the hypervisor, for those causes that the core answers. */
enum exit_kind { EXIT_HYPERCALL, EXIT_MMIO, EXIT_FAULT };

struct hypercall {
	uint64_t number;
	const uint64_t *args; /* six parameters */
	int64_t result;
};

struct fault {
	const char *what;  /* in words, for a person */
	uint64_t syndrome; /* as the architecture gives it */
	uint64_t address;  /* guest-physical, or ADDRESS_NONE */
};

#define ADDRESS_NONE (~0ull)

struct exit {
	enum exit_kind kind;
	enum mmio_result mmio_result; /* out, EXIT_MMIO */
	union {
		struct hypercall hypercall;
		struct mmio_access mmio;
		struct fault fault;
	};
};

/* Record of vCPU `index` of the whole plan. */
struct vcpu *vcpu_at(unsigned index);

/* The reverse: the vCPU's number in the plan. */
unsigned vcpu_index(const struct vcpu *vcpu);

/* Answers an exit and returns the vCPU to run next, the same one in nearly all cases. */
struct vcpu *vcpu_handle_exit(struct vcpu *vcpu, struct exit *exit);

enum vcpu_start_result { VCPU_STARTED, VCPU_ALREADY_ON, VCPU_ON_PENDING, VCPU_VM_STOPS };

/* Lets `vcpu`, of any CPU, start at `pc` with `argument` as first parameter. */
enum vcpu_start_result vcpu_start(struct vcpu *vcpu, uint64_t pc, uint64_t argument);

/* Switches `vcpu`, which this CPU ran, off; the last one of a VM halts the VM. */
void vcpu_stop(struct vcpu *vcpu);

#endif
