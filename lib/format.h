/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small printf: %s (with width), %c, %u and %x (with zero or blank padding, width, l for 64
 * bits).
 */
#ifndef LIB_FORMAT_H
#define LIB_FORMAT_H

#include <stdarg.h>

/* Passes the formatted text to `put`, character by character. */
void format(void (*put)(void *context, char c), void *context, const char *text, va_list args);

#endif
