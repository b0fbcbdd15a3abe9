/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's own UART: National Semiconductor PC16550D and what is compatible with it, with
 * registers of one byte, one after the other.
 */
#include "arch/include/arch_uart.h"

#include <stdint.h>

#define RBR 0 /* read */
#define THR 0 /* write */
#define IER 1
#define FCR 2 /* write */
#define LCR 3
#define MCR 4
#define LSR 5

#define IER_RECEIVED 0x01
#define FCR_ENABLE   0x01 /* with the receive trigger at one character */
#define LCR_8BITS    0x03
#define MCR_DTR_RTS  0x03
#define MCR_OUT2     0x08 /* on a PC this gates the interrupt */
#define LSR_RECEIVED 0x01
#define LSR_SPOILED  0x1c /* parity, framing, break; an overrun spoils no character */
#define LSR_THR_FREE 0x20
#define LSR_IDLE     0x40

#define DRAIN_POLLS 1000000u

static volatile uint8_t *at(const void *uart, unsigned offset)
{
	return (volatile uint8_t *)((uintptr_t)uart + offset);
}

/* The firmware's last words are let out first. Leaving LCR's DLAB bit alone keeps the speed. */
void arch_uart_init(void *uart)
{
	for (unsigned left = DRAIN_POLLS; left > 0 && !(*at(uart, LSR) & LSR_IDLE); left--)
		;
	*at(uart, LCR) = LCR_8BITS;
	*at(uart, FCR) = FCR_ENABLE;
	*at(uart, MCR) = MCR_DTR_RTS | MCR_OUT2;
	*at(uart, IER) = IER_RECEIVED;
}

bool arch_uart_ready(const void *uart)
{
	return *at(uart, LSR) & LSR_THR_FREE;
}

void arch_uart_put(void *uart, char c)
{
	*at(uart, THR) = (uint8_t)c;
}

int arch_uart_get(void *uart)
{
	for (;;) {
		const uint8_t status = *at(uart, LSR);
		uint8_t c;

		if (!(status & LSR_RECEIVED))
			return -1;
		c = *at(uart, RBR);
		if (!(status & LSR_SPOILED))
			return c;
	}
}
