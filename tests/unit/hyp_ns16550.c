/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulated 16550 register by register, against the data sheet of the PC16550D.
 */
#include "tests/unit/harness.h"

#include <string.h>

/* Here, and not from the archive, whose emulated UART is the PL011. */
#include "hyp/devices/ns16550.c"

enum { EMPTY = 0x60, DATA = 0x01, OVERRUN = 0x02 };
enum { NONE = 0x01, LINE = 0x06, RECEIVED = 0x04, TIMEOUT = 0x0c, SENT = 0x02, FIFOS = 0xc0 };

static struct vm *vm;

static void start(void)
{
	static const struct harness_vm vms[] = {{"guest", 1, true, PLAN_HALT}};

	harness_start(vms, 1);
	vm = vm_at(0);
}

static uint64_t get(unsigned offset)
{
	struct mmio_access access = {.address = offset, .size = 1, .value = ~0ull};

	assert_int_equal(uart_access(vm, &access), MMIO_DONE);
	assert_true(access.value <= 0xff);
	return access.value;
}

static void set(unsigned offset, uint64_t value)
{
	struct mmio_access access = {
		.address = offset, .size = 1, .value = value, .is_write = true};

	assert_int_equal(uart_access(vm, &access), MMIO_DONE);
}

static void type_many(unsigned count)
{
	while (count-- > 0)
		assert_true(uart_input(vm, 'x'));
}

/* With FIFOs that tell at 8 characters, and the receiver's interrupts. */
static void set_up(void)
{
	start();
	set(IIR, 0x81);
	set(IER, 0x05);
}

static void test_reset_state(void **state)
{
	(void)state;
	start();
	assert_int_equal(get(LSR), EMPTY);
	assert_int_equal(get(IIR), NONE);
	assert_int_equal(get(IER), 0);
	assert_int_equal(get(LCR), 0x03);
	assert_int_equal(get(MCR), 0x03);
	assert_int_equal(get(MSR), 0xb0);
	assert_int_equal(get(RBR), 0);
	assert_int_equal(vm->arch.raised, 0);
}

static void test_stored_bits(void **state)
{
	static const struct {
		unsigned offset, kept;
	} cases[] = {{IER, 0x0f}, {MCR, 0x1f}, {SCR, 0xff}, {LCR, 0xff}};

	(void)state;
	start();
	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
		set(cases[i].offset, 0xff);
		assert_int_equal(get(cases[i].offset), cases[i].kept);
		set(cases[i].offset, 0);
		assert_int_equal(get(cases[i].offset), 0);
	}
}

static void test_divisor(void **state)
{
	(void)state;
	start();
	set(LCR, 0x83);
	assert_int_equal(get(RBR), 2);
	set(RBR, 0x34);
	set(IER, 0x12);
	assert_int_equal(get(RBR), 0x34);
	assert_int_equal(get(IER), 0x12);
	set(LCR, 0x03);
	assert_int_equal(get(IER), 0);
	assert_string_equal(harness_said(), ""); /* nothing was sent */
}

static void test_output(void **state)
{
	(void)state;
	start();
	for (const char *c = "hello\n"; *c != '\0'; c++)
		set(RBR, (uint64_t)*c);
	assert_string_equal(harness_said(), "[guest] hello\r\n");
	assert_int_equal(get(LSR), EMPTY);
}

/* Enabling it while THR is empty tells at once; reading IIR ends it, writing THR makes the next. */
static void test_sent_interrupt(void **state)
{
	unsigned raised;

	(void)state;
	start();
	set(IER, 0x02);
	assert_true(vm->arch.line);
	assert_int_equal(vm->arch.irq, vm->plan->console_irq);
	assert_int_equal(get(IIR), SENT);
	assert_false(vm->arch.line);
	assert_int_equal(get(IIR), NONE);
	set(RBR, 'a');
	assert_true(vm->arch.line);
	/* The line falls and rises for each character, as the transmitter fills and empties. */
	raised = vm->arch.raised;
	set(RBR, 'b');
	assert_true(vm->arch.raised > raised);
	assert_int_equal(get(IIR), SENT);
	set(IER, 0x00);
	assert_false(vm->arch.line);
	/* Enabling it again tells it again, which is how a guest starts to send. */
	set(IER, 0x02);
	assert_int_equal(get(IIR), SENT);
}

static void test_receive_without_fifo(void **state)
{
	(void)state;
	start();
	set(IER, 0x01);
	assert_int_equal(get(IIR), NONE);
	assert_true(uart_input(vm, '\xe4'));
	assert_true(vm->arch.line);
	assert_int_equal(get(IIR), RECEIVED);
	assert_int_equal(get(LSR), EMPTY | DATA);
	assert_int_equal(get(RBR), 0xe4);
	assert_int_equal(get(LSR), EMPTY);
	assert_int_equal(get(IIR), NONE);
	assert_false(vm->arch.line);
}

static void test_receive_level(void **state)
{
	static const struct {
		unsigned control, level;
	} cases[] = {{0x01, 1}, {0x41, 4}, {0x81, 8}, {0xc1, 14}};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
		start();
		set(IIR, cases[i].control);
		set(IER, 0x01);
		type_many(cases[i].level - 1);
		assert_int_equal(get(IIR), cases[i].level > 1 ? FIFOS | TIMEOUT : FIFOS | NONE);
		type_many(1);
		assert_int_equal(get(IIR), FIFOS | RECEIVED);
		for (unsigned n = 0; n < cases[i].level; n++)
			assert_int_equal(get(RBR), 'x');
		assert_int_equal(get(IIR), FIFOS | NONE);
	}
}

static void test_order_of_input(void **state)
{
	(void)state;
	set_up();
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 200; i++)
			assert_true(uart_input(vm, (char)i));
		for (unsigned i = 0; i < 200; i++)
			assert_int_equal(get(RBR), i);
	}
}

static void test_overrun(void **state)
{
	(void)state;
	set_up();
	type_many(UART_INPUT_SIZE);
	assert_false(uart_input(vm, 'y'));
	assert_int_equal(get(IIR), FIFOS | LINE);
	assert_int_equal(get(LSR), EMPTY | DATA | OVERRUN);
	assert_int_equal(get(IIR), FIFOS | RECEIVED);
	assert_int_equal(get(LSR), EMPTY | DATA);
}

static void test_clearing_fifos(void **state)
{
	(void)state;
	set_up();
	type_many(3);
	set(IIR, 0x81); /* nothing to clear */
	assert_int_equal(get(LSR), EMPTY | DATA);
	set(IIR, 0x83);
	assert_int_equal(get(LSR), EMPTY);
	assert_false(vm->arch.line);
	type_many(3);
	set(IIR, 0x00);
	assert_int_equal(get(LSR), EMPTY);
	assert_int_equal(get(IIR), NONE);
}

static void test_loopback(void **state)
{
	(void)state;
	start();
	set(MCR, 0x1a); /* the probe of drivers: RTS and OUT2 come back as CTS and DCD */
	assert_int_equal(get(MSR), 0x90);
	set(MCR, 0x15);
	assert_int_equal(get(MSR), 0x60);
	set(RBR, 'l');
	assert_int_equal(get(LSR), EMPTY | DATA);
	assert_int_equal(get(RBR), 'l');
	assert_string_equal(harness_said(), "");
	assert_false(uart_input(vm, 'x')); /* the line is disconnected */
	assert_int_equal(get(LSR), EMPTY);
}

/* Data, interrupts and priorities: the receiver's before the transmitter's. */
static void test_priority(void **state)
{
	(void)state;
	set_up();
	set(IER, 0x07);
	type_many(1);
	assert_int_equal(get(IIR), FIFOS | TIMEOUT);
	get(RBR);
	assert_int_equal(get(IIR), FIFOS | SENT);
	assert_int_equal(get(IIR), FIFOS | NONE);
}

static void test_width_and_absent(void **state)
{
	struct mmio_access access = {.address = 0};

	(void)state;
	start();
	for (uint8_t size = 2; size <= 8; size *= 2) {
		access.size = size;
		access.is_write = size == 4;
		assert_int_equal(uart_access(vm, &access), MMIO_DENIED);
	}
	set(8, 0xff);
	assert_int_equal(get(8), 0);
	assert_int_equal(get(0xfff), 0);
	assert_string_equal(harness_said(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset_state),
		cmocka_unit_test(test_stored_bits),
		cmocka_unit_test(test_divisor),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_sent_interrupt),
		cmocka_unit_test(test_receive_without_fifo),
		cmocka_unit_test(test_receive_level),
		cmocka_unit_test(test_order_of_input),
		cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_clearing_fifos),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_priority),
		cmocka_unit_test(test_width_and_absent),
	};

	return cmocka_run_group_tests_name("ns16550", tests, NULL, NULL);
}
