/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a board's flattened device tree says of its RAM, CPUs, interrupt controller and devices
 * (Devicetree Specification 0.4).
 */
#ifndef TOOLS_DEVICETREE_H
#define TOOLS_DEVICETREE_H

#include <stdbool.h>

#include "tools/system.h"

/*
 * Fills ram, reserved, cpu_hw_ids, controller, intc*, devices of *board from board->fdt, which has
 * passed fdt_check_full; board->machine chooses among the controllers. place: the device tree's
 * file. Returns false after the messages.
 */
bool devicetree_read(struct board *board, struct place place);

/* The device with this node, or NULL if it has neither registers nor interrupts. */
const struct board_device *devicetree_device(const struct board *board, int node);

bool devicetree_compatible(const struct board *board, int node, const char *const *list);

/* The identity of the CPU that a CPU's node is about (MPIDR affinity or hart id). */
uint64_t devicetree_cpu_id(const void *fdt, int node);

/* Whether every CPU has an extension of the RISC-V ISA that is named by several letters. */
bool devicetree_has_extension(const struct board *board, const char *name);

/* Whether the node's status lets software use it. */
bool devicetree_enabled(const void *fdt, int node);

#endif
