/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tunnels: memory in two VMs' second stages. What is left for the hypervisor is to say who uses it,
 * and doorbells.
 */
#ifndef HYP_COMM_TUNNEL_H
#define HYP_COMM_TUNNEL_H

#include <stdint.h>

struct vcpu;

/* HYPERCALL_IPC_CREATE_TUNNEL. */
int64_t tunnel_create(struct vcpu *vcpu, const uint64_t *args);

#endif
