/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which nodes and properties of the board's device tree a VM gets to see.
 */
#ifndef TOOLS_GUEST_TREE_SELECT_H
#define TOOLS_GUEST_TREE_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/system.h"

enum guest_tree_fate {
	GUEST_TREE_DROP,
	GUEST_TREE_PATH,  /* only as a parent: how addresses and interrupts pass through it */
	GUEST_TREE_WHOLE, /* with all its properties, but for references that lead nowhere */
};

struct guest_tree_select {
	const void *fdt; /* the board's */
	const struct vm *vm;
	uint8_t *fate; /* enum guest_tree_fate, by node offset */
};

/*
 * Selects the VM's devices, the interrupt controller, the node compatible with kept (NULL: there is
 * no such), and what these refer to. Returns
 * false after the errors have been printed: something refers to a device that is not the VM's.
 */
bool guest_tree_select(struct guest_tree_select *select, const struct system *system,
	const struct vm *vm, const char *kept);

/* Marks a node and its parents. */
void guest_tree_select_node(struct guest_tree_select *select, int node, enum guest_tree_fate fate);

/* Whether a property of a selected node is to be copied. */
bool guest_tree_select_has(const struct guest_tree_select *select, int node, const char *property);

#endif
