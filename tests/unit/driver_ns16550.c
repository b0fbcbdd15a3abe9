/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/ns16550.c on registers that are plain memory: what it leaves in them, and what it makes
 * of flags and data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Here, and not from the archive: the fake architecture has the same functions. */
#include "drivers/ns16550.c"

static uint8_t registers[8];

static void start(uint8_t status)
{
	memset(registers, 0, sizeof(registers));
	registers[LSR] = status;
}

static void test_init(void **state)
{
	(void)state;
	for (unsigned busy = 0; busy < 2; busy++) { /* a UART that stays busy does not hold it up */
		start(busy ? 0 : LSR_IDLE | LSR_THR_FREE);
		registers[LCR] = 0x80; /* the divisor's bank must be left */
		arch_uart_init(registers);
		assert_int_equal(registers[LCR], 0x03);
		assert_int_equal(registers[FCR], 0x01);
		assert_int_equal(registers[MCR], 0x0b);
		assert_int_equal(registers[IER], 0x01);
		assert_int_equal(registers[THR], 0);
	}
}

static void test_output(void **state)
{
	(void)state;
	start(LSR_RECEIVED);
	assert_false(arch_uart_ready(registers));
	start(LSR_THR_FREE);
	assert_true(arch_uart_ready(registers));
	arch_uart_put(registers, '\xe4');
	assert_int_equal(registers[THR], 0xe4);
}

static void test_input(void **state)
{
	(void)state;
	start(LSR_THR_FREE | LSR_IDLE);
	registers[RBR] = 'x';
	assert_int_equal(arch_uart_get(registers), -1);
	start(LSR_RECEIVED);
	registers[RBR] = 0xff;
	assert_int_equal(arch_uart_get(registers), 0xff);
	start(LSR_RECEIVED | 0x02); /* an overrun: the one that was lost came after it */
	registers[RBR] = 'y';
	assert_int_equal(arch_uart_get(registers), 'y');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_input),
	};

	return cmocka_run_group_tests_name("driver_ns16550", tests, NULL, NULL);
}
