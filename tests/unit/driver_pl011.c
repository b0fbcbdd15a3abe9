/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pl011.c on registers that are plain memory: what it leaves in them, and what it makes of
 * flags and data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Here, and not from the archive: the fake architecture has the same functions. */
#include "drivers/pl011.c"

static uint32_t registers[1024];

static void start(uint32_t flags)
{
	memset(registers, 0, sizeof(registers));
	registers[FR / 4] = flags;
}

static void test_init(void **state)
{
	(void)state;
	for (unsigned busy = 0; busy < 2; busy++) { /* a UART that stays busy does not hold it up */
		start(busy ? FR_BUSY : 0);
		registers[0x24 / 4] = 13; /* the firmware's divisor */
		registers[0x28 / 4] = 1;
		arch_uart_init(registers);
		assert_int_equal(registers[CR / 4], 0x301);
		assert_int_equal(registers[LCR_H / 4], 0x70);
		assert_int_equal(registers[IFLS / 4], 0);
		assert_int_equal(registers[IMSC / 4], 0x50);
		assert_int_equal(registers[ICR / 4], 0x7ff);
		assert_int_equal(registers[0x24 / 4], 13);
		assert_int_equal(registers[0x28 / 4], 1);
	}
}

static void test_output(void **state)
{
	(void)state;
	start(FR_TXFF | FR_BUSY);
	assert_false(arch_uart_ready(registers));
	start(FR_BUSY);
	assert_true(arch_uart_ready(registers));
	arch_uart_put(registers, '\xe4');
	assert_int_equal(registers[DR / 4], 0xe4);
}

static void test_input(void **state)
{
	(void)state;
	start(FR_RXFE);
	registers[DR / 4] = 'x';
	assert_int_equal(arch_uart_get(registers), -1);
	start(0);
	registers[DR / 4] = 0xff;
	assert_int_equal(arch_uart_get(registers), 0xff);
	registers[DR / 4] = 0x800 | 'y'; /* an overrun: the one that was lost came after it */
	assert_int_equal(arch_uart_get(registers), 'y');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_input),
	};

	return cmocka_run_group_tests_name("driver_pl011", tests, NULL, NULL);
}
