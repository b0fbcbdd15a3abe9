/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a guest's text goes: chooses among the ways that there are.
 */
#include "guest/lib/console.h"

#include "guest/lib/hypercall.h"

static enum console_mode console_mode;

void console_init(enum console_mode mode)
{
	if (mode == CONSOLE_AUTO)
		mode = hypercall_present() ? CONSOLE_HYPERCALL : CONSOLE_UART;
	if (mode == CONSOLE_UART)
		console_uart_init();
	console_mode = mode;
}

static void console_write_hypercall(const char *text, size_t count)
{
	while (count > 0) {
		size_t piece = count < HYPERCALL_CONSOLE_MAX ? count : HYPERCALL_CONSOLE_MAX;
		int64_t written = hypercall_console_write(text, piece);

		if (written < 0)
			return; /* there is nowhere left to complain */
		text += written;
		count -= (size_t)written;
	}
}

void console_write(const char *text, size_t count)
{
	if (console_mode == CONSOLE_HYPERCALL) {
		console_write_hypercall(text, count);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (console_mode == CONSOLE_DEBUGGER) {
			console_debugger_put(text[i]);
			continue;
		}
		if (text[i] == '\n')
			console_uart_put('\r');
		console_uart_put(text[i]);
	}
}
