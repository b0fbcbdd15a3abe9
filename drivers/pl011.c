/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's own UART: Arm PL011 (DDI 0183).
 */
#include "arch/include/arch_uart.h"

#include <stdint.h>

#define DR    0x00
#define FR    0x18
#define LCR_H 0x2c
#define CR    0x30
#define IFLS  0x34
#define IMSC  0x38
#define ICR   0x44

#define DR_SPOILED  0x700u /* a break, or received wrong; an overrun spoils no character */
#define FR_BUSY     (1u << 3)
#define FR_RXFE     (1u << 4)
#define FR_TXFF     (1u << 5)
#define LCR_H_FEN   (1u << 4)
#define LCR_H_8BITS (3u << 5)
#define CR_UARTEN   (1u << 0)
#define CR_TXE      (1u << 8)
#define CR_RXE      (1u << 9)
#define INT_RX      (1u << 4)
#define INT_RT      (1u << 6)
#define INT_ALL     0x7ffu

#define DRAIN_POLLS 1000000u

static volatile uint32_t *at(const void *uart, unsigned offset)
{
	return (volatile uint32_t *)((uintptr_t)uart + offset);
}

/*
 * The firmware's last words are let out first: LCR_H must not change while it transmits (3.3.8).
 * Writing LCR_H without the divisor before it keeps the speed.
 */
void arch_uart_init(void *uart)
{
	for (unsigned left = DRAIN_POLLS; left > 0 && (*at(uart, FR) & FR_BUSY); left--)
		;
	*at(uart, CR) = 0;
	*at(uart, LCR_H) = LCR_H_8BITS | LCR_H_FEN;
	*at(uart, IFLS) = 0;
	*at(uart, ICR) = INT_ALL;
	*at(uart, IMSC) = INT_RX | INT_RT;
	*at(uart, CR) = CR_UARTEN | CR_TXE | CR_RXE;
}

bool arch_uart_ready(const void *uart)
{
	return !(*at(uart, FR) & FR_TXFF);
}

void arch_uart_put(void *uart, char c)
{
	*at(uart, DR) = (unsigned char)c;
}

int arch_uart_get(void *uart)
{
	while (!(*at(uart, FR) & FR_RXFE)) {
		uint32_t data = *at(uart, DR);

		if (!(data & DR_SPOILED))
			return (int)(data & 0xff);
	}
	return -1;
}
