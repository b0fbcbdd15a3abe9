/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Split virtqueues (virtio 1.2, 2.7), the device's side. The guest's memory is read once, word by
 * word, and what was read is checked: a queue that breaks the rules is VIRTQUEUE_BROKEN, and its
 * device is to need a reset. Buffers are used in the order in which they come.
 */
#ifndef HYP_COMM_VIRTQUEUE_H
#define HYP_COMM_VIRTQUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "hyp/comm/guest_memory.h"

/* A buffer of more descriptors than that is too long: what one costs is bounded. */
#define VIRTQUEUE_CHAIN_MOST 20u

struct virtqueue {
	uint64_t descriptors, driver, device; /* guest-physical, as the guest wrote them */
	uint16_t size;                        /* a power of two, once it is ready */
	uint16_t done;                        /* buffers used so far */
	bool ready;
	bool is_quiet; /* the guest has been told that it need not notify */
};

/* A buffer on its way through: at a byte of its chain of descriptors. */
struct virtqueue_buffer {
	struct virtqueue *queue;
	struct guest_memory *memory;
	uint16_t head;
	uint16_t next;   /* descriptor after this one */
	uint16_t left;   /* descriptors that the chain may still have */
	bool has_next;   /* `next` counts */
	bool is_write;   /* of this descriptor: the device writes there */
	bool is_broken;  /* the chain breaks the rules, or is too long */
	uint64_t at;     /* guest-physical; */
	uint32_t bytes;  /* so many follow there */
	uint32_t passed; /* bytes before that */
};

enum virtqueue_result { VIRTQUEUE_EMPTY, VIRTQUEUE_BUFFER, VIRTQUEUE_BROKEN };

/*
 * Makes the queue ready, as the guest has described it. Returns false if the description cannot be:
 * a size that is no power of two or above `most`, or a part that is not aligned (2.7).
 */
bool virtqueue_start(struct virtqueue *queue, uint32_t most);

/* The queue's oldest buffer that has not been used, at its beginning. It is of a ready queue. */
enum virtqueue_result virtqueue_next(
	struct virtqueue *queue, struct guest_memory *memory, struct virtqueue_buffer *buffer);

/* At its beginning again. */
void virtqueue_rewind(struct virtqueue_buffer *buffer);

/*
 * The buffer's next bytes for the device to read, or to write; in *bytes how many, `most` (at least
 * 1) at most. NULL at the end of those, or if buffer->is_broken. The next call may unmap them.
 */
uint8_t *virtqueue_piece(
	struct virtqueue_buffer *buffer, bool is_write, uint32_t most, uint32_t *bytes);

/* Goes `bytes` further among those to read, or to their end; nothing is mapped. */
void virtqueue_skip(struct virtqueue_buffer *buffer, uint32_t bytes);

/* Copies from or to the buffer where it is, at most `size` bytes; returns how many. */
uint32_t virtqueue_read(struct virtqueue_buffer *buffer, void *to, uint32_t size);
uint32_t virtqueue_write(struct virtqueue_buffer *buffer, const void *from, uint32_t size);

/*
 * How many bytes there are to read in all; nothing is mapped. 0 if the buffer is broken. It is at
 * its beginning after that.
 */
uint32_t virtqueue_readable(struct virtqueue_buffer *buffer);

/* The buffer is used, `written` bytes of it. Returns false if the used ring is out of reach. */
bool virtqueue_used(struct virtqueue_buffer *buffer, uint32_t written);

/* Whether the guest wants to be interrupted for what has been used so far. */
bool virtqueue_wants_interrupt(const struct virtqueue *queue, struct guest_memory *memory);

/* Tells the guest whether it may go without notifications. After `false` look at the queue again.
 */
void virtqueue_set_quiet(struct virtqueue *queue, struct guest_memory *memory, bool is_quiet);

#endif
