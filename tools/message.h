/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host tool says about bad input: where, what, and how to mend it.
 */
#ifndef TOOLS_MESSAGE_H
#define TOOLS_MESSAGE_H

#include "tools/system.h"

/*
 * Prints "file:line:column: error: WHAT" and "    to mend: MEND" to stderr and counts the error.
 * A place with line 0 prints as the file alone; one without a file prints as "orlop".
 * mend may come from arena_text().
 */
void message_error(struct place place, const char *mend, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for what is allowed and yet worth a second thought; not counted. */
void message_warning(struct place place, const char *mend, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

/* Errors since the start or the last message_reset(). */
unsigned message_errors(void);
void message_reset(void);

/* The place that stands for a whole file. */
struct place message_file(const char *path);

#endif
