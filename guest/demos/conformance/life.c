/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sections 8, 9 and 15: what one sees of another VM's end and new beginning.
 */
#include "conformance.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/message.h"
#include "guest/lib/tunnel.h"

#define PATIENCE (10 * CONFORMANCE_S)

static struct region_ring *own_ring(void)
{
	return region_at(region_get()->ring);
}

static int64_t send_one(void)
{
	return hypercall(HYPERCALL_IPC_SEND_MSG, (uint64_t)partner_vm(), 8, 0, 0, 0);
}

/* Waits until the partner's state is, or is not, that one. */
static bool wait_state(bool is, uint32_t state)
{
	uint64_t deadline = region_deadline(PATIENCE);

	for (;;) {
		region_take(REGION_EVENT_STATE);
		if ((region_vm_state((unsigned)partner_vm()) == state) == is)
			return true;
		if (region_left(deadline) == 0)
			return false;
		region_sleep(deadline);
	}
}

static void test_restart(void)
{
	const struct region_vm *partner = region_vm((unsigned)partner_vm());
	uint32_t written = own_ring()->written, restarts = partner->restarts;

	clause("LIFE-2");
	partner_ask(PARTNER_NOTED, 0);
	partner_tell(PARTNER_NOTE, 0);
	partner_tell(PARTNER_RESET, 0);
	expect(partner_wait_hello(), "it says hello again");
	expect_equal(partner->restarts, (int64_t)restarts + 1, "which was counted");
	expect_equal((int64_t)partner_ask(PARTNER_NOTED, 0), 0, "and has forgotten all");
	clause("MSG-16");
	partner_tell(PARTNER_SLEEP, 20 * CONFORMANCE_MS);
	partner_tell(PARTNER_RESET, 0);
	while (send_one() == HYPERCALL_OK) /* these go down with it */
		;
	expect(partner_wait_hello(), "it says hello again");
	expect_equal((int64_t)partner_ask(PARTNER_NOTED, 0), 0, "nothing is left of before");
	expect((int32_t)(own_ring()->written - written) >= 4, "what it sent is there");
}

static void test_fault(void)
{
	struct tunnel tunnel, read_only;
	volatile uint64_t *word;

	if (tunnel_open(&tunnel, PARTNER_TUNNEL) || tunnel_open(&read_only, PARTNER_READ_ONLY))
		return;
	clause("TUN-3");
	word = read_only.memory;
	*word = 0x600d;
	*(volatile uint64_t *)tunnel.memory = 0x600e;
	partner_tell(PARTNER_WRITES, 0);
	expect(wait_state(false, 0) || region_vm_state((unsigned)partner_vm()) == 0, "a fault");
	expect(partner_wait_hello(), "the partner starts again");
	expect_equal((int64_t)*word, 0x600d, "what it could not write");
	expect(tunnel_wait_connected(&tunnel, CONFORMANCE_S), "it opens its side again");
	expect_equal(tunnel_ring(&tunnel), HYPERCALL_OK, "which can be rung");
	expect_equal(*(volatile uint64_t *)tunnel.memory, 0x600e, "what was written is there");
}

static void test_end(void)
{
	struct tunnel tunnel;

	clause("LIFE-1");
	partner_tell(PARTNER_OFF, 0);
	expect(wait_state(true, 2), "the partner is halted");
	clause("MSG-9");
	expect_equal(send_one(), HYPERCALL_NOT_RUNNING, "sending to it");
	if (!region_get()->tunnel_count || tunnel_open(&tunnel, PARTNER_TUNNEL))
		return;
	clause("TUN-10");
	expect(!tunnel_is_connected(&tunnel), "its side is closed");
	expect_equal(tunnel_ring(&tunnel), HYPERCALL_NOT_RUNNING, "and cannot be rung");
}

void test_life(void)
{
	if (!partner_is_there())
		return;
	test_restart();
	if (region_get()->tunnel_count)
		test_fault();
	test_end();
}
