/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio console devices: the ports as the driver hears of them, the console, and messages in both
 * directions, between devices and with guests that use their region.
 */
#include "tests/unit/virtio_world.h"

#include <stdio.h>
#include <string.h>

#include "abi/region.h"
#include "hyp/comm/message.h"
#include "hyp/core/comm.h"
#include "hyp/core/hypercall.h"

#define PAGE(n)   (WORLD_RAM + (n)*PLAN_PAGE_SIZE)
#define MULTIPORT BIT(1)
#define SIZE      16u

enum { DEVICE_READY, PORT_ADD, PORT_REMOVE, PORT_READY, CONSOLE_PORT, RESIZE, OPEN, NAME };

struct control {
	uint32_t port;
	uint16_t event, value;
};

/* Of each VM: control queues, the console's, and those of the port to each VM. */
static struct world_queue control_receive[WORLD_VMS], control_send[WORLD_VMS];
static struct world_queue terminal_receive[WORLD_VMS], terminal_send[WORLD_VMS];
static struct world_queue receive[WORLD_VMS][WORLD_VMS], send[WORLD_VMS][WORLD_VMS];

/* Queues lie 1 KiB apart, then there are pages for data. */
static uint64_t place(unsigned index)
{
	return PAGE(0) + index * 1024;
}

#define CONTROL_DATA PAGE(3) /* 64 bytes for each buffer */
#define SEND_DATA    PAGE(4)
#define RECEIVE_DATA PAGE(5) /* 128 bytes for each buffer */

static void send_control(unsigned vm, uint32_t port, uint16_t event, uint16_t value)
{
	const struct control control = {port, event, value};

	memcpy(world_at(vm, SEND_DATA), &control, sizeof(control));
	world_add(&control_send[vm], &(struct world_piece){SEND_DATA, sizeof(control), 0}, 1);
	world_notify(&control_send[vm]);
}

static void add_control_buffer(unsigned vm, unsigned slot)
{
	world_add(&control_receive[vm],
		&(struct world_piece){CONTROL_DATA + slot * 64, 64, DESC_WRITE}, 1);
}

/* The next control message is that one; its buffer goes back. */
static void expect(unsigned vm, uint32_t port, uint16_t event, uint16_t value, const char *name)
{
	struct control control;
	uint32_t head, written;
	const uint8_t *data;

	assert_true(world_take(&control_receive[vm], &head, &written));
	data = world_at(vm, CONTROL_DATA + head * 64);
	memcpy(&control, data, sizeof(control));
	assert_int_equal(control.port, port);
	assert_int_equal(control.event, event);
	assert_int_equal(control.value, value);
	assert_int_equal(written, sizeof(control) + strlen(name));
	assert_memory_equal(data + sizeof(control), name, strlen(name));
	add_control_buffer(vm, head);
}

static void expect_nothing(unsigned vm)
{
	uint32_t head, written;

	assert_false(world_take(&control_receive[vm], &head, &written));
}

static void make_queues(unsigned vm, unsigned vms)
{
	unsigned at = 0;

	control_receive[vm] = world_queue(vm, WORLD_CONSOLE, 2, SIZE, place(at++));
	control_send[vm] = world_queue(vm, WORLD_CONSOLE, 3, SIZE, place(at++));
	terminal_receive[vm] = world_queue(vm, WORLD_CONSOLE, 0, SIZE, place(at++));
	terminal_send[vm] = world_queue(vm, WORLD_CONSOLE, 1, SIZE, place(at++));
	for (unsigned i = 0; i < vms; i++) {
		if (i == vm)
			continue;
		receive[vm][i] = world_queue(vm, WORLD_CONSOLE, 4 + 2 * i, SIZE, place(at++));
		send[vm][i] = world_queue(vm, WORLD_CONSOLE, 5 + 2 * i, SIZE, place(at++));
	}
	for (unsigned i = 0; i < SIZE; i++)
		add_control_buffer(vm, i);
}

static const char *const names[] = {"alpha", "beta", "gamma"};

/* As a driver does: it is there, the device tells of its ports, which the driver makes. */
static void bring_up(unsigned vm, unsigned vms)
{
	world_negotiate(vm, WORLD_CONSOLE, MULTIPORT);
	make_queues(vm, vms);
	world_live(vm, WORLD_CONSOLE);
	send_control(vm, 0xffffffff, DEVICE_READY, 1);
	expect(vm, 0, PORT_ADD, 1, "");
	for (unsigned i = 0; i < vms; i++) {
		if (i != vm)
			expect(vm, 1 + i, PORT_ADD, 1, "");
	}
	expect_nothing(vm);
}

/* The guest opens its port to `peer`; `is_open`: that one's is open. */
static void open_port(unsigned vm, unsigned peer, bool is_open)
{
	send_control(vm, 1 + peer, PORT_READY, 1);
	expect(vm, 1 + peer, NAME, 1, names[peer]);
	expect(vm, 1 + peer, OPEN, is_open, "");
	send_control(vm, 1 + peer, OPEN, 1);
}

static void start(unsigned vms)
{
	world_start(vms);
	harness_said();
	for (unsigned vm = 0; vm < vms; vm++)
		bring_up(vm, vms);
}

/* VM 0 and VM 1 have opened their ports to each other. */
static void start_two(void)
{
	start(2);
	open_port(0, 1, false);
	open_port(1, 0, true);
	expect(0, 2, OPEN, 1, "");
}

static int64_t call(unsigned vm, uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t args[6] = {a, b, c};
	struct vcpu *vcpu = vm_vcpu(vm_at(vm), 0);
	int64_t result;

	fake_become(vcpu->cpu);
	result = hypercall_handle(vcpu, number, args);
	world_check_idle();
	return result;
}

static void test_configuration(void **state)
{
	(void)state;
	world_start(3);
	assert_int_equal(world_read(0, WORLD_CONSOLE, REG_CONFIG + 4), 4); /* ports, with its own */
	world_write(0, WORLD_CONSOLE, REG_QUEUE_SELECT, 9);
	assert_int_equal(world_read(0, WORLD_CONSOLE, REG_QUEUE_MOST), 16);
	world_write(0, WORLD_CONSOLE, REG_QUEUE_SELECT, 10);
	assert_int_equal(world_read(0, WORLD_CONSOLE, REG_QUEUE_MOST), 0);
	world_start(1);
	assert_int_equal(world_read(0, WORLD_CONSOLE, REG_CONFIG + 4), 1);
}

/* A console and nothing else: the VM's messages stay in its region. */
static void test_console_only(void **state)
{
	(void)state;
	world_has_messages = 0;
	world_start(2);
	world_has_messages = 1;
	assert_int_equal(world_read(0, WORLD_CONSOLE, REG_CONFIG + 4), 1);
	assert_null(comm_vm_at(0)->reader);
	world_negotiate(1, WORLD_CONSOLE, MULTIPORT);
	world_write(1, WORLD_CONSOLE, REG_STATUS, 0);
	harness_fault(vcpu_at(1));
	while (vm_state(vm_at(1)) != VM_RUNNING)
		harness_next(1);
	assert_int_equal(call(0, HYPERCALL_IPC_SEND_MSG, 1, 0, 0), HYPERCALL_OK);
	assert_int_equal(comm_vm_at(1)->ring->written, 1);
}

/* Ports are told of once, and what they are when the driver has made them. */
static void test_ports(void **state)
{
	(void)state;
	start(3);
	send_control(0, 0, DEVICE_READY, 1);
	expect_nothing(0);
	send_control(0, 0, PORT_READY, 1);
	expect(0, 0, CONSOLE_PORT, 1, "");
	expect(0, 0, NAME, 1, "console");
	expect(0, 0, OPEN, 1, "");
	send_control(0, 3, PORT_READY, 1);
	expect(0, 3, NAME, 1, "gamma");
	expect(0, 3, OPEN, 0, "");         /* it has not opened its own */
	send_control(0, 1, PORT_READY, 1); /* it has none to itself */
	send_control(0, 63, PORT_READY, 1);
	send_control(0, 64, OPEN, 1);
	send_control(0, 0xffffffff, OPEN, 1);
	send_control(0, 2, PORT_READY, 0);
	expect_nothing(0);
}

/* Without buffers for it what there is to say waits. */
static void test_control_waits(void **state)
{
	(void)state;
	world_start(2);
	world_negotiate(0, WORLD_CONSOLE, MULTIPORT);
	make_queues(0, 2);
	control_receive[0] = world_queue(0, WORLD_CONSOLE, 2, SIZE, place(0));
	world_write(0, WORLD_CONSOLE, REG_QUEUE_READY, 0);
	control_receive[0] = world_queue(0, WORLD_CONSOLE, 2, SIZE, place(0));
	world_live(0, WORLD_CONSOLE);
	send_control(0, 0, DEVICE_READY, 1);
	expect_nothing(0);
	for (unsigned i = 0; i < SIZE; i++)
		add_control_buffer(0, i);
	world_notify(&control_receive[0]);
	expect(0, 0, PORT_ADD, 1, "");
	expect(0, 2, PORT_ADD, 1, "");
}

static void print(unsigned vm, const char *text, unsigned cut)
{
	const unsigned length = (unsigned)strlen(text);
	const struct world_piece pieces[] = {
		{SEND_DATA, cut, 0}, {SEND_DATA + cut, length - cut, 0}};

	memcpy(world_at(vm, SEND_DATA), text, length);
	world_add(&terminal_send[vm], pieces, 2);
	world_notify(&terminal_send[vm]);
}

static void test_output(void **state)
{
	char text[400];

	(void)state;
	start(2);
	print(0, "hello\n", 2);
	assert_string_equal(harness_said(), "[alpha] hello\r\n");
	assert_int_equal(world_console(0)->queues[1].done, 1);
	memset(text, 'x', sizeof(text));
	for (unsigned i = 39; i < sizeof(text); i += 40)
		text[i] = '\n';
	text[sizeof(text) - 1] = '\0';
	world_busy = 0;
	print(0, text, 100);
	assert_true(world_busy >= 399 / 32);
	assert_int_equal(fake.uart.length > 390 + 9 * 10, 1);
	print(0, "\n", 0);
	print(1, "me too\n", 6);
	assert_non_null(strstr(harness_said(), "[beta] me too\r\n"));
}

/* A driver that knows of one port only. */
static void test_one_port(void **state)
{
	uint32_t head, written;

	(void)state;
	world_start(1);
	world_negotiate(0, WORLD_CONSOLE, 0);
	make_queues(0, 1);
	world_live(0, WORLD_CONSOLE);
	harness_said();
	print(0, "plain\n", 0);
	assert_string_equal(harness_said(), "[alpha] plain\r\n");
	comm_console_input(vm_at(0), 'k');
	world_add(&terminal_receive[0], &(struct world_piece){RECEIVE_DATA, 4, DESC_WRITE}, 1);
	world_notify(&terminal_receive[0]);
	assert_true(world_take(&terminal_receive[0], &head, &written));
	assert_int_equal(written, 1);
	assert_int_equal(*world_at(0, RECEIVE_DATA), 'k');
}

static void test_input(void **state)
{
	uint32_t head, written;

	(void)state;
	start(1);
	assert_true(comm_has_console(vm_at(0)));
	fake_become(cpu_at(0));
	for (unsigned i = 0; i < VIRTIO_CONSOLE_INPUT + 5; i++)
		assert_true(comm_console_input(vm_at(0), (char)('A' + i % 26)));
	world_add(&terminal_receive[0], &(struct world_piece){RECEIVE_DATA, 40, DESC_WRITE}, 1);
	world_add(
		&terminal_receive[0], &(struct world_piece){RECEIVE_DATA + 40, 40, DESC_WRITE}, 1);
	world_notify(&terminal_receive[0]);
	assert_true(world_take(&terminal_receive[0], &head, &written));
	assert_int_equal(written, 40);
	assert_true(world_take(&terminal_receive[0], &head, &written));
	assert_int_equal(written, VIRTIO_CONSOLE_INPUT - 40);
	for (unsigned i = 0; i < VIRTIO_CONSOLE_INPUT; i++)
		assert_int_equal(*world_at(0, RECEIVE_DATA + i), 'A' + i % 26);
	assert_true(world_line(0, WORLD_CONSOLE));

	world_add(&terminal_receive[0], &(struct world_piece){RECEIVE_DATA, 40, DESC_WRITE}, 1);
	assert_true(comm_console_input(vm_at(0), '!'));
	assert_true(world_take(&terminal_receive[0], &head, &written));
	assert_int_equal(written, 1);
	world_check_idle();
}

/* Buffers for input that were there before the driver was up. */
static void test_input_before_driver_ok(void **state)
{
	uint32_t head, written;

	(void)state;
	world_start(1);
	world_negotiate(0, WORLD_CONSOLE, 0);
	make_queues(0, 1);
	world_add(&terminal_receive[0], &(struct world_piece){RECEIVE_DATA, 4, DESC_WRITE}, 1);
	comm_console_input(vm_at(0), 'k');
	comm_console_input(vm_at(0), 'l');
	assert_false(world_take(&terminal_receive[0], &head, &written));
	world_live(0, WORLD_CONSOLE);
	assert_true(world_take(&terminal_receive[0], &head, &written));
	assert_int_equal(written, 2);
}

/* A queue that begins anew has nothing of a buffer that was printed in part. */
static void test_queue_anew(void **state)
{
	static const char text[] = "a line that is longer than one exit prints at once";
	uint64_t queue = 1;

	(void)state;
	start(1);
	memcpy(world_at(0, SEND_DATA), text, sizeof(text) - 1);
	world_add(&terminal_send[0], &(struct world_piece){SEND_DATA, sizeof(text) - 1, 0}, 1);
	assert_int_equal(world_access(0, WORLD_CONSOLE, REG_NOTIFY, 4, true, &queue), MMIO_BUSY);
	world_write(0, WORLD_CONSOLE, REG_QUEUE_SELECT, 1);
	world_write(0, WORLD_CONSOLE, REG_QUEUE_READY, 0);
	terminal_send[0] = world_queue(0, WORLD_CONSOLE, 1, SIZE, place(3));
	console_vm_flush(vm_at(0));
	harness_said();
	print(0, "from the beginning\n", 0);
	assert_string_equal(harness_said(), "[alpha] from the beginning\r\n");
}

/* Even of a driver that is not there. */
static void test_emergency_write(void **state)
{
	(void)state;
	world_start(1);
	harness_said();
	world_write(0, WORLD_CONSOLE, REG_CONFIG + 8, 'o');
	world_write(0, WORLD_CONSOLE, REG_CONFIG + 8, 'h');
	world_write(0, WORLD_CONSOLE, REG_CONFIG + 8, '\n');
	world_write(0, WORLD_CONSOLE, REG_CONFIG + 4, 77);
	assert_string_equal(harness_said(), "[alpha] oh\r\n");
	assert_int_equal(world_read(0, WORLD_CONSOLE, REG_CONFIG + 4), 1);
}

static void send_bytes(unsigned from, unsigned to, const void *text, unsigned bytes)
{
	const uint64_t at = SEND_DATA + (send[from][to].next_descriptor % SIZE) * 256;

	memcpy(world_at(from, at), text, bytes);
	world_add(&send[from][to], &(struct world_piece){at, bytes, 0}, 1);
	world_notify(&send[from][to]);
}

static void send_text(unsigned from, unsigned to, const char *text)
{
	send_bytes(from, to, text, (unsigned)strlen(text));
}

static void add_receive_buffer(unsigned vm, unsigned from, uint32_t bytes)
{
	const uint64_t at =
		RECEIVE_DATA + from * 2048 + (receive[vm][from].next_descriptor % SIZE) * 128;

	world_add(&receive[vm][from], &(struct world_piece){at, bytes, DESC_WRITE}, 1);
}

static void add_receive_buffers(unsigned vm, unsigned from, unsigned count)
{
	while (count-- > 0)
		add_receive_buffer(vm, from, 128);
	world_notify(&receive[vm][from]);
}

static void expect_text(unsigned vm, unsigned from, const char *text)
{
	uint32_t head, written;

	assert_true(world_take(&receive[vm][from], &head, &written));
	assert_int_equal(written, strlen(text));
	assert_memory_equal(
		world_at(vm, RECEIVE_DATA + from * 2048 + head * 128), text, strlen(text));
}

static void expect_no_text(unsigned vm, unsigned from)
{
	uint32_t head, written;

	assert_false(world_take(&receive[vm][from], &head, &written));
}

static void test_messages(void **state)
{
	(void)state;
	start_two();
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
	start_two();
	for (unsigned i = 0; i < SIZE; i++) {
		snprintf(text, sizeof(text), "number %u", i);
		send_text(0, 1, text);
	}
	assert_int_equal(world_console(0)->queues[7].done, WORLD_SLOTS);
	assert_int_equal(world_console(0)->refused, BIT(2));
	add_receive_buffers(1, 0, SIZE);
	for (unsigned i = 0; i < SIZE; i++) {
		snprintf(text, sizeof(text), "number %u", i);
		expect_text(1, 0, text);
	}
	expect_no_text(1, 0);
	assert_int_equal(world_console(0)->queues[7].done, SIZE);
	assert_int_equal(world_console(0)->refused, 0);
	assert_int_equal(world_console(0)->lost, 0);
}

/* A message that is longer than the buffers comes in several, and the next one in its own. */
static void test_small_buffers(void **state)
{
	uint32_t head, written;

	(void)state;
	start_two();
	for (unsigned i = 0; i < 4; i++)
		add_receive_buffer(1, 0, 10);
	send_text(0, 1, "0123456789abcdefghijklmno");
	send_text(0, 1, "next");
	for (unsigned i = 0; i < 4; i++) {
		assert_true(world_take(&receive[1][0], &head, &written));
		assert_int_equal(written, i < 2 ? 10 : i == 2 ? 5 : 4);
	}
	assert_memory_equal(world_at(1, RECEIVE_DATA + 2 * 128), "klmno", 5);
	assert_memory_equal(world_at(1, RECEIVE_DATA + 3 * 128), "next", 4);
}

/* What cannot be sent is used up, and counted. */
static void test_not_sent(void **state)
{
	static const uint8_t bytes[WORLD_BYTES + 1];

	(void)state;
	start_two();
	add_receive_buffers(1, 0, 4);
	send_bytes(0, 1, bytes, sizeof(bytes));
	assert_int_equal(world_console(0)->lost, 1);
	send_bytes(0, 1, bytes, 0);
	assert_int_equal(world_console(0)->lost, 2);
	world_add(&send[0][1], &(struct world_piece){0x1000, 8, 0}, 1);
	world_notify(&send[0][1]);
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
	start_two();
	add_receive_buffers(1, 0, 4);
	send_control(1, 1, OPEN, 0);
	expect(0, 2, OPEN, 0, "");
	send_text(0, 1, "nobody");
	assert_int_equal(world_console(0)->lost, 1);
	expect_no_text(1, 0);
	send_control(1, 1, OPEN, 1);
	expect(0, 2, OPEN, 1, "");
	send_text(0, 1, "somebody");
	expect_text(1, 0, "somebody");
}

/* Who closes his port loses what waits for it; messages of others behind it arrive. */
static void test_closed_with_messages(void **state)
{
	(void)state;
	start(3);
	open_port(0, 1, false);
	open_port(1, 0, true);
	open_port(2, 1, false);
	open_port(1, 2, true);
	send_text(0, 1, "lost");
	send_text(2, 1, "found");
	add_receive_buffers(1, 2, 4);
	expect_no_text(1, 2); /* alpha's message is before it */
	send_control(1, 1, OPEN, 0);
	expect_text(1, 2, "found");
	assert_int_equal(world_console(1)->lost, 1);
}

/* A VM is stopped and starts again: its peers' ports close; it begins anew. */
static void test_restart(void **state)
{
	struct vcpu *vcpu = vcpu_at(1);

	(void)state;
	start_two();
	send_text(0, 1, "old");
	vcpu = harness_fault(vcpu_at(1));
	expect(0, 2, OPEN, 0, "");
	expect_nothing(0);
	send_text(0, 1, "to nobody");
	assert_int_equal(world_console(0)->lost, 1);
	while (vm_state(vm_at(1)) != VM_RUNNING)
		vcpu = harness_next(1);
	assert_non_null(vcpu);
	bring_up(1, 2);
	open_port(1, 0, true);
	expect(0, 2, OPEN, 1, "");
	expect_nothing(0);
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
	start(2);
	comm = comm_vm_at(1);
	memcpy(comm->vcpus[0].outbox, "called", 6);
	assert_int_equal(call(1, HYPERCALL_IPC_SEND_MSG, 0, 6, 0), HYPERCALL_NOT_RUNNING);
	open_port(0, 1, false);
	add_receive_buffers(0, 1, 4);
	assert_int_equal(call(1, HYPERCALL_IPC_SEND_MSG, 0, 6, 0), HYPERCALL_OK);
	expect_text(0, 1, "called");
}

/* A guest whose ring is full gets the rest when it has made room. */
static void test_to_a_region(void **state)
{
	struct comm_vm *comm;

	(void)state;
	start(2);
	comm = comm_vm_at(1);
	comm->reader = NULL; /* as if beta had no console device */
	open_port(0, 1, true);
	for (unsigned i = 0; i < WORLD_SLOTS + 4; i++)
		send_text(0, 1, "filling");
	assert_int_equal(comm->written, WORLD_SLOTS);
	assert_int_equal(comm->ring->wanted, 1);
	comm->ring->read = WORLD_SLOTS - 1;
	assert_int_equal(call(1, HYPERCALL_IPC_RECV_MSG, 0, 0, 0), 1);
	assert_int_equal(comm->written, WORLD_SLOTS + 4);
	assert_int_equal(world_console(0)->lost, 0);
}

/* The receiver is stopped while it is full: the sender's buffers are used, or it waits for ever. */
static void test_full_then_stopped(void **state)
{
	(void)state;
	start_two();
	for (unsigned i = 0; i < SIZE; i++)
		send_text(0, 1, "x");
	assert_int_equal(world_console(0)->refused, BIT(2));
	harness_fault(vcpu_at(1));
	while (vm_state(vm_at(1)) != VM_RUNNING)
		harness_next(1);
	bring_up(1, 2);
	open_port(1, 0, true);
	assert_int_equal(world_console(0)->queues[7].done, SIZE);
	assert_int_equal(world_console(0)->refused, 0);
}

/* The same for a receiver whose driver breaks the rules. */
static void test_broken_while_full(void **state)
{
	(void)state;
	start_two();
	for (unsigned i = 0; i < SIZE; i++)
		send_text(0, 1, "x");
	world_offer(&receive[1][0], 99);
	world_notify(&receive[1][0]);
	assert_int_equal(
		world_read(1, WORLD_CONSOLE, REG_STATUS), STATUS_LIVE | VIRTIO_NEEDS_RESET);
	assert_int_equal(world_console(0)->refused, 0);
	assert_int_equal(world_console(0)->queues[7].done, SIZE);
	expect(0, 2, OPEN, 0, "");
}

/* As if another CPU were between the two in deliver(), when the VM is stopped. */
static void test_taken_after_stop(void **state)
{
	struct comm_vm *comm;
	uint32_t sender, bytes;

	(void)state;
	start_two();
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
	start_two();
	for (unsigned i = 0; i < SIZE; i++)
		send_text(0, 1, "x");
	world_write(1, WORLD_CONSOLE, REG_STATUS, 0);
	assert_int_equal(world_console(0)->refused, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_configuration),
		cmocka_unit_test(test_console_only),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_control_waits),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_one_port),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_input_before_driver_ok),
		cmocka_unit_test(test_queue_anew),
		cmocka_unit_test(test_emergency_write),
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

	return cmocka_run_group_tests_name("virtio console", tests, NULL, NULL);
}
