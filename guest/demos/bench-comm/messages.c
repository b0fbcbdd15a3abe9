/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Round trips and streams of messages.
 */
#include <stdbool.h>

#include "comm.h"
#include "guest/lib/message.h"
#include "guest/lib/print.h"
#include "guest/lib/timer.h"
#include "lib/string.h"
#include "machine.h"

/* What a message's first word asks for. */
enum comm_work { COMM_ANSWER, COMM_TAKE, COMM_END };

static uint64_t data[COMM_LARGEST / 8];

static bool receive(unsigned *sender, size_t *bytes)
{
	int64_t result = message_receive(sender, data, sizeof(data), REGION_FOREVER);

	if (result < 0)
		print("comm: failed: receiving\n");
	*bytes = (size_t)result;
	return result >= 0;
}

/* The server may not be there yet. */
static void send_first(unsigned peer)
{
	uint64_t end = timer_now() + timer_frequency();

	data[0] = COMM_TAKE;
	while (message_send(peer, data, 8, REGION_FOREVER) != 0 && timer_now() < end)
		;
}

static void round_trips(unsigned peer, const char *kind, size_t bytes)
{
	unsigned sender;
	size_t came;

	for (unsigned i = 0; i < COMM_ROUNDS; i++) {
		uint64_t before = machine_count(), after;

		data[0] = COMM_ANSWER;
		if (message_send(peer, data, bytes, REGION_FOREVER) != 0 ||
			!receive(&sender, &came))
			print("comm: failed: round trip\n");
		after = machine_count();
		if (i >= COMM_WARM_UP)
			comm_sample(kind, before, after);
	}
}

/* All of a stream, until the server says that it has the last one. */
static void stream(unsigned peer, const char *kind, size_t bytes)
{
	uint64_t before = machine_count();
	unsigned sender;
	size_t came;

	for (unsigned i = 0; i < COMM_STREAM; i++) {
		data[0] = i < COMM_STREAM - 1 ? COMM_TAKE : COMM_ANSWER;
		if (message_send(peer, data, bytes, REGION_FOREVER) != 0)
			print("comm: failed: stream\n");
	}
	receive(&sender, &came);
	comm_sample(kind, before, machine_count());
}

void comm_messages_client(unsigned peer)
{
	send_first(peer);
	round_trips(peer, "rtt16", 16);
	round_trips(peer, "rtt32", 32);
	round_trips(peer, "rtt64", 64);
	stream(peer, "stream64", 64);
	stream(peer, "stream256", 256);
	data[0] = COMM_END;
	message_send(peer, data, 8, REGION_FOREVER);
}

void comm_messages_server(void)
{
	unsigned sender;
	size_t bytes;

	while (receive(&sender, &bytes) && data[0] != COMM_END)
		if (data[0] == COMM_ANSWER)
			message_send(sender, data, bytes, REGION_FOREVER);
}
