/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sections 4, 7 and 8: messages between the tester and its partner, errors, and events.
 */
#include "conformance.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/irq.h"
#include "guest/lib/message.h"
#include "guest/lib/timer.h"
#include "lib/string.h"

#define ECHO_MAX   REGION_OUTBOX_BYTES
#define BURST      200
#define ECHOES     20
#define ECHO_LIMIT (5 * CONFORMANCE_MS) /* for each: far below a turn, far above its work */
#define SLEEP      (200 * CONFORMANCE_MS)

#ifdef CONFORMANCE_HAND_OVER
#define HAND_OVER_NS (100 * CONFORMANCE_MS) /* several turns */
#else
#define HAND_OVER_NS 0
#endif

static struct region_ring *own_ring(void)
{
	return region_at(region_get()->ring);
}

static unsigned partner_bytes(void)
{
	return region_vm((unsigned)partner_vm())->message_bytes;
}

static int64_t send_call(uint64_t vm, uint64_t bytes, uint64_t timeout)
{
	return hypercall(HYPERCALL_IPC_SEND_MSG, vm, bytes, timeout, 0, 0);
}

static int64_t receive_call(uint64_t timeout)
{
	return hypercall(HYPERCALL_IPC_RECV_MSG, timeout, 0, 0, 0, 0);
}

/* A message of that size, sent back by the partner, is the same. */
static bool echo(size_t bytes)
{
	static uint8_t data[ECHO_MAX], found[ECHO_MAX];
	struct partner_message head = {PARTNER_ECHO, (uint32_t)bytes, bytes * 77};
	unsigned sender;

	for (size_t i = 0; i < bytes; i++)
		data[i] = (uint8_t)(i * 13 + bytes);
	memcpy(data, &head, sizeof(head));
	return expect_equal(message_send((unsigned)partner_vm(), data, bytes, CONFORMANCE_S),
		       HYPERCALL_OK, "sending") &&
	       expect_equal(message_receive(&sender, found, sizeof(found), 5 * CONFORMANCE_S),
		       (int64_t)bytes, "the size of what came back") &&
	       expect_equal(sender, partner_vm(), "the sender") &&
	       expect(memcmp(data, found, bytes) == 0, "the data that came back");
}

static void test_layout(void)
{
	const struct region_ring *ring = own_ring();
	uint32_t before = ring->written;

	clause("MSG-1");
	expect_equal(ring->slot_count & (ring->slot_count - 1), 0, "a power of two");
	expect(ring->slot_bytes >= ring->message_bytes + sizeof(struct region_message),
		"room in a slot");
	expect_equal(ring->slot_bytes % 8, 0, "a slot's alignment");
	for (unsigned i = 0; i < 3 * ring->slot_count; i++)
		echo(sizeof(struct partner_message));
	clause("MSG-2");
	expect_equal((int32_t)(ring->written - before), (int32_t)(3 * ring->slot_count),
		"messages that came");
	expect_equal((int32_t)(ring->written - ring->read), 0, "and were read");
}

static void test_sending(void)
{
	unsigned most = partner_bytes() < own_ring()->message_bytes ? partner_bytes()
								    : own_ring()->message_bytes;

	clause("MSG-3");
	expect_equal(send_call((uint64_t)partner_vm(), 0, 0), HYPERCALL_OK, "an empty message");
	echo(sizeof(struct partner_message));
	clause("MSG-4");
	for (size_t bytes = sizeof(struct partner_message); bytes <= most; bytes++)
		if (!echo(bytes))
			break;
	clause("MSG-5");
	partner_tell(PARTNER_BURST, BURST);
	for (unsigned i = 0; i < BURST; i++) {
		struct partner_message message = {0};

		if (!expect(partner_hear(&message), "a message of many") ||
			!expect_equal(message.number, i, "their order") ||
			!expect(message.value == i * 0x0101010101010101u, "what is in it"))
			break;
	}
	partner_ask(PARTNER_NOTED, 0);
	for (unsigned i = 0; i < BURST; i++)
		expect_equal(partner_tell(PARTNER_NOTE, i), HYPERCALL_OK, "sending many");
	expect_equal((int64_t)partner_ask(PARTNER_NOTED, 0), BURST, "all of them came in order");
}

static void test_errors(void)
{
	const struct region *region = region_get();
	uint64_t partner = (uint64_t)partner_vm(), bytes = partner_bytes();

	clause("MSG-6");
	expect_equal(send_call(region->vm_count, 8, 0), HYPERCALL_NO_VM, "a VM that is not there");
	expect_equal(send_call(~0ull, 8, 0), HYPERCALL_NO_VM, "another one");
	expect_equal(send_call(1ull << 32 | partner, 8, 0), HYPERCALL_NO_VM, "one above 32 bits");
	clause("MSG-7");
	for (unsigned vm = 0; vm < region->vm_count; vm++)
		if (!region_vm(vm)->may_send)
			expect_equal(send_call(vm, 8, 0), HYPERCALL_DENIED,
				"a VM that takes nothing from this one");
	clause("MSG-8");
	expect(bytes <= REGION_OUTBOX_BYTES, "the largest message");
	expect_equal(send_call(partner, bytes + 1, 0), HYPERCALL_TOO_BIG, "a byte too much");
	expect_equal(send_call(partner, ~0ull, 0), HYPERCALL_TOO_BIG, "much too much");
	expect_equal(send_call(partner, 1ull << 32 | 8, 0), HYPERCALL_TOO_BIG, "above 32 bits");
	clause("ERR-1");
	expect_equal(hypercall(HYPERCALL_IPC_SEND_MSG, region->vm_count, 8, 0, 0, 0),
		HYPERCALL_NO_VM, "an error's value");
	clause("ERR-2");
	expect_equal(receive_call(0), HYPERCALL_EMPTY, "nothing came of what was refused");
	echo(sizeof(struct partner_message));
	clause("ERR-3");
	expect_equal(send_call(region->vm_count, ~0ull, 0), HYPERCALL_NO_VM, "the first of two");
	expect_equal(send_call(region->vm, ~0ull, 0), HYPERCALL_DENIED, "the first of two errors");
}

/* Sends while the partner sleeps, until something else than 0 comes. */
static int64_t fill(unsigned *sent)
{
	struct partner_message message = {PARTNER_NOTE, 0, 0};
	int64_t result;

	for (*sent = 0; *sent < 100000; ++*sent) {
		message.value = *sent;
		memcpy(region_own_vcpu()->outbox, &message, sizeof(message));
		result = send_call((uint64_t)partner_vm(), sizeof(message), 0);
		if (result != HYPERCALL_OK)
			return result;
	}
	return HYPERCALL_OK;
}

/* Fills the ring of the partner, which has been told to sleep; returns how many that took. */
static unsigned fill_sleeping(void)
{
	unsigned sent;

	partner_ask(PARTNER_NOTED, 0);
	partner_tell(PARTNER_SLEEP, SLEEP);
	/* Until it has begun, its ring may be full and have room a moment later. */
	region_wait(0, SLEEP / 10);
	expect_equal(fill(&sent), HYPERCALL_FULL, "a ring without end");
	return sent;
}

static void test_full(void)
{
	unsigned sent;
	int64_t result;

	clause("MSG-10");
	sent = fill_sleeping();
	result = send_call((uint64_t)partner_vm(), 8, CONFORMANCE_MS);
	expect_equal(result, region_own_vcpu()->is_shared ? HYPERCALL_WAITED : HYPERCALL_FULL,
		"a millisecond of patience");
	expect_equal((int64_t)partner_ask(PARTNER_NOTED, 0), sent, "what was accepted came");
	clause("MSG-11");
	sent = fill_sleeping();
	region_take(REGION_EVENT_ROOM);
	expect_equal(send_call((uint64_t)partner_vm(), 8, 0), HYPERCALL_FULL, "it is full");
	expect(region_wait(REGION_EVENT_ROOM, 5 * CONFORMANCE_S) != 0, "word of room");
	expect_equal((int64_t)partner_ask(PARTNER_NOTED, 0), sent, "what was accepted came");
}

void test_partner_messages(void)
{
	test_layout();
	test_sending();
	test_errors();
	test_full();
}

/* What a wait for nothing returns. */
static int64_t expected_of_wait(void)
{
	return region_own_vcpu()->is_shared ? HYPERCALL_WAITED : HYPERCALL_EMPTY;
}

static void test_waiting(void)
{
	uint64_t begin;

	clause("MSG-12");
	expect_equal(receive_call(0), HYPERCALL_EMPTY, "nothing there");
	partner_tell(PARTNER_BURST, 3);
	while (own_ring()->written - own_ring()->read < 3 && message_wait(CONFORMANCE_S) == 0)
		region_wait(REGION_EVENT_MESSAGE, 10 * CONFORMANCE_MS);
	expect_equal(receive_call(0), 3, "three");
	expect_equal(receive_call(HYPERCALL_FOREVER), 3, "the same again, and no wait");
	for (unsigned i = 0; i < 3; i++)
		message_done();
	begin = timer_now();
	expect_equal(receive_call(10 * CONFORMANCE_MS), expected_of_wait(), "nothing comes");
	if (region_own_vcpu()->is_shared)
		expect(timer_ticks_to_ns(timer_now() - begin) >= 10 * CONFORMANCE_MS,
			"it waits for the timeout");
	clause("MSG-14");
	if (region_own_vcpu()->is_shared)
		not_applicable("the vCPU shares its core");
	else
		expect_equal(receive_call(HYPERCALL_FOREVER), HYPERCALL_EMPTY, "no wait");
	clause("CALL-9");
	if (!region_own_vcpu()->is_shared) {
		not_applicable("the vCPU has its core for itself");
		return;
	}
	timer_arm(timer_now() + timer_frequency() / 100);
	expect_equal(receive_call(HYPERCALL_FOREVER), HYPERCALL_WAITED, "woken by the timer");
	irq_poll();
	timer_arm(timer_now());
	expect_equal(receive_call(HYPERCALL_FOREVER), HYPERCALL_WAITED, "not even asleep");
	irq_poll();
}

static unsigned interrupts;

static void count_interrupt(unsigned irq, uint64_t arrival)
{
	(void)irq;
	(void)arrival;
	interrupts++;
}

/* A message, and its interrupt if that comes within the time; returns whether it does. */
static bool is_interrupted(uint64_t ns)
{
	const uint64_t end = region_deadline_of(ns);

	interrupts = 0;
	region_take(~0ull);
	partner_tell(PARTNER_BURST, 1);
	expect_equal(message_wait(CONFORMANCE_S), 0, "a message");
	message_done();
	while (interrupts == 0 && timer_now() < end)
		irq_poll();
	return interrupts != 0;
}

/* At the guest's controller: what comes while the interrupt is off comes late. */
static void test_switched_off(unsigned irq)
{
	irq_set_handler(irq, count_interrupt);
	irq_disable(irq);
	expect(!is_interrupted(CONFORMANCE_MS), "none while it is off");
	irq_enable(irq);
	irq_poll();
	irq_poll();
	expect(is_interrupted(CONFORMANCE_S), "when it is on again");
	irq_set_handler(irq, NULL);
}

static void test_events(void)
{
	clause("MSG-13");
	region_take(~0ull);
	partner_tell(PARTNER_BURST, 1);
	expect(region_wait(REGION_EVENT_MESSAGE, CONFORMANCE_S) == REGION_EVENT_MESSAGE,
		"the event");
	expect(message_next() != NULL, "and the message");
	clause("EVT-1");
	expect_equal((int64_t)(region_get()->events & REGION_EVENT_MESSAGE), 0, "it was taken");
	message_done();
	clause("EVT-2");
	if (!region_get()->interrupt) {
		not_applicable("the region has no interrupt");
	} else {
		irq_poll();
		partner_tell(PARTNER_BURST, 1);
		/* Not the event but the interrupt ends this wait. */
		region_sleep(region_deadline(CONFORMANCE_S));
		expect(message_wait(CONFORMANCE_S) == 0, "it comes");
		message_done();
		region_take(~0ull);
		test_switched_off(region_get()->interrupt);
	}
	clause("EVT-3");
	for (unsigned i = 0; i < ECHOES; i++)
		echo(sizeof(struct partner_message));
	clause("EVT-4");
	for (unsigned i = 0; i < BURST; i++)
		if (!echo(sizeof(struct partner_message) + i % 8))
			break;
}

/* The hypervisor trusts nothing that it wrote into the region. */
static void test_scribbling(void)
{
	struct region *region = region_get();
	struct region_ring *ring = own_ring();
	struct region_ring good;
	uint32_t read;

	clause("REG-5");
	memcpy(&good, ring, sizeof(good));
	region->vm = 0x7fffffff;
	ring->written = 0xdeadbeef;
	ring->slot_count = 3;
	ring->slot_bytes = 0xfffffff0;
	ring->slots = 0x80000000;
	partner_tell(PARTNER_BURST, 1);
	while (__atomic_load_n(&ring->written, __ATOMIC_ACQUIRE) == 0xdeadbeef &&
		region_wait(REGION_EVENT_MESSAGE, CONFORMANCE_S))
		;
	expect_equal(ring->written, (int64_t)good.written + 1, "the counter is right again");
	ring->slot_count = good.slot_count;
	ring->slot_bytes = good.slot_bytes;
	ring->slots = good.slots;
	region->vm = (uint32_t)hypercall_get_id();
	expect_equal(message_wait(CONFORMANCE_S), 0, "the message");
	message_done();
	clause("MSG-15");
	read = ring->read;
	ring->read = read - 2 * ring->slot_count;
	partner_tell(PARTNER_BURST, 1); /* the partner now waits for room */
	region_wait(REGION_EVENT_MESSAGE, 20 * CONFORMANCE_MS);
	expect_equal(ring->written, read, "nothing comes into a ring that counts as full");
	ring->read = read - 1;
	message_done(); /* tells the partner */
	expect_equal(message_wait(CONFORMANCE_S), 0, "it comes when the ring is right again");
	message_done();
}

void test_hand_over(void)
{
	const uint64_t end = region_deadline(HAND_OVER_NS);
	uint64_t begin, took;

	clause("MSG-17");
	if (!region_own_vcpu()->is_shared) {
		not_applicable("the vCPU has its core for itself");
		return;
	}
	do {
		begin = timer_now();
		for (unsigned i = 0; i < ECHOES; i++)
			echo(sizeof(struct partner_message));
		took = timer_ticks_to_ns(timer_now() - begin);
	} while (expect(took < ECHOES * ECHO_LIMIT, "messages and answers do not wait for turns") &&
		 timer_now() < end);
}

void test_receiving(void)
{
	test_waiting();
	test_events();
	test_scribbling();
	test_hand_over();
}
