/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio over MMIO: registers, negotiation, the descriptions of queues, and what a device makes of
 * a queue that breaks the rules.
 */
#include "tests/unit/virtio_world.h"

#include <string.h>

#define PAGE(n) (WORLD_RAM + (n)*PLAN_PAGE_SIZE)
#define DATA    PAGE(4)

/* A network device's queues; VM 1 receives, VM 0 sends. */
static struct world_queue receive, send;

static void start(void)
{
	world_start(2);
	for (unsigned vm = 0; vm < 2; vm++) {
		world_negotiate(vm, WORLD_NET, 0);
		receive = world_queue(vm, WORLD_NET, VIRTIO_NET_RECEIVE, 8, PAGE(0));
		if (vm == 0)
			send = world_queue(vm, WORLD_NET, VIRTIO_NET_SEND, 8, PAGE(1));
		world_live(vm, WORLD_NET);
	}
}

static void test_identity(void **state)
{
	(void)state;
	world_start(1);
	assert_int_equal(world_read(0, WORLD_NET, REG_MAGIC), 0x74726976);
	assert_int_equal(world_read(0, WORLD_NET, REG_VERSION), 2);
	assert_int_equal(world_read(0, WORLD_NET, REG_DEVICE_ID), 1);
	assert_int_equal(world_read(0, WORLD_CONSOLE, REG_DEVICE_ID), 3);
	assert_int_not_equal(world_read(0, WORLD_NET, REG_VENDOR_ID), 0);
	assert_int_equal(world_read(0, WORLD_NET, REG_STATUS), 0);
	assert_int_equal(world_read(0, WORLD_NET, REG_INTERRUPT), 0);
	assert_int_equal(world_read(0, WORLD_NET, 0xb0), 0xffffffff); /* no shared memory */
	assert_int_equal(world_read(0, WORLD_NET, 0xbc), 0xffffffff);
	assert_int_equal(world_read(0, WORLD_NET, REG_NOTIFY), 0);
	assert_int_equal(world_read(0, WORLD_NET, 0xf0), 0);
	assert_int_equal(
		world_read(0, WORLD_NET, REG_GENERATION), world_read(0, WORLD_NET, REG_GENERATION));
}

/* Registers at full width only; the configuration at any. */
static void test_widths(void **state)
{
	uint64_t value = 0;

	(void)state;
	world_start(2);
	for (uint8_t size = 1; size <= 8; size *= 2) {
		enum mmio_result wanted = size == 4 ? MMIO_DONE : MMIO_DENIED;

		assert_int_equal(
			world_access(1, WORLD_NET, REG_STATUS, size, false, &value), wanted);
		assert_int_equal(
			world_access(1, WORLD_NET, REG_STATUS, size, true, &value), wanted);
		assert_int_equal(
			world_access(1, WORLD_NET, REG_CONFIG, size, false, &value), MMIO_DONE);
		assert_int_equal(value, size < 6 ? 2 : 0x010000000002);
	}
	assert_int_equal(world_access(1, WORLD_NET, REG_STATUS + 2, 4, false, &value), MMIO_DENIED);
	assert_int_equal(world_access(1, WORLD_NET, REG_CONFIG + 5, 1, false, &value), MMIO_DONE);
	assert_int_equal(value, 1); /* the last byte of its address */
	assert_int_equal(world_access(1, WORLD_NET, REG_CONFIG + 5, 4, false, &value), MMIO_DONE);
	assert_int_equal(value, 1);
	assert_int_equal(
		world_access(1, WORLD_NET, PLAN_PAGE_SIZE - 8, 8, false, &value), MMIO_DONE);
	assert_int_equal(value, 0);
	assert_int_equal(
		world_access(1, WORLD_NET, REG_CONFIG, 4, true, &value), MMIO_DONE); /* no effect */
	assert_int_equal(world_read(1, WORLD_NET, REG_CONFIG), 2);
}

static uint64_t offered(enum world_device device)
{
	uint64_t features;

	world_write(0, device, REG_DEVICE_FEATURES_SELECT, 1);
	features = (uint64_t)world_read(0, device, REG_DEVICE_FEATURES) << 32;
	world_write(0, device, REG_DEVICE_FEATURES_SELECT, 0);
	features |= world_read(0, device, REG_DEVICE_FEATURES);
	world_write(0, device, REG_DEVICE_FEATURES_SELECT, 2);
	assert_int_equal(world_read(0, device, REG_DEVICE_FEATURES), 0);
	return features;
}

static bool is_accepted(uint64_t features)
{
	world_negotiate(0, WORLD_NET, features);
	return world_read(0, WORLD_NET, REG_STATUS) == STATUS_FEATURES;
}

static void test_negotiation(void **state)
{
	(void)state;
	world_start(1);
	assert_int_equal(offered(WORLD_NET), BIT(32) | BIT(5));
	assert_int_equal(offered(WORLD_CONSOLE), BIT(32) | BIT(1) | BIT(2));
	assert_true(is_accepted(0));
	assert_true(is_accepted(BIT(5)));
	for (unsigned bit = 0; bit < 64; bit++)
		assert_int_equal(is_accepted(BIT(bit)), bit == 5 || bit == 32);

	/* Without VERSION_1, and with one beyond all that there are. */
	world_write(0, WORLD_NET, REG_STATUS, 0);
	world_write(0, WORLD_NET, REG_STATUS, STATUS_FEATURES);
	assert_int_equal(world_read(0, WORLD_NET, REG_STATUS), STATUS_DRIVER);
	world_write(0, WORLD_NET, REG_DRIVER_FEATURES_SELECT, 1);
	world_write(0, WORLD_NET, REG_DRIVER_FEATURES, 1);
	world_write(0, WORLD_NET, REG_DRIVER_FEATURES_SELECT, 2);
	world_write(0, WORLD_NET, REG_DRIVER_FEATURES, 1);
	world_write(0, WORLD_NET, REG_STATUS, STATUS_FEATURES);
	assert_int_equal(world_read(0, WORLD_NET, REG_STATUS), STATUS_DRIVER);

	/* What was accepted stands. */
	assert_true(is_accepted(0));
	world_write(0, WORLD_NET, REG_DRIVER_FEATURES_SELECT, 0);
	world_write(0, WORLD_NET, REG_DRIVER_FEATURES, 0xffffffff);
	world_write(0, WORLD_NET, REG_STATUS, STATUS_LIVE);
	assert_int_equal(world_read(0, WORLD_NET, REG_STATUS), STATUS_LIVE);
	assert_int_equal(world_net(0)->virtio.features, VIRTIO_F_VERSION_1);
}

/* Bits stay until a reset; the device's own and unknown ones are not the driver's. */
static void test_status(void **state)
{
	(void)state;
	world_start(1);
	world_write(0, WORLD_NET, REG_STATUS, 1);
	world_write(0, WORLD_NET, REG_STATUS, 2);
	assert_int_equal(world_read(0, WORLD_NET, REG_STATUS), 3);
	world_write(0, WORLD_NET, REG_STATUS, 0xffffff70);
	assert_int_equal(world_read(0, WORLD_NET, REG_STATUS), 3);
	world_write(0, WORLD_NET, REG_STATUS, VIRTIO_FAILED);
	assert_int_equal(world_read(0, WORLD_NET, REG_STATUS), 3 | VIRTIO_FAILED);
	world_write(0, WORLD_NET, REG_STATUS, 0);
	assert_int_equal(world_read(0, WORLD_NET, REG_STATUS), 0);
}

static bool becomes_ready(uint32_t size, uint64_t descriptors, uint64_t driver, uint64_t device)
{
	world_negotiate(0, WORLD_NET, 0);
	world_write(0, WORLD_NET, REG_QUEUE_SELECT, 1);
	world_write(0, WORLD_NET, REG_QUEUE_SIZE, size);
	world_write(0, WORLD_NET, REG_DESCRIPTORS, (uint32_t)descriptors);
	world_write(0, WORLD_NET, REG_DRIVER, (uint32_t)driver);
	world_write(0, WORLD_NET, REG_DEVICE, (uint32_t)device);
	world_write(0, WORLD_NET, REG_QUEUE_READY, 1);
	assert_int_equal(world_read(0, WORLD_NET, REG_STATUS) & VIRTIO_NEEDS_RESET,
		world_read(0, WORLD_NET, REG_QUEUE_READY) ? 0 : VIRTIO_NEEDS_RESET);
	return world_read(0, WORLD_NET, REG_QUEUE_READY);
}

static void test_queue_description(void **state)
{
	(void)state;
	world_start(1);
	world_write(0, WORLD_NET, REG_QUEUE_SELECT, 1);
	assert_int_equal(world_read(0, WORLD_NET, REG_QUEUE_MOST), 256);
	for (uint32_t size = 1; size <= 256; size *= 2)
		assert_true(becomes_ready(size, PAGE(0), PAGE(1), PAGE(2)));
	assert_false(becomes_ready(0, PAGE(0), PAGE(1), PAGE(2)));
	assert_false(becomes_ready(3, PAGE(0), PAGE(1), PAGE(2)));
	assert_false(becomes_ready(255, PAGE(0), PAGE(1), PAGE(2)));
	assert_false(becomes_ready(512, PAGE(0), PAGE(1), PAGE(2)));
	assert_false(becomes_ready(0x10008, PAGE(0), PAGE(1), PAGE(2)));
	assert_true(becomes_ready(8, PAGE(0) + 16, PAGE(1) + 2, PAGE(2) + 4));
	assert_false(becomes_ready(8, PAGE(0) + 8, PAGE(1), PAGE(2)));
	assert_false(becomes_ready(8, PAGE(0), PAGE(1) + 1, PAGE(2)));
	assert_false(becomes_ready(8, PAGE(0), PAGE(1), PAGE(2) + 2));

	/* The word behind the size is none of it. */
	world_negotiate(0, WORLD_NET, 0);
	world_write(0, WORLD_NET, REG_QUEUE_SELECT, 1);
	world_write(0, WORLD_NET, REG_QUEUE_SIZE, 8);
	world_write(0, WORLD_NET, REG_QUEUE_SIZE + 4, 16);
	assert_int_equal(world_net(0)->queues[1].size, 8);
}

static void test_no_such_queue(void **state)
{
	(void)state;
	world_start(1);
	world_negotiate(0, WORLD_NET, 0);
	for (unsigned i = 0; i < 3; i++) {
		static const uint32_t indices[] = {2, 0x10000, 0xffffffff};

		world_write(0, WORLD_NET, REG_QUEUE_SELECT, indices[i]);
		assert_int_equal(world_read(0, WORLD_NET, REG_QUEUE_MOST), 0);
		world_write(0, WORLD_NET, REG_QUEUE_SIZE, 8);
		world_write(0, WORLD_NET, REG_QUEUE_READY, 1);
		assert_int_equal(world_read(0, WORLD_NET, REG_QUEUE_READY), 0);
		world_write(0, WORLD_NET, REG_NOTIFY, indices[i]);
	}
	assert_int_equal(world_read(0, WORLD_NET, REG_STATUS), STATUS_FEATURES);
}

/* While a queue is ready its description stands; when it is stopped, it is read back as such. */
static void test_ready_queue_stands(void **state)
{
	const struct virtqueue *queue;
	struct virtqueue before;

	(void)state;
	start();
	queue = &world_net(0)->queues[VIRTIO_NET_SEND];
	before = *queue;
	world_write(0, WORLD_NET, REG_QUEUE_SELECT, VIRTIO_NET_SEND);
	world_write(0, WORLD_NET, REG_QUEUE_SIZE, 16);
	world_write(0, WORLD_NET, REG_DESCRIPTORS, 0x1000);
	world_write(0, WORLD_NET, REG_DRIVER + 4, 0x1000);
	world_write(0, WORLD_NET, REG_DEVICE, 0x1000);
	world_write(0, WORLD_NET, REG_QUEUE_READY, 1);
	assert_memory_equal(queue, &before, sizeof(before));
	world_write(0, WORLD_NET, REG_QUEUE_READY, 0);
	assert_int_equal(world_read(0, WORLD_NET, REG_QUEUE_READY), 0);
	world_write(0, WORLD_NET, REG_DEVICE + 4, 0x12345678);
	assert_int_equal(queue->device >> 32, 0x12345678);
}

/* A packet of `bytes` bytes from VM 0 to VM 1, behind its header. */
static void send_packet(unsigned bytes)
{
	const struct world_piece piece = {DATA, 12 + bytes, 0};
	uint8_t *packet = world_at(0, DATA) + 12;

	memset(packet, 0x5a, bytes);
	memcpy(packet, "\2\0\0\0\0\1\2\0\0\0\0\0\x88\xb5", 14);
	world_add(&send, &piece, 1);
	world_notify(&send);
}

static void add_receive_buffer(void)
{
	const struct world_piece piece = {DATA, 1526, DESC_WRITE};

	world_add(&receive, &piece, 1);
}

static bool is_received(void)
{
	uint32_t head, written;

	return world_take(&receive, &head, &written);
}

static void test_not_before_driver_ok(void **state)
{
	uint32_t head, written;

	(void)state;
	start();
	world_negotiate(0, WORLD_NET, 0);
	send = world_queue(0, WORLD_NET, VIRTIO_NET_SEND, 8, PAGE(1));
	add_receive_buffer();
	send_packet(60);
	assert_false(world_take(&send, &head, &written));
	world_live(0, WORLD_NET);
	world_notify(&send);
	assert_true(world_take(&send, &head, &written));
	assert_true(is_received());

	/* Nor after the queue was stopped; nor without FEATURES_OK. */
	world_write(0, WORLD_NET, REG_QUEUE_SELECT, VIRTIO_NET_SEND);
	world_write(0, WORLD_NET, REG_QUEUE_READY, 0);
	send_packet(60);
	assert_false(world_take(&send, &head, &written));
	world_write(0, WORLD_NET, REG_STATUS, 0);
	world_write(0, WORLD_NET, REG_STATUS, STATUS_DRIVER | VIRTIO_DRIVER_OK);
	send = world_queue(0, WORLD_NET, VIRTIO_NET_SEND, 8, PAGE(1));
	send_packet(60);
	assert_false(world_take(&send, &head, &written));
}

static void test_interrupt(void **state)
{
	(void)state;
	start();
	add_receive_buffer();
	send_packet(60);
	assert_true(is_received());
	assert_true(world_line(1, WORLD_NET));
	assert_int_equal(world_read(1, WORLD_NET, REG_INTERRUPT), 1);
	world_write(1, WORLD_NET, REG_ACKNOWLEDGE, 2);
	assert_int_equal(world_read(1, WORLD_NET, REG_INTERRUPT), 1);
	assert_true(world_line(1, WORLD_NET));
	world_write(1, WORLD_NET, REG_ACKNOWLEDGE, 1);
	assert_int_equal(world_read(1, WORLD_NET, REG_INTERRUPT), 0);
	assert_false(world_line(1, WORLD_NET));

	/* The sender's buffer was used, too. */
	assert_int_equal(world_read(0, WORLD_NET, REG_INTERRUPT), 1);
	world_write(0, WORLD_NET, REG_ACKNOWLEDGE, 1);

	*world_flags(&receive) = *world_flags(&send) = 1; /* no notifications */
	add_receive_buffer();
	send_packet(60);
	assert_true(is_received());
	assert_false(world_line(0, WORLD_NET));
	assert_false(world_line(1, WORLD_NET));
}

static void test_reset(void **state)
{
	(void)state;
	start();
	add_receive_buffer();
	send_packet(60);
	world_write(1, WORLD_NET, REG_STATUS, 0);
	assert_int_equal(world_read(1, WORLD_NET, REG_STATUS), 0);
	assert_int_equal(world_read(1, WORLD_NET, REG_INTERRUPT), 0);
	assert_false(world_line(1, WORLD_NET));
	for (unsigned i = 0; i < VIRTIO_NET_QUEUES; i++) {
		world_write(1, WORLD_NET, REG_QUEUE_SELECT, i);
		assert_int_equal(world_read(1, WORLD_NET, REG_QUEUE_READY), 0);
	}
	send_packet(60); /* is lost */
	assert_int_equal(network_port(1)->stats.lost, 1);
}

/* What a driver must not do, to be done with the queue that `queue` is. */
static void jump(struct world_queue *queue)
{
	queue->available = (uint16_t)(queue->available + 20);
	world_offer(queue, 0);
}

static void head_outside(struct world_queue *queue)
{
	world_offer(queue, 8);
}

static void rings_outside(struct world_queue *queue)
{
	virtio_at(queue->vm * 2)->queues[queue->index].driver = 0x1000;
	world_offer(queue, 0);
}

static void used_ring_read_only(struct world_queue *queue)
{
	const struct world_piece piece = {DATA, 100, queue->index == 0 ? DESC_WRITE : 0};

	virtio_at(queue->vm * 2)->queues[queue->index].device = WORLD_ROM;
	world_add(queue, &piece, 1);
}

static void descriptors_outside(struct world_queue *queue)
{
	virtio_at(queue->vm * 2)->queues[queue->index].descriptors = ~0xfull;
	world_offer(queue, 7);
}

static void loop(struct world_queue *queue)
{
	world_describe(queue, 0, (struct world_piece){DATA, 1, DESC_WRITE}, DESC_NEXT, 1);
	world_describe(queue, 1, (struct world_piece){DATA, 1, DESC_WRITE}, DESC_NEXT, 0);
	world_offer(queue, 0);
}

static void indirect(struct world_queue *queue)
{
	world_describe(queue, 0, (struct world_piece){DATA, 64, DESC_WRITE | DESC_INDIRECT}, 0, 0);
	world_offer(queue, 0);
}

static void next_outside(struct world_queue *queue)
{
	world_describe(queue, 0, (struct world_piece){DATA, 4, DESC_WRITE}, DESC_NEXT, 8);
	world_offer(queue, 0);
}

static void data_outside(struct world_queue *queue)
{
	world_describe(queue, 0, (struct world_piece){0x1000, 1526, DESC_WRITE}, 0, 0);
	world_offer(queue, 0);
}

static void data_read_only(struct world_queue *queue)
{
	world_describe(queue, 0, (struct world_piece){WORLD_ROM, 1526, DESC_WRITE}, 0, 0);
	world_offer(queue, 0);
}

static void data_past_the_end(struct world_queue *queue)
{
	world_describe(
		queue, 0, (struct world_piece){PAGE(WORLD_RAM_PAGES) - 8, 1526, DESC_WRITE}, 0, 0);
	world_offer(queue, 0);
}

typedef void offence_t(struct world_queue *queue);

/* The guest that does it gets a device that needs a reset, and is told so; the other one lives. */
static void check_sender_breaks(offence_t *offend)
{
	start();
	offend(&send);
	world_notify(&send);
	assert_int_equal(world_read(0, WORLD_NET, REG_STATUS), STATUS_LIVE | VIRTIO_NEEDS_RESET);
	assert_int_equal(world_read(0, WORLD_NET, REG_INTERRUPT) & 2, 2);
	assert_true(world_line(0, WORLD_NET));
	assert_int_equal(world_read(1, WORLD_NET, REG_STATUS), STATUS_LIVE);
	world_notify(&send); /* nothing any more */

	/* After a reset all is well. */
	world_negotiate(0, WORLD_NET, 0);
	send = world_queue(0, WORLD_NET, VIRTIO_NET_SEND, 8, PAGE(1));
	world_live(0, WORLD_NET);
	add_receive_buffer();
	send_packet(60);
	assert_true(is_received());
}

static void check_receiver_breaks(offence_t *offend)
{
	uint32_t head, written;

	start();
	offend(&receive);
	send_packet(60);
	assert_true(world_take(&send, &head, &written));
	assert_int_equal(world_read(0, WORLD_NET, REG_STATUS), STATUS_LIVE);
	assert_int_equal(world_read(1, WORLD_NET, REG_STATUS), STATUS_LIVE | VIRTIO_NEEDS_RESET);
	assert_int_equal(world_read(1, WORLD_NET, REG_INTERRUPT), 2);
	assert_int_equal(network_port(1)->stats.lost, 1);
	send_packet(60);
	assert_int_equal(network_port(1)->stats.lost, 2);
}

static void test_offences(void **state)
{
	static offence_t *const of_both[] = {
		jump, head_outside, rings_outside, used_ring_read_only};
	static offence_t *const of_receivers[] = {descriptors_outside, loop, indirect, next_outside,
		data_outside, data_read_only, data_past_the_end};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(of_both); i++)
		check_sender_breaks(of_both[i]);
	for (unsigned i = 0; i < ARRAY_LENGTH(of_both); i++)
		check_receiver_breaks(of_both[i]);
	for (unsigned i = 0; i < ARRAY_LENGTH(of_receivers); i++)
		check_receiver_breaks(of_receivers[i]);
}

/* A packet that is none is used up and lost, the device goes on. */
static void test_bad_packets(void **state)
{
	static offence_t *const offences[] = {descriptors_outside, loop, indirect, next_outside};
	uint32_t head, written;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(offences); i++) {
		start();
		add_receive_buffer();
		offences[i](&send);
		world_notify(&send);
		assert_true(world_take(&send, &head, &written));
		assert_int_equal(written, 0);
		assert_int_equal(world_net(0)->lost, 1);
		assert_false(is_received());
		assert_int_equal(world_read(0, WORLD_NET, REG_STATUS), STATUS_LIVE);
	}
	start();
	add_receive_buffer();
	send_packet(13);
	send_packet(1515);
	assert_int_equal(world_net(0)->lost, 2);
	assert_false(is_received());
	send_packet(14);
	send_packet(1514); /* for which there is no buffer */
	assert_int_equal(world_net(0)->lost, 2);
	assert_true(is_received());
	assert_int_equal(network_port(1)->stats.lost, 1);
}

/* A ring whose parts lie in two pages each, those not side by side in the machine. */
static void test_rings_across_pages(void **state)
{
	uint32_t head, written;

	(void)state;
	start();
	world_negotiate(1, WORLD_NET, 0);
	receive = world_queue(1, WORLD_NET, VIRTIO_NET_RECEIVE, 256, WORLD_FAR + 0xff0);
	world_write(1, WORLD_NET, REG_QUEUE_READY, 0);
	receive.driver = WORLD_FAR + 2 * PLAN_PAGE_SIZE + 0xffe;
	receive.used = WORLD_FAR + 4 * PLAN_PAGE_SIZE + 0xffc - 8 * 3 - 4;
	memset(world_at(1, receive.driver), 0, 2);
	memset(world_at(1, receive.driver + 2), 0, 4);
	memset(world_at(1, receive.used), 0, 8);
	world_write(1, WORLD_NET, REG_DRIVER, (uint32_t)receive.driver);
	world_write(1, WORLD_NET, REG_DEVICE, (uint32_t)receive.used);
	world_write(1, WORLD_NET, REG_QUEUE_READY, 1);
	world_live(1, WORLD_NET);
	for (unsigned i = 0; i < 300; i++) {
		add_receive_buffer();
		send_packet(60 + i % 8);
		assert_true(world_take(&receive, &head, &written));
		assert_int_equal(head, i % 256);
		assert_int_equal(written, 72 + i % 8);
	}
}

/* Nobody's guest runs any more: the device is as after a reset, and out of the memory. */
static void test_stopped_vm(void **state)
{
	(void)state;
	start();
	add_receive_buffer();
	harness_fault(vcpu_at(1));
	fake_become(cpu_at(0));
	assert_int_equal(virtio_at(2)->status, 0);
	assert_false(virtio_at(2)->queues[VIRTIO_NET_RECEIVE].ready);
	send_packet(60);
	assert_int_equal(network_port(1)->stats.lost, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_negotiation),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_queue_description),
		cmocka_unit_test(test_no_such_queue),
		cmocka_unit_test(test_ready_queue_stands),
		cmocka_unit_test(test_not_before_driver_ok),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_offences),
		cmocka_unit_test(test_bad_packets),
		cmocka_unit_test(test_rings_across_pages),
		cmocka_unit_test(test_stopped_vm),
	};

	return cmocka_run_group_tests_name("virtio", tests, NULL, NULL);
}
