/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The board's UART, an Arm PL011 (DDI 0183), polled, and semihosting (Arm IHI: SYS_WRITEC).
 */
#include "guest/lib/console.h"

#include "guest/lib/aarch64/board.h"
#include "guest/lib/aarch64/system.h"

#define UARTDR   (BOARD_UART_BASE + 0x00)
#define UARTFR   (BOARD_UART_BASE + 0x18)
#define UARTLCRH (BOARD_UART_BASE + 0x2c)
#define UARTCR   (BOARD_UART_BASE + 0x30)
#define UARTIMSC (BOARD_UART_BASE + 0x38)

#define UARTFR_TXFF     (1u << 5)
#define UARTLCRH_8BITS  (3u << 5)
#define UARTLCRH_FIFO   (1u << 4)
#define UARTCR_ENABLE   0x301u /* UART, receive and transmit */
#define SEMIHOST_WRITEC 3

void console_uart_init(void)
{
	mmio_write32(UARTIMSC, 0);
	mmio_write32(UARTLCRH, UARTLCRH_8BITS | UARTLCRH_FIFO);
	mmio_write32(UARTCR, UARTCR_ENABLE);
}

void console_uart_put(char c)
{
	while (mmio_read32(UARTFR) & UARTFR_TXFF)
		__asm__ volatile("yield");
	mmio_write32(UARTDR, (uint8_t)c);
}

void console_debugger_put(char c)
{
	register uint64_t x0 __asm__("x0") = SEMIHOST_WRITEC;
	register const char *x1 __asm__("x1") = &c;

	__asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
}
