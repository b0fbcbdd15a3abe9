/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What runs in a VM: reads kernels, initrds, ELF files and raw bytes and lays them out in the VM's
 * memory, together with the room for its device tree.
 */
#ifndef TOOLS_PAYLOAD_H
#define TOOLS_PAYLOAD_H

#include <stdbool.h>

#include "tools/tree.h"

/*
 * Fills loads, entry, device_tree, device_tree_room and bootargs of a VM that has memory. file: the
 * description, from whose folder relative paths start. Returns false after messages.
 */
bool payload_read(
	const struct board *board, struct vm *vm, const struct tree *image, const char *file);

/* Bytes that a pristine copy of the VM's loads and device tree takes, in whole pages. */
uint64_t payload_pristine_size(const struct vm *vm);

#endif
