/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio console devices: the ports as the driver hears of them, and the console.
 */
#include "tests/unit/virtio_ports.h"

#include <string.h>

#include "hyp/core/comm.h"

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
	world_negotiate(1, WORLD_CONSOLE, PORTS_MULTIPORT);
	world_write(1, WORLD_CONSOLE, REG_STATUS, 0);
	harness_fault(vcpu_at(1));
	while (vm_state(vm_at(1)) != VM_RUNNING)
		harness_next(1);
	assert_int_equal(ports_call(0, HYPERCALL_IPC_SEND_MSG, 1, 0, 0), HYPERCALL_OK);
	assert_int_equal(comm_vm_at(1)->ring->written, 1);
}

/* Ports are told of once, and what they are when the driver has made them. */
static void test_ports(void **state)
{
	(void)state;
	ports_start(3);
	ports_control(0, 0, DEVICE_READY, 1);
	ports_expect_nothing(0);
	ports_control(0, 0, PORT_READY, 1);
	ports_expect(0, 0, CONSOLE_PORT, 1, "");
	ports_expect(0, 0, NAME, 1, "console");
	ports_expect(0, 0, OPEN, 1, "");
	ports_control(0, 3, PORT_READY, 1);
	ports_expect(0, 3, NAME, 1, "gamma");
	ports_expect(0, 3, OPEN, 0, "");    /* it has not opened its own */
	ports_control(0, 1, PORT_READY, 1); /* it has none to itself */
	ports_control(0, 63, PORT_READY, 1);
	ports_control(0, 64, OPEN, 1);
	ports_control(0, 0xffffffff, OPEN, 1);
	ports_control(0, 2, PORT_READY, 0);
	ports_expect_nothing(0);
}

/* Without buffers for it what there is to say waits. */
static void test_control_waits(void **state)
{
	(void)state;
	world_start(2);
	world_negotiate(0, WORLD_CONSOLE, PORTS_MULTIPORT);
	ports_make_queues(0, 2);
	ports_control_receive[0] = world_queue(0, WORLD_CONSOLE, 2, PORTS_SIZE, ports_place(0));
	world_write(0, WORLD_CONSOLE, REG_QUEUE_READY, 0);
	ports_control_receive[0] = world_queue(0, WORLD_CONSOLE, 2, PORTS_SIZE, ports_place(0));
	world_live(0, WORLD_CONSOLE);
	ports_control(0, 0, DEVICE_READY, 1);
	ports_expect_nothing(0);
	for (unsigned i = 0; i < PORTS_SIZE; i++)
		ports_add_control_buffer(0, i);
	world_notify(&ports_control_receive[0]);
	ports_expect(0, 0, PORT_ADD, 1, "");
	ports_expect(0, 2, PORT_ADD, 1, "");
}

static void print(unsigned vm, const char *text, unsigned cut)
{
	const unsigned length = (unsigned)strlen(text);
	const struct world_piece pieces[] = {
		{PORTS_SEND_DATA, cut, 0}, {PORTS_SEND_DATA + cut, length - cut, 0}};

	memcpy(world_at(vm, PORTS_SEND_DATA), text, length);
	world_add(&ports_terminal_send[vm], pieces, 2);
	world_notify(&ports_terminal_send[vm]);
}

static void test_output(void **state)
{
	char text[400];

	(void)state;
	ports_start(2);
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
	ports_make_queues(0, 1);
	world_live(0, WORLD_CONSOLE);
	harness_said();
	print(0, "plain\n", 0);
	assert_string_equal(harness_said(), "[alpha] plain\r\n");
	comm_console_input(vm_at(0), 'k');
	world_add(&ports_terminal_receive[0],
		&(struct world_piece){PORTS_RECEIVE_DATA, 4, DESC_WRITE}, 1);
	world_notify(&ports_terminal_receive[0]);
	assert_true(world_take(&ports_terminal_receive[0], &head, &written));
	assert_int_equal(written, 1);
	assert_int_equal(*world_at(0, PORTS_RECEIVE_DATA), 'k');
}

static void test_input(void **state)
{
	uint32_t head, written;

	(void)state;
	ports_start(1);
	assert_true(comm_has_console(vm_at(0)));
	fake_become(cpu_at(0));
	for (unsigned i = 0; i < VIRTIO_CONSOLE_INPUT + 5; i++)
		assert_true(comm_console_input(vm_at(0), (char)('A' + i % 26)));
	world_add(&ports_terminal_receive[0],
		&(struct world_piece){PORTS_RECEIVE_DATA, 40, DESC_WRITE}, 1);
	world_add(&ports_terminal_receive[0],
		&(struct world_piece){PORTS_RECEIVE_DATA + 40, 40, DESC_WRITE}, 1);
	world_notify(&ports_terminal_receive[0]);
	assert_true(world_take(&ports_terminal_receive[0], &head, &written));
	assert_int_equal(written, 40);
	assert_true(world_take(&ports_terminal_receive[0], &head, &written));
	assert_int_equal(written, VIRTIO_CONSOLE_INPUT - 40);
	for (unsigned i = 0; i < VIRTIO_CONSOLE_INPUT; i++)
		assert_int_equal(*world_at(0, PORTS_RECEIVE_DATA + i), 'A' + i % 26);
	assert_true(world_line(0, WORLD_CONSOLE));

	world_add(&ports_terminal_receive[0],
		&(struct world_piece){PORTS_RECEIVE_DATA, 40, DESC_WRITE}, 1);
	assert_true(comm_console_input(vm_at(0), '!'));
	assert_true(world_take(&ports_terminal_receive[0], &head, &written));
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
	ports_make_queues(0, 1);
	world_add(&ports_terminal_receive[0],
		&(struct world_piece){PORTS_RECEIVE_DATA, 4, DESC_WRITE}, 1);
	comm_console_input(vm_at(0), 'k');
	comm_console_input(vm_at(0), 'l');
	assert_false(world_take(&ports_terminal_receive[0], &head, &written));
	world_live(0, WORLD_CONSOLE);
	assert_true(world_take(&ports_terminal_receive[0], &head, &written));
	assert_int_equal(written, 2);
}

/* A queue that begins anew has nothing of a buffer that was printed in part. */
static void test_queue_anew(void **state)
{
	static const char text[] = "a line that is longer than one exit prints at once";
	uint64_t queue = 1;

	(void)state;
	ports_start(1);
	memcpy(world_at(0, PORTS_SEND_DATA), text, sizeof(text) - 1);
	world_add(&ports_terminal_send[0],
		&(struct world_piece){PORTS_SEND_DATA, sizeof(text) - 1, 0}, 1);
	assert_int_equal(world_access(0, WORLD_CONSOLE, REG_NOTIFY, 4, true, &queue), MMIO_BUSY);
	world_write(0, WORLD_CONSOLE, REG_QUEUE_SELECT, 1);
	world_write(0, WORLD_CONSOLE, REG_QUEUE_READY, 0);
	ports_terminal_send[0] = world_queue(0, WORLD_CONSOLE, 1, PORTS_SIZE, ports_place(3));
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
	};

	return cmocka_run_group_tests_name("virtio console", tests, NULL, NULL);
}
