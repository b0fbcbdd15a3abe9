/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A region's packet rings. The hypervisor's counters are its own; of the guest's it reads each
 * once, and what makes no sense is an empty ring to send and a full one to receive.
 */
#include "hyp/comm/packets.h"

#include "abi/hypercall.h"
#include "hyp/comm/network.h"
#include "hyp/comm/region.h"
#include "hyp/core/hypercall.h"
#include "lib/bits.h"

/* A packet in a slot of the sender's ring. */
struct sent {
	struct packet packet; /* first: packet_piece gets it */
	const uint8_t *data;
};

static struct port *port_of(const struct comm_vm *comm)
{
	return network_port(comm->vm->plan->packet_port);
}

/* Of the ring to send, then of that to receive, which lies behind it. */
static struct region_packet *slot_of(const struct comm_vm *comm, bool receive, uint32_t index)
{
	const uint32_t slots = comm->vm->plan->packet_slots;

	index = (index & (slots - 1)) + (receive ? slots : 0);
	return (struct region_packet *)((char *)(comm->packets + 1) +
					(uint64_t)index * REGION_PACKET_SLOT);
}

static bool put(struct port *port, const struct packet *packet)
{
	struct comm_vm *comm = port->device;
	const uint32_t read = __atomic_load_n(&comm->packets->receive_read, __ATOMIC_ACQUIRE);
	struct region_packet *slot;

	if (comm->packets_received - read >= comm->vm->plan->packet_slots ||
		vm_state(comm->vm) != VM_RUNNING)
		return false;
	slot = slot_of(comm, true, comm->packets_received);
	packet_read(packet, 0, slot->data, packet->size_bytes);
	slot->size_bytes = packet->size_bytes;
	__atomic_store_n(
		&comm->packets->receive_written, ++comm->packets_received, __ATOMIC_RELEASE);
	region_announce(comm, REGION_EVENT_PACKET);
	return true;
}

static const struct port_face face = {.put = put};

void packets_init(struct comm_vm *comm)
{
	struct port *port;

	if (!comm->packets)
		return;
	port = port_of(comm);
	port->device = comm;
	port->face = &face;
}

static const uint8_t *piece(const struct packet *packet, uint32_t offset, uint32_t *bytes)
{
	const struct sent *sent = (const struct sent *)packet;

	*bytes = packet->size_bytes - offset;
	return sent->data + offset;
}

/* A packet that is none is dropped. */
static enum network_result send_one(struct comm_vm *comm, unsigned *steps)
{
	const struct region_packet *slot = slot_of(comm, false, comm->packets_sent);
	const struct sent sent = {
		.packet = {.size_bytes = __atomic_load_n(&slot->size_bytes, __ATOMIC_RELAXED),
			.piece = piece},
		.data = slot->data,
	};

	if (sent.packet.size_bytes < NETWORK_HEADER_BYTES ||
		sent.packet.size_bytes > NETWORK_PACKET_MOST) {
		--*steps;
		port_of(comm)->todo = 0; /* it was one when it was sent first, perhaps */
		return NETWORK_SENT;
	}
	return network_send(port_of(comm), &sent.packet, steps);
}

/*
 * One packet at a time from a port: one vCPU of the VM sends, and the others wait for it. One that
 * goes to more ports than an exit may serve takes several, and the guest does not see that.
 */
int64_t packets_send(struct vcpu *vcpu)
{
	struct comm_vm *comm = comm_vm_of(vcpu->vm);
	unsigned steps = NETWORK_STEPS;
	uint32_t count, taken = 0;

	if (!comm->packets)
		return HYPERCALL_DENIED;
	lock_take(&comm->send_lock);
	count = __atomic_load_n(&comm->packets->send_written, __ATOMIC_ACQUIRE) -
		comm->packets_sent;
	if (count > vcpu->vm->plan->packet_slots) {
		lock_release(&comm->send_lock);
		return HYPERCALL_WRONG_STATE;
	}
	for (; taken < count && steps && send_one(comm, &steps) == NETWORK_SENT; taken++)
		comm->packets_sent++;
	__atomic_store_n(&comm->packets->send_read, comm->packets_sent, __ATOMIC_RELEASE);
	lock_release(&comm->send_lock);
	return taken || count == 0 ? (int64_t)taken : HYPERCALL_REPEAT;
}

int64_t packets_set_mac(struct vcpu *vcpu, const uint64_t *args)
{
	struct comm_vm *comm = comm_vm_of(vcpu->vm);
	const uint64_t address = args[0];

	if (!comm->packets)
		return HYPERCALL_DENIED;
	if ((address & NETWORK_ADDRESS_GROUP) || address == 0 ||
		address >> 8 * NETWORK_ADDRESS_BYTES)
		return HYPERCALL_INVALID_PARAMETER;
	if (!network_set_address(port_of(comm), address))
		return HYPERCALL_DENIED;
	for (unsigned i = 0; i < sizeof(comm->packets->mac); i++)
		comm->packets->mac[i] = (uint8_t)(address >> 8 * i);
	return HYPERCALL_OK;
}

void packets_vm_left(struct comm_vm *comm)
{
	if (!comm->packets)
		return;
	network_port_left(port_of(comm));
	lock_take(&port_of(comm)->lock);
	comm->packets_received = 0;
	comm->packets_sent = 0;
	comm->packets->receive_read = 0;
	lock_release(&port_of(comm)->lock);
}
