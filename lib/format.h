/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small printf: %s (with width), %c, %u and %x (with zero or blank padding, width, l for 64
 * bits).
 */
#ifndef LIB_FORMAT_H
#define LIB_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* Passes the formatted text to `put`, piece by piece (each of one character or more). */
typedef void format_put(void *context, const char *text, size_t count);
void format(format_put *put, void *context, const char *text, va_list args);

#endif
