/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PL011: its transmit interrupt is pending once a character has been sent (DDI 0183 3.3.10). PL031:
 * its alarm fires as soon as the match register equals the time (DDI 0224).
 */
#include "device.h"

#include "guest/lib/aarch64/board.h"
#include "guest/lib/aarch64/system.h"

#define UART_DR   (BOARD_UART_BASE + 0x00)
#define UART_IMSC (BOARD_UART_BASE + 0x38)
#define UART_ICR  (BOARD_UART_BASE + 0x44)
#define UART_TX   0x20
#define RTC_BASE  0x09010000ull
#define RTC_DR    (RTC_BASE + 0x00)
#define RTC_MR    (RTC_BASE + 0x04)
#define RTC_IMSC  (RTC_BASE + 0x10)
#define RTC_RIS   (RTC_BASE + 0x14)
#define RTC_ICR   (RTC_BASE + 0x1c)

static void raise_uart(void)
{
	mmio_write32(UART_IMSC, UART_TX);
	mmio_write32(UART_DR, '\n');
}

static void clear_uart(void)
{
	mmio_write32(UART_IMSC, 0);
	mmio_write32(UART_ICR, UART_TX);
}

/* The second may change just then. */
static void raise_rtc(void)
{
	mmio_write32(RTC_IMSC, 1);
	while (!(mmio_read32(RTC_RIS) & 1))
		mmio_write32(RTC_MR, mmio_read32(RTC_DR));
}

static void clear_rtc(void)
{
	mmio_write32(RTC_IMSC, 0);
	mmio_write32(RTC_ICR, 1);
}

const struct device device_uart = {"UART", raise_uart, clear_uart};
const struct device device_rtc = {"RTC", raise_rtc, clear_rtc};
