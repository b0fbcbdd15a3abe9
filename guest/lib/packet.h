/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packet device (docs/interface.md, section 10); after region_init. Results are 0 or more, or
 * an error of abi/hypercall.h; HYPERCALL_DENIED: the VM has no packet device.
 */
#ifndef GUEST_LIB_PACKET_H
#define GUEST_LIB_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "guest/lib/region.h"

#define PACKET_LEAST     14 /* destination, source, type */
#define PACKET_MAC_BYTES 6

/* Sets the device's address, or copies it. */
int64_t packet_set_mac(const uint8_t mac[PACKET_MAC_BYTES]);
int64_t packet_get_mac(uint8_t mac[PACKET_MAC_BYTES]);

/* Puts a packet into the ring: 0, HYPERCALL_FULL, HYPERCALL_INVALID_PARAMETER: no such size. */
int64_t packet_put(const void *data, size_t bytes);

/* Lets the hypervisor send what is in the ring: how many packets that were. */
int64_t packet_flush(void);

/* One packet, at once. */
int64_t packet_send(const void *data, size_t bytes);

/*
 * Receives the oldest packet into `data`: its size. HYPERCALL_EMPTY: within the timeout none came.
 * HYPERCALL_TOO_BIG: it has more bytes than `room`, and stays where it is.
 */
int64_t packet_receive(void *data, size_t room, uint64_t timeout_ns);

#endif
