/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio network devices (virtio 1.2, 5.1): a port of a network as unmodified guests know it.
 */
#ifndef HYP_COMM_VIRTIO_NET_H
#define HYP_COMM_VIRTIO_NET_H

#include <stdint.h>

#include "hyp/comm/network.h"
#include "hyp/comm/virtio.h"

enum { VIRTIO_NET_RECEIVE, VIRTIO_NET_SEND, VIRTIO_NET_QUEUES };

struct virtio_net {
	struct virtio virtio; /* first; virtio.shared is the port's lock */
	struct virtqueue queues[VIRTIO_NET_QUEUES];
	uint8_t mac[NETWORK_ADDRESS_BYTES]; /* the configuration space */
	struct port *port;
	uint64_t lost; /* packets of the guest's that are no packets: too short or too long */
};

/* `device` is the state of a struct virtio_net, whose plan and VM are set. At start-up. */
void virtio_net_init(struct virtio *device);

#endif
