/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages through the ports of virtio consoles, between devices and with guests that use their
 * region; and who is told when a receiver goes away.
 */
#include "tests/unit/virtio_ports.h"

#include <stdio.h>
#include <string.h>

#include "abi/region.h"
#include "hyp/comm/message.h"

static void send_bytes(unsigned from, unsigned to, const void *text, unsigned bytes)
{
	const uint64_t at =
		PORTS_SEND_DATA + (ports_send[from][to].next_descriptor % PORTS_SIZE) * 256;

	memcpy(world_at(from, at), text, bytes);
	world_add(&ports_send[from][to], &(struct world_piece){at, bytes, 0}, 1);
	world_notify(&ports_send[from][to]);
}

static void send_text(unsigned from, unsigned to, const char *text)
{
	send_bytes(from, to, text, (unsigned)strlen(text));
}

static void add_receive_buffer(unsigned vm, unsigned from, uint32_t bytes)
{
	const uint64_t at = PORTS_RECEIVE_DATA + from * 2048 +
			    (ports_receive[vm][from].next_descriptor % PORTS_SIZE) * 128;

	world_add(&ports_receive[vm][from], &(struct world_piece){at, bytes, DESC_WRITE}, 1);
}

static void add_receive_buffers(unsigned vm, unsigned from, unsigned count)
{
	while (count-- > 0)
		add_receive_buffer(vm, from, 128);
	world_notify(&ports_receive[vm][from]);
}

static void expect_text(unsigned vm, unsigned from, const char *text)
{
	uint32_t head, written;

	assert_true(world_take(&ports_receive[vm][from], &head, &written));
	assert_int_equal(written, strlen(text));
	assert_memory_equal(
		world_at(vm, PORTS_RECEIVE_DATA + from * 2048 + head * 128), text, strlen(text));
}

static void expect_no_text(unsigned vm, unsigned from)
{
	uint32_t head, written;

	assert_false(world_take(&ports_receive[vm][from], &head, &written));
}

static void test_messages(void **state)
{
	(void)state;
	ports_start_two();
	add_receive_buffers(0, 1, 4);
	add_receive_buffers(1, 0, 4);
	send_text(0, 1, "ping");
	expect_text(1, 0, "ping");
	assert_true(world_line(1, WORLD_CONSOLE));
	send_text(1, 0, "pong");
	expect_text(0, 1, "pong");
	send_text(0, 1, "one");
	send_text(0, 1, "two");
	expect_text(1, 0, "one");
	expect_text(1, 0, "two");
	expect_no_text(1, 0);
	assert_int_equal(world_console(0)->lost, 0);
}

/*
 * The receiver has no buffers: its ring fills, then the sender's buffers stay. When there are
 * buffers again everything arrives, once and in order.
 */
static void test_full(void **state)
{
	char text[16];

	(void)state;
	ports_start_two();
	for (unsigned i = 0; i < PORTS_SIZE; i++) {
		snprintf(text, sizeof(text), "number %u", i);
		send_text(0, 1, text);
	}
	assert_int_equal(world_console(0)->queues[7].done, WORLD_SLOTS);
	assert_int_equal(world_console(0)->refused, BIT(2));
	add_receive_buffers(1, 0, PORTS_SIZE);
	for (unsigned i = 0; i < PORTS_SIZE; i++) {
		snprintf(text, sizeof(text), "number %u", i);
		expect_text(1, 0, text);
	}
	expect_no_text(1, 0);
	assert_int_equal(world_console(0)->queues[7].done, PORTS_SIZE);
	assert_int_equal(world_console(0)->refused, 0);
	assert_int_equal(world_console(0)->lost, 0);
}

/* A message that is longer than the buffers comes in several, and the next one in its own. */
static void test_small_buffers(void **state)
{
	uint32_t head, written;

	(void)state;
	ports_start_two();
	for (unsigned i = 0; i < 4; i++)
		add_receive_buffer(1, 0, 10);
	send_text(0, 1, "0123456789abcdefghijklmno");
	send_text(0, 1, "next");
	for (unsigned i = 0; i < 4; i++) {
		assert_true(world_take(&ports_receive[1][0], &head, &written));
		assert_int_equal(written, i < 2 ? 10 : i == 2 ? 5 : 4);
	}
	assert_memory_equal(world_at(1, PORTS_RECEIVE_DATA + 2 * 128), "klmno", 5);
	assert_memory_equal(world_at(1, PORTS_RECEIVE_DATA + 3 * 128), "next", 4);
}

/* What cannot be sent is used up, and counted. */
static void test_not_sent(void **state)
{
	static const uint8_t bytes[WORLD_BYTES + 1];

	(void)state;
	ports_start_two();
	add_receive_buffers(1, 0, 4);
	send_bytes(0, 1, bytes, sizeof(bytes));
	assert_int_equal(world_console(0)->lost, 1);
	send_bytes(0, 1, bytes, 0);
	assert_int_equal(world_console(0)->lost, 2);
	world_add(&ports_send[0][1], &(struct world_piece){0x1000, 8, 0}, 1);
	world_notify(&ports_send[0][1]);
	assert_int_equal(world_console(0)->lost, 3);
	expect_no_text(1, 0);
	send_bytes(0, 1, bytes, WORLD_BYTES);
	assert_int_equal(world_console(0)->queues[7].done, 4);
	world_check_idle();
}

/* A port that the guest has not opened, or has closed, takes no messages, and its peer knows. */
static void test_closed_port(void **state)
{
	(void)state;
	ports_start_two();
	add_receive_buffers(1, 0, 4);
	ports_control(1, 1, OPEN, 0);
	ports_expect(0, 2, OPEN, 0, "");
	send_text(0, 1, "nobody");
	assert_int_equal(world_console(0)->lost, 1);
	expect_no_text(1, 0);
	ports_control(1, 1, OPEN, 1);
	ports_expect(0, 2, OPEN, 1, "");
	send_text(0, 1, "somebody");
	expect_text(1, 0, "somebody");
}

/* Who closes his port loses what waits for it; messages of others behind it arrive. */
static void test_closed_with_messages(void **state)
{
	(void)state;
	ports_start(3);
	ports_open(0, 1, false);
	ports_open(1, 0, true);
	ports_open(2, 1, false);
	ports_open(1, 2, true);
	send_text(0, 1, "lost");
	send_text(2, 1, "found");
	add_receive_buffers(1, 2, 4);
	expect_no_text(1, 2); /* alpha's message is before it */
	ports_control(1, 1, OPEN, 0);
	expect_text(1, 2, "found");
	assert_int_equal(world_console(1)->lost, 1);
}

/* A VM is stopped and starts again: its peers' ports close; it begins anew. */
static void test_restart(void **state)
{
	struct vcpu *vcpu = vcpu_at(1);

	(void)state;
	ports_start_two();
	send_text(0, 1, "old");
	vcpu = harness_fault(vcpu_at(1));
	ports_expect(0, 2, OPEN, 0, "");
	ports_expect_nothing(0);
	send_text(0, 1, "to nobody");
	assert_int_equal(world_console(0)->lost, 1);
	while (vm_state(vm_at(1)) != VM_RUNNING)
		vcpu = harness_next(1);
	assert_non_null(vcpu);
	ports_bring_up(1, 2);
	ports_open(1, 0, true);
	ports_expect(0, 2, OPEN, 1, "");
	ports_expect_nothing(0);
	add_receive_buffers(1, 0, 4);
	send_text(0, 1, "new");
	expect_text(1, 0, "new");
	expect_no_text(1, 0);
}

/* A guest that sends by its region: into the device's port. */
static void test_from_a_region(void **state)
{
	struct comm_vm *comm;

	(void)state;
	ports_start(2);
	comm = comm_vm_at(1);
	memcpy(comm->vcpus[0].outbox, "called", 6);
	assert_int_equal(ports_call(1, HYPERCALL_IPC_SEND_MSG, 0, 6, 0), HYPERCALL_NOT_RUNNING);
	ports_open(0, 1, false);
	add_receive_buffers(0, 1, 4);
	assert_int_equal(ports_call(1, HYPERCALL_IPC_SEND_MSG, 0, 6, 0), HYPERCALL_OK);
	expect_text(0, 1, "called");
}

/* A guest whose ring is full gets the rest when it has made room. */
static void test_to_a_region(void **state)
{
	struct comm_vm *comm;

	(void)state;
	ports_start(2);
	comm = comm_vm_at(1);
	comm->reader = NULL; /* as if beta had no console device */
	ports_open(0, 1, true);
	for (unsigned i = 0; i < WORLD_SLOTS + 4; i++)
		send_text(0, 1, "filling");
	assert_int_equal(comm->written, WORLD_SLOTS);
	assert_int_equal(comm->ring->wanted, 1);
	comm->ring->read = WORLD_SLOTS - 1;
	assert_int_equal(ports_call(1, HYPERCALL_IPC_RECV_MSG, 0, 0, 0), 1);
	assert_int_equal(comm->written, WORLD_SLOTS + 4);
	assert_int_equal(world_console(0)->lost, 0);
}

/* The receiver is stopped while it is full: the sender's buffers are used, or it waits for ever. */
static void test_full_then_stopped(void **state)
{
	(void)state;
	ports_start_two();
	for (unsigned i = 0; i < PORTS_SIZE; i++)
		send_text(0, 1, "x");
	assert_int_equal(world_console(0)->refused, BIT(2));
	harness_fault(vcpu_at(1));
	while (vm_state(vm_at(1)) != VM_RUNNING)
		harness_next(1);
	ports_bring_up(1, 2);
	ports_open(1, 0, true);
	assert_int_equal(world_console(0)->queues[7].done, PORTS_SIZE);
	assert_int_equal(world_console(0)->refused, 0);
}

/* The same for a receiver whose driver breaks the rules. */
static void test_broken_while_full(void **state)
{
	(void)state;
	ports_start_two();
	for (unsigned i = 0; i < PORTS_SIZE; i++)
		send_text(0, 1, "x");
	world_offer(&ports_receive[1][0], 99);
	world_notify(&ports_receive[1][0]);
	assert_int_equal(
		world_read(1, WORLD_CONSOLE, REG_STATUS), STATUS_LIVE | VIRTIO_NEEDS_RESET);
	assert_int_equal(world_console(0)->refused, 0);
	assert_int_equal(world_console(0)->queues[7].done, PORTS_SIZE);
	ports_expect(0, 2, OPEN, 0, "");
}

/* As if another CPU were between the two in deliver(), when the VM is stopped. */
static void test_taken_after_stop(void **state)
{
	struct comm_vm *comm;
	uint32_t sender, bytes;

	(void)state;
	ports_start_two();
	comm = comm_vm_at(1);
	send_text(0, 1, "x");
	assert_non_null(message_peek(comm, &sender, &bytes));
	harness_fault(vcpu_at(1));
	while (vm_state(vm_at(1)) != VM_RUNNING)
		harness_next(1);
	message_taken(comm);
	assert_null(message_peek(comm, &sender, &bytes));
	assert_int_equal(comm->written - comm->read, 0);
}

static void test_driver_reset_while_full(void **state)
{
	(void)state;
	ports_start_two();
	for (unsigned i = 0; i < PORTS_SIZE; i++)
		send_text(0, 1, "x");
	world_write(1, WORLD_CONSOLE, REG_STATUS, 0);
	assert_int_equal(world_console(0)->refused, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_small_buffers),
		cmocka_unit_test(test_not_sent),
		cmocka_unit_test(test_closed_port),
		cmocka_unit_test(test_closed_with_messages),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_full_then_stopped),
		cmocka_unit_test(test_broken_while_full),
		cmocka_unit_test(test_taken_after_stop),
		cmocka_unit_test(test_driver_reset_while_full),
		cmocka_unit_test(test_from_a_region),
		cmocka_unit_test(test_to_a_region),
	};

	return cmocka_run_group_tests_name("virtio messages", tests, NULL, NULL);
}
