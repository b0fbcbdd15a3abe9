/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring for one producer and one consumer (Lamport 1983), with counters that never wrap at the
 * ring's end, so that all slots are used.
 */
#include "guest/lib/ring.h"

#include "guest/lib/words.h"

#define RING_SLOT_MAX 0x10000000u

struct ring_slot {
	uint32_t size_bytes;
	uint32_t reserved;
	uint8_t data[];
};

/* A slot's number is below 2^31, and an int is made an address without an instruction. */
static inline struct ring_slot *ring_slot(
	struct ring_memory *memory, const struct ring *ring, uint32_t own)
{
	return (struct ring_slot *)(memory->slots + (int)(own & ring->mask) * ring->slot_bytes);
}

bool ring_init(struct ring *ring, enum ring_side side, void *memory, size_t size_bytes,
	size_t message_bytes)
{
	size_t room, count = 2;

	if (size_bytes < sizeof(struct ring_memory) || message_bytes == 0 ||
		message_bytes > RING_SLOT_MAX)
		return false;
	room = size_bytes - sizeof(struct ring_memory);
	*ring = (struct ring){.memory = memory, .message_bytes = (uint32_t)message_bytes};
	ring->slot_bytes = sizeof(struct ring_slot) + ((message_bytes + 7) & ~(size_t)7);
	if (room / ring->slot_bytes < count)
		return false;
	while (count * 2 <= room / ring->slot_bytes && count < RING_SLOT_MAX)
		count *= 2;
	ring->mask = (uint32_t)(count - 1);
	ring->own = side == RING_PRODUCER
			    ? __atomic_load_n(&ring->memory->written, __ATOMIC_RELAXED)
			    : __atomic_load_n(&ring->memory->read, __ATOMIC_RELAXED);
	return true;
}

/* Each twice: with all that makes the usual case fast, and for what does not fit. */
static inline int64_t ring_put_by(struct ring *ring, const void *data, size_t bytes, bool fits)
{
	struct ring_memory *memory = ring->memory;
	uint32_t own = ring->own;
	struct ring_slot *slot = ring_slot(memory, ring, own);

	if (bytes > ring->message_bytes)
		return HYPERCALL_TOO_BIG;
	/* Acquire: the consumer is done with the slot. A nonsensical counter is a full ring. */
	if (own - __atomic_load_n(&memory->read, __ATOMIC_ACQUIRE) > ring->mask)
		return HYPERCALL_FULL;
	slot->size_bytes = (uint32_t)bytes;
	if (fits)
		words_copy_fit(slot->data, data, bytes);
	else
		memcpy(slot->data, data, bytes);
	ring->own = own + 1;
	__atomic_store_n(&memory->written, own + 1, __ATOMIC_RELEASE);
	return HYPERCALL_OK;
}

__attribute__((noinline)) static int64_t ring_put_odd(
	struct ring *ring, const void *data, size_t bytes)
{
	return ring_put_by(ring, data, bytes, false);
}

int64_t ring_put(struct ring *ring, const void *data, size_t bytes)
{
	if (words_fit(NULL, data, bytes))
		return ring_put_by(ring, data, bytes, true);
	return ring_put_odd(ring, data, bytes);
}

static int64_t ring_skip(struct ring *ring, uint32_t written)
{
	ring->own = written;
	__atomic_store_n(&ring->memory->read, written, __ATOMIC_RELEASE);
	return HYPERCALL_WRONG_STATE;
}

__attribute__((noinline)) static int64_t ring_get_odd(
	struct ring *ring, void *data, const struct ring_slot *slot, uint32_t bytes)
{
	memcpy(data, slot->data, bytes);
	__atomic_store_n(&ring->memory->read, ++ring->own, __ATOMIC_RELEASE);
	return bytes;
}

int64_t ring_get(struct ring *ring, void *data, size_t room)
{
	struct ring_memory *memory = ring->memory;
	uint32_t written = __atomic_load_n(&memory->written, __ATOMIC_ACQUIRE), own = ring->own;
	const struct ring_slot *slot = ring_slot(memory, ring, own);
	uint32_t bytes;

	if (written == own)
		return HYPERCALL_EMPTY;
	bytes = __atomic_load_n(&slot->size_bytes, __ATOMIC_RELAXED);
	if (written - own - 1 > ring->mask || bytes > ring->message_bytes)
		return ring_skip(ring, written);
	if (bytes > room)
		return HYPERCALL_TOO_BIG;
	if (!words_fit(NULL, data, bytes))
		return ring_get_odd(ring, data, slot, bytes);
	words_copy_fit(data, slot->data, bytes);
	ring->own = own + 1;
	__atomic_store_n(&memory->read, own + 1, __ATOMIC_RELEASE);
	return bytes;
}
