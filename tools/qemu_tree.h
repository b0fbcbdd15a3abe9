/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device tree of a machine that QEMU emulates: QEMU itself is asked for it.
 */
#ifndef TOOLS_QEMU_TREE_H
#define TOOLS_QEMU_TREE_H

#include "tools/system.h"

/*
 * Returns the path of the device tree that QEMU emits for board->qemu with this number of CPUs,
 * kept in cache_dir for the next time. place: where a message points. NULL after a message.
 */
const char *qemu_tree_dump(
	const struct board *board, uint64_t cpus, const char *cache_dir, struct place place);

#endif
