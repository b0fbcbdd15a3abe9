/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio console devices (virtio 1.2, 5.3): the device, its control queues, and port 0, the VM's
 * console. A driver that does not take several ports has that one.
 */
#include "hyp/comm/virtio_console.h"

#include <stddef.h>

#include "hyp/comm/virtio_messages.h"
#include "hyp/core/console.h"
#include "hyp/core/extent.h"
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

/* What one exit does at most: less where others wait for the core. */
#define CONTROLS_AT_ONCE   (HYP_SHARED ? 4u : 8u)
#define CHARACTERS_AT_ONCE (HYP_SHARED ? 16u : 32u)
#define EMPTY_AT_ONCE      4u /* buffers without anything in them */

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

void virtio_console_used(
	struct virtio_console *console, unsigned queue, bool is_broken, struct guest_memory *memory)
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

static uint16_t show_open(struct virtio_console *console, unsigned port)
{
	const bool is_open = virtio_messages_is_open(console, port);

	console->shown &= ~BIT(port);
	console->shown |= is_open ? BIT(port) : 0;
	return is_open;
}

/* The name follows its control message, without a NUL. */
static uint32_t write_news(struct virtio_console *console, struct virtqueue_buffer *buffer,
	unsigned port, unsigned kind)
{
	static const uint8_t events[NEWS_KINDS] = {PORT_ADD, CONSOLE_PORT, NAME, OPEN};
	const struct control control = {
		.port = port,
		.event = events[kind],
		.value = kind == NEWS_OPEN ? show_open(console, port) : 1,
	};
	uint32_t written = virtqueue_write(buffer, &control, sizeof(control)), length = 0;

	if (kind == NEWS_NAME) {
		while (name_of(port)[length] != '\0')
			length++;
		written += virtqueue_write(buffer, name_of(port), length);
	}
	return written;
}

bool virtio_console_tell(struct virtio_console *console, struct guest_memory *memory, unsigned most)
{
	struct virtqueue *queue = &console->queues[CONTROL_RECEIVE];
	enum virtqueue_result result;
	struct virtqueue_buffer buffer;
	unsigned port, kind, told;
	uint32_t written;

	if (!console->is_ready || !virtio_is_live(&console->virtio, CONTROL_RECEIVE))
		return false;
	for (told = 0; told < most && next_news(console, &port, &kind); told++) {
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
	return told == most;
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
	more = virtio_console_tell(console, memory, CONTROLS_AT_ONCE);
	return more || heard == CONTROLS_AT_ONCE ? MMIO_BUSY : MMIO_DONE;
}

/* Prints more of the buffer; returns whether all of it has been printed. */
static bool print_buffer(struct virtio_console *console, struct virtqueue_buffer *buffer)
{
	const uint32_t bytes = virtqueue_readable(buffer);
	char text[CHARACTERS_AT_ONCE];
	uint32_t count, gathered = 0;
	const uint8_t *piece;

	virtqueue_skip(buffer, console->printed);
	while (gathered < sizeof(text) && (piece = virtqueue_piece(buffer, false,
						   (uint32_t)sizeof(text) - gathered, &count))) {
		for (uint32_t i = 0; i < count; i++)
			text[gathered++] = (char)__atomic_load_n(&piece[i], __ATOMIC_RELAXED);
	}
	console->printed += (uint32_t)console_vm_write(console->virtio.vm, text, gathered);
	return console->printed >= bytes || buffer->is_broken;
}

/* What the console cannot take now, or not in this exit, stays in the queue: one buffer at once. */
static enum mmio_result print(struct virtio_console *console, struct guest_memory *memory)
{
	unsigned left = console_make_room() ? EMPTY_AT_ONCE : 0;
	enum virtqueue_result result;
	struct virtqueue_buffer buffer;

	for (;;) {
		result = virtqueue_next(&console->queues[1], memory, &buffer);
		if (result != VIRTQUEUE_BUFFER)
			break;
		if (left == 0 || !print_buffer(console, &buffer))
			return MMIO_BUSY;
		left = console->printed ? 0 : left - 1; /* an empty buffer costs time, too */
		console->printed = 0;
		virtio_console_used(console, 1, !virtqueue_used(&buffer, 0), memory);
		if (!virtio_is_live(&console->virtio, 1))
			return MMIO_DONE;
	}
	if (result == VIRTQUEUE_BROKEN)
		virtio_break(&console->virtio);
	return MMIO_DONE;
}

/* Characters from `input_first` on, as many as lie in one piece. */
static uint32_t write_input(struct virtio_console *console, struct virtqueue_buffer *buffer)
{
	uint32_t count = VIRTIO_CONSOLE_INPUT - console->input_first, written;

	if (count > console->input_count)
		count = console->input_count;
	written = virtqueue_write(buffer, &console->input[console->input_first], count);
	console->input_first = (console->input_first + written) % VIRTIO_CONSOLE_INPUT;
	console->input_count -= written;
	return written;
}

static void give_input(struct virtio_console *console, struct guest_memory *memory)
{
	enum virtqueue_result result = VIRTQUEUE_EMPTY;
	struct virtqueue_buffer buffer;
	uint32_t written = 0;
	bool is_broken;

	while (console->input_count > 0 && virtio_is_live(&console->virtio, 0)) {
		result = virtqueue_next(&console->queues[0], memory, &buffer);
		if (result == VIRTQUEUE_EMPTY)
			return;
		if (result == VIRTQUEUE_BUFFER)
			written = write_input(console, &buffer);
		is_broken = result == VIRTQUEUE_BROKEN || written == 0 ||
			    !virtqueue_used(&buffer, written);
		virtio_console_used(console, 0, is_broken, memory);
	}
}

bool virtio_console_has_input(const struct vm *vm)
{
	const struct virtio_console *console = virtio_console_of(vm);

	return console && (console->ports & 1);
}

bool virtio_console_input(struct vm *vm, char c)
{
	struct virtio_console *console = virtio_console_of(vm);
	struct guest_memory memory;

	if (!console || !(console->ports & 1))
		return false;
	lock_take(&console->virtio.lock);
	if (console->input_count < VIRTIO_CONSOLE_INPUT) {
		console->input[(console->input_first + console->input_count++) %
			       VIRTIO_CONSOLE_INPUT] = c;
		guest_memory_open(&memory, vm, GUEST_SIDE_OTHER);
		give_input(console, &memory);
		guest_memory_close(&memory);
	}
	lock_release(&console->virtio.lock);
	return true;
}

static enum mmio_result notify(struct virtio *device, unsigned index)
{
	struct virtio_console *console = console_of(device);
	enum mmio_result result = MMIO_DONE;
	struct guest_memory memory;

	guest_memory_open(&memory, device->vm, GUEST_SIDE_OWN);
	if (index == 0)
		give_input(console, &memory);
	else if (index == 1)
		result = print(console, &memory);
	else if (index == CONTROL_RECEIVE)
		result = virtio_console_tell(console, &memory, CONTROLS_AT_ONCE) ? MMIO_BUSY
										 : MMIO_DONE;
	else if (index == CONTROL_SEND)
		result = hear_all(console, &memory);
	else
		result = virtio_messages_notify(console, index, &memory);
	guest_memory_close(&memory);
	return result;
}

/* One character, whatever the driver has negotiated (5.3.4). */
static enum mmio_result write_config(struct virtio *device, struct mmio_access *access)
{
	if (access->address != EMERG_WRITE_AT)
		return MMIO_DONE;
	if (!console_make_room())
		return MMIO_BUSY;
	console_vm_put(device->vm, (char)access->value);
	return MMIO_DONE;
}

static void reset(struct virtio *device)
{
	struct virtio_console *console = console_of(device);

	console->known = console->shown = 0;
	memset(console->news, 0, sizeof(console->news));
	console->is_ready = false;
	console->printed = 0;
	console->input_first = console->input_count = 0;
	virtio_messages_stop(console);
}

static void start_queue(struct virtio *device, unsigned index)
{
	if (index == 1)
		console_of(device)->printed = 0;
}

/* Buffers for input may have been there before the driver was up. */
static void start(struct virtio *device)
{
	struct guest_memory memory;

	guest_memory_open(&memory, device->vm, GUEST_SIDE_OWN);
	give_input(console_of(device), &memory);
	guest_memory_close(&memory);
}

static void stop(struct virtio *device)
{
	virtio_messages_stop(console_of(device));
}

static const struct virtio_model model = {
	.device_id = DEVICE_CONSOLE,
	.features = VIRTIO_F_VERSION_1 | F_MULTIPORT | F_EMERG_WRITE,
	.queue_most = queue_most,
	.notify = notify,
	.reset = reset,
	.start_queue = start_queue,
	.start = start,
	.stop = stop,
	.write_config = write_config,
	.settle = virtio_messages_settle,
};

_Static_assert(sizeof(struct virtio_console) <= VIRTIO_STATE_BYTES, "VIRTIO_STATE_BYTES");

void virtio_console_init(struct virtio *device)
{
	struct virtio_console *console = console_of(device);

	console->ports = device->plan->is_console ? 1 : 0;
	virtio_messages_init(console);
	console->config.max_nr_ports = 1;
	for (uint64_t ports = console->ports; ports > 1; ports >>= 1)
		console->config.max_nr_ports++;
	device->model = &model;
	device->queues = console->queues;
	device->queue_count = 2 + 2 * console->config.max_nr_ports;
	device->config = &console->config;
	device->config_bytes = sizeof(console->config);
}

struct virtio_console *virtio_console_of(const struct vm *vm)
{
	for (unsigned i = 0; i < hyp_plan->virtio_count; i++) {
		if (hyp_plan->virtio[i].kind == PLAN_VIRTIO_CONSOLE &&
			hyp_plan->virtio[i].vm == vm->plan->id)
			return console_of(virtio_at(i));
	}
	return NULL;
}
