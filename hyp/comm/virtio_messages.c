/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages through the ports of a virtio console. A message goes from the sender's buffer into the
 * receiver's ring (message.c), and from there into a buffer of the receiver's port, if that has
 * such a device. Meanwhile one device's lock at a time is held: what a device finds to be done for
 * another one is noted, and done after (settle).
 */
#include "hyp/comm/virtio_messages.h"

#include <stddef.h>

#include "abi/hypercall.h"
#include "hyp/comm/message.h"
#include "lib/bits.h"
#include "lib/string.h"

/* What one exit does at most for a device. */
#define SENT_AT_ONCE      4u
#define DELIVERED_AT_ONCE 4u
#define SETTLED_AT_ONCE   6u

/* VMs whose device has something to settle, a bit each; atomic. */
static uint32_t unsettled;

static bool may_send(unsigned from, unsigned to)
{
	return hyp_plan->vms[to].senders >> from & 1;
}

static uint32_t bit_of(const struct virtio_console *console)
{
	return 1u << console->virtio.vm->plan->id;
}

static void note(const struct virtio_console *console)
{
	__atomic_fetch_or(&unsettled, bit_of(console), __ATOMIC_RELEASE);
}

void virtio_messages_init(struct virtio_console *console)
{
	const unsigned self = console->virtio.vm->plan->id;

	if (!console->virtio.plan->has_messages)
		return;
	console->comm = comm_vm_of(console->virtio.vm);
	console->comm->reader = console;
	for (unsigned i = 0; i < hyp_plan->vm_count; i++) {
		if (i != self && comm_vm_at(i) && (may_send(i, self) || may_send(self, i)))
			console->ports |= BIT(1 + i);
	}
}

/* For message.c, and for the others: whom the VM takes messages from. */
static void set_listening(struct virtio_console *console)
{
	if (console->comm)
		__atomic_store_n(&console->comm->listening, (uint32_t)(console->open >> 1),
			__ATOMIC_RELEASE);
}

/* Nobody takes messages any more: what waits is dropped, and who waits to send is told. */
void virtio_messages_stop(struct virtio_console *console)
{
	console->delivered = 0;
	console->open = console->refused = console->retry = 0;
	if (!console->comm)
		return;
	console->changed = (uint32_t)(console->ports >> 1);
	console->arrived |= bit_of(console);
	set_listening(console);
	note(console);
}

void virtio_messages_opened(struct virtio_console *console, unsigned port)
{
	set_listening(console);
	if (port == 0)
		return;
	console->changed |= 1u << (port - 1);
	console->arrived |= bit_of(console); /* what may wait for it */
	note(console);
}

bool virtio_messages_is_open(const struct virtio_console *console, unsigned port)
{
	const struct comm_vm *comm = port > 0 ? comm_vm_at(port - 1) : NULL;
	const unsigned self = console->virtio.vm->plan->id;

	if (port == 0)
		return true;
	if (vm_state(vm_at(port - 1)) != VM_RUNNING)
		return false;
	return !may_send(self, port - 1) || !comm->reader ||
	       (__atomic_load_n(&comm->listening, __ATOMIC_ACQUIRE) >> self & 1);
}

/*
 * Copied before the receiver's lock is taken: how long that takes is the sender's to choose.
 * Returns false if the receiver is full: the buffer stays.
 */
static bool send_buffer(
	struct virtio_console *console, struct virtqueue_buffer *buffer, unsigned port)
{
	uint8_t data[REGION_OUTBOX_BYTES] __attribute__((aligned(8)));
	const uint32_t bytes = virtqueue_readable(buffer);
	int64_t result = HYPERCALL_INVALID_PARAMETER;
	struct message message;

	if (bytes > 0 && bytes <= sizeof(data) && virtqueue_read(buffer, data, bytes) == bytes)
		result = message_begin(console->comm, port - 1, bytes, &message);
	if (result == HYPERCALL_FULL)
		return false;
	if (result == HYPERCALL_OK) {
		memcpy(message.data, data, bytes);
		message_end(&message, 0);
		console->arrived |= 1u << (port - 1);
		note(console);
	} else {
		console->lost++;
	}
	return true;
}

static enum mmio_result send(
	struct virtio_console *console, unsigned port, struct guest_memory *memory)
{
	const unsigned queue = virtio_console_send_queue(port);
	struct virtqueue_buffer buffer;

	for (unsigned sent = 0; sent < SENT_AT_ONCE; sent++) {
		enum virtqueue_result result = VIRTQUEUE_EMPTY;

		if (virtio_is_live(&console->virtio, queue))
			result = virtqueue_next(&console->queues[queue], memory, &buffer);
		if (result == VIRTQUEUE_BUFFER && !send_buffer(console, &buffer, port)) {
			console->refused |= BIT(port);
			return MMIO_DONE;
		}
		console->refused &= ~BIT(port);
		if (result == VIRTQUEUE_EMPTY)
			return MMIO_DONE;
		virtio_console_used(console, queue,
			result == VIRTQUEUE_BROKEN || !virtqueue_used(&buffer, 0), memory);
	}
	return MMIO_BUSY;
}

/*
 * A buffer of the port for the guest. While messages wait for one, the guest has to tell of it; it
 * may have put one there just before it was told so.
 */
static enum virtqueue_result receive_buffer(struct virtio_console *console, unsigned queue_number,
	struct guest_memory *memory, struct virtqueue_buffer *buffer)
{
	struct virtqueue *queue = &console->queues[queue_number];
	enum virtqueue_result result = virtqueue_next(queue, memory, buffer);

	if (result == VIRTQUEUE_EMPTY && queue->is_quiet) {
		virtqueue_set_quiet(queue, memory, false);
		result = virtqueue_next(queue, memory, buffer);
	}
	return result;
}

static void finish_message(struct virtio_console *console)
{
	message_taken(console->comm);
	console->delivered = 0;
	console->made_room = true;
	note(console);
}

/*
 * Delivers more of the oldest message: all of it, if the buffer has room for that. Returns false if
 * there is no buffer. A message of whom the guest does not listen to any more is nobody's.
 */
static bool deliver_message(struct virtio_console *console, struct guest_memory *memory,
	uint32_t sender, const uint8_t *data, uint32_t bytes)
{
	const uint64_t bit = sender < VIRTIO_CONSOLE_VMS_MOST ? BIT(1 + sender) : 0;
	const unsigned queue = virtio_console_receive_queue(1 + sender);
	enum virtqueue_result result;
	struct virtqueue_buffer buffer;
	uint32_t count = 0;

	if (!(console->open & console->ports & bit) || !virtio_is_live(&console->virtio, queue)) {
		console->lost++;
		finish_message(console);
		return true;
	}
	result = receive_buffer(console, queue, memory, &buffer);
	if (result == VIRTQUEUE_EMPTY)
		return false;
	if (result == VIRTQUEUE_BUFFER && bytes > console->delivered)
		count = virtqueue_write(
			&buffer, data + console->delivered, bytes - console->delivered);
	virtio_console_used(console, queue,
		result == VIRTQUEUE_BROKEN || buffer.is_broken || !virtqueue_used(&buffer, count),
		memory);
	console->delivered += count;
	if (console->delivered >= bytes)
		finish_message(console);
	return true;
}

/* Returns whether there is more to deliver than one exit does. */
static bool deliver(struct virtio_console *console, struct guest_memory *memory)
{
	for (unsigned i = 0; i < DELIVERED_AT_ONCE; i++) {
		uint32_t sender, bytes;
		const uint8_t *data = message_peek(console->comm, &sender, &bytes);

		if (!data || !deliver_message(console, memory, sender, data, bytes))
			return false;
	}
	return true;
}

/* While nothing waits for them, new buffers for messages need not be told of. */
enum mmio_result virtio_messages_notify(
	struct virtio_console *console, unsigned queue, struct guest_memory *memory)
{
	const unsigned port = (queue - 2) / 2;

	if (!(console->ports >> port & 1))
		return MMIO_DONE;
	if (queue == virtio_console_send_queue(port))
		return send(console, port, memory);
	virtqueue_set_quiet(&console->queues[queue], memory, true);
	return deliver(console, memory) ? MMIO_BUSY : MMIO_DONE;
}

typedef void work_t(struct virtio_console *console, struct guest_memory *memory, unsigned argument);

/* Works on a device, its own one or another VM's, which may be none. */
static void with_device(struct virtio_console *console, work_t *work, unsigned argument)
{
	struct guest_memory memory;

	if (!console)
		return;
	guest_memory_open(&memory, console->virtio.vm, GUEST_SIDE_OTHER);
	lock_take(&console->virtio.lock);
	work(console, &memory, argument);
	lock_release(&console->virtio.lock);
	guest_memory_close(&memory);
}

static void deliver_more(
	struct virtio_console *console, struct guest_memory *memory, unsigned argument)
{
	(void)argument;
	if (console->comm && deliver(console, memory)) {
		console->arrived |= bit_of(console);
		note(console);
	}
}

static void send_again(
	struct virtio_console *console, struct guest_memory *memory, unsigned argument)
{
	if (send(console, argument, memory) == MMIO_BUSY) {
		console->retry |= BIT(argument);
		note(console);
	}
}

/*
 * The other end of port `argument` opened or closed, or its VM stopped: the driver is told, if it
 * does not know yet, and what waits to be sent there is looked at again.
 */
static void tell_state(
	struct virtio_console *console, struct guest_memory *memory, unsigned argument)
{
	const uint64_t bit = BIT(argument);

	if (console->refused & bit) {
		console->retry |= bit;
		note(console);
	}
	if ((console->known & bit) &&
		virtio_messages_is_open(console, argument) != !!(console->shown & bit)) {
		console->news[NEWS_OPEN] |= bit;
		virtio_console_tell(console, memory, 1);
	}
}

static struct virtio_console *device_of(unsigned vm)
{
	return virtio_console_of(vm_at(vm));
}

/* One thing that is to be done because of a device. */
struct task {
	struct virtio_console *console; /* whose work that is, or NULL */
	work_t *work;
	unsigned argument;
	bool tells_room;
};

static unsigned take_lowest(uint32_t *bits)
{
	const unsigned lowest = bits_lowest(*bits);

	*bits &= *bits - 1;
	return lowest;
}

/* Under the device's lock. */
static struct task next_task(struct virtio_console *console)
{
	const unsigned port = 1u + console->virtio.vm->plan->id;
	struct task task = {0};

	if (console->retry) {
		task = (struct task){console, send_again, bits_lowest(console->retry), false};
		console->retry &= console->retry - 1;
	} else if (console->arrived) {
		task.console = device_of(take_lowest(&console->arrived));
		task.work = deliver_more;
	} else if (console->changed) {
		task.console = device_of(take_lowest(&console->changed));
		task.work = tell_state;
		task.argument = port;
	} else {
		task.tells_room = console->made_room;
		console->made_room = false;
	}
	if (console->retry || console->arrived || console->changed || console->made_room)
		note(console);
	return task;
}

/* Some of those who wait are told at a time; none while there is no room. */
static void tell_room(struct virtio_console *console)
{
	const uint32_t before = __atomic_load_n(&console->comm->refused, __ATOMIC_RELAXED);
	uint32_t after;

	if (!before)
		return;
	message_tell_room(console->comm);
	after = __atomic_load_n(&console->comm->refused, __ATOMIC_RELAXED);
	if (after == 0 || after == before)
		return;
	lock_take(&console->virtio.lock);
	console->made_room = true;
	lock_release(&console->virtio.lock);
	note(console);
}

static void settle_one(unsigned vm)
{
	struct virtio_console *console = device_of(vm);
	struct task task;

	lock_take(&console->virtio.lock);
	task = next_task(console);
	lock_release(&console->virtio.lock);
	if (task.tells_room)
		tell_room(console);
	with_device(task.console, task.work, task.argument);
}

/* Returns false if there is more to do than one exit may. */
static bool settle_some(void)
{
	for (unsigned i = 0; i < SETTLED_AT_ONCE; i++) {
		const uint32_t left = __atomic_load_n(&unsettled, __ATOMIC_ACQUIRE);

		if (!left)
			return true;
		__atomic_fetch_and(&unsettled, ~(left & -left), __ATOMIC_ACQ_REL);
		settle_one(bits_lowest(left));
	}
	return !__atomic_load_n(&unsettled, __ATOMIC_ACQUIRE);
}

static void interrupt(
	struct virtio_console *console, struct guest_memory *memory, unsigned argument)
{
	(void)memory;
	(void)argument;
	virtio_interrupt(&console->virtio);
}

/*
 * The rest is done in the time of one whose device it is about, or of any other with a driver: it
 * is interrupted, as if a buffer had been used, and looks at its registers.
 */
static void leave_rest(void)
{
	const uint32_t left = __atomic_load_n(&unsettled, __ATOMIC_ACQUIRE);
	struct virtio_console *console = left ? device_of(bits_lowest(left)) : NULL;

	for (unsigned i = 0; console && i < hyp_plan->virtio_count; i++) {
		if (virtio_is_live(&console->virtio, 0))
			break;
		if (hyp_plan->virtio[i].kind == PLAN_VIRTIO_CONSOLE)
			console = (struct virtio_console *)virtio_at(i);
	}
	if (console && virtio_is_live(&console->virtio, 0))
		with_device(console, interrupt, 0);
}

bool virtio_messages_settle(struct virtio *device, bool repeats)
{
	const bool done = settle_some();

	(void)device;
	if (!done && !repeats)
		leave_rest();
	return done;
}

void virtio_messages_settle_all(void)
{
	if (!settle_some())
		leave_rest();
}

void virtio_messages_arrived(struct comm_vm *comm)
{
	with_device(comm->reader, deliver_more, 0);
	virtio_messages_settle_all();
}

void virtio_messages_room(struct comm_vm *comm)
{
	struct virtio_console *console = comm->reader;

	lock_take(&console->virtio.lock);
	console->retry |= console->refused;
	lock_release(&console->virtio.lock);
	note(console);
}

void virtio_messages_vm_state(unsigned vm)
{
	for (unsigned i = 0; i < hyp_plan->virtio_count; i++) {
		struct virtio_console *console = (struct virtio_console *)virtio_at(i);

		if (hyp_plan->virtio[i].kind == PLAN_VIRTIO_CONSOLE &&
			(console->ports >> 1 >> vm & 1))
			with_device(console, tell_state, 1 + vm);
	}
	virtio_messages_settle_all();
}
