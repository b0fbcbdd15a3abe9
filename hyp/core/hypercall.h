/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of abi/hypercall.h.
 */
#ifndef HYP_CORE_HYPERCALL_H
#define HYP_CORE_HYPERCALL_H

#include <stdint.h>

struct vcpu;

/* What carries out one of them for `vcpu`, which is loaded; `args` are its six parameters. */
typedef int64_t hypercall_service(struct vcpu *vcpu, const uint64_t *args);

/*
 * Not a result: the call is not over. The guest's registers stay as they are, its program counter
 * goes back to the call, and it is made again when the vCPU has the core next.
 */
#define HYPERCALL_REPEAT INT64_MIN

/*
 * Carries out call `number` with six parameters; an unknown one is HYPERCALL_NOT_SUPPORTED. After a
 * call from HYPERCALL_QUICK_COUNT on cpu_attend follows, and only such a one is HYPERCALL_REPEAT.
 */
int64_t hypercall_handle(struct vcpu *vcpu, const uint64_t *args, uint64_t number);

/* The same where `number` is known to be below HYPERCALL_QUICK_COUNT, or not to be. */
int64_t hypercall_quick(struct vcpu *vcpu, const uint64_t *args, uint64_t number);
int64_t hypercall_slow(struct vcpu *vcpu, const uint64_t *args, uint64_t number);

#endif
