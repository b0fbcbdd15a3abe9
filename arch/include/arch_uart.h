/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contract of the hypervisor's own UART, polled for output; one file of drivers/ implements it,
 * chosen at link time. `uart` is where its registers are mapped. It keeps no state of its own.
 */
#ifndef ARCH_UART_H
#define ARCH_UART_H

#include <stdbool.h>

/* Switches the UART on, with its receive interrupt; the line's speed stays as the firmware set it.
 */
void arch_uart_init(void *uart);

/* Whether it takes a character now. */
bool arch_uart_ready(const void *uart);

/* Sends a character; only after arch_uart_ready said yes. */
void arch_uart_put(void *uart, char c);

/* The next character of input, 0..255, or -1. Once all are read its interrupt is gone. */
int arch_uart_get(void *uart);

#endif
