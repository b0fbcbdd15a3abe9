/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hypervisor keeps of a VM that communicates, and its communication region
 * (abi/region.h). Nothing that the hypervisor counts is read back from the region: a guest that
 * scribbles over it has only itself to blame.
 */
#ifndef HYP_COMM_REGION_H
#define HYP_COMM_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/region.h"
#include "arch/include/arch_cpu.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/hyp.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "lib/lock.h"

#define COMM_VMS_MOST 32u /* VMs of a system: masks have a bit for each */

/*
 * Locks, outermost first: region.c's state_lock, a network's or a port's, comm_vm.lock,
 * vm->arch.lock. No two of a kind are held at once.
 */
struct comm_vm {
	struct vm *vm;
	struct region *region;

	/* Where the parts of the region are; what the guest wrote there about that does not count.
	 */
	struct region_ring *ring;
	uint8_t *slots; /* the ring's */
	struct region_vcpu *vcpus;

	uint32_t id;                        /* the VM's number */
	uint32_t interrupt;                 /* its region's, or 0 */
	struct arch_doorbell doorbell;      /* raises that */
	uint32_t allowed;                   /* VMs that may send to it, a bit each */
	uint32_t slot_count, message_bytes; /* of its ring; 0: it has none */
	size_t slot_bytes;

	/* Those that take messages from it, by the VM's number, or NULL; never change. */
	struct comm_vm *to[COMM_VMS_MOST];

	struct lock lock; /* guards what follows, and what the hypervisor writes into the region */

	/* The ring (message.c). VMs and vCPUs are a bit each. */
	uint32_t written;   /* messages so far */
	uint32_t receivers; /* its vCPUs that wait in IPC_RECV_MSG; atomic */
	uint32_t refused;   /* VMs that met it full and have not been told of room */
	uint32_t full;      /* times that a message found no room, since power-on */
	uint32_t before;    /* messages until the VM was stopped last */
	uint32_t senders;   /* its vCPUs that wait in IPC_SEND_MSG; atomic */
	struct vcpu *gave; /* the last one that gave its core to whom it sent to, or NULL; atomic */

	/*
	 * Its messages are taken by a device instead of by the guest (message_peek): that device,
	 * how many it has taken, and from which VMs it takes any, a bit each, atomic; or NULL.
	 */
	void *reader;
	uint32_t read, listening;
	bool peeked; /* it looks at the oldest one, and the VM has not been stopped since */

	/* Its sides of tunnels. */
	struct comm_tunnel {
		struct comm_vm *peer;
		const struct comm_tunnel *other; /* the peer's side */
		uint32_t *rings; /* this side's doorbells, as the peer's region shows them */
		uint32_t open;   /* 1 or 0; written under the state lock, too */
	} ends[REGION_TUNNELS_MOST];

	struct region_tunnel *tunnels;
	struct region_packets *packets;
	struct region_vm *vms;
	uint32_t peers; /* VMs that it shares a tunnel or messages with; never changes */

	/* Its packet rings' counters (packets.c). */
	struct lock send_lock; /* guards packets_sent; outside of all locks above */
	uint32_t packets_sent, packets_received;
} __attribute__((aligned(64)));

/* Of VM `index` of the plan; NULL if it has no region. */
static inline struct comm_vm *comm_vm_at(unsigned index)
{
	return hyp_plan->vms[index].comm;
}

static inline struct comm_vm *comm_vm_of(const struct vm *vm)
{
	return vm->plan->comm;
}

/* The vCPU's part of its VM's region, or NULL. */
static inline struct region_vcpu *region_vcpu_of(const struct vcpu *vcpu)
{
	return vcpu->region;
}

/*
 * The vCPU, which goes on now, waits for no message any more: the next one is an event. What came
 * before this it finds in the ring.
 */
static inline void region_stops_waiting(const struct vcpu *vcpu)
{
	struct comm_vm *comm = vcpu->comm;
	const uint32_t bit = 1u << vcpu->plan->index;

	if (__atomic_load_n(&comm->receivers, __ATOMIC_ACQUIRE) & bit)
		__atomic_fetch_and(&comm->receivers, ~bit, __ATOMIC_SEQ_CST);
}

/* Connects the plan's memory to the VM and fills its region, which is zero. At start-up. */
void region_init(struct vm *vm);

/* The same, of what it has to do with others, after region_init of all VMs. */
void region_connect(struct comm_vm *comm);

/* All that the VM and others did is undone in its region. None of its vCPUs runs. */
void region_vm_left(struct comm_vm *comm);

/* Sets bits in a word of a region that the guest takes them from; returns what was there. */
uint64_t region_set_bits(uint64_t *word, uint64_t bits);

/* Sets `bits` (REGION_EVENT_*) in its events; returns whether one of them is new. */
static inline bool region_set_events(struct comm_vm *comm, uint64_t bits)
{
	uint64_t *events = &comm->region->events, old;

	if (__builtin_expect(!arch_bits_try(events, bits, &old), 0))
		old = region_set_bits(events, bits);
	return (old & bits) != bits;
}

/* Raises its interrupt, if it has one, where its doorbell does not do it. */
void region_raise(const struct comm_vm *comm);

/*
 * Sets `bits` in its events, and raises its interrupt if one of them is new, which
 * it returns. The caller holds comm->lock. What the guest has not looked at yet it will: it takes
 * its events before it looks at what they are about.
 */
static inline bool region_tell(struct comm_vm *comm, uint64_t bits)
{
	if (!region_set_events(comm, bits))
		return false;
	if (!arch_doorbell_ring(&comm->doorbell))
		region_raise(comm);
	return true;
}

/* The same without the lock, if the VM runs. */
void region_announce(struct comm_vm *comm, uint64_t bits);

/* The VM's state has changed. */
void region_vm_state(const struct vm *vm);

/*
 * Of the VM's sides of tunnels `which`, a bit each, those in `open` (only of these) are open from
 * now on, the others closed; both sides' regions say so.
 */
void region_set_open(struct comm_vm *comm, uint32_t which, uint32_t open);

#endif
