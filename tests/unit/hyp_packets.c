/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets through regions' rings, and the switch between them.
 */
#include "tests/unit/comm_fixture.h"

#include <string.h>

#define SLOTS 8u

static const struct harness_vm vms[] = {
	{"a", 1, false, PLAN_RESTART},
	{"b", 1, false, PLAN_RESTART},
	{"c", 1, false, PLAN_RESTART},
	{"d", 1, false, PLAN_RESTART},
};

/* Three VMs in network 0, with the addresses 1, 2 and 3, and one in network 1. */
static void start(void)
{
	comm_plan(harness_plan(vms, 4));
	for (unsigned i = 0; i < 4; i++)
		comm_packets(i, i / 3, SLOTS, i + 1);
	comm_boot();
}

static void address(uint8_t *mac, unsigned last)
{
	static const uint8_t group[] = {0x33, 0x33, 0, 0, 0, 1};

	memset(mac, 0, 6);
	mac[0] = 2;
	mac[5] = (uint8_t)last;
	if (last == 0xff)
		memset(mac, 0xff, 6);
	if (last == 0xfe)
		memcpy(mac, group, 6);
}

/* Puts a packet into the ring: `size` bytes, the last ones all `text`. */
static void put(unsigned vm, unsigned to, unsigned from, unsigned size, char text)
{
	struct region_packets *packets = comm_packets_of(vm);
	struct region_packet *slot = comm_slot(vm, false, packets->send_written);

	memset(slot->data, text, size < REGION_PACKET_MAX ? size : REGION_PACKET_MAX);
	address(slot->data, to);
	address(slot->data + 6, from);
	slot->size_bytes = size;
	packets->send_written++;
}

static int64_t flush(unsigned vm)
{
	return comm_call(vm, HYPERCALL_IO_SEND_PACKETS, 0, 0, 0);
}

static void send(unsigned vm, unsigned to, unsigned from, char text)
{
	put(vm, to, from, 64, text);
	while (flush(vm) == 0)
		;
}

/* The text of the packet that came, or 0. */
static char take(unsigned vm)
{
	struct region_packets *packets = comm_packets_of(vm);
	const struct region_packet *slot = comm_slot(vm, true, packets->receive_read);

	if (packets->receive_read == packets->receive_written)
		return 0;
	packets->receive_read++;
	assert_int_equal(slot->data[slot->size_bytes - 1], slot->data[14]);
	return (char)slot->data[14];
}

static void check(const char *who, char text)
{
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(take(i), strchr(who, (char)('a' + i)) ? text : 0);
}

static void test_ring(void **state)
{
	static const uint8_t mac[] = {2, 0, 0, 0, 0, 1};
	const struct region_packets *packets;

	(void)state;
	start();
	packets = comm_packets_of(0);
	assert_int_equal(packets->slot_count, SLOTS);
	assert_memory_equal(packets->mac, mac, 6);
	assert_int_equal(flush(0), 0);
	put(0, 2, 1, REGION_PACKET_MAX, 'x');
	put(0, 2, 1, 14, 'y');
	assert_int_equal(flush(0), 1); /* the longest is all that a call does */
	assert_int_equal(flush(0), 1);
	assert_int_equal(packets->send_read, 2);
	assert_int_equal(comm_events(1), REGION_EVENT_PACKET);
	assert_int_equal(comm_slot(1, true, 0)->size_bytes, REGION_PACKET_MAX);
	assert_memory_equal(
		comm_slot(1, true, 0)->data, comm_slot(0, false, 0)->data, REGION_PACKET_MAX);
	assert_int_equal(comm_slot(1, true, 1)->size_bytes, 14);
	assert_int_equal(comm_packets_of(1)->receive_written, 2);
	assert_int_equal(comm_packets_of(2)->receive_written, 0);
}

static void test_switch(void **state)
{
	(void)state;
	start();
	send(0, 2, 1, 'u'); /* a port's own address is known from the start */
	check("b", 'u');
	send(0, 0xff, 1, 'b');
	check("bc", 'b');
	send(1, 0xfe, 2, 'g');
	check("ac", 'g');
	send(0, 1, 1, 's'); /* to itself */
	check("", 0);
	send(3, 1, 4, 'n'); /* in another network */
	check("", 0);
	send(0, 77, 1, 'f'); /* nobody's address */
	check("bc", 'f');
}

static void test_learning(void **state)
{
	(void)state;
	start();
	send(1, 1, 50, 'l'); /* somebody is behind the second */
	check("a", 'l');
	send(0, 50, 1, 'u');
	check("b", 'u');
	send(2, 1, 50, 'm'); /* and moves to the third */
	check("a", 'm');
	send(0, 50, 1, 'v');
	check("c", 'v');
	fake.ticks += 300ull * 1000000000;
	send(0, 50, 1, 'w');
	check("c", 'w');
	fake.ticks += 1;
	send(0, 50, 1, 'x'); /* not heard of for too long */
	check("bc", 'x');
	/* Nobody takes another one's own address, or a group's. */
	send(2, 0xff, 2, 'y');
	check("ab", 'y');
	send(0, 2, 1, 'z');
	check("b", 'z');
	send(2, 1, 0xff, 'g');
	check("a", 'g');
	send(0, 0xff, 1, 'h');
	check("bc", 'h');
}

/* The table holds so many addresses; the one not heard of for the longest time goes. */
static void test_table(void **state)
{
	(void)state;
	start();
	for (unsigned i = 0; i <= NETWORK_LEARNT_MOST; i++) {
		fake.ticks++;
		send(1, 1, 100 + i, 'l');
		check("a", 'l');
		if (i == 0 || i == 5) {
			fake.ticks++;
			send(1, 1, 100, 'k');
			check("a", 'k');
		}
	}
	send(0, 101, 1, 'f');
	check("bc", 'f');
	send(0, 100, 1, 'u');
	check("b", 'u');
	send(0, 100 + NETWORK_LEARNT_MOST, 1, 'u');
	check("b", 'u');
}

static void test_reserved(void **state)
{
	struct region_packet *slot;

	(void)state;
	start();
	for (unsigned i = 0; i < 0x20; i++) {
		slot = comm_slot(0, false, comm_packets_of(0)->send_written);
		put(0, 0, 1, 60, 'r');
		memcpy(slot->data, "\x01\x80\xc2\x00\x00", 5);
		slot->data[5] = (uint8_t)i;
		while (flush(0) == 0)
			;
		check(i < 0x10 ? "" : "bc", 'r');
	}
}

static int64_t set_mac(unsigned vm, uint64_t mac)
{
	return comm_call(vm, HYPERCALL_IO_SEND_MAC, mac, 0, 0);
}

static void test_set_mac(void **state)
{
	(void)state;
	start();
	assert_int_equal(set_mac(0, 0x630000000002), HYPERCALL_OK);
	assert_int_equal(comm_packets_of(0)->mac[5], 0x63);
	send(1, 0x63, 2, 'u');
	check("a", 'u');
	send(1, 1, 2, 'f'); /* nobody has it now, but nobody gets it either */
	check("ac", 'f');
	assert_int_equal(set_mac(1, 0x010000000002), HYPERCALL_DENIED);
	assert_int_equal(set_mac(1, 0x630000000002), HYPERCALL_DENIED);
	assert_int_equal(set_mac(1, 0x020000000002), HYPERCALL_OK); /* it has it */
	assert_int_equal(set_mac(1, 0x630000000003), HYPERCALL_INVALID_PARAMETER);
	assert_int_equal(set_mac(1, 0xffffffffffff), HYPERCALL_INVALID_PARAMETER);
	assert_int_equal(set_mac(1, 0), HYPERCALL_INVALID_PARAMETER);
	assert_int_equal(set_mac(1, 0x1630000000002), HYPERCALL_INVALID_PARAMETER);
	comm_end(0);
	assert_int_equal(comm_packets_of(0)->mac[5], 1);
	send(1, 1, 2, 'v');
	check("a", 'v');
}

/* A port that has no room loses packets, and nobody else does. */
static void test_no_room(void **state)
{
	(void)state;
	start();
	for (unsigned i = 0; i < SLOTS; i++) {
		send(0, 0xff, 1, (char)('0' + i));
		assert_int_equal(take(2), '0' + i);
	}
	send(0, 0xff, 1, '8');
	assert_int_equal(take(2), '8');
	assert_int_equal(network_port(1)->stats.lost, 1);
	assert_int_equal(network_port(2)->stats.lost, 0);
	assert_int_equal(network_port(0)->stats.sent, SLOTS + 1);
	assert_int_equal(network_port(0)->stats.received, 0);
	assert_int_equal(network_port(1)->stats.received, SLOTS);
	assert_int_equal(network_port(2)->stats.received, SLOTS + 1);
	for (unsigned i = 0; i < SLOTS; i++)
		assert_int_equal(take(1), '0' + i);
	assert_int_equal(take(1), 0);
	send(0, 0xff, 1, '9');
	check("bc", '9');
}

/* A call does a bounded piece of work; what it does not take is not lost. */
static void test_steps(void **state)
{
	(void)state;
	start();
	for (unsigned i = 0; i < SLOTS; i++)
		put(0, 2, 1, 60, (char)('0' + i));
	assert_int_equal(flush(0), NETWORK_STEPS);
	assert_int_equal(flush(0), NETWORK_STEPS);
	assert_int_equal(flush(0), 0);
	for (unsigned i = 0; i < SLOTS; i++)
		assert_int_equal(take(1), '0' + i);
	for (unsigned i = 0; i < 3; i++)
		put(0, 0xff, 1, 60, (char)('a' + i));
	assert_int_equal(flush(0), 2);
	put(0, 1, 1, 60, 's'); /* for nobody, also a step */
	put(0, 2, 1, 60, 'u');
	put(0, 2, 1, 60, 'v');
	assert_int_equal(flush(0), 3);
	assert_int_equal(flush(0), 1);
	for (const char *c = "abcuv"; *c; c++)
		assert_int_equal(take(1), *c);
	for (const char *c = "abc"; *c; c++)
		assert_int_equal(take(2), *c);
	/* A flood that does not fit into what is left of a call goes on where it was. */
	put(0, 2, 1, 60, 'p');
	put(0, 2, 1, 60, 'q');
	put(0, 2, 1, 60, 'r');
	put(0, 0xff, 1, 60, 'f');
	assert_int_equal(flush(0), 3);
	assert_int_equal(flush(0), 1);
	for (const char *c = "pqrf"; *c; c++)
		assert_int_equal(take(1), *c);
	check("c", 'f');
}

/* One that goes to more ports than a call serves is taken all the same, once. */
static void test_wide_network(void **state)
{
	(void)state;
	comm_plan(harness_plan(vms, 3));
	comm_packets(0, 0, SLOTS, 1);
	comm_packets(1, 0, SLOTS, 2);
	comm_dead_ports(0, COMM_PORTS);
	comm_packets(2, 0, SLOTS, 3);
	comm_boot();
	put(0, 0xff, 1, 60, 'w');
	assert_int_equal(flush(0), 1);
	assert_int_equal(flush(0), 0);
	check("bc", 'w');
	assert_int_equal(network_port(2)->stats.lost, 1);
	/* It turns into something else in the middle. */
	put(0, 0xff, 1, 60, 'x');
	network_port(0)->todo = 2;
	comm_slot(0, false, 1)->size_bytes = 5;
	put(0, 3, 1, 60, 'y');
	assert_int_equal(flush(0), 2);
	assert_int_equal(take(2), 'y');
	assert_int_equal(take(1), 0);
}

static void test_nonsense(void **state)
{
	static const uint32_t sizes[] = {0, 1, 13, 1515, 2048, 0x80000000, ~0u};
	struct region_packets *packets;

	(void)state;
	start();
	packets = comm_packets_of(0);
	for (unsigned i = 0; i < ARRAY_LENGTH(sizes); i++) {
		put(0, 2, 1, sizes[i], 'x');
		assert_int_equal(flush(0), 1);
	}
	check("", 0);
	packets->send_written += SLOTS + 1;
	assert_int_equal(flush(0), HYPERCALL_WRONG_STATE);
	packets->send_written = 0;
	assert_int_equal(flush(0), HYPERCALL_WRONG_STATE);
	packets->send_written = ARRAY_LENGTH(sizes);
	packets->send_read = 77;
	packets->receive = packets->send = packets->slot_count = 0xffffff00;
	comm_packets_of(1)->receive_read = 9; /* as if it were full */
	packets->slot_count = SLOTS;
	packets->send = comm_packets_of(1)->send;
	put(0, 2, 1, 60, 'x');
	assert_int_equal(flush(0), 1);
	assert_int_equal(packets->send_read, ARRAY_LENGTH(sizes) + 1);
	assert_int_equal(network_port(1)->stats.lost, 1);
	assert_int_equal(comm_packets_of(1)->receive_written, 0);
}

static void test_without(void **state)
{
	(void)state;
	comm_plan(harness_plan(vms, 2));
	comm_packets(0, 0, SLOTS, 1);
	comm_boot();
	assert_int_equal(flush(1), HYPERCALL_DENIED);
	assert_int_equal(set_mac(1, 2), HYPERCALL_DENIED);
	send(0, 0xff, 1, 'x'); /* alone */
	assert_int_equal(comm_packets_of(0)->send_read, 1);
}

static void test_restart(void **state)
{
	(void)state;
	start();
	send(1, 1, 50, 'l');
	take(0);
	for (unsigned i = 0; i < 5; i++)
		send(0, 2, 1, 'o');
	put(1, 1, 2, 60, 'q');
	comm_end(1);
	assert_int_equal(comm_packets_of(1)->receive_written, 0);
	assert_int_equal(comm_packets_of(1)->send_written, 0);
	assert_int_equal(flush(1), 0);
	check("", 0);
	send(0, 50, 1, 'f'); /* what was behind it is forgotten */
	check("bc", 'f');
	/* A VM that is over gets nothing. */
	comm_end(2);
	__atomic_store_n(&vm_at(2)->state, VM_HALTED, __ATOMIC_SEQ_CST);
	send(0, 3, 1, 'x');
	assert_int_equal(comm_packets_of(2)->receive_written, 0);
	assert_int_equal(network_port(2)->stats.lost, 1);
}

/* The halves of a packet may lie anywhere, or nowhere. */
struct pieces {
	struct packet packet;
	uint8_t bytes[64];
	uint32_t step, end;
};

static const uint8_t *piece(const struct packet *packet, uint32_t offset, uint32_t *bytes)
{
	const struct pieces *pieces = (const struct pieces *)packet;

	*bytes = pieces->step;
	return offset < pieces->end ? pieces->bytes + offset : NULL;
}

static void test_pieces(void **state)
{
	struct pieces pieces = {.packet = {.size_bytes = 60, .piece = piece}, .end = 60};
	uint8_t to[60];

	(void)state;
	for (unsigned i = 0; i < sizeof(pieces.bytes); i++)
		pieces.bytes[i] = (uint8_t)(i + 1);
	for (pieces.step = 1; pieces.step <= 60; pieces.step++) {
		memset(to, 0, sizeof(to));
		packet_read(&pieces.packet, 3, to, 50);
		assert_memory_equal(to, pieces.bytes + 3, 50);
		assert_int_equal(to[50], 0);
	}
	pieces.step = 10;
	pieces.end = 20;
	packet_read(&pieces.packet, 0, to, 40);
	assert_memory_equal(to, pieces.bytes, 20);
	assert_int_equal(to[20] | to[39], 0);
}

/* Others may wait for the core: what is long to copy takes more of what an exit may do. */
static void test_steps_of_long_packets(void **state)
{
	(void)state;
	start();
	put(0, 2, 1, NETWORK_PACKET_MOST, 'a');
	put(0, 2, 1, NETWORK_PACKET_MOST, 'b');
	put(0, 2, 1, NETWORK_STEP_BYTES, 'c');
	put(0, 2, 1, NETWORK_STEP_BYTES, 'd');
	put(0, 2, 1, NETWORK_STEP_BYTES, 'e');
	assert_int_equal(flush(0), 1);
	assert_int_equal(flush(0), 1);
	assert_int_equal(flush(0), 2);
	assert_int_equal(flush(0), 1);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(take(1), 'a' + i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_learning),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_set_mac),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_steps_of_long_packets),
		cmocka_unit_test(test_wide_network),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_without),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests_name("packets", tests, NULL, NULL);
}
