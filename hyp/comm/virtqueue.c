/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Split virtqueues, the device's side (virtio 1.2, 2.7).
 */
#include "hyp/comm/virtqueue.h"

#include <stddef.h>

#include "lib/bits.h"
#include "lib/copy.h"

/* A descriptor (2.7.5): address; then length, flags from bit 32 on, next from bit 48 on. */
#define DESCRIPTOR_BYTES    16u
#define DESCRIPTOR_NEXT     BIT(32)
#define DESCRIPTOR_WRITE    BIT(33)
#define DESCRIPTOR_INDIRECT BIT(34)

/* Both rings begin with 16 bits of flags and 16 of index (2.7.6, 2.7.8). */
#define RING_FLAGS      0u
#define RING_INDEX      2u
#define RING_ENTRIES    4u
#define USED_ENTRY      8u
#define NO_NOTIFICATION 1u /* in the flags of either */

bool virtqueue_start(struct virtqueue *queue, uint32_t most)
{
	const uint32_t size = queue->size;

	queue->ready = size > 0 && size <= most && (size & (size - 1)) == 0 &&
		       queue->descriptors % 16 == 0 && queue->driver % 2 == 0 &&
		       queue->device % 4 == 0;
	queue->done = 0;
	queue->is_quiet = false;
	return queue->ready;
}

/* 16 bits of a ring; *value is what is there now. */
static bool read_driver(const struct virtqueue *queue, struct guest_memory *memory, uint32_t offset,
	uint16_t *value)
{
	const uint16_t *at =
		guest_memory_at(memory, GUEST_DRIVER, queue->driver + offset, sizeof(*at), false);

	if (at)
		*value = __atomic_load_n(at, __ATOMIC_ACQUIRE);
	return at != NULL;
}

enum virtqueue_result virtqueue_next(
	struct virtqueue *queue, struct guest_memory *memory, struct virtqueue_buffer *buffer)
{
	uint16_t index, head;

	if (!read_driver(queue, memory, RING_INDEX, &index))
		return VIRTQUEUE_BROKEN;
	if (index == queue->done)
		return VIRTQUEUE_EMPTY;
	if ((uint16_t)(index - queue->done) > queue->size)
		return VIRTQUEUE_BROKEN;
	if (!read_driver(
		    queue, memory, RING_ENTRIES + 2 * (queue->done & (queue->size - 1u)), &head) ||
		head >= queue->size)
		return VIRTQUEUE_BROKEN;
	*buffer = (struct virtqueue_buffer){.queue = queue, .memory = memory, .head = head};
	virtqueue_rewind(buffer);
	return VIRTQUEUE_BUFFER;
}

void virtqueue_rewind(struct virtqueue_buffer *buffer)
{
	buffer->next = buffer->head;
	buffer->has_next = true;
	buffer->left = buffer->queue->size < VIRTQUEUE_CHAIN_MOST ? buffer->queue->size
								  : VIRTQUEUE_CHAIN_MOST;
	buffer->bytes = 0;
	buffer->passed = 0;
	buffer->is_broken = false;
}

/*
 * Goes to the chain's next descriptor. Returns false at its end, and where it is broken: an index
 * outside the table, more of them than the table has (a loop), or an indirect one (not offered).
 */
static bool next_descriptor(struct virtqueue_buffer *buffer)
{
	const uint64_t address =
		buffer->queue->descriptors + (uint64_t)buffer->next * DESCRIPTOR_BYTES;
	const uint64_t *at = NULL;
	uint64_t rest;

	if (!buffer->has_next)
		return false;
	if (buffer->next < buffer->queue->size && buffer->left > 0)
		at = guest_memory_at(buffer->memory,
			GUEST_DESCRIPTORS + address / PLAN_PAGE_SIZE % 2, address, DESCRIPTOR_BYTES,
			false);
	rest = at ? __atomic_load_n(at + 1, __ATOMIC_RELAXED) : DESCRIPTOR_INDIRECT;
	if (rest & DESCRIPTOR_INDIRECT) {
		buffer->is_broken = true;
		buffer->has_next = false;
		return false;
	}
	buffer->left--;
	buffer->at = __atomic_load_n(at, __ATOMIC_RELAXED);
	buffer->bytes = (uint32_t)rest;
	buffer->has_next = rest & DESCRIPTOR_NEXT;
	buffer->is_write = rest & DESCRIPTOR_WRITE;
	buffer->next = (uint16_t)(rest >> 48);
	return true;
}

/* Goes to where bytes to read, or to write, are: those to read come first (2.7.4.2). */
static bool find_bytes(struct virtqueue_buffer *buffer, bool is_write)
{
	while (buffer->bytes == 0 || (is_write && !buffer->is_write)) {
		if (!next_descriptor(buffer)) {
			buffer->bytes = 0;
			return false;
		}
	}
	return buffer->is_write == is_write;
}

static void pass(struct virtqueue_buffer *buffer, uint32_t bytes)
{
	buffer->at += bytes;
	buffer->bytes -= bytes;
	buffer->passed += bytes;
}

uint8_t *virtqueue_piece(
	struct virtqueue_buffer *buffer, bool is_write, uint32_t most, uint32_t *bytes)
{
	uint32_t count = most;
	uint8_t *piece;

	if (!find_bytes(buffer, is_write))
		return NULL;
	if (count > buffer->bytes)
		count = buffer->bytes;
	if (count > PLAN_PAGE_SIZE - buffer->at % PLAN_PAGE_SIZE)
		count = PLAN_PAGE_SIZE - buffer->at % PLAN_PAGE_SIZE;
	piece = guest_memory_at(buffer->memory, GUEST_DATA, buffer->at, count, is_write);
	buffer->is_broken = !piece;
	*bytes = count;
	pass(buffer, count);
	return piece;
}

void virtqueue_skip(struct virtqueue_buffer *buffer, uint32_t bytes)
{
	while (bytes > 0 && find_bytes(buffer, false)) {
		const uint32_t count = bytes < buffer->bytes ? bytes : buffer->bytes;

		pass(buffer, count);
		bytes -= count;
	}
}

uint32_t virtqueue_read(struct virtqueue_buffer *buffer, void *to, uint32_t size)
{
	uint32_t done = 0, count;
	const uint8_t *piece;

	while (done < size && (piece = virtqueue_piece(buffer, false, size - done, &count))) {
		copy_bytes((char *)to + done, piece, count);
		done += count;
	}
	return done;
}

uint32_t virtqueue_write(struct virtqueue_buffer *buffer, const void *from, uint32_t size)
{
	uint32_t done = 0, count;
	uint8_t *piece;

	while (done < size && (piece = virtqueue_piece(buffer, true, size - done, &count))) {
		copy_bytes(piece, (const char *)from + done, count);
		done += count;
	}
	return done;
}

uint32_t virtqueue_readable(struct virtqueue_buffer *buffer)
{
	uint64_t sum = 0;
	bool is_broken;

	virtqueue_rewind(buffer);
	while (find_bytes(buffer, false)) {
		sum += buffer->bytes;
		buffer->bytes = 0;
	}
	is_broken = buffer->is_broken || sum > UINT32_MAX;
	virtqueue_rewind(buffer);
	return is_broken ? 0 : (uint32_t)sum;
}

static void *device_at(const struct virtqueue *queue, struct guest_memory *memory, uint32_t offset,
	uint32_t size_bytes)
{
	return guest_memory_at(memory, GUEST_DEVICE, queue->device + offset, size_bytes, true);
}

/* An entry is aligned to its words only: its halves may lie in two pages. */
bool virtqueue_used(struct virtqueue_buffer *buffer, uint32_t written)
{
	struct virtqueue *queue = buffer->queue;
	const uint32_t entry = RING_ENTRIES + USED_ENTRY * (queue->done & (queue->size - 1u));
	uint32_t *id = device_at(queue, buffer->memory, entry, sizeof(*id)), *length;
	uint16_t *index;

	if (!id)
		return false;
	__atomic_store_n(id, buffer->head, __ATOMIC_RELAXED);
	length = device_at(queue, buffer->memory, entry + 4, sizeof(*length));
	if (!length)
		return false;
	__atomic_store_n(length, written, __ATOMIC_RELAXED);
	index = device_at(queue, buffer->memory, RING_INDEX, sizeof(*index));
	if (!index)
		return false;
	__atomic_store_n(index, ++queue->done, __ATOMIC_RELEASE);
	return true;
}

/* The index is seen before the flags are looked at, as the guest does it the other way (2.7.7). */
bool virtqueue_wants_interrupt(const struct virtqueue *queue, struct guest_memory *memory)
{
	uint16_t flags;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return read_driver(queue, memory, RING_FLAGS, &flags) && !(flags & NO_NOTIFICATION);
}

void virtqueue_set_quiet(struct virtqueue *queue, struct guest_memory *memory, bool is_quiet)
{
	uint16_t *flags;

	if (queue->is_quiet == is_quiet)
		return;
	queue->is_quiet = is_quiet;
	flags = device_at(queue, memory, RING_FLAGS, sizeof(*flags));
	if (flags)
		__atomic_store_n(flags, is_quiet ? NO_NOTIFICATION : 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
