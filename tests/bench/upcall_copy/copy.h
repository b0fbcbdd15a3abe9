/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The copying way to inject, for comparison with upcalls (tests/bench/upcall.py); no part of any
 * hypervisor that is shipped. It does what the paper on interruption virtualization says of Xen:
 * the hypervisor saves the whole interrupted context, copies it to where the guest finds it, and
 * the guest's return is a call that copies it back.
 */
#ifndef BENCH_UPCALL_COPY_H
#define BENCH_UPCALL_COPY_H

#include <stdint.h>

/* UPCALL_SET with this entry, which is none, is the return. */
#define COPY_RETURN 1
#define COPY_WORDS  31u

struct vcpu;

/* The guest's registers in the vCPU, COPY_WORDS of them. */
uint64_t *copy_registers(struct vcpu *vcpu);

/*
 * The vCPU goes on at `pc` in a state that a guest may be in; the result of the call that asks for
 * it must be HYPERCALL_REPEAT.
 */
void copy_resume(uint64_t pc, uint64_t state);

#endif
