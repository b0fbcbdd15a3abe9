/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A neighbour for an unmodified Linux, with what that can reach without a driver of ours: it
 * answers pings in a network (at 10.0.0.9), sends messages back, and counts in a tunnel named
 * "shared". It ends when the other VMs have.
 */
#include "neighbour.h"

#include <stdbool.h>

#include "abi/stats.h"
#include "guest/lib/console.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/irq.h"
#include "guest/lib/message.h"
#include "guest/lib/packet.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"
#include "guest/lib/tunnel.h"
#include "lib/string.h"

#define TICK_NS      20000000ull
#define MESSAGE_MOST 256u

/* In the tunnel: what it is, how often it counted, and what the other side wrote last. */
struct shared {
	uint32_t magic, count, answer;
};
#define SHARED_MAGIC 0x4f524c4fu

static struct shared *shared;

static void answer_packets(void)
{
	static uint8_t packet[REGION_PACKET_MAX] __attribute__((aligned(8)));
	static unsigned pings;
	int64_t bytes;

	while ((bytes = packet_receive(packet, sizeof(packet), 0)) > 0) {
		enum neighbour_packet kind = neighbour_answer(packet, (size_t)bytes);

		if (kind == NEIGHBOUR_OTHER)
			continue;
		packet_send(packet, (size_t)bytes);
		if (kind == NEIGHBOUR_PING && ++pings == 1)
			print("neighbour: first ping, of %lu bytes\n", (uint64_t)bytes);
	}
}

/* What a shell's echo sent comes back with a word more before the line's end. */
static void answer_messages(void)
{
	static const char more[] = " again\n";
	uint8_t data[MESSAGE_MOST];
	unsigned sender;
	int64_t bytes;

	while ((bytes = message_receive(&sender, data, sizeof(data), 0)) > 0) {
		size_t length = (size_t)bytes - (data[bytes - 1] == '\n');

		if (length + sizeof(more) - 1 <= sizeof(data)) {
			memcpy(data + length, more, sizeof(more) - 1);
			length += sizeof(more) - 1;
		}
		bytes = message_send(sender, data, length, REGION_FOREVER);
		if (bytes != HYPERCALL_OK)
			print("neighbour: an answer is lost: error %u\n", (unsigned)-bytes);
	}
}

/* Words are read and written whole; the other side may look at any time. */
static void use_tunnel(void)
{
	static uint32_t heard;
	uint32_t answer;

	if (!shared)
		return;
	answer = __atomic_load_n(&shared->answer, __ATOMIC_ACQUIRE);
	if (answer != heard)
		print("neighbour: the tunnel's other side wrote %u\n", answer);
	heard = answer;
	__atomic_store_n(&shared->magic, SHARED_MAGIC, __ATOMIC_RELAXED);
	__atomic_store_n(&shared->count, shared->count + 1, __ATOMIC_RELEASE);
}

static bool others_run(void)
{
	const struct region *region = region_get();

	for (unsigned i = 0; i < region->vm_count; i++) {
		if (i != region->vm && region_vm_state(i) != VM_HALTED)
			return true;
	}
	return false;
}

int main(uint64_t tree)
{
	struct tunnel tunnel;

	(void)tree;
	console_init(CONSOLE_AUTO);
	irq_init();
	if (!region_init()) {
		print("neighbour: no communication region\n");
		power_off();
	}
	if (tunnel_open(&tunnel, "shared") == HYPERCALL_OK)
		shared = tunnel.memory;
	print("neighbour: ready\n");
	while (others_run()) {
		region_wait(
			REGION_EVENT_PACKET | REGION_EVENT_MESSAGE | REGION_EVENT_STATE, TICK_NS);
		answer_packets();
		answer_messages();
		use_tunnel();
	}
	print("neighbour: done\n");
	power_off();
}
