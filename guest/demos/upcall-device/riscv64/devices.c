/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 16550: its interrupt for an empty transmitter is pending as soon as it is enabled. The Goldfish
 * clock of QEMU's board: an alarm in the past fires at once.
 */
#include "device.h"

#include "guest/lib/riscv64/board.h"
#include "guest/lib/riscv64/system.h"

#define UART_IER       (BOARD_UART_BASE + 1)
#define UART_EMPTY     2
#define RTC_BASE       0x00101000ull
#define RTC_ALARM_LOW  (RTC_BASE + 0x08)
#define RTC_ALARM_HIGH (RTC_BASE + 0x0c)
#define RTC_ENABLED    (RTC_BASE + 0x10)
#define RTC_CLEAR_IRQ  (RTC_BASE + 0x1c)

static void raise_uart(void)
{
	mmio_write8(UART_IER, UART_EMPTY);
}

static void clear_uart(void)
{
	mmio_write8(UART_IER, 0);
}

static void raise_rtc(void)
{
	mmio_write32(RTC_ENABLED, 1);
	mmio_write32(RTC_ALARM_HIGH, 0);
	mmio_write32(RTC_ALARM_LOW, 1);
}

static void clear_rtc(void)
{
	mmio_write32(RTC_ENABLED, 0);
	mmio_write32(RTC_CLEAR_IRQ, 1);
}

const struct device device_uart = {"UART", raise_uart, clear_uart};
const struct device device_rtc = {"RTC", raise_rtc, clear_rtc};
