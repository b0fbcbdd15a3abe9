/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages through the ports of a virtio console: each buffer that the guest sends is a message,
 * each that it gets holds one.
 */
#ifndef HYP_COMM_VIRTIO_MESSAGES_H
#define HYP_COMM_VIRTIO_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "hyp/comm/virtio_console.h"

/* For virtio_console.c, with the device's lock held but for _init and _settle: */

/* Adds the ports of the VMs that the device's VM may send to or gets messages from. */
void virtio_messages_init(struct virtio_console *console);

/* As far as messages go: the device is live no more, the guest opened or closed the port, or
 * notifies. */
void virtio_messages_stop(struct virtio_console *console);
void virtio_messages_opened(struct virtio_console *console, unsigned port);
enum mmio_result virtio_messages_notify(
	struct virtio_console *console, unsigned queue, struct guest_memory *memory);

/* Whether somebody is at the other end of the port: what is sent there arrives. */
bool virtio_messages_is_open(const struct virtio_console *console, unsigned port);

/* Does what devices are to do because of others (struct virtio_model). */
bool virtio_messages_settle(struct virtio *device, bool repeats);

/* None of the following is called with a device's or a comm_vm's lock held. */

/* Messages have come for the VM, whose reader this device is. */
void virtio_messages_arrived(struct comm_vm *comm);

/* A ring that was full when the VM sent has room. virtio_messages_settle_all must follow. */
void virtio_messages_room(struct comm_vm *comm);

/* What devices are to do because of others; if that is much, the rest in their guests' time. */
void virtio_messages_settle_all(void);

/* VM number `vm` runs, or does not any more: other VMs' ports to it open or close. */
void virtio_messages_vm_state(unsigned vm);

#endif
