/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ELF files as guests' images.
 */
#ifndef TOOLS_PAYLOAD_ELF_H
#define TOOLS_PAYLOAD_ELF_H

#include <stdbool.h>

#include "tools/system.h"

bool payload_elf_is(const struct blob *blob);

/*
 * Adds the file's PT_LOAD segments, zero-filled to their size in memory, to the VM's loads and sets
 * its entry. Returns false after a message at place.
 */
bool payload_elf_read(
	const struct board *board, struct vm *vm, const struct blob *blob, struct place place);

#endif
