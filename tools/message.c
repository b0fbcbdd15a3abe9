/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages about bad input, in the form that editors understand.
 */
#include "tools/message.h"

#include <stdarg.h>
#include <stdio.h>

static unsigned errors; /* owner: this file */

static void print(
	struct place place, const char *kind, const char *mend, const char *what, va_list arguments)
{
	if (!place.file)
		fprintf(stderr, "orlop: ");
	else if (!place.line)
		fprintf(stderr, "%s: ", place.file);
	else
		fprintf(stderr, "%s:%u:%u: ", place.file, place.line, place.column);
	fprintf(stderr, "%s: ", kind);
	vfprintf(stderr, what, arguments);
	fprintf(stderr, "\n    to mend: %s\n", mend);
}

void message_error(struct place place, const char *mend, const char *what, ...)
{
	va_list arguments;
	va_start(arguments, what);
	print(place, "error", mend, what, arguments);
	va_end(arguments);
	errors++;
}

void message_warning(struct place place, const char *mend, const char *what, ...)
{
	va_list arguments;
	va_start(arguments, what);
	print(place, "warning", mend, what, arguments);
	va_end(arguments);
}

unsigned message_errors(void)
{
	return errors;
}

void message_reset(void)
{
	errors = 0;
}

struct place message_file(const char *path)
{
	return (struct place){path, 0, 0};
}
