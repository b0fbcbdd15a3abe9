/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names in a description: what is one, and which VM one means.
 */
#ifndef TOOLS_VM_NAMES_H
#define TOOLS_VM_NAMES_H

#include "tools/tree.h"

/* Checks a name for a VM, a tunnel or a network (`what`, with its article); false after a message.
 */
bool vm_names_check(const char *name, struct place place, const char *what);

/* The VM that a text means; false after a message. All VMs have been read. */
bool vm_names_find(const struct system *system, const struct tree *said, unsigned *vm);

#endif
