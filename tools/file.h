/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading whole files, and paths beside other files.
 */
#ifndef TOOLS_FILE_H
#define TOOLS_FILE_H

#include <stdbool.h>

#include "tools/system.h"

/*
 * Reads the regular file at path, of at most limit bytes, into *blob. An error is reported at
 * place, what says what the file is for ("the kernel"). Returns false after the message.
 */
bool file_read(
	struct blob *blob, const char *path, size_t limit, struct place place, const char *what);

/* path as seen from the folder of the file base: unchanged if absolute. */
const char *file_beside(const char *base, const char *path);

bool file_exists(const char *path);

#endif
