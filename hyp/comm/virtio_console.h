/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio console devices (virtio 1.2, 5.3) with several ports: port 0 is the VM's console, and port
 * 1 + n is messages from and to VM n, one in each buffer, so that unmodified guests have them.
 */
#ifndef HYP_COMM_VIRTIO_CONSOLE_H
#define HYP_COMM_VIRTIO_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "hyp/comm/region.h"
#include "hyp/comm/virtio.h"

#define VIRTIO_CONSOLE_VMS_MOST   32u
#define VIRTIO_CONSOLE_PORTS_MOST (1 + VIRTIO_CONSOLE_VMS_MOST)
#define VIRTIO_CONSOLE_INPUT      64u /* characters that wait for a buffer */

/* What the device has to say of a port, in this order. */
enum virtio_console_news { NEWS_ADD, NEWS_CONSOLE, NEWS_NAME, NEWS_OPEN, NEWS_KINDS };

struct virtio_console {
	struct virtio virtio; /* first; virtio.lock guards all of this */
	struct virtqueue queues[2 + 2 * VIRTIO_CONSOLE_PORTS_MOST];
	struct {
		uint16_t columns, rows; /* not offered */
		uint32_t max_nr_ports, emerg_wr;
	} config;
	struct comm_vm *comm; /* NULL: it has no messages */

	/* A bit for each port. */
	uint64_t ports;            /* that there are */
	uint64_t known;            /* that the driver is ready to hear of */
	uint64_t open;             /* that the guest has open */
	uint64_t refused;          /* whose receiver was full when the guest's last message came */
	uint64_t news[NEWS_KINDS]; /* that there is something to say of, when there is a buffer */
	uint64_t shown;            /* that it has been told are open at their other end */
	bool is_ready;             /* the driver takes news */

	uint32_t printed; /* bytes of the console's oldest buffer */
	char input[VIRTIO_CONSOLE_INPUT];
	uint32_t input_first, input_count;

	/* Messages (virtio_messages.c). */
	uint32_t delivered; /* bytes of the oldest message for the VM */
	uint64_t lost;      /* that were too long, or for a VM that was not there */
	uint32_t arrived;   /* VMs that messages were sent to and that are to be told, a bit each */
	uint32_t changed;   /* VMs that are to be told of a port that opened or closed */
	uint64_t retry;     /* ports of `refused` that are to be tried again */
	bool made_room;     /* in the VM's own ring, which nobody has been told of */
};

/* `device` is the state of a struct virtio_console, whose plan and VM are set. At start-up. */
void virtio_console_init(struct virtio *device);

/* The VM's device, or NULL. */
struct virtio_console *virtio_console_of(const struct vm *vm);

/* Whether the VM has a console device with port 0. */
bool virtio_console_has_input(const struct vm *vm);

/*
 * A character for that, dropped if there is no room; false if the VM has none. No device's lock is
 * held.
 */
bool virtio_console_input(struct vm *vm, char c);

/* For virtio_messages.c: */

/* Numbers of a port's queues. */
static inline unsigned virtio_console_receive_queue(unsigned port)
{
	return port == 0 ? 0 : 2 + 2 * port;
}

static inline unsigned virtio_console_send_queue(unsigned port)
{
	return virtio_console_receive_queue(port) + 1;
}

/*
 * Tells the driver up to `most` things that there are to say of its ports, as far as it has given
 * buffers; returns false if it stopped before. The device's lock is held.
 */
bool virtio_console_tell(
	struct virtio_console *console, struct guest_memory *memory, unsigned most);

/* A buffer of `queue` has been used (or broke the rules): the guest is interrupted, if it wants. */
void virtio_console_used(struct virtio_console *console, unsigned queue, bool is_broken,
	struct guest_memory *memory);

#endif
