/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests that measure messages and tunnels between two VMs: a client that asks, and a server that
 * answers. What they print is read by tests/bench/comm.py.
 */
#ifndef COMM_H
#define COMM_H

#include <stdint.h>

#define COMM_ROUNDS  200 /* round trips of each kind */
#define COMM_WARM_UP 8   /* of those are not counted */
#define COMM_SAMPLES 1024
#define COMM_STREAM  512 /* messages of a stream */
#define COMM_LARGEST 256 /* bytes of a message */
#define COMM_TUNNEL  "tunnel"

/*
 * Keeps a sample, for a line "sample KIND BEFORE AFTER" in hexadecimal at the end: what is printed
 * meanwhile costs the hypervisor time in what is measured next.
 */
void comm_sample(const char *kind, uint64_t before, uint64_t after);

/* Each on its side; `peer` is the other VM. */
void comm_messages_client(unsigned peer);
void comm_messages_server(void);
void comm_tunnel_client(void);
void comm_tunnel_server(void);
void comm_virtio_client(void);
void comm_virtio_server(void);

#endif
