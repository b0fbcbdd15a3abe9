/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a VM's device tree is written: what guest_tree.c shares with the files of the architectures,
 * each of which is one struct guest_tree_style.
 */
#ifndef TOOLS_GUEST_TREE_WRITE_H
#define TOOLS_GUEST_TREE_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/guest_tree_select.h"

struct guest_tree {
	const struct system *system;
	const struct vm *vm;
	const struct guest_tree_style *style;
	struct guest_tree_select select;
	const void *board; /* the board's tree */
	void *fdt;         /* the VM's, being written */
	int console;       /* node of the board's UART that the shared console stands for, or -1 */
	uint32_t intc_phandle;
	uint32_t spare_phandle; /* the first that the board's tree does not use */
	int fault;              /* the first of libfdt's errors, 0 if none */
};

/* What an architecture writes. */
struct guest_tree_style {
	uint16_t machine; /* ELF e_machine */

	/* What a node is compatible with that each VM has as the board has it; NULL: none. */
	const char *kept;

	/* In place of the board's nodes: of the interrupt controller and its IMSICs, of a UART. */
	void (*intc)(struct guest_tree *tree, int node);
	void (*console)(struct guest_tree *tree, int node);

	/* What belongs to a CPU's node besides its name, device_type and reg. */
	void (*cpu)(struct guest_tree *tree, int node, unsigned index);
	void (*cpus)(struct guest_tree *tree); /* what belongs to /cpus */
	void (*root)(struct guest_tree *tree); /* nodes of the root; may be NULL */

	/*
	 * Writes the property "interrupts" or "interrupts-extended" of an owned device in the
	 * guest's numbers. NULL: they are the board's.
	 */
	void (*interrupts)(
		struct guest_tree *tree, int node, const char *name, const void *bytes, int size);

	/* Writes the property "interrupts" of one that the hypervisor drives. */
	void (*virtual_irq)(struct guest_tree *tree, uint32_t irq, bool is_edge);
};

extern const struct guest_tree_style guest_tree_aarch64, guest_tree_riscv64;

/* Each writes what its name says; an error of libfdt's is kept in tree->fault. */
void guest_tree_begin(struct guest_tree *tree, const char *name);
void guest_tree_end(struct guest_tree *tree);
void guest_tree_put(struct guest_tree *tree, const char *name, const void *bytes, int size);
void guest_tree_put_cell(struct guest_tree *tree, const char *name, uint32_t value);
void guest_tree_put_cells(
	struct guest_tree *tree, const char *name, const uint32_t *values, unsigned count);
void guest_tree_put_text(struct guest_tree *tree, const char *name, const char *text);
void guest_tree_copy(struct guest_tree *tree, int node, const char *name);

/* The first count entries of the board's node's reg, with other sizes. */
void guest_tree_put_reg(struct guest_tree *tree, int node, const uint64_t *sizes, unsigned count);

/* A property "reg" of a child of the root. */
void guest_tree_put_range(struct guest_tree *tree, uint64_t base, uint64_t size);

/* The nodes of the VM's region, tunnels and virtio devices, in the root. */
void guest_tree_comm(struct guest_tree *tree);

#endif
