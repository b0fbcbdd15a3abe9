/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boards: data in a folder, read from its board.yaml and its device tree, or, for a machine that
 * QEMU emulates, from the device tree that QEMU itself emits.
 */
#ifndef TOOLS_BOARD_H
#define TOOLS_BOARD_H

#include <stdbool.h>

#include "tools/system.h"

/*
 * Reads the board called name from boards_dir into *board; said is where the description names it.
 * cache_dir: folder for QEMU's device trees (created). NULL for a folder: the usual place.
 * Returns false after the errors have been printed.
 */
bool board_load(struct board *board, const char *name, struct place said, const char *boards_dir,
	const char *cache_dir);

/*
 * The node that a description means by said: a full path, a label (__symbols__), an alias, or a
 * node's name with or without its unit address. Returns a libfdt offset, BOARD_UNKNOWN, or
 * BOARD_AMBIGUOUS when several nodes have that name.
 */
#define BOARD_UNKNOWN   (-1)
#define BOARD_AMBIGUOUS (-2)
int board_find(const struct board *board, const char *said);

#endif
