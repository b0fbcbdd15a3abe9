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

static void print_piece(void *context, const char *text, size_t count)
{
	struct print_buffer *out = context;

	for (size_t i = 0; i < count; i++) {
		out->text[out->used++] = text[i];
		if (out->used == sizeof(out->text)) {
			console_write(out->text, out->used);
			out->used = 0;
		}
	}
}

void print(const char *text, ...)
{
	struct print_buffer out;
	va_list args;

	out.used = 0;
	va_start(args, text);
	format(print_piece, &out, text, args);
	va_end(args);
	console_write(out.text, out.used);
}
