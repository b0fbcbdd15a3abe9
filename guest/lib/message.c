/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages between VMs.
 */
#include "guest/lib/message.h"

#include "guest/lib/hypercall.h"
#include "guest/lib/irq.h"
#include "guest/lib/words.h"

static struct region_ring *message_ring(void)
{
	return region_at(region_get()->ring);
}

static inline int64_t message_call(unsigned vm, size_t bytes, uint64_t timeout_ns)
{
	return hypercall3(HYPERCALL_IPC_SEND_MSG, vm, bytes, timeout_ns);
}

/* Its ring was full when the call was made first. */
__attribute__((noinline)) static int64_t message_send_late(
	unsigned vm, size_t bytes, uint64_t timeout_ns)
{
	uint64_t deadline = region_deadline(timeout_ns);
	int64_t result;

	for (;;) {
		/* Before the call: what it says of room is about what comes after this. */
		region_take(REGION_EVENT_ROOM);
		result = message_call(vm, bytes, region_left(deadline));
		if (result == HYPERCALL_WAITED)
			irq_poll();
		else if (result != HYPERCALL_FULL || region_left(deadline) == 0)
			return result;
		else
			region_wait(REGION_EVENT_ROOM, region_left(deadline));
	}
}

static inline int64_t message_send_outbox(unsigned vm, size_t bytes, uint64_t timeout_ns)
{
	int64_t result = message_call(vm, bytes, 0);

	if (result != HYPERCALL_FULL || timeout_ns == 0)
		return result;
	return message_send_late(vm, bytes, timeout_ns);
}

__attribute__((noinline)) static int64_t message_send_odd(
	unsigned vm, const void *data, size_t bytes, uint64_t timeout_ns)
{
	memcpy(region_own_vcpu()->outbox, data, bytes);
	return message_send_outbox(vm, bytes, timeout_ns);
}

/* What is not usual is in functions of its own, here and below: the usual way needs no stack. */
int64_t message_send(unsigned vm, const void *data, size_t bytes, uint64_t timeout_ns)
{
	if (bytes > REGION_OUTBOX_BYTES)
		return HYPERCALL_TOO_BIG;
	if (!words_fit(NULL, data, bytes))
		return message_send_odd(vm, data, bytes, timeout_ns);
	words_copy_fit(region_own_vcpu()->outbox, data, bytes);
	return message_send_outbox(vm, bytes, timeout_ns);
}

static inline const struct region_message *message_oldest(const struct region_ring *ring)
{
	uint32_t read = ring->read;

	if (__atomic_load_n(&ring->written, __ATOMIC_ACQUIRE) == read)
		return NULL;
	return region_at(ring->slots + (read & (ring->slot_count - 1)) * ring->slot_bytes);
}

const struct region_message *message_next(void)
{
	return message_oldest(message_ring());
}

__attribute__((noinline)) static void message_tell_room(const struct region_ring *ring)
{
	while (__atomic_load_n(&ring->wanted, __ATOMIC_RELAXED) &&
		__atomic_load_n(&ring->written, __ATOMIC_RELAXED) - ring->read < ring->slot_count)
		hypercall1(HYPERCALL_IPC_RECV_MSG, 0);
}

/* Returns whether somebody waits for the room. */
static inline bool message_free(struct region_ring *ring)
{
	__atomic_store_n(&ring->read, ring->read + 1, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&ring->wanted, __ATOMIC_RELAXED) != 0;
}

void message_done(void)
{
	struct region_ring *ring = message_ring();

	if (message_free(ring))
		message_tell_room(ring);
}

/*
 * Waits in the hypervisor, which gives the core to others, or on a core of one's own for the
 * interrupt. What comes after the event was taken raises that, so it is not slept over.
 */
static const struct region_message *message_sleep(const struct region_ring *ring, uint64_t deadline)
{
	const struct region_message *message;

	if (region_own_vcpu()->is_shared) {
		if (region_take(REGION_EVENT_MESSAGE))
			irq_poll();
		hypercall1(HYPERCALL_IPC_RECV_MSG, region_left(deadline));
		message = message_oldest(ring);
		if (!message)
			irq_poll();
		return message;
	}
	region_take(REGION_EVENT_MESSAGE);
	message = message_oldest(ring);
	if (!message) {
		region_sleep(deadline);
		message = message_oldest(ring);
	}
	return message;
}

/* An interrupt that nobody takes costs time whenever the core changes hands. */
static inline bool message_has_interrupt(void)
{
	return region_get()->events & ~region_polled & REGION_EVENT_MESSAGE;
}

__attribute__((noinline)) static void message_poll(void)
{
	region_polled |= REGION_EVENT_MESSAGE;
	irq_poll();
}

/* The oldest message, or NULL when the time is over. */
__attribute__((noinline)) static const struct region_message *message_await(uint64_t timeout_ns)
{
	const struct region_ring *ring = message_ring();
	const struct region_message *message = message_oldest(ring);
	uint64_t deadline;

	if (message) {
		if (message_has_interrupt())
			message_poll();
		return message;
	}
	deadline = region_deadline(timeout_ns);
	while (!message && region_left(deadline))
		message = message_sleep(ring, deadline);
	return message;
}

int64_t message_wait(uint64_t timeout_ns)
{
	if (!region_get()->ring)
		return HYPERCALL_DENIED;
	return message_await(timeout_ns) ? HYPERCALL_OK : HYPERCALL_EMPTY;
}

__attribute__((noinline)) static int64_t message_receive_late(
	unsigned *sender, void *data, size_t room, uint64_t timeout_ns)
{
	const struct region_message *message;
	uint32_t bytes;

	if (!region_get()->ring)
		return HYPERCALL_DENIED;
	message = message_await(timeout_ns);
	if (!message)
		return HYPERCALL_EMPTY;
	bytes = message->size_bytes;
	if (bytes > room)
		return HYPERCALL_TOO_BIG;
	*sender = message->sender;
	words_copy(data, message->data, bytes);
	message_done();
	return bytes;
}

__attribute__((noinline)) static int64_t message_received(
	const struct region_ring *ring, int64_t bytes)
{
	message_tell_room(ring);
	return bytes;
}

int64_t message_receive(unsigned *sender, void *data, size_t room, uint64_t timeout_ns)
{
	struct region_ring *ring = message_ring();
	const struct region_message *message = region_get()->ring ? message_oldest(ring) : NULL;
	int bytes;

	if (!message || message_has_interrupt())
		return message_receive_late(sender, data, room, timeout_ns);
	bytes = (int)message->size_bytes;
	if ((size_t)bytes > room || !words_fit(NULL, data, (size_t)bytes))
		return message_receive_late(sender, data, room, timeout_ns);
	*sender = message->sender;
	words_copy_fit(data, message->data, (size_t)bytes);
	return message_free(ring) ? message_received(ring, bytes) : bytes;
}
