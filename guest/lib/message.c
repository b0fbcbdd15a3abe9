/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages between VMs.
 */
#include "guest/lib/message.h"

#include "guest/lib/hypercall.h"
#include "guest/lib/irq.h"
#include "lib/string.h"

static struct region_ring *message_ring(void)
{
	return region_at(region_get()->ring);
}

int64_t message_send(unsigned vm, const void *data, size_t bytes, uint64_t timeout_ns)
{
	uint64_t deadline = region_deadline(timeout_ns);
	int64_t result;

	if (bytes > REGION_OUTBOX_BYTES)
		return HYPERCALL_TOO_BIG;
	memcpy(region_own_vcpu()->outbox, data, bytes);
	for (;;) {
		/* Before the call: what it says of room is about what comes after this. */
		region_take(REGION_EVENT_ROOM);
		result = hypercall(HYPERCALL_IPC_SEND_MSG, vm, bytes, region_left(deadline), 0, 0);
		if (result == HYPERCALL_WAITED)
			irq_poll();
		else if (result != HYPERCALL_FULL || region_left(deadline) == 0)
			return result;
		else
			region_wait(REGION_EVENT_ROOM, region_left(deadline));
	}
}

const struct region_message *message_next(void)
{
	const struct region_ring *ring = message_ring();

	if (__atomic_load_n(&ring->written, __ATOMIC_ACQUIRE) == ring->read)
		return NULL;
	return region_at(ring->slots + ring->read % ring->slot_count * ring->slot_bytes);
}

void message_done(void)
{
	struct region_ring *ring = message_ring();

	__atomic_store_n(&ring->read, ring->read + 1, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	while (__atomic_load_n(&ring->wanted, __ATOMIC_RELAXED) &&
		__atomic_load_n(&ring->written, __ATOMIC_RELAXED) - ring->read < ring->slot_count)
		hypercall(HYPERCALL_IPC_RECV_MSG, 0, 0, 0, 0, 0);
}

int64_t message_wait(uint64_t timeout_ns)
{
	uint64_t deadline = region_deadline(timeout_ns), left;

	if (!region_get()->ring)
		return HYPERCALL_DENIED;
	while (!message_next()) {
		/* What comes after this raises the interrupt, so it is not slept over. */
		region_take(REGION_EVENT_MESSAGE);
		if (message_next())
			break;
		left = region_left(deadline);
		if (left == 0)
			return HYPERCALL_EMPTY;
		if (!region_own_vcpu()->is_shared)
			region_sleep(deadline);
		else if (hypercall(HYPERCALL_IPC_RECV_MSG, left, 0, 0, 0, 0) == HYPERCALL_WAITED)
			irq_poll();
	}
	return HYPERCALL_OK;
}

int64_t message_receive(unsigned *sender, void *data, size_t room, uint64_t timeout_ns)
{
	int64_t result = message_wait(timeout_ns);
	const struct region_message *message;

	if (result != HYPERCALL_OK)
		return result;
	message = message_next();
	if (message->size_bytes > room)
		return HYPERCALL_TOO_BIG;
	*sender = message->sender;
	result = message->size_bytes;
	memcpy(data, message->data, (size_t)result);
	message_done();
	return result;
}
