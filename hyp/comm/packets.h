/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packet device of a region (struct region_packets): the face of a network's port that is two
 * rings of packets in memory.
 */
#ifndef HYP_COMM_PACKETS_H
#define HYP_COMM_PACKETS_H

#include <stdint.h>

struct comm_vm;
struct vcpu;

/* Connects the VM's packet rings, if it has any, to their port. */
void packets_init(struct comm_vm *comm);

/* HYPERCALL_IO_SEND_MAC and HYPERCALL_IO_SEND_PACKETS. */
int64_t packets_set_mac(struct vcpu *vcpu, const uint64_t *args);
int64_t packets_send(struct vcpu *vcpu);

/* The VM has been stopped; its region is about to be filled anew. */
void packets_vm_left(struct comm_vm *comm);

#endif
