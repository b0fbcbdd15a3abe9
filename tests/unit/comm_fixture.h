/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plans of VMs that communicate, and what guests do with their regions, for the tests of hyp/comm.
 */
#ifndef TESTS_COMM_FIXTURE_H
#define TESTS_COMM_FIXTURE_H

#include "abi/region.h"
#include "hyp/comm/network.h"
#include "hyp/comm/region.h"
#include "hyp/core/hypercall.h"
#include "tests/unit/harness.h"

#define COMM_IRQ     77u /* of each region */
#define COMM_BASE    0x50000000ull
#define COMM_TUNNELS 4u
#define COMM_PORTS   8u

/*
 * After harness_plan: every VM has a region, and nothing in it yet. What follows adds to that;
 * comm_seal lays the regions out, before harness_seal.
 */
void comm_plan(struct plan *plan);

/* VM `to` has a ring, and takes messages from the VMs in `senders`, a bit each. */
void comm_messages(unsigned to, unsigned slots, unsigned bytes, uint32_t senders);

/* A tunnel between two VMs, of which the first writes; the second if `both`. */
void comm_tunnel(unsigned a, unsigned b, const char *name, bool both);

/* VM `vm` has packet rings in `network` and the address 02:00:00:00:00:`last`. In order of
 * networks. */
void comm_packets(unsigned vm, unsigned network, unsigned slots, unsigned last);
/* Up to COMM_PORTS ports with nobody there, behind those of VMs in the same network. */
void comm_dead_ports(unsigned network, unsigned count);

void comm_seal(void);

/* Both, then the start of every CPU (as harness_start). */
void comm_boot(void);

/* The VM's region, as its guest sees it. */
struct region *comm_region(unsigned vm);
struct region_ring *comm_ring_of(unsigned vm);
struct region_vcpu *comm_vcpu(unsigned vm, unsigned index);
struct region_vm *comm_vm(unsigned vm, unsigned other);
struct region_tunnel *comm_tunnel_of(unsigned vm, unsigned index);
struct region_packets *comm_packets_of(unsigned vm);
struct region_packet *comm_slot(unsigned vm, bool receive, uint32_t index);

/* Takes the events that there are. */
uint64_t comm_events(unsigned vm);

/* A call by vCPU `vcpu` of the plan, on its CPU. */
int64_t comm_call(unsigned vcpu, uint64_t number, uint64_t a, uint64_t b, uint64_t c);

/* Puts the bytes into the outbox and sends them, without waiting. */
int64_t comm_send(unsigned vcpu, unsigned to, const void *bytes, size_t count);

/* Takes the next message out of the VM's ring: its size, or -1 if there is none. */
int comm_take(unsigned vm, void *bytes, unsigned *sender);

/* Lets the VM, whose first vCPU is on `cpu` alone with it, make a fault and restart or halt. */
void comm_end(unsigned vm);

#endif
