/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Orlop's own calls that exit.S does not answer by itself.
 */
#ifndef RISCV64_CALL_H
#define RISCV64_CALL_H

#include <stdbool.h>

struct vcpu;

/*
 * The guest's call to the hypervisor, if it is one of those that may give the CPU to another vCPU
 * (HYPERCALL_QUICK_COUNT), all of whose registers are saved. Returns false if it is another call;
 * else cpu_attend follows.
 */
bool call_handle(struct vcpu *vcpu);

#endif
