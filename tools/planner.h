/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a description to a struct system: resolves names against the board, checks every rule,
 * reads the guests' images and places everything in memory.
 */
#ifndef TOOLS_PLANNER_H
#define TOOLS_PLANNER_H

#include <stddef.h>

#include "tools/system.h"

/*
 * Reads and plans the description at description_path. boards_dir: where board folders are;
 * cache_dir: where what QEMU says of a board is kept; NULL for either: the usual place.
 * Returns NULL after all errors found have been printed.
 */
struct system *planner_load(
	const char *description_path, const char *boards_dir, const char *cache_dir);

/* The same for a description already in memory; path is used in messages and for relative paths. */
struct system *planner_load_text(const char *path, const uint8_t *bytes, size_t size,
	const char *boards_dir, const char *cache_dir);

#endif
