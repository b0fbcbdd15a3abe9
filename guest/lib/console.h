/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a guest's text goes.
 */
#ifndef GUEST_LIB_CONSOLE_H
#define GUEST_LIB_CONSOLE_H

#include <stddef.h>

enum console_mode {
	CONSOLE_AUTO,      /* the hypervisor's console if there is a hypervisor, else the UART */
	CONSOLE_HYPERCALL, /* the hypervisor's console */
	CONSOLE_UART,      /* the board's UART, passed through, emulated or bare */
	CONSOLE_DEBUGGER,  /* semihosting: a debugger or an emulator must be listening */
};

/* Call once, before anything is written. */
void console_init(enum console_mode mode);

/* Writes `count` bytes and returns when they are on their way. Not for two CPUs at a time. */
void console_write(const char *text, size_t count);

/* Writes one byte to the board's UART, or to the debugger (arch's part of console.c). */
void console_uart_put(char c);
void console_debugger_put(char c);

/* Makes the UART ready to send. */
void console_uart_init(void);

#endif
