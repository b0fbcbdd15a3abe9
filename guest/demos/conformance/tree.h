/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A node of the guest's device tree.
 */
#ifndef DEMO_CONFORMANCE_TREE_H
#define DEMO_CONFORMANCE_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct tree_node {
	uint64_t address, size_bytes; /* of its `reg`, if that has two cells each */
	bool has_interrupt;
};

/* Finds the first node whose `compatible` is exactly that. */
bool tree_find(uint64_t tree, const char *compatible, struct tree_node *node);

#endif
