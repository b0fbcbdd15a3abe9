/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a VM's device tree: the board's own, reduced to what the VM has.
 */
#ifndef TOOLS_GUEST_TREE_H
#define TOOLS_GUEST_TREE_H

#include <stdbool.h>

#include "tools/system.h"

/* Returns false after the errors have been printed. */
bool guest_tree_build(struct blob *tree, const struct system *system, const struct vm *vm);

#endif
