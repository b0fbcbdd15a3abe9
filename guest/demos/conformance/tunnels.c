/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Section 9: tunnels.
 */
#include "conformance.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/print.h"
#include "guest/lib/tunnel.h"

#define RINGS 50

static int64_t open_call(uint64_t vm, uint64_t n)
{
	return hypercall(HYPERCALL_IPC_CREATE_TUNNEL, vm, n, 0, 0, 0);
}

static int64_t ring_call(uint64_t index)
{
	return hypercall(HYPERCALL_IPC_RING, index, 0, 0, 0, 0);
}

static const struct region_tunnel *entry(unsigned index)
{
	return (const struct region_tunnel *)region_at(region_get()->tunnels) + index;
}

static void test_table(void)
{
	clause("TUN-1");
	for (unsigned i = 0; i < region_get()->tunnel_count; i++) {
		expect_equal((int64_t)(entry(i)->address % 4096), 0, "an address");
		expect(entry(i)->size_bytes && entry(i)->size_bytes % 4096 == 0, "a size");
		expect(entry(i)->peer < region_get()->vm_count, "the other VM");
		expect(entry(i)->name[0] != 0, "a name");
	}
	clause("TUN-9");
	expect_equal(ring_call(region_get()->tunnel_count), HYPERCALL_INVALID_PARAMETER,
		"no such tunnel");
	expect_equal(ring_call(~0ull), HYPERCALL_INVALID_PARAMETER, "not at all");
	expect_equal(ring_call(0), HYPERCALL_WRONG_STATE, "one that is not open");
}

static void test_opening(struct tunnel *tunnel, struct tunnel *read_only)
{
	clause("TUN-6");
	expect_equal(open_call(region_get()->vm_count, 0), HYPERCALL_NO_VM, "no such VM");
	expect_equal(open_call(region_get()->vm, 0), HYPERCALL_DENIED, "none with itself");
	expect_equal(open_call((uint64_t)partner_vm(), region_get()->tunnel_count),
		HYPERCALL_DENIED, "no such tunnel with the partner");
	expect_equal(tunnel_open(tunnel, PARTNER_TUNNEL), HYPERCALL_OK, "opening");
	expect_equal(tunnel_open(read_only, PARTNER_READ_ONLY), HYPERCALL_OK, "the other one");
	expect_equal(tunnel_open(tunnel, PARTNER_TUNNEL), HYPERCALL_OK, "opening again");
	expect_equal(open_call((uint64_t)partner_vm(), 2), HYPERCALL_DENIED, "a third one");
	clause("TUN-7");
	expect(tunnel->entry->flags & REGION_TUNNEL_OPEN, "the own side is open");
	expect(tunnel_wait_connected(tunnel, CONFORMANCE_S), "the other one, too");
	expect_equal(tunnel->entry->peer, partner_vm(), "it is the partner's");
}

static void test_memory(struct tunnel *tunnel, const struct tunnel *read_only)
{
	volatile uint64_t *words = tunnel->memory, *told = read_only->memory;
	size_t count = tunnel->size_bytes / 8;

	clause("TUN-5");
	for (size_t i = 0; i < count; i++)
		if (!expect_equal((int64_t)words[i], 0, "what nobody has written"))
			break;
	clause("TUN-2");
	for (size_t i = 0; i < count; i++)
		words[i] = i * i;
	expect_equal((int64_t)partner_ask(PARTNER_ADD, 1000), (int64_t)tunnel->size_bytes,
		"the partner's side has the same size");
	for (size_t i = 0; i < count; i++)
		if (!expect_equal((int64_t)words[i], (int64_t)(i * i + 1000), "what it wrote"))
			break;
	told[0] = 0x1234567890abcdef;
	expect(partner_ask(PARTNER_READS, 0) == 0x1234567890abcdef, "what it may only read");
	tunnel_wait(tunnel, 0);
}

static void test_doorbells(struct tunnel *tunnel)
{
	clause("TUN-8");
	tunnel_heard(tunnel);
	region_take(REGION_EVENT_RING);
	expect_equal((int64_t)partner_ask(PARTNER_RING, RINGS), RINGS, "the partner rings");
	expect(region_take(REGION_EVENT_RING) != 0, "the event");
	expect_equal(tunnel_heard(tunnel), RINGS, "each is counted");
	partner_tell(PARTNER_WAIT_RING, 0);
	for (unsigned i = 0; i < RINGS; i++)
		expect_equal(tunnel_ring(tunnel), HYPERCALL_OK, "ringing");
	{
		struct partner_message answer = {0};

		expect(partner_hear(&answer) && answer.work == PARTNER_WAIT_RING, "an answer");
		expect(answer.value > 0 && answer.value <= RINGS, "the partner hears");
	}
}

void test_tunnels(void)
{
	struct tunnel tunnel, read_only;

	if (!region_get()->tunnel_count) {
		print("conformance: no tunnel is described\n");
		return;
	}
	test_table();
	test_opening(&tunnel, &read_only);
	test_memory(&tunnel, &read_only);
	test_doorbells(&tunnel);
}
