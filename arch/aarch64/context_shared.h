/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers that come to a vCPU with its first use of them.
 */
#ifndef AARCH64_CONTEXT_SHARED_H
#define AARCH64_CONTEXT_SHARED_H

struct vcpu;

/* The loaded vCPU's guest uses FP or SIMD for the first time; it trapped. */
void context_shared_use_fp(struct vcpu *vcpu);

#endif
