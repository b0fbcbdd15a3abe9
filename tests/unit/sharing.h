/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vCPUs that share CPUs, for the tests of what is done with them. Time is in nanoseconds.
 */
#ifndef TESTS_SHARING_H
#define TESTS_SHARING_H

#include "tests/unit/harness.h"

#define SHARING_MS 1000000ull

/* Two VMs, of which the second is restarted; one with a manager and two tasks, and another. */
extern const struct harness_vm sharing_two[2], sharing_with_tasks[2];

/* The first `count` vCPUs of the plan share the CPUs of `affinity`. */
void sharing_all(unsigned count, uint64_t affinity);

/* vCPU `index` of the plan is real-time: 2 ms in each 10, and not disturbed by others. */
void sharing_real_time(unsigned index);

/* Starts what was planned; the first vCPU that CPU 0 chooses is returned. */
struct vcpu *sharing_boot(void);

/* sharing_two on CPU 0, started. */
struct vcpu *sharing_boot_two(void);

/* Time passes, and the CPU of `vcpu` decides again. */
struct vcpu *sharing_after(struct vcpu *vcpu, uint64_t ticks);

/* A hypercall of `vcpu`, made again as long as it has to be. */
int64_t sharing_call(struct vcpu *vcpu, uint64_t number, uint64_t a, uint64_t b, uint64_t c,
	uint64_t d, uint64_t e);

/* HYPERCALL_RT_CREATE_APP. */
int64_t sharing_create(struct vcpu *vcpu, uint64_t period, uint64_t capacity, uint64_t deadline);

/* WFI of `vcpu`; who has the core then. */
struct vcpu *sharing_wait(struct vcpu *vcpu);

#endif
