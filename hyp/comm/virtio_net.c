/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio network devices (virtio 1.2, 5.1), without offloads: a packet leaves as it is, and is
 * written into one buffer. Nothing waits in the device: a packet that its guest has no buffer for
 * is lost, as on a wire, and so the guest need not tell of new ones.
 */
#include "hyp/comm/virtio_net.h"

#include <stddef.h>

#include "hyp/core/vm.h"
#include "lib/string.h"

#define DEVICE_NET      1u
#define F_MAC           BIT(5)
#define QUEUE_MOST      256u
#define HEADER_BYTES    12u /* before each packet (5.1.6): the last two are num_buffers */
#define HEADER_BUFFERS  10u
#define PACKETS_AT_ONCE NETWORK_STEPS /* also those that nobody gets cost time */

/* The guest's packet that is being sent: in its buffer, behind the header. */
struct sending {
	struct packet packet;
	struct virtqueue_buffer buffer;

	/* The piece that was returned last, which is still mapped. */
	const uint8_t *piece;
	uint32_t piece_at, piece_bytes;
};

static struct virtio_net *net_of(struct virtio *device)
{
	return (struct virtio_net *)device;
}

static uint32_t queue_most(const struct virtio *device, unsigned index)
{
	(void)device;
	(void)index;
	return QUEUE_MOST;
}

/* Goes to byte `offset` of the packet and maps what is there. */
static void find_piece(struct sending *sending, uint32_t offset)
{
	struct virtqueue_buffer *buffer = &sending->buffer;
	const uint32_t wanted = offset + HEADER_BYTES;

	if (wanted < buffer->passed)
		virtqueue_rewind(buffer);
	virtqueue_skip(buffer, wanted - buffer->passed);
	sending->piece_at = offset;
	sending->piece = virtqueue_piece(
		buffer, false, sending->packet.size_bytes - offset, &sending->piece_bytes);
}

static const uint8_t *piece_of(const struct packet *packet, uint32_t offset, uint32_t *bytes)
{
	struct sending *sending = (struct sending *)packet;

	if (!sending->piece || offset - sending->piece_at >= sending->piece_bytes)
		find_piece(sending, offset);
	*bytes = sending->piece_bytes - (offset - sending->piece_at);
	return sending->piece ? sending->piece + (offset - sending->piece_at) : NULL;
}

/* Whether the guest's chain is too short, too long or broken, the network does not get it. */
static bool is_packet(struct sending *sending)
{
	const uint32_t bytes = virtqueue_readable(&sending->buffer);

	sending->packet = (struct packet){.size_bytes = bytes - HEADER_BYTES, .piece = piece_of};
	sending->piece = NULL;
	return bytes >= HEADER_BYTES + NETWORK_HEADER_BYTES &&
	       bytes <= HEADER_BYTES + NETWORK_PACKET_MOST;
}

/* If a packet was under way, it is not the next one. */
static void start_queue(struct virtio *device, unsigned index)
{
	if (index == VIRTIO_NET_SEND)
		net_of(device)->port->todo = 0;
}

enum outcome { SENT, NOTHING, MORE, BROKEN };

static enum outcome send_one(struct virtio_net *net, struct guest_memory *memory, unsigned *steps)
{
	struct sending sending;

	switch (virtqueue_next(&net->queues[VIRTIO_NET_SEND], memory, &sending.buffer)) {
	case VIRTQUEUE_EMPTY:
		return NOTHING;
	case VIRTQUEUE_BROKEN:
		return BROKEN;
	case VIRTQUEUE_BUFFER:
		break;
	}
	if (!is_packet(&sending)) {
		start_queue(&net->virtio, VIRTIO_NET_SEND);
		net->lost++;
	} else if (network_send(net->port, &sending.packet, steps) == NETWORK_MORE) {
		return MORE;
	}
	return virtqueue_used(&sending.buffer, 0) ? SENT : BROKEN;
}

static void interrupt_if_wanted(struct virtio_net *net, unsigned queue, struct guest_memory *memory)
{
	if (virtqueue_wants_interrupt(&net->queues[queue], memory))
		virtio_interrupt(&net->virtio);
}

static enum mmio_result send(struct virtio_net *net, struct guest_memory *memory)
{
	enum outcome outcome = MORE;
	unsigned steps = NETWORK_STEPS, sent = 0;

	while (sent < PACKETS_AT_ONCE) {
		outcome = send_one(net, memory, &steps);
		if (outcome != SENT)
			break;
		sent++;
	}
	virtio_lock_shared(&net->virtio);
	if (outcome == BROKEN)
		virtio_break(&net->virtio);
	else if (sent > 0)
		interrupt_if_wanted(net, VIRTIO_NET_SEND, memory);
	virtio_unlock_shared(&net->virtio);
	return outcome == NOTHING || outcome == BROKEN ? MMIO_DONE : MMIO_BUSY;
}

static enum mmio_result notify(struct virtio *device, unsigned index)
{
	struct virtio_net *net = net_of(device);
	enum mmio_result result = MMIO_DONE;
	struct guest_memory memory;

	guest_memory_open(&memory, device->vm, GUEST_SIDE_OWN);
	if (index == VIRTIO_NET_SEND) {
		result = send(net, &memory);
	} else {
		virtio_lock_shared(device);
		virtqueue_set_quiet(&net->queues[VIRTIO_NET_RECEIVE], &memory, true);
		virtio_unlock_shared(device);
	}
	guest_memory_close(&memory);
	return result;
}

static bool write_packet(struct virtqueue_buffer *buffer, const struct packet *packet)
{
	static const uint8_t header[HEADER_BYTES] = {[HEADER_BUFFERS] = 1};
	uint32_t done = 0, count;
	uint8_t *piece;

	if (virtqueue_write(buffer, header, HEADER_BYTES) < HEADER_BYTES)
		return false;
	while (done < packet->size_bytes) {
		piece = virtqueue_piece(buffer, true, packet->size_bytes - done, &count);
		if (!piece)
			return false;
		packet_read(packet, done, piece, count);
		done += count;
	}
	return true;
}

/* A buffer that is too small for the packet stays for a smaller one. */
static bool put_into(
	struct virtio_net *net, struct guest_memory *memory, const struct packet *packet)
{
	struct virtqueue *queue = &net->queues[VIRTIO_NET_RECEIVE];
	enum virtqueue_result result;
	struct virtqueue_buffer buffer;

	result = virtqueue_next(queue, memory, &buffer);
	if (result == VIRTQUEUE_BUFFER && write_packet(&buffer, packet)) {
		if (virtqueue_used(&buffer, HEADER_BYTES + packet->size_bytes)) {
			interrupt_if_wanted(net, VIRTIO_NET_RECEIVE, memory);
			return true;
		}
		result = VIRTQUEUE_BROKEN;
	}
	if (result == VIRTQUEUE_BROKEN || (result == VIRTQUEUE_BUFFER && buffer.is_broken))
		virtio_break(&net->virtio);
	return false;
}

static bool put(struct port *port, const struct packet *packet)
{
	struct virtio_net *net = port->device;
	struct guest_memory memory;
	bool done;

	if (!virtio_is_live(&net->virtio, VIRTIO_NET_RECEIVE))
		return false;
	guest_memory_open(&memory, net->virtio.vm, GUEST_SIDE_OTHER);
	done = put_into(net, &memory, packet);
	guest_memory_close(&memory);
	return done;
}

static void reset(struct virtio *device)
{
	network_port_left(net_of(device)->port);
}

static const struct virtio_model model = {
	.device_id = DEVICE_NET,
	.features = VIRTIO_F_VERSION_1 | F_MAC,
	.queue_most = queue_most,
	.notify = notify,
	.reset = reset,
	.start_queue = start_queue,
};

_Static_assert(sizeof(struct virtio_net) <= VIRTIO_STATE_BYTES, "VIRTIO_STATE_BYTES");

static const struct port_face face = {.put = put};

void virtio_net_init(struct virtio *device)
{
	struct virtio_net *net = net_of(device);

	net->port = network_port(device->plan->port);
	net->port->face = &face;
	net->port->device = net;
	memcpy(net->mac, net->port->plan->mac, sizeof(net->mac));
	device->model = &model;
	device->shared = &net->port->lock;
	device->queues = net->queues;
	device->queue_count = VIRTIO_NET_QUEUES;
	device->config = net->mac;
	device->config_bytes = sizeof(net->mac);
}
