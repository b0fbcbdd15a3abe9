/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Learning switches. A packet is copied from the sender's memory to each port that it is for, in
 * the sender's time; one port after the other, so that a sender which has no time left goes on
 * later where it was (port->todo). A port without room loses the packet, as with a real switch, and
 * no other port does.
 *
 * Learning follows IEEE 802.1D-2004: a source address is learnt for the port that it came in by
 * (7.8); a port's own address is a static entry, which learning does not change (7.9.1), so that no
 * guest can take another one's packets by its address. What was learnt is forgotten after a while
 * (7.9.2). Group addresses go to all ports but the one that they came from (7.7), those reserved
 * for bridges to nobody (7.12.6).
 */
#include "hyp/comm/network.h"

#include "arch/include/arch_cpu.h"
#include "hyp/core/extent.h"
#include "hyp/core/hyp.h"
#include "lib/bits.h"
#include "lib/copy.h"
#include "lib/string.h"

#define AGEING_S 300u /* 802.1D table 7-5, recommended */

/* 01-80-c2-00-00-00 to -0f, without the lowest four bits of the last byte. */
#define ADDRESS_RESERVED      0x0000c28001ull
#define ADDRESS_RESERVED_MASK 0xf0ffffffffffull

static struct network *network_at(unsigned index)
{
	return (struct network *)hyp_plan->networks + index;
}

static struct network *network_of(const struct port *port)
{
	return network_at(port->plan->network);
}

static unsigned index_of(const struct network *network, const struct port *port)
{
	return (unsigned)(port - network->ports);
}

struct port *network_port(unsigned index)
{
	struct network *network = network_at(hyp_plan->ports[index].network);

	return &network->ports[index - network->first];
}

/* The port whose own address that is, or NULL. */
static struct port *find_owner(struct network *network, uint64_t address)
{
	for (unsigned i = 0; i < network->port_count; i++) {
		if (network->ports[i].address == address)
			return &network->ports[i];
	}
	return 0;
}

/* The entry of an address that was seen lately, or NULL. */
static struct network_entry *find_learnt(struct network *network, uint64_t address, uint64_t now)
{
	for (unsigned i = 0; i < NETWORK_LEARNT_MOST; i++) {
		struct network_entry *entry = &network->learnt[i];

		if (entry->valid && entry->address == address)
			return now - entry->seen_ticks <= AGEING_S * hyp_plan->timer_frequency
				       ? entry
				       : 0;
	}
	return 0;
}

/*
 * Where that address is or was, else a free place, else that of the address that was not seen for
 * the longest time.
 */
static struct network_entry *place_for(struct network *network, uint64_t address)
{
	struct network_entry *best = &network->learnt[0];

	for (unsigned i = 0; i < NETWORK_LEARNT_MOST; i++) {
		struct network_entry *entry = &network->learnt[i];

		if (entry->valid && entry->address == address)
			return entry;
		if (best->valid && (!entry->valid || entry->seen_ticks < best->seen_ticks))
			best = entry;
	}
	return best;
}

static void learn(struct network *network, const struct port *port, uint64_t address)
{
	if ((address & NETWORK_ADDRESS_GROUP) || find_owner(network, address))
		return;
	*place_for(network, address) = (struct network_entry){
		.address = address,
		.seen_ticks = arch_cpu_ticks(),
		.port = index_of(network, port),
		.valid = true,
	};
}

/* The ports that an address is reached by, a bit each. */
static uint32_t ports_to(struct network *network, uint64_t address)
{
	const uint32_t all = (uint32_t)(BIT(network->port_count) - 1);
	const struct network_entry *entry;
	const struct port *owner;

	if (address & NETWORK_ADDRESS_GROUP)
		return (address & ADDRESS_RESERVED_MASK) == ADDRESS_RESERVED ? 0 : all;
	owner = find_owner(network, address);
	if (owner)
		return 1u << index_of(network, owner);
	entry = find_learnt(network, address, arch_cpu_ticks());
	return entry ? 1u << entry->port : all;
}

/* Learns whom the packet is from. Returns the ports that it goes to, never the one it came from. */
static uint32_t route(struct network *network, const struct port *port, const struct packet *packet)
{
	uint8_t addresses[2 * NETWORK_ADDRESS_BYTES]; /* destination, source */
	uint32_t ports;

	packet_read(packet, 0, addresses, sizeof(addresses));
	lock_take(&network->lock);
	learn(network, port, network_address(addresses + NETWORK_ADDRESS_BYTES));
	ports = ports_to(network, network_address(addresses));
	lock_release(&network->lock);
	return ports & ~(1u << index_of(network, port));
}

static void give(struct port *port, const struct packet *packet)
{
	lock_take(&port->lock);
	if (port->face && port->face->put(port, packet))
		port->stats.received++;
	else
		port->stats.lost++;
	lock_release(&port->lock);
}

/* A core that several vCPUs use is not kept for long: what is much to copy is all of an exit. */
static unsigned steps_of(const struct packet *packet)
{
	if (!HYP_SHARED)
		return 1;
	return 1 + packet->size_bytes / NETWORK_STEP_BYTES;
}

static void take_steps(unsigned *steps, unsigned count)
{
	*steps -= count < *steps ? count : *steps;
}

enum network_result network_send(struct port *port, const struct packet *packet, unsigned *steps)
{
	struct network *network = network_of(port);

	if (*steps == 0)
		return NETWORK_MORE;
	if (port->todo == 0) {
		port->stats.sent++;
		port->todo = route(network, port, packet);
		*steps -= port->todo == 0; /* for nobody: that is a step of work, too */
	}
	for (; port->todo; port->todo &= port->todo - 1) {
		if (*steps == 0)
			return NETWORK_MORE;
		take_steps(steps, steps_of(packet));
		give(&network->ports[bits_lowest(port->todo)], packet);
	}
	return NETWORK_SENT;
}

static void forget(struct network *network, const struct port *port)
{
	for (unsigned i = 0; i < NETWORK_LEARNT_MOST; i++) {
		if (network->learnt[i].port == index_of(network, port))
			network->learnt[i].valid = false;
	}
}

/* By the plan also while it has another one: it gets that back when its VM is stopped. */
static bool is_taken(const struct network *network, const struct port *by, uint64_t address)
{
	for (unsigned i = 0; i < network->port_count; i++) {
		const struct port *port = &network->ports[i];

		if (port != by &&
			(port->address == address || network_address(port->plan->mac) == address))
			return true;
	}
	return false;
}

bool network_set_address(struct port *port, uint64_t address)
{
	struct network *network = network_of(port);
	bool taken;

	lock_take(&network->lock);
	taken = is_taken(network, port, address);
	if (!taken)
		port->address = address;
	lock_release(&network->lock);
	return !taken;
}

void network_port_left(struct port *port)
{
	struct network *network = network_of(port);

	lock_take(&network->lock);
	port->address = network_address(port->plan->mac);
	forget(network, port);
	lock_release(&network->lock);
	port->todo = 0;
}

void network_init(void)
{
	for (unsigned i = hyp_plan->port_count; i-- > 0;) {
		const struct plan_port *plan = &hyp_plan->ports[i];
		struct network *network = network_at(plan->network);

		CHECK(plan->network < hyp_plan->network_count &&
			network->port_count < NETWORK_PORTS_MOST);
		network->first = (uint16_t)i; /* the ports of a network lie together */
		network->port_count++;
	}
	for (unsigned i = 0; i < hyp_plan->port_count; i++) {
		struct port *port = network_port(i);

		port->plan = &hyp_plan->ports[i];
		port->address = network_address(port->plan->mac);
	}
}

void packet_read(const struct packet *packet, uint32_t offset, void *to, uint32_t count)
{
	while (count > 0) {
		uint32_t bytes = 0;
		const uint8_t *from = packet->piece(packet, offset, &bytes);

		if (!from) {
			memset(to, 0, count);
			return;
		}
		if (bytes > count)
			bytes = count;
		copy_bytes(to, from, bytes);
		to = (char *)to + bytes;
		offset += bytes;
		count -= bytes;
	}
}
