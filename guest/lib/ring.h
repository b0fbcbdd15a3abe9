/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of messages in memory that two share, for one producer and one consumer: no call, no lock,
 * no wait, so real-time tasks can use it. Both must be able to write the memory, and agree about
 * its size and about the largest message. What the other side writes is checked, and copied before
 * it is used: a hostile one can lose or invent messages of this ring, and nothing else.
 *
 * The memory is zeros at first, as a tunnel's is. Who is restarted goes on where it was.
 */
#ifndef GUEST_LIB_RING_H
#define GUEST_LIB_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/hypercall.h"

/* The memory. */
struct ring_memory {
	uint32_t written __attribute__((aligned(64))); /* by the producer: messages so far */
	uint32_t read __attribute__((aligned(64)));    /* by the consumer */
	uint8_t slots[] __attribute__((aligned(64)));
};

/* One side's view. */
struct ring {
	struct ring_memory *memory;
	size_t slot_bytes;
	uint32_t mask; /* slots less 1; a power of two of them */
	uint32_t message_bytes;
	uint32_t own; /* this side's counter */
};

enum ring_side { RING_PRODUCER, RING_CONSUMER };

/*
 * Begins to use `size_bytes` of memory, aligned to 64, for messages of at most `message_bytes`, 1
 * or more. False: there is no room for two of them.
 */
bool ring_init(struct ring *ring, enum ring_side side, void *memory, size_t size_bytes,
	size_t message_bytes);

/* Puts a message in: 0, HYPERCALL_FULL or HYPERCALL_TOO_BIG. */
int64_t ring_put(struct ring *ring, const void *data, size_t bytes);

/* Whether there is nothing to get. */
static inline bool ring_is_empty(const struct ring *ring)
{
	return __atomic_load_n(&ring->memory->written, __ATOMIC_ACQUIRE) == ring->own;
}

/*
 * Takes the oldest message out: its size, HYPERCALL_EMPTY, or HYPERCALL_TOO_BIG if it has more
 * bytes than `room` and stays. HYPERCALL_WRONG_STATE: the producer wrote nonsense; the consumer
 * goes on with what will come.
 */
int64_t ring_get(struct ring *ring, void *data, size_t room);

#endif
