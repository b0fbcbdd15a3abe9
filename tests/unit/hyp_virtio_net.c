/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio network devices: packets arrive as they were sent, to whom they are for, in buffers of
 * every shape; and what one notification does is bounded.
 */
#include "tests/unit/virtio_world.h"

#include <string.h>

#define PAGE(n) (WORLD_RAM + (n)*PLAN_PAGE_SIZE)
#define HEADER  12u
#define FULL    (HEADER + 1514u)

static struct world_queue receive[WORLD_VMS], send[WORLD_VMS];

static void start(unsigned size)
{
	world_start(WORLD_VMS);
	for (unsigned vm = 0; vm < WORLD_VMS; vm++) {
		world_negotiate(vm, WORLD_NET, BIT(5));
		receive[vm] = world_queue(vm, WORLD_NET, VIRTIO_NET_RECEIVE, size, PAGE(0));
		send[vm] = world_queue(vm, WORLD_NET, VIRTIO_NET_SEND, size, PAGE(1));
		world_live(vm, WORLD_NET);
	}
}

/* A packet's bytes, of which each one is another: to VM `to`, or to all of them. */
#define TO_ALL 99u
static void make_packet(uint8_t *packet, unsigned from, unsigned to, unsigned bytes, unsigned seed)
{
	static const uint8_t mac[] = {2, 0, 0, 0, 0};

	for (unsigned i = 0; i < bytes; i++)
		packet[i] = (uint8_t)(seed + i * 7 + i / 256);
	memcpy(packet, mac, 5);
	packet[5] = (uint8_t)to;
	if (to == TO_ALL)
		memset(packet, 0xff, 6);
	memcpy(packet + 6, mac, 5);
	packet[11] = (uint8_t)from;
}

/* Copies into the VM's memory, whose pages may lie apart. */
static void store(unsigned vm, uint64_t address, const uint8_t *from, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		*world_at(vm, address + i) = from[i];
}

/* The packet with its header lies at `address`, cut after each of the lengths. */
static void offer_packet(unsigned vm, uint64_t address, const uint8_t *packet, unsigned bytes,
	const unsigned *cuts, unsigned cut_count)
{
	struct world_piece pieces[8];
	unsigned done = 0;

	store(vm, address + HEADER, packet, bytes);
	for (unsigned i = 0; i < cut_count; i++) {
		pieces[i] = (struct world_piece){address + done, cuts[i], 0};
		done += cuts[i];
	}
	pieces[cut_count] = (struct world_piece){address + done, HEADER + bytes - done, 0};
	world_add(&send[vm], pieces, cut_count + 1);
}

static void check_received(unsigned vm, uint64_t address, const uint8_t *packet, unsigned bytes)
{
	static const uint8_t header[HEADER] = {[10] = 1};
	uint32_t head, written;

	assert_true(world_take(&receive[vm], &head, &written));
	assert_int_equal(written, HEADER + bytes);
	for (unsigned i = 0; i < HEADER; i++)
		assert_int_equal(*world_at(vm, address + i), header[i]);
	for (unsigned i = 0; i < bytes; i++)
		assert_int_equal(*world_at(vm, address + HEADER + i), packet[i]);
}

/* Buffers that begin anywhere in a page, in pieces on both sides. */
static void test_shapes(void **state)
{
	static const unsigned cuts[][3] = {
		{12, 0, 0}, {12, 14, 0}, {1, 11, 1}, {13, 700, 1}, {26, 1, 400}, {700, 0, 100}};
	uint8_t packet[1514];

	(void)state;
	start(16);
	for (unsigned i = 0; i < 600; i++) {
		const unsigned bytes = i % 5 == 0 ? 1514 : 820 + i % 400;
		const uint64_t from = PAGE(3) + (i * 37) % 0x1800,
			       to = WORLD_FAR + (i * 53) % 0x3000;
		const struct world_piece pieces[3] = {{to, 12 + i % 100, DESC_WRITE},
			{to + 12 + i % 100, 600, DESC_WRITE},
			{to + 612 + i % 100, FULL - 612, DESC_WRITE}};

		make_packet(packet, 0, 1, bytes, i);
		world_add(&receive[1], pieces, 3);
		offer_packet(0, from, packet, bytes, cuts[i % 6], 3);
		world_notify(&send[0]);
		check_received(1, to, packet, bytes);
	}
	assert_int_equal(network_port(1)->stats.lost + world_net(0)->lost, 0);
	assert_int_equal(network_port(2)->stats.lost, 0); /* unicast: nobody else saw any */
}

static void add_buffer(unsigned vm, uint64_t address)
{
	world_add(&receive[vm], &(struct world_piece){address, FULL, DESC_WRITE}, 1);
}

static void test_broadcast(void **state)
{
	uint8_t packet[60];

	(void)state;
	start(8);
	make_packet(packet, 0, TO_ALL, sizeof(packet), 1);
	add_buffer(0, PAGE(5));
	add_buffer(1, PAGE(5));
	add_buffer(2, PAGE(5));
	offer_packet(0, PAGE(3), packet, sizeof(packet), NULL, 0);
	world_notify(&send[0]);
	check_received(1, PAGE(5), packet, sizeof(packet));
	check_received(2, PAGE(5), packet, sizeof(packet));
	assert_int_equal(world_net(0)->queues[VIRTIO_NET_RECEIVE].done, 0);
	assert_int_equal(world_busy, 0);
}

/* More than one exit may do: the guest makes its notification again, and nothing is sent twice. */
static void test_bounded(void **state)
{
	uint8_t packet[7][60];

	(void)state;
	start(8);
	for (unsigned i = 0; i < 7; i++) {
		make_packet(packet[i], 0, TO_ALL, sizeof(packet[i]), i);
		add_buffer(1, PAGE(3) + i * 0x600);
		add_buffer(2, PAGE(3) + i * 0x600);
		offer_packet(0, PAGE(3) + i * 0x100, packet[i], sizeof(packet[i]), NULL, 0);
	}
	world_notify(&send[0]);
	assert_true(world_busy >= 7 * 2 / NETWORK_STEPS);
	for (unsigned i = 0; i < 7; i++) {
		check_received(1, PAGE(3) + i * 0x600, packet[i], sizeof(packet[i]));
		check_received(2, PAGE(3) + i * 0x600, packet[i], sizeof(packet[i]));
	}
	assert_int_equal(world_net(0)->queues[VIRTIO_NET_SEND].done, 7);
	assert_int_equal(world_net(1)->queues[VIRTIO_NET_RECEIVE].done, 7);
}

/* One that has no room loses the packet, the others get it. */
static void test_no_room(void **state)
{
	uint8_t packet[1000];

	(void)state;
	start(8);
	make_packet(packet, 0, TO_ALL, sizeof(packet), 1);
	world_add(&receive[1], &(struct world_piece){PAGE(5), 900, DESC_WRITE}, 1);
	add_buffer(2, PAGE(5));
	offer_packet(0, PAGE(3), packet, sizeof(packet), NULL, 0);
	world_notify(&send[0]);
	check_received(2, PAGE(5), packet, sizeof(packet));
	assert_int_equal(network_port(1)->stats.lost, 1);
	assert_int_equal(network_port(2)->stats.lost, 0);
	assert_int_equal(world_read(1, WORLD_NET, REG_STATUS), STATUS_LIVE);

	/* The small buffer is still there for a small packet. */
	make_packet(packet, 0, 1, 888, 2);
	offer_packet(0, PAGE(3), packet, 888, NULL, 0);
	world_notify(&send[0]);
	check_received(1, PAGE(5), packet, 888);
}

/* New buffers need not be told of: the guest learns that with its first notification. */
static void test_quiet(void **state)
{
	(void)state;
	start(8);
	assert_int_equal(*world_used_flags(&receive[0]), 0);
	world_notify(&receive[0]);
	assert_int_equal(*world_used_flags(&receive[0]), 1);
	assert_int_equal(*world_used_flags(&send[0]), 0);
	assert_false(world_line(0, WORLD_NET));
}

/* A buffer for the guest's packet that the device would have to write to has nothing to read. */
static void test_wrong_direction(void **state)
{
	uint32_t head, written;

	(void)state;
	start(8);
	world_add(&send[0], &(struct world_piece){PAGE(3), 100, DESC_WRITE}, 1);
	world_notify(&send[0]);
	assert_true(world_take(&send[0], &head, &written));
	assert_int_equal(world_net(0)->lost, 1);
	world_add(&receive[1], &(struct world_piece){PAGE(3), FULL, 0}, 1);
	offer_packet(0, PAGE(3), (const uint8_t[60]){2, 0, 0, 0, 0, 1, 2}, 60, NULL, 0);
	world_notify(&send[0]);
	assert_int_equal(network_port(1)->stats.lost, 1);
	assert_false(world_take(&receive[1], &head, &written));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_broadcast),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_wrong_direction),
	};

	return cmocka_run_group_tests_name("virtio net", tests, NULL, NULL);
}
