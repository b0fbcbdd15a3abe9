/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plan in memory and the hypervisor's core on the fake architecture, for the tests of hyp/.
 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/hypercall.h"
#include "abi/plan.h"
#include "arch/fake/fake.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/console.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/shared_types.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"
#include "lib/bits.h"

#define HARNESS_VMS      4u
#define HARNESS_INTC     0x08000000u
#define HARNESS_INTC_N   0x080a0000u
#define HARNESS_UART     0x09000000u
#define HARNESS_ENTRY    0x40080000u
#define HARNESS_UART_IRQ 33u

/* What a test says of a VM; each vCPU gets a CPU of its own, in order. */
struct harness_vm {
	const char *name;
	unsigned vcpus;
	bool console; /* has the emulated UART, with interrupt 100 + its index */
	enum plan_policy on_fault;
};

/* A new machine and an unsealed plan for it, that the test may still change. */
struct plan *harness_plan(const struct harness_vm *vms, unsigned count);

/*
 * vCPU `vcpu` of the plan shares the CPUs of `affinity` with others, with time in nanoseconds and a
 * quantum of HARNESS_QUANTUM; its part of the plan, to be changed, is returned.
 */
#define HARNESS_QUANTUM 10000000ull
struct plan_vcpu *harness_share(unsigned vcpu, uint64_t affinity);

/* The VM's part of the plan, to be changed. */
struct plan_vm *harness_vm(unsigned index);

/* Enters size, checksum and the hypervisor's build into the plan. */
void harness_seal(void);

/* Starts the hypervisor with the plan as it is; says how its first CPU ended. */
enum fake_end harness_boot(void);

/* Seals the plan and boots every CPU up to its guest or its sleep. */
void harness_boot_all(void);

/* All of it: plan, seal, boot of every CPU up to its guest or its sleep. */
void harness_start(const struct harness_vm *vms, unsigned count);

/* What has been said since the last call, on the UART. */
const char *harness_said(void);

/* Lets the VM say `text` on its console. */
void harness_say(unsigned vm, const char *text);

/* Lets CPU `index` look for its next vCPU; NULL if it would sleep. */
struct vcpu *harness_next(unsigned index);

/* Lets the CPU of `vcpu` attend to what is asked of it; the vCPU to go on with, NULL if it sleeps.
 */
struct vcpu *harness_attend(struct vcpu *vcpu);

/* Lets `vcpu` make a fault, any or this one; the vCPU to go on with, NULL if its CPU sleeps. */
struct vcpu *harness_fault(struct vcpu *vcpu);
struct vcpu *harness_fault_of(struct vcpu *vcpu, const struct fault *fault);

#endif
