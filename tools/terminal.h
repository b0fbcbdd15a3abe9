/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The user's terminal while a machine runs: keys go to the guests one by one, or line by line.
 */
#ifndef TOOLS_TERMINAL_H
#define TOOLS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Hands every key on at once, without echo, until the program ends. Does nothing without a
 * terminal. */
void terminal_make_raw(void);

/*
 * Takes the escape sequence Ctrl-A x out of what was typed: bytes become those to pass on, their
 * number is returned, and *end becomes true. Ctrl-A Ctrl-A stands for one Ctrl-A.
 */
size_t terminal_filter(char *bytes, size_t count, bool *end);

#endif
