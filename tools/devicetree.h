/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a board's flattened device tree says of its RAM, CPUs, interrupt controller and devices
 * (Devicetree Specification 0.4; bindings of the Arm GICv3).
 */
#ifndef TOOLS_DEVICETREE_H
#define TOOLS_DEVICETREE_H

#include <stdbool.h>

#include "tools/system.h"

/*
 * Fills ram, reserved, cpu_hw_ids, intc*, devices of *board from board->fdt, which has passed
 * fdt_check_full. place: the device tree's file. Returns false after the messages.
 */
bool devicetree_read(struct board *board, struct place place);

/* The device with this node, or NULL if it has neither registers nor interrupts. */
const struct board_device *devicetree_device(const struct board *board, int node);

bool devicetree_compatible(const struct board *board, int node, const char *const *list);

/* Whether the node's status lets software use it. */
bool devicetree_enabled(const void *fdt, int node);

#endif
