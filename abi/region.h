/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The communication region: memory that one guest and the hypervisor reach, and nobody else. The
 * hypervisor writes what it decides there; a guest that writes where it should only read harms
 * itself alone. All numbers are little-endian; offsets are bytes from the region's start, 0 where
 * the VM has no such part. HYPERCALL_INFO_GET_REGION says where it is, and so does the guest's
 * device tree: a node compatible with REGION_COMPATIBLE, with its `reg` and `interrupts`.
 * The region has one interrupt, edge-triggered, which says that `events` is not 0.
 */
#ifndef ABI_REGION_H
#define ABI_REGION_H

#include <stdint.h>

#define REGION_COMPATIBLE "orlop,region-1.0"
#define REGION_MAGIC      0x31304e4745524c4full
#define REGION_NAME_SIZE  24u

/* Bits of region.events: the hypervisor sets them, the guest takes them by an atomic exchange. */
#define REGION_EVENT_MESSAGE 0x1u  /* a message came */
#define REGION_EVENT_ROOM    0x2u  /* a ring that was full when this VM sent has room */
#define REGION_EVENT_RING    0x4u  /* a doorbell: some region_tunnel.rings is another one */
#define REGION_EVENT_PACKET  0x8u  /* a packet came, or room for packets to send */
#define REGION_EVENT_STATE   0x10u /* a VM's state, or whether a tunnel's other side is open */

struct region {
	uint64_t magic;
	uint32_t version; /* major << 16 | minor of the interface */
	uint32_t size_bytes;
	uint32_t vm, vm_count, vcpu_count;
	uint32_t interrupt;       /* as the guest's controller counts; 0: it has none */
	uint64_t timer_frequency; /* Hz of the counter of everything called *_ticks */

	uint32_t vcpus;   /* struct region_vcpu, one for each vCPU */
	uint32_t vms;     /* struct region_vm, one for each VM of the system */
	uint32_t ring;    /* struct region_ring: messages for this VM */
	uint32_t tunnels; /* struct region_tunnel, tunnel_count of them */
	uint32_t tunnel_count;
	uint32_t packets; /* struct region_packets */
	uint64_t events;
};

/* The largest message that can be sent at all; a receiver's slots may be smaller. */
#define REGION_OUTBOX_BYTES 256u

/* Upcalls are masked: what is pending waits. */
#define REGION_UPCALL_MASKED 1u
#define REGION_UPCALL_LIMIT  256u

/* Numbers of a vCPU's own interrupts where the architecture gives them none (docs/upcall.md). */
#define REGION_UPCALL_IPI   254u
#define REGION_UPCALL_TIMER 255u

/*
 * Of one vCPU; each on cache lines of its own. What the hypervisor decided is consistent if
 * `sequence` was even before it was read and is the same after.
 */
struct region_vcpu {
	uint32_t sequence;
	uint32_t is_shared;        /* other vCPUs may have its core, too */
	uint64_t ran_ticks;        /* time that it had the core, up to its last dispatch */
	uint64_t dispatches;       /* times that it got the core */
	uint64_t preemptions;      /* times that it lost it while it wanted to run */
	uint64_t dispatched_ticks; /* the counter when it got the core last */
	uint64_t decision_ticks;   /* when the hypervisor will decide again, at the latest */
	uint64_t budget_ticks;     /* real time: what it may still run in this period, then */
	uint64_t deadline_ticks;   /* real time: of the current job */

	/* Interrupts by upcall (docs/upcall.md): bit n is interrupt n, where n < 256. */
	uint32_t upcall_masked; /* REGION_UPCALL_MASKED or 0; set by injections, else the guest's */
	uint32_t upcall_any;    /* not 0: a word of upcall_pending may be */
	uint64_t upcall_pending[4]; /* the guest takes them, and upcall_any, by exchange */
	uint64_t upcall_pc,
		upcall_state;  /* where the injection interrupted, and its PSTATE or sstatus */
	uint64_t upcall_entry; /* as told by UPCALL_SET; 0: none */

	uint8_t outbox[REGION_OUTBOX_BYTES] __attribute__((aligned(64)));
} __attribute__((aligned(64)));

struct region_vm {
	char name[REGION_NAME_SIZE]; /* ends with a NUL */
	uint32_t state;              /* enum vm_state (abi/stats.h) */
	uint32_t may_send;           /* 1: it takes messages from this VM; then its slots hold */
	uint32_t message_bytes;      /* so many bytes */
	uint32_t restarts;           /* times that it has begun anew */
};

/* Messages, from struct region_message at `slots` on, slot_bytes apart; a power of two of them. */
struct region_ring {
	uint32_t slots;
	uint32_t slot_count, slot_bytes, message_bytes;
	uint32_t written __attribute__((aligned(64))); /* by the hypervisor: messages so far */
	uint32_t wanted; /* by the hypervisor: 1: a sender met it full, and is to be told of room */
	uint32_t read __attribute__((aligned(64))); /* by the guest: done with so many of them */
};

struct region_message {
	uint32_t sender; /* number of a VM */
	uint32_t size_bytes;
	uint8_t data[];
};

#define REGION_TUNNELS_MOST 32u /* of a VM */

#define REGION_TUNNEL_WRITABLE  1u /* by this VM */
#define REGION_TUNNEL_OPEN      2u /* this side */
#define REGION_TUNNEL_PEER_OPEN 4u

struct region_tunnel {
	char name[REGION_NAME_SIZE];
	uint64_t address; /* guest-physical */
	uint64_t size_bytes;
	uint32_t peer;  /* number of a VM */
	uint32_t flags; /* REGION_TUNNEL_* */
	uint32_t rings; /* doorbells of the other side so far */
	uint32_t reserved;
};

/*
 * The packet device: two rings of slots of REGION_PACKET_SLOT bytes, each struct region_packet. The
 * guest writes packets into `send` and counts send_written up, then calls IO_SEND_PACKETS; it takes
 * those that came from `receive` and counts receive_read up. A packet begins with its destination
 * address; there is no checksum behind it.
 */
#define REGION_PACKET_SLOT 2048u
#define REGION_PACKET_MAX  1514u

struct region_packet {
	uint32_t size_bytes;
	uint32_t reserved;
	uint8_t data[];
};

struct region_packets {
	uint32_t send, receive; /* offsets of the slots */
	uint32_t slot_count;    /* of each; a power of two */
	uint8_t mac[6];         /* what the description gave it */
	uint8_t reserved[2];
	uint32_t send_read __attribute__((aligned(64)));    /* by the hypervisor */
	uint32_t receive_written;                           /* by the hypervisor */
	uint32_t send_written __attribute__((aligned(64))); /* by the guest */
	uint32_t receive_read;                              /* by the guest */
};

/* What a region has, as the description says; 0: no such part. */
struct region_parts {
	uint32_t vcpu_count, vm_count;
	uint32_t slot_count, message_bytes; /* messages */
	uint32_t tunnel_count;
	uint32_t packet_slots; /* of each of the two rings */
};

#define REGION_ALIGN(bytes, align) (((bytes) + (align)-1) & ~((uint64_t)(align)-1))

/* From one message's slot to the next. */
static inline uint32_t region_slot_bytes(uint32_t message_bytes)
{
	return (uint32_t)REGION_ALIGN(sizeof(struct region_message) + message_bytes, 8);
}

/*
 * Where the parts lie: fills the five offsets in *region (vcpus, vms, tunnels, ring, packets) and
 * returns the bytes of the whole. The slots of messages lie right behind struct region_ring, those
 * of packets right behind struct region_packets, first those to send. The host tool gives a region
 * whole pages of at least this size, and the hypervisor fills it.
 */
static inline uint64_t region_place(const struct region_parts *parts, struct region *region)
{
	uint64_t end = REGION_ALIGN(sizeof(struct region), 64);

	region->vcpus = (uint32_t)end;
	end += parts->vcpu_count * (uint64_t)sizeof(struct region_vcpu);
	region->vms = (uint32_t)end;
	end += parts->vm_count * (uint64_t)sizeof(struct region_vm);
	region->tunnels = parts->tunnel_count ? (uint32_t)end : 0;
	end += parts->tunnel_count * (uint64_t)sizeof(struct region_tunnel);
	end = REGION_ALIGN(end, 64);
	region->ring = parts->slot_count ? (uint32_t)end : 0;
	if (parts->slot_count)
		end += sizeof(struct region_ring) +
		       parts->slot_count * (uint64_t)region_slot_bytes(parts->message_bytes);
	end = REGION_ALIGN(end, 64);
	region->packets = parts->packet_slots ? (uint32_t)end : 0;
	if (parts->packet_slots)
		end += sizeof(struct region_packets) +
		       2 * parts->packet_slots * (uint64_t)REGION_PACKET_SLOT;
	return end;
}

#endif
