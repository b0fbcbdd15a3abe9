/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of abi/hypercall.h.
 */
#ifndef HYP_CORE_HYPERCALL_H
#define HYP_CORE_HYPERCALL_H

#include <stdint.h>

struct vcpu;

/* Carries out call `number` with six parameters; an unknown one is HYPERCALL_NOT_SUPPORTED. */
int64_t hypercall_handle(struct vcpu *vcpu, uint64_t number, const uint64_t *args);

#endif
