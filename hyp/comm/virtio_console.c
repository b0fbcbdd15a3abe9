/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio console devices (virtio 1.2, 5.3): the device, its control queues, and port 0, the VM's
 * console. A driver that does not take several ports has that one.
 */
#include "hyp/comm/virtio_console.h"

#include "hyp/comm/virtio_messages.h"
#include "hyp/core/console.h"
#include "hyp/core/vm.h"
#include "lib/string.h"

#define DEVICE_CONSOLE 3u
#define F_MULTIPORT    BIT(1)
#define F_EMERG_WRITE  BIT(2)
#define EMERG_WRITE_AT 0x108u /* config.emerg_wr */

#define CONTROL_RECEIVE 2u
#define CONTROL_SEND    3u
#define CONTROL_MOST    32u /* buffers of the control queues */
#define DATA_MOST       16u /* of the others */

/* What one exit does at most. */
#define CONTROLS_AT_ONCE   8u
#define CHARACTERS_AT_ONCE 32u

struct control {
	uint32_t port;
	uint16_t event, value;
};

enum event { DEVICE_READY, PORT_ADD, PORT_REMOVE, PORT_READY, CONSOLE_PORT, RESIZE, OPEN, NAME };

static struct virtio_console *console_of(struct virtio *device)
{
	return (struct virtio_console *)device;
}

static uint32_t queue_most(const struct virtio *device, unsigned index)
{
	(void)device;
	return index == CONTROL_RECEIVE || index == CONTROL_SEND ? CONTROL_MOST : DATA_MOST;
}

void virtio_console_used(struct virtio_console *console, unsigned queue, bool is_broken,
	struct guest_memory *memory)
{
	if (is_broken)
		virtio_break(&console->virtio);
	else if (virtqueue_wants_interrupt(&console->queues[queue], memory))
		virtio_interrupt(&console->virtio);
}

/* The port and the kind of the next news; false if there are none. */
static bool next_news(const struct virtio_console *console, unsigned *port, unsigned *kind)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < NEWS_KINDS; i++)
		any |= console->news[i];
	if (!any)
		return false;
	*port = bits_lowest(any);
	*kind = 0;
	while (!(console->news[*kind] >> *port & 1))
		++*kind;
	return true;
}

static const char *name_of(unsigned port)
{
	return port == 0 ? "console" : hyp_plan->vms[port - 1].name;
}

/* The name follows its control message, without a NUL. */
static uint32_t write_news(struct virtio_console *console, struct virtqueue_buffer *buffer,
	unsigned port, unsigned kind)
{
	static const uint8_t events[NEWS_KINDS] = {PORT_ADD, CONSOLE_PORT, NAME, OPEN};
	const struct control control = {
		.port = port,
		.event = events[kind],
		.value = kind == NEWS_OPEN ? virtio_messages_is_open(console, port) : 1,
	};
	uint32_t written = virtqueue_write(buffer, &control, sizeof(control)), length = 0;

	if (kind == NEWS_NAME) {
		while (name_of(port)[length] != '\0')
			length++;
		written += virtqueue_write(buffer, name_of(port), length);
	}
	return written;
}

bool virtio_console_tell(struct virtio_console *console, struct guest_memory *memory)
{
	struct virtqueue *queue = &console->queues[CONTROL_RECEIVE];
	enum virtqueue_result result;
	struct virtqueue_buffer buffer;
	unsigned port, kind, told;
	uint32_t written;

	if (!console->is_ready || !virtio_is_live(&console->virtio, CONTROL_RECEIVE))
		return false;
	for (told = 0; told < CONTROLS_AT_ONCE && next_news(console, &port, &kind); told++) {
		result = virtqueue_next(queue, memory, &buffer);
		if (result == VIRTQUEUE_BUFFER) {
			written = write_news(console, &buffer, port, kind);
			console->news[kind] &= ~BIT(port);
			if (buffer.is_broken || !virtqueue_used(&buffer, written))
				result = VIRTQUEUE_BROKEN;
		}
		if (result != VIRTQUEUE_EMPTY)
			virtio_console_used(
				console, CONTROL_RECEIVE, result == VIRTQUEUE_BROKEN, memory);
		if (result != VIRTQUEUE_BUFFER)
			return false;
	}
	return told == CONTROLS_AT_ONCE;
}

static void hear_port_ready(struct virtio_console *console, unsigned port)
{
	console->known |= BIT(port);
	if (port == 0)
		console->news[NEWS_CONSOLE] |= 1;
	console->news[NEWS_NAME] |= BIT(port);
	console->news[NEWS_OPEN] |= BIT(port);
}

/* A port that is not there has nothing to be said of. */
static void hear(struct virtio_console *console, const struct control *control)
{
	const bool is_port = control->port < 64 && (console->ports >> control->port & 1);

	if (control->event == DEVICE_READY && control->value == 1 && !console->is_ready) {
		console->is_ready = true;
		console->news[NEWS_ADD] = console->ports;
	} else if (control->event == PORT_READY && control->value == 1 && is_port) {
		hear_port_ready(console, control->port);
	} else if (control->event == OPEN && is_port) {
		console->open &= ~BIT(control->port);
		console->open |= control->value ? BIT(control->port) : 0;
		virtio_messages_opened(console, control->port);
	}
}

/* The driver may wait for each of its control messages to be used. */
static enum mmio_result hear_all(struct virtio_console *console, struct guest_memory *memory)
{
	enum virtqueue_result result = VIRTQUEUE_EMPTY;
	struct virtqueue_buffer buffer;
	struct control control;
	unsigned heard;
	bool more;

	for (heard = 0; heard < CONTROLS_AT_ONCE; heard++) {
		result = virtqueue_next(&console->queues[CONTROL_SEND], memory, &buffer);
		if (result != VIRTQUEUE_BUFFER)
			break;
		if (virtqueue_read(&buffer, &control, sizeof(control)) == sizeof(control))
			hear(console, &control);
		if (!virtqueue_used(&buffer, 0)) {
			result = VIRTQUEUE_BROKEN;
			break;
		}
	}
	if (heard > 0 || result == VIRTQUEUE_BROKEN)
		virtio_console_used(console, CONTROL_SEND, result == VIRTQUEUE_BROKEN, memory);
	more = virtio_console_tell(console, memory);
	return more || heard == CONTROLS_AT_ONCE ? MMIO_BUSY : MMIO_DONE;
}

/* Prints up to *left bytes more of the buffer; returns whether that was its end. */
static bool print_buffer(
	struct virtio_console *console, struct virtqueue_buffer *buffer, unsigned *left)
{
	const uint8_t *piece = buffer->memory ? virtqueue_skip(buffer, console->printed) : 0;
	uint32_t count = 0;

	(void)piece;
	while (*left > 0) {
		piece = virtqueue_piece(buffer, false, *left, &count);
		if (!piece)
			return true;
		for (uint32_t i = 0; i < count; i++)
			console_vm_put(console->virtio.vm, (char)__atomic_load_n(&piece[i],
								   __ATOMIC_RELAXED));
		console->printed += count;
		*left -= count;
	}
	return false;
}
