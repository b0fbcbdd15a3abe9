/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted text to the console, through a buffer so that a line costs few calls.
 */
#include "guest/lib/print.h"

#include <stdarg.h>
#include <stddef.h>

#include "guest/lib/console.h"
#include "lib/format.h"

struct print_buffer {
	char text[96];
	size_t used;
};

static void print_char(void *context, char c)
{
	struct print_buffer *out = context;

	out->text[out->used++] = c;
	if (out->used == sizeof(out->text)) {
		console_write(out->text, out->used);
		out->used = 0;
	}
}

void print(const char *text, ...)
{
	struct print_buffer out;
	va_list args;

	out.used = 0;
	va_start(args, text);
	format(print_char, &out, text, args);
	va_end(args);
	console_write(out.text, out.used);
}
