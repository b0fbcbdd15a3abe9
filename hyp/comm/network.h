/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Networks: learning switches between ports (IEEE 802.1D-2004, clause 7, without a spanning tree:
 * only a guest could connect two of them into a loop).
 *
 * A port is one of two faces of the same thing: a region's packet rings (packets.c), or a virtio
 * network device (virtio_net.c).
 */
#ifndef HYP_COMM_NETWORK_H
#define HYP_COMM_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/plan.h"
#include "abi/stats.h"
#include "lib/lock.h"

#define NETWORK_ADDRESS_BYTES 6u
#define NETWORK_HEADER_BYTES  14u   /* a packet has at least these: two addresses and a type */
#define NETWORK_PACKET_MOST   1514u /* bytes */
#define NETWORK_PORTS_MOST    32u   /* of a network */
#define NETWORK_LEARNT_MOST   32u   /* addresses that a network remembers */

/* Packets are given to so many ports in one exit at most: what it costs is bounded. */
#define NETWORK_STEPS 4u

/* Where cores are shared a packet takes another step for each so many bytes: the longest, all. */
#define NETWORK_STEP_BYTES 384u

/*
 * A packet that a port sends. It may lie in pieces: `piece` returns where the byte at `offset`
 * (below size_bytes) is, and in *bytes how many (1 or more) follow there; NULL if it is nowhere,
 * and then the rest of the packet reads as zeros. What it returned before may be gone then. The
 * sender's face embeds this and finds what it needs around it.
 */
struct packet {
	uint32_t size_bytes; /* NETWORK_HEADER_BYTES..NETWORK_PACKET_MOST */
	const uint8_t *(*piece)(const struct packet *packet, uint32_t offset, uint32_t *bytes);
};

/* Copies `count` bytes from `offset` on; for whom it is put to. */
void packet_read(const struct packet *packet, uint32_t offset, void *to, uint32_t count);

struct port;

struct port_face {
	/*
	 * Gives the packet to the guest behind the port, and tells it (interrupt). Returns false
	 * if there is no room, or the guest does not want any: the packet is lost for this port.
	 * port->lock is held; on the sender's CPU, in the sender's time: bounded, whatever the
	 * guest wrote.
	 */
	bool (*put)(struct port *port, const struct packet *packet);
};

struct port {
	const struct plan_port *plan;
	const struct port_face *face; /* NULL: nobody is there, packets are lost */
	void *device;                 /* the face's own */
	struct lock lock;             /* of receiving: guards what `put` uses, stats but sent */
	struct port_stats stats;      /* sent: the sender's, as `todo` */

	uint64_t address; /* its own, first byte lowest; guarded by the network's lock */
	uint32_t todo;    /* the sender's: ports that its packet is yet to be put to, a bit each */
};

/* An address that was seen as a packet's source. */
struct network_entry {
	uint64_t address, seen_ticks;
	unsigned port; /* index in the network */
	bool valid;
};

/* In plan.networks. */
struct network {
	struct lock lock; /* guards learnt, and the ports' own addresses */
	uint16_t first, port_count;
	struct network_entry learnt[NETWORK_LEARNT_MOST];
	struct port ports[NETWORK_PORTS_MOST];
};

/* Port `index` of plan.ports. */
struct port *network_port(unsigned index);

enum network_result {
	NETWORK_SENT, /* the packet has been given to whom it is for, or is for nobody */
	NETWORK_MORE, /* *steps is 0: the same packet is to be sent again, which goes on with it */
};

/*
 * Sends a packet from `port`, whose own sending the caller serializes (one packet at a time from
 * one port; port->lock is not held). Each port that it is given to takes one of *steps, or several
 * if it is long, and one that is for nobody takes one, too; the caller sets it to NETWORK_STEPS
 * once in an exit.
 */
enum network_result network_send(struct port *port, const struct packet *packet, unsigned *steps);

/* An address as a number, its first byte lowest. */
static inline uint64_t network_address(const uint8_t *mac)
{
	uint64_t address = 0;

	for (unsigned i = NETWORK_ADDRESS_BYTES; i-- > 0;)
		address = address << 8 | mac[i];
	return address;
}

#define NETWORK_ADDRESS_GROUP 1u /* bit of an address */

/*
 * Sets the port's own address, no group's, which is learnt from nobody else. Returns false if it is
 * another port's own, by the plan or now.
 */
bool network_set_address(struct port *port, uint64_t address);

/* The port's VM was stopped: its address is the plan's again, and all else of it is forgotten. */
void network_port_left(struct port *port);

/* Connects the plan's ports and memory. At start-up, before any face sets itself. */
void network_init(void);

#endif
