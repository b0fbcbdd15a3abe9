/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The board's UART, a 16550, polled, and semihosting (SYS_WRITEC).
 */
#include "guest/lib/console.h"

#include "guest/lib/riscv64/board.h"
#include "guest/lib/riscv64/system.h"

#define UART_THR (BOARD_UART_BASE + 0)
#define UART_IER (BOARD_UART_BASE + 1)
#define UART_FCR (BOARD_UART_BASE + 2)
#define UART_LCR (BOARD_UART_BASE + 3)
#define UART_LSR (BOARD_UART_BASE + 5)

#define UART_FCR_FIFO   1u
#define UART_LCR_8BITS  3u
#define UART_LSR_THRE   0x20u
#define SEMIHOST_WRITEC 3

void console_uart_init(void)
{
	mmio_write8(UART_IER, 0);
	mmio_write8(UART_LCR, UART_LCR_8BITS);
	mmio_write8(UART_FCR, UART_FCR_FIFO);
}

void console_uart_put(char c)
{
	while (!(mmio_read8(UART_LSR) & UART_LSR_THRE))
		__asm__ volatile(".word 0x0100000f"); /* PAUSE */
	mmio_write8(UART_THR, (uint8_t)c);
}

/* Three instructions of full length in one page (RISC-V semihosting). */
void console_debugger_put(char c)
{
	register uint64_t a0 __asm__("a0") = SEMIHOST_WRITEC;
	register const char *a1 __asm__("a1") = &c;

	__asm__ volatile(".option push\n\t.option norvc\n\t.balign 16\n\t"
			 "slli zero, zero, 0x1f\n\tebreak\n\tsrai zero, zero, 7\n\t.option pop"
			 : "+r"(a0)
			 : "r"(a1)
			 : "memory");
}
