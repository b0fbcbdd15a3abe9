/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulated PL011 register by register, against the technical reference manual (DDI 0183).
 */
#include "tests/unit/harness.h"

#include <string.h>

enum { DR = 0x00, RSR = 0x04, FR = 0x18, ILPR = 0x20, IBRD = 0x24, FBRD = 0x28, LCR_H = 0x2c };
enum { CR = 0x30, IFLS = 0x34, IMSC = 0x38, RIS = 0x3c, MIS = 0x40, ICR = 0x44, DMACR = 0x48 };
enum { INT_RX = 1 << 4, INT_TX = 1 << 5, INT_RT = 1 << 6, INT_OE = 1 << 10 };
enum { UARTEN = 1, LBE = 1 << 7, TXE = 1 << 8, RXE = 1 << 9, FEN = 1 << 4 };
enum { RXFE = 1 << 4, TXFF = 1 << 5, RXFF = 1 << 6, TXFE = 1 << 7, MODEM = 7 };

static struct vm *vm;

static void start(void)
{
	static const struct harness_vm vms[] = {{"guest", 1, true, PLAN_HALT}};

	harness_start(vms, 1);
	vm = vm_at(0);
}

static enum mmio_result access_register(struct mmio_access *access)
{
	return uart_access(vm, access);
}

static uint64_t read_sized(unsigned offset, uint8_t size)
{
	struct mmio_access access = {.address = offset, .size = size, .value = ~0ull};

	assert_int_equal(access_register(&access), MMIO_DONE);
	return access.value;
}

static uint64_t get(unsigned offset)
{
	return read_sized(offset, 4);
}

static void set(unsigned offset, uint64_t value)
{
	struct mmio_access access = {
		.address = offset, .size = 4, .value = value, .is_write = true};

	assert_int_equal(access_register(&access), MMIO_DONE);
}

static void type(const char *text)
{
	for (; *text != '\0'; text++)
		assert_true(uart_input(vm, *text));
}

static void type_many(unsigned count)
{
	while (count-- > 0)
		type("x");
}

/* As Linux sets it up: FIFOs on, everything enabled, receive interrupts. */
static void set_up(void)
{
	start();
	set(LCR_H, 0x60 | FEN);
	set(CR, UARTEN | TXE | RXE);
	set(IMSC, INT_RX | INT_RT);
}

static void test_reset_state(void **state)
{
	(void)state;
	start();
	assert_int_equal(get(FR), TXFE | RXFE | MODEM);
	assert_int_equal(get(CR), UARTEN | TXE | RXE);
	assert_int_equal(get(IFLS), 0x12);
	assert_int_equal(get(RSR), 0);
	assert_int_equal(get(IMSC), 0);
	assert_int_equal(get(RIS), 0);
	assert_int_equal(get(DR), 0);
	assert_int_equal(vm->arch.raised, 0);
}

static void test_identification(void **state)
{
	static const uint8_t ids[] = {0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

	(void)state;
	start();
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(get(0xfe0 + 4 * i), ids[i]);
		assert_int_equal(read_sized(0xfe0 + 4 * i, 1), ids[i]);
		set(0xfe0 + 4 * i, 0xff);
		assert_int_equal(get(0xfe0 + 4 * i), ids[i]);
	}
}

static void test_stored_bits(void **state)
{
	static const struct {
		unsigned offset, kept;
	} cases[] = {
		{ILPR, 0xff},
		{IBRD, 0xffff},
		{FBRD, 0x3f},
		{LCR_H, 0xff},
		{CR, 0xff87},
		{IFLS, 0x3f},
		{IMSC, 0x7ff},
		{DMACR, 0x7},
	};

	(void)state;
	start();
	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
		set(cases[i].offset, 0xffffffff);
		assert_int_equal(get(cases[i].offset), cases[i].kept);
		set(cases[i].offset, 0);
		assert_int_equal(get(cases[i].offset), 0);
	}
}

static void test_read_only_and_absent(void **state)
{
	static const unsigned offsets[] = {
		0x08, 0x14, FR, 0x1c, RIS, MIS, ICR, 0x4c, 0x80, 0xfdc, 0x31};

	(void)state;
	start();
	for (unsigned i = 0; i < ARRAY_LENGTH(offsets); i++) {
		uint64_t before = read_sized(offsets[i], 1);

		if (offsets[i] != ICR && offsets[i] % 4 == 0)
			set(offsets[i], 0xffffffff);
		assert_int_equal(read_sized(offsets[i], 1), before);
	}
	assert_int_equal(get(0x80), 0);
	assert_int_equal(get(ICR), 0);
	assert_int_equal(read_sized(CR + 1, 1), 0);
}

static void test_widths(void **state)
{
	static const struct {
		unsigned offset;
		uint8_t size;
		enum mmio_result result;
	} cases[] = {
		{CR, 1, MMIO_DONE},
		{CR, 2, MMIO_DONE},
		{CR, 4, MMIO_DONE},
		{CR, 8, MMIO_DENIED},
		{0x28, 8, MMIO_DENIED},
		{CR + 1, 2, MMIO_DENIED},
		{CR + 2, 4, MMIO_DENIED},
		{CR + 2, 2, MMIO_DONE},
		{0xffc, 4, MMIO_DONE},
		{0xffe, 4, MMIO_DENIED},
	};

	(void)state;
	start();
	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
		for (unsigned is_write = 0; is_write < 2; is_write++) {
			struct mmio_access access = {.address = cases[i].offset,
				.size = cases[i].size,
				.value = 0x301,
				.is_write = is_write};

			assert_int_equal(access_register(&access), cases[i].result);
		}
	}
	set(IBRD, 0x1234);
	assert_int_equal(read_sized(IBRD, 1), 0x34);
	assert_int_equal(read_sized(IBRD, 2), 0x1234);
	access_register(
		&(struct mmio_access){.address = IBRD, .size = 1, .value = 0xabcd, .is_write = 1});
	assert_int_equal(get(IBRD), 0xcd);
}

static void test_output(void **state)
{
	(void)state;
	start();
	for (const char *c = "hello\r\n"; *c != '\0'; c++) {
		assert_false(get(FR) & TXFF);
		set(DR, (unsigned char)*c | 0xabcdef00);
	}
	assert_string_equal(harness_said(), "[guest] hello\r\n");
}

static void test_output_when_off(void **state)
{
	static const unsigned off[] = {0, UARTEN, UARTEN | RXE, TXE, TXE | RXE};

	(void)state;
	start();
	for (unsigned i = 0; i < ARRAY_LENGTH(off); i++) {
		set(CR, off[i]);
		set(DR, 'x');
		assert_string_equal(harness_said(), "");
		assert_int_equal(get(RIS), 0);
	}
	set(CR, UARTEN | TXE);
	set(DR, 'x');
	assert_string_equal(harness_said(), "[guest] x");
}

/* Software that fills the FIFO and waits for the interrupt gets it after its first character. */
static void test_transmit_interrupt(void **state)
{
	(void)state;
	set_up();
	set(IMSC, INT_TX);
	assert_false(vm->arch.line);
	set(DR, 'x');
	assert_int_equal(get(MIS), INT_TX);
	assert_true(vm->arch.line);
	assert_int_equal(vm->arch.irq, 100);
	set(ICR, INT_TX);
	assert_int_equal(get(RIS), 0);
	assert_false(vm->arch.line);
	set(DR, 'y');
	assert_true(vm->arch.line);
	set(IMSC, 0);
	assert_false(vm->arch.line);
	assert_int_equal(get(RIS), INT_TX);
	assert_int_equal(get(MIS), 0);
}

/* For an interrupt controller that is not watched: the line is said again at each access. */
static void test_line_is_said_again_while_high(void **state)
{
	unsigned before;

	(void)state;
	set_up();
	type("x");
	before = vm->arch.raised;
	get(FR);
	get(MIS);
	assert_int_equal(vm->arch.raised, before + 2);
	set(ICR, INT_RT);
	assert_false(vm->arch.line);
	vm->arch.irq = 0;
	get(FR);
	assert_int_equal(vm->arch.irq, 0); /* low and was low: nothing is said */
}

static void test_input_without_fifo(void **state)
{
	(void)state;
	start();
	type("a");
	assert_int_equal(get(FR) & (RXFE | RXFF), RXFF);
	assert_int_equal(get(RIS), INT_RX);
	type("b");
	assert_int_equal(get(DR), 'a');
	assert_int_equal(get(RIS) & INT_RX, INT_RX);
	assert_int_equal(get(DR), 'b');
	assert_int_equal(get(RIS), 0);
	assert_int_equal(get(FR) & (RXFE | RXFF), RXFE);
	type("\xff");
	assert_int_equal(get(DR), 0xff);
}

static void test_receive_levels(void **state)
{
	static const unsigned levels[] = {4, 8, 16, 24, 28};

	(void)state;
	for (unsigned select = 0; select < ARRAY_LENGTH(levels); select++) {
		set_up();
		set(IFLS, select << 3);
		type_many(levels[select] - 1);
		assert_int_equal(get(RIS), INT_RT);
		assert_true(vm->arch.line);
		type_many(1);
		assert_int_equal(get(RIS), INT_RT | INT_RX);
		type_many(1);
		set(ICR, INT_RT);
		get(DR);
		assert_int_equal(get(RIS), INT_RX); /* still at the level */
		get(DR);
		assert_int_equal(get(RIS), INT_RT);
		for (unsigned i = 1; i < levels[select]; i++) {
			assert_true(vm->arch.line);
			assert_int_equal(get(DR), 'x');
		}
		assert_int_equal(get(RIS), 0);
		assert_false(vm->arch.line);
		assert_int_equal(get(DR), 0);
	}
}

/* A handler that clears first and reads a part only is called again for the rest. */
static void test_rest_raises_the_timeout(void **state)
{
	(void)state;
	set_up();
	type_many(20);
	set(ICR, INT_RX | INT_RT);
	assert_false(vm->arch.line);
	for (unsigned i = 0; i < 16; i++)
		get(DR);
	assert_true(vm->arch.line);
	set(ICR, INT_RT);
	assert_false(vm->arch.line);
	type("y");
	assert_true(vm->arch.line);
}

static void test_full_and_overrun(void **state)
{
	(void)state;
	set_up();
	set(IMSC, INT_OE);
	type_many(31);
	assert_int_equal(get(FR) & RXFF, 0);
	type_many(1);
	assert_int_equal(get(FR) & RXFF, RXFF);
	type_many(UART_INPUT_SIZE - 32);
	assert_int_equal(get(RSR), 0);
	assert_false(vm->arch.line);
	assert_false(uart_input(vm, 'z'));
	assert_int_equal(get(RSR), 1 << 3);
	assert_true(vm->arch.line);
	set(RSR, 0xff);
	assert_int_equal(get(RSR), 0);
	set(ICR, INT_OE);
	assert_false(vm->arch.line);
	for (unsigned i = 0; i < UART_INPUT_SIZE; i++)
		assert_int_equal(get(DR), 'x');
	assert_int_equal(get(FR) & RXFE, RXFE);
}

static void test_input_when_off(void **state)
{
	static const unsigned off[] = {0, UARTEN, UARTEN | TXE, RXE};

	(void)state;
	set_up();
	for (unsigned i = 0; i < ARRAY_LENGTH(off); i++) {
		set(CR, off[i]);
		assert_false(uart_input(vm, 'x'));
		assert_int_equal(get(FR) & RXFE, RXFE);
	}
	assert_int_equal(vm->arch.raised, 0);
}

static void test_switching_the_fifos_empties_them(void **state)
{
	(void)state;
	set_up();
	type("abc");
	set(LCR_H, 0x60 | FEN);
	assert_int_equal(get(FR) & RXFE, 0);
	set(LCR_H, 0x60);
	assert_int_equal(get(FR) & RXFE, RXFE);
	assert_int_equal(get(RIS), 0);
	assert_false(vm->arch.line);
}

static void test_loopback(void **state)
{
	(void)state;
	set_up();
	set(CR, UARTEN | TXE | RXE | LBE);
	assert_int_equal(get(FR) & 0x107, 0);
	set(DR, 'x');
	assert_string_equal(harness_said(), "");
	assert_int_equal(get(RIS), INT_TX | INT_RT);
	assert_int_equal(get(DR), 'x');
	set(CR, UARTEN | TXE | LBE);
	set(DR, 'x');
	assert_int_equal(get(FR) & RXFE, RXFE);
	for (unsigned i = 0; i < 4; i++) {
		static const unsigned inputs[] = {
			1 << 1, 1 << 0, 1 << 2, 1 << 8}; /* DSR CTS DCD RI */

		set(CR, UARTEN | LBE | 1u << (10 + i));
		assert_int_equal(get(FR) & 0x107, inputs[i]);
	}
}

static void test_reset(void **state)
{
	(void)state;
	set_up();
	type("x");
	set(IBRD, 5);
	uart_reset(&vm->uart);
	assert_int_equal(get(FR) & RXFE, RXFE);
	assert_int_equal(get(IBRD), 0);
	assert_int_equal(get(IMSC), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset_state),
		cmocka_unit_test(test_identification),
		cmocka_unit_test(test_stored_bits),
		cmocka_unit_test(test_read_only_and_absent),
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_output_when_off),
		cmocka_unit_test(test_transmit_interrupt),
		cmocka_unit_test(test_line_is_said_again_while_high),
		cmocka_unit_test(test_input_without_fifo),
		cmocka_unit_test(test_receive_levels),
		cmocka_unit_test(test_rest_raises_the_timeout),
		cmocka_unit_test(test_full_and_overrun),
		cmocka_unit_test(test_input_when_off),
		cmocka_unit_test(test_switching_the_fifos_empties_them),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_reset),
	};

	return cmocka_run_group_tests_name("pl011", tests, NULL, NULL);
}
