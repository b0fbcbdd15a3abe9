/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of abi/hypercall.h.
 */
#ifndef HYP_CORE_HYPERCALL_H
#define HYP_CORE_HYPERCALL_H

struct hypercall;
struct vcpu;

/* Carries out `call`; an unknown number gets HYPERCALL_NOT_SUPPORTED. */
void hypercall_handle(struct vcpu *vcpu, struct hypercall *call);

#endif
