/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that does anything to its virtio devices, at random but the same each time: registers,
 * rings, descriptors, messages, restarts. Nothing but its own memory is touched, each exit ends,
 * and meanwhile two honest guests lose nothing that they send each other.
 */
#include "tests/unit/virtio_world.h"

#include <string.h>

#include "abi/region.h"
#include "hyp/core/comm.h"
#include "hyp/core/hypercall.h"

#define PAGE(n)     (WORLD_RAM + (n)*PLAN_PAGE_SIZE)
#define HOSTILE     0u
#define SEEDS       6u
#define STEPS       4000u
#define BUFFERS     16u
#define PACKET      100u
#define PACKET_AT   PAGE(2)
#define RECEIVE_AT  PAGE(3) /* and further pages */
#define BUFFER_SIZE 1600u

static uint64_t random_state;

static uint32_t random_word(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 16);
}

static uint32_t random_below(uint32_t limit)
{
	return random_word() % limit;
}

/* Values that are more often of interest than others. */
static uint64_t random_value(void)
{
	static const uint64_t values[] = {0, 1, 2, 3, 7, 8, 15, 16, 255, 256, 0xffff, 0x10000,
		0x7fffffff, 0xffffffff, WORLD_RAM, WORLD_FAR, WORLD_ROM, WORLD_RAM - 1,
		PAGE(WORLD_RAM_PAGES), PAGE(WORLD_RAM_PAGES) - 4, WORLD_FAR + 0xffd, 0x41000000,
		FAKE_RAM_BASE, ~0ull, ~0xfull, 1ull << 63};

	if (random_below(3) == 0)
		return random_word();
	return values[random_below(ARRAY_LENGTH(values))] + random_below(2) * random_below(64);
}

/* The honest two: VM 1 sends packets and messages to VM 2. */

static struct world_queue net_send, net_receive, port_send, port_receive;
static unsigned sent;

static void add_net_buffer(unsigned slot)
{
	world_add(&net_receive,
		&(struct world_piece){RECEIVE_AT + slot * BUFFER_SIZE, 1526, DESC_WRITE}, 1);
}

static void send_control(struct world_queue *queue, uint32_t port, uint16_t event)
{
	const uint64_t word = port | (uint64_t)event << 32 | 1ull << 48;

	memcpy(world_at(queue->vm, PACKET_AT + 0x800), &word, sizeof(word));
	world_add(queue, &(struct world_piece){PACKET_AT + 0x800, 8, 0}, 1);
	world_notify(queue);
}

/* The honest drivers' ports to each other are open. */
static void bring_up_console(unsigned vm, unsigned peer)
{
	struct world_queue control;

	world_negotiate(vm, WORLD_CONSOLE, BIT(1));
	control = world_queue(vm, WORLD_CONSOLE, 3, 16, PAGE(1));
	port_receive = world_queue(vm, WORLD_CONSOLE, 4 + 2 * peer, 16, PAGE(1) + 0x400);
	if (vm == 1)
		port_send = world_queue(vm, WORLD_CONSOLE, 5 + 2 * peer, 16, PAGE(1) + 0x800);
	world_live(vm, WORLD_CONSOLE);
	send_control(&control, 0, 0);
	send_control(&control, 1 + peer, 3);
	send_control(&control, 1 + peer, 6);

	/* VM 1 also listens to the hostile one, but never gives it a buffer. */
	if (vm == 1)
		send_control(&control, 1 + HOSTILE, 6);
}

static void start_honest(void)
{
	for (unsigned vm = 1; vm < 3; vm++) {
		world_negotiate(vm, WORLD_NET, 0);
		net_receive = world_queue(vm, WORLD_NET, VIRTIO_NET_RECEIVE, 16, PAGE(0));
		if (vm == 1)
			net_send = world_queue(vm, WORLD_NET, VIRTIO_NET_SEND, 16, PAGE(0) + 0x800);
		world_live(vm, WORLD_NET);
		bring_up_console(vm, 3 - vm);
	}
	for (unsigned i = 0; i < BUFFERS / 2; i++)
		add_net_buffer(i);
	sent = 0;
}

static void send_honest(void)
{
	uint8_t *packet = world_at(1, PACKET_AT);

	sent++;
	memset(packet, 0, 12);
	memcpy(packet + 12, "\2\0\0\0\0\2\2\0\0\0\0\1\x88\xb5", 14);
	memset(packet + 26, (int)(sent & 0xff), PACKET - 14);
	memcpy(packet + 26, &sent, sizeof(sent));
	world_add(&net_send, &(struct world_piece){PACKET_AT, 12 + PACKET, 0}, 1);
	world_notify(&net_send);
	memcpy(world_at(1, PACKET_AT + 0x200), &sent, sizeof(sent));
	world_add(&port_receive, &(struct world_piece){PACKET_AT + 0x400, 64, DESC_WRITE}, 1);
	world_add(&port_send, &(struct world_piece){PACKET_AT + 0x200, 8, 0}, 1);
	world_notify(&port_send);
}

/* What the hostile one sends to everybody comes, too. */
static bool is_honest(const uint8_t *packet, uint32_t written)
{
	return written == 12 + PACKET && packet[12 + 11] == 1 &&
	       memcmp(packet + 26, &sent, sizeof(sent)) == 0;
}

static unsigned take_packets(void)
{
	unsigned honest = 0;
	uint32_t head, written;

	while (world_take(&net_receive, &head, &written)) {
		const unsigned slot = head % (BUFFERS / 2);
		uint8_t packet[1526];

		for (unsigned i = 0; i < sizeof(packet); i++)
			packet[i] = *world_at(2, RECEIVE_AT + slot * BUFFER_SIZE + i);
		honest += is_honest(packet, written);
		add_net_buffer(net_receive.next_descriptor % (BUFFERS / 2));
	}
	return honest;
}

static void check_honest(void)
{
	uint32_t head, written, number;

	take_packets();
	send_honest();
	assert_int_equal(take_packets(), 1);
	assert_true(world_take(&port_receive, &head, &written));
	assert_int_equal(written, 8);
	memcpy(&number, world_at(2, PACKET_AT + 0x400), sizeof(number));
	assert_int_equal(number, sent);
	assert_false(world_take(&port_receive, &head, &written));
	for (unsigned vm = 1; vm < 3; vm++) {
		assert_int_equal(virtio_at(2 * vm)->status, STATUS_LIVE);
		assert_int_equal(virtio_at(2 * vm + 1)->status, STATUS_LIVE);
	}
}

/* The hostile one. */

static struct world_queue queues[8];
static unsigned queue_count;

static void set_up(void)
{
	const enum world_device device = random_below(2) ? WORLD_NET : WORLD_CONSOLE;
	const unsigned count = device == WORLD_NET ? 2 : 8;

	world_negotiate(HOSTILE, device, device == WORLD_NET ? 0 : BIT(1));
	for (queue_count = 0; queue_count < count; queue_count++) {
		queues[queue_count] = world_queue(HOSTILE, device, queue_count,
			1u << random_below(5), PAGE(0) + queue_count * 0x400);
	}
	world_live(HOSTILE, device);
}

static void write_register(void)
{
	const uint32_t offset = random_below(0x110);
	uint64_t value = random_value();

	world_access(HOSTILE, random_below(2) ? WORLD_NET : WORLD_CONSOLE, offset & ~3u, 4, true,
		&value);
}

static void touch_anything(void)
{
	uint64_t value = random_value();

	world_access(HOSTILE, random_below(2) ? WORLD_NET : WORLD_CONSOLE,
		random_below(PLAN_PAGE_SIZE - 8), (uint8_t)(1u << random_below(4)), random_below(2),
		&value);
}

static void poke(void)
{
	const uint64_t value = random_value();

	for (unsigned i = random_below(4); i < 4; i++) {
		const uint64_t at = PAGE(0) + (random_below(0x2000) & ~1u);

		memcpy(world_at(HOSTILE, at), &value, 2);
	}
}

/* A chain that may be right, of a queue that may be there. */
static void offer(void)
{
	struct world_queue *queue = &queues[random_below(8)];
	struct world_piece pieces[5];
	const unsigned count = 1 + random_below(ARRAY_LENGTH(pieces));

	if (queue->size == 0)
		return;
	for (unsigned i = 0; i < count; i++) {
		const uint64_t address =
			random_below(4) ? PAGE(2) + random_below(0x6000) : random_value();
		const uint16_t flags = queue->index % 2 == 0 ? DESC_WRITE : 0;

		pieces[i] = (struct world_piece){
			address, random_below(300), random_below(10) ? flags : DESC_INDIRECT};
	}
	world_add(queue, pieces, count);
	if (random_below(8) == 0)
		queue->available = (uint16_t)(queue->available + random_below(4));
	if (random_below(2))
		world_notify(queue);
}

static void notify(void)
{
	uint64_t value = random_below(12);

	world_access(
		HOSTILE, random_below(2) ? WORLD_NET : WORLD_CONSOLE, REG_NOTIFY, 4, true, &value);
}

/* A packet to everybody, or a control message, that is right. */
static void say(void)
{
	const uint64_t at = PAGE(7);
	struct world_queue *queue = &queues[queue_count == 2 ? 1 : 3];
	const uint64_t word =
		random_below(6) | (uint64_t)random_below(8) << 32 | (uint64_t)random_below(2) << 48;

	if (queue_count == 0)
		return;
	memset(world_at(HOSTILE, at), queue_count == 2 ? 0xff : 0, 200);
	memcpy(world_at(HOSTILE, at), &word, sizeof(word));
	world_add(queue,
		&(struct world_piece){at, queue_count == 2 ? 40 + random_below(100) : 8, 0}, 1);
	world_notify(queue);
}

/* Its console as a driver would have it, to send messages to who never takes one. */
static void send_messages(void)
{
	world_negotiate(HOSTILE, WORLD_CONSOLE, BIT(1));
	for (queue_count = 0; queue_count < 8; queue_count++)
		queues[queue_count] = world_queue(
			HOSTILE, WORLD_CONSOLE, queue_count, 16, PAGE(0) + queue_count * 0x400);
	world_live(HOSTILE, WORLD_CONSOLE);
	for (unsigned i = 0; i < 16; i++)
		world_add(&queues[2], &(struct world_piece){PAGE(3), 64, DESC_WRITE}, 1);
	send_control(&queues[3], 0, 0);
	send_control(&queues[3], 2, 3);
	send_control(&queues[3], 2, 6);
	for (unsigned i = 0; i < 12; i++) {
		const uint64_t at = random_below(10) ? PAGE(4) : 0x1000;

		world_add(&queues[7], &(struct world_piece){at, random_below(70), 0}, 1);
		world_notify(&queues[7]);
	}
}

static void call(void)
{
	static const uint64_t numbers[] = {HYPERCALL_IPC_SEND_MSG, HYPERCALL_IPC_RECV_MSG};
	const uint64_t args[6] = {random_below(4), random_below(100), 0};
	const uint64_t number = numbers[random_below(2)];
	static const uint64_t none[6];

	fake_become(cpu_at(HOSTILE));
	hypercall_handle(vcpu_at(HOSTILE), number == HYPERCALL_IPC_SEND_MSG ? args : none, number);
	comm_console_input(vm_at(HOSTILE), (char)random_word());
	world_check_idle();
}

/* Its region is its own, too: the messages that wait there may be anything. */
static void scribble(void)
{
	uint8_t *region = (uint8_t *)comm_vm_at(HOSTILE)->region;

	region[random_below(0x1000)] = (uint8_t)random_value();
}

static void restart(void)
{
	if (random_below(20) != 0)
		return;
	harness_fault(vcpu_at(HOSTILE));
	while (vm_state(vm_at(HOSTILE)) != VM_RUNNING)
		harness_next(HOSTILE);
	memset(queues, 0, sizeof(queues));
	queue_count = 0;
}

/* What no guest may write: each one's read-only page, and the machine's memory that is nobody's. */
static void check_memory(void)
{
	for (unsigned vm = 0; vm < WORLD_VMS; vm++) {
		for (unsigned i = 0; i < PLAN_PAGE_SIZE; i += 64)
			assert_int_equal(*world_at(vm, WORLD_ROM + i), 0xa5);
	}
	for (unsigned i = 48 * PLAN_PAGE_SIZE; i < FAKE_RAM_PAGES * PLAN_PAGE_SIZE; i += 64)
		assert_int_equal(*fake_ram_at(FAKE_RAM_BASE + i), 0xa5);
}

static void act(uint64_t seed, unsigned count)
{
	static void (*const steps[])(void) = {set_up, write_register, touch_anything, poke, poke,
		offer, offer, offer, notify, say, say, send_messages, call, scribble, restart};

	random_state = 0x9e3779b97f4a7c15ull * seed;
	memset(queues, 0, sizeof(queues));
	queue_count = 0;
	start_honest();
	for (unsigned i = 0; i < count; i++) {
		steps[random_below(ARRAY_LENGTH(steps))]();
		if (i % 4 == 0)
			check_honest();
		else
			take_packets();
		fake.uart.length = 0;
	}
	check_memory();
}

static void test_hostile_guest(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		world_start(WORLD_VMS);
		act(seed, STEPS);
	}
}

/* Another CPU of the hostile guest, which writes into its rings while they are read. */
static bool is_over;

static void *scribble_on(void *context)
{
	uint64_t word = 88172645463325252ull;

	(void)context;
	while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
		uint16_t *at;

		word ^= word << 13;
		word ^= word >> 7;
		word ^= word << 17;
		at = (uint16_t *)(void *)world_at(HOSTILE, PAGE(0) + (word & 0x1ffe));
		__atomic_store_n(
			at, (uint16_t)(word >> 40 & (word >> 60 ? 0xf : 0xffff)), __ATOMIC_RELAXED);
	}
	return NULL;
}

static void test_changing_memory(void **state)
{
	pthread_t thread;

	(void)state;
	world_start(WORLD_VMS);
	is_over = false;
	assert_int_equal(pthread_create(&thread, NULL, scribble_on, NULL), 0);
	act(99, STEPS);
	__atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_guest),
		cmocka_unit_test(test_changing_memory),
	};

	return cmocka_run_group_tests_name("virtio fuzz", tests, NULL, NULL);
}
