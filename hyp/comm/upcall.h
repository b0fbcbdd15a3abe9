/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts by upcall (docs/upcall.md): a virtual interrupt controller in the guest's region, and
 * an entry of the guest's own. comm.h has what the core and the architecture call.
 */
#ifndef HYP_COMM_UPCALL_H
#define HYP_COMM_UPCALL_H

#include <stdint.h>

struct vcpu;

/* HYPERCALL_UPCALL_SET and HYPERCALL_UPCALL_END; cpu_attend follows. */
int64_t upcall_set(struct vcpu *vcpu, uint64_t entry);
int64_t upcall_end(struct vcpu *vcpu, uint64_t irq);

#endif
