/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Round trips through two rings in a tunnel, with a doorbell each way, and streams.
 */
#include "comm.h"
#include "guest/lib/print.h"
#include "guest/lib/ring.h"
#include "guest/lib/tunnel.h"
#include "machine.h"

#define TUNNEL_LARGEST 1024
#define TUNNEL_BATCH   16 /* messages of a stream between two doorbells */

static struct tunnel tunnel;
static struct ring to, from;
static uint64_t data[TUNNEL_LARGEST / 8];

/* The client's messages go through the first half, the server's through the second. */
static void open_rings(enum ring_side first)
{
	uint8_t *memory;
	size_t half;
	struct ring *lower = first == RING_PRODUCER ? &to : &from;
	struct ring *upper = first == RING_PRODUCER ? &from : &to;

	if (tunnel_open(&tunnel, COMM_TUNNEL) < 0) {
		print("comm: failed: there is no tunnel\n");
		return;
	}
	memory = tunnel.memory;
	half = tunnel.size_bytes / 2;
	ring_init(lower, first, memory, half, TUNNEL_LARGEST);
	ring_init(upper, first == RING_PRODUCER ? RING_CONSUMER : RING_PRODUCER, memory + half,
		half, TUNNEL_LARGEST);
	tunnel_wait_connected(&tunnel, REGION_FOREVER);
}

/* Waits for a message. */
static inline int64_t take(void)
{
	while (ring_is_empty(&from))
		tunnel_wait(&tunnel, REGION_FOREVER);
	return ring_get(&from, data, sizeof(data));
}

static inline void put(size_t bytes)
{
	if (ring_put(&to, data, bytes) != HYPERCALL_OK || tunnel_ring(&tunnel) != HYPERCALL_OK)
		print("comm: failed: sending\n");
}

static void round_trips(const char *kind, size_t bytes)
{
	for (unsigned i = 0; i < COMM_ROUNDS; i++) {
		uint64_t before = machine_count(), after;

		put(bytes);
		take();
		after = machine_count();
		if (i >= COMM_WARM_UP)
			comm_sample(kind, before, after);
	}
}

/* In batches; the server answers each with one message, the doorbell's turn. */
static void stream(const char *kind, size_t bytes)
{
	uint64_t before = machine_count();

	for (unsigned i = 0; i < COMM_STREAM; i++) {
		data[0] = (i + 1) % TUNNEL_BATCH == 0;
		if (!data[0]) {
			ring_put(&to, data, bytes);
			continue;
		}
		put(bytes);
		take();
	}
	comm_sample(kind, before, machine_count());
}

void comm_tunnel_client(void)
{
	open_rings(RING_PRODUCER);
	data[0] = 1;
	round_trips("tunnel16", 16);
	data[0] = 1;
	round_trips("tunnel64", 64);
	stream("tunnelstream64", 64);
	stream("tunnelstream1024", 1024);
	data[0] = 2;
	put(8);
}

void comm_tunnel_server(void)
{
	int64_t bytes;

	open_rings(RING_CONSUMER);
	for (;;) {
		bytes = take();
		if (data[0] == 2)
			return;
		if (data[0] == 1)
			put(bytes > 64 ? 8 : (size_t)bytes);
	}
}
