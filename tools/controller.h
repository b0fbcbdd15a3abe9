/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host tool knows of each kind of interrupt controller that a board may have: how the
 * device tree describes it, which of its pages the hypervisor uses, and what guests see of it.
 */
#ifndef TOOLS_CONTROLLER_H
#define TOOLS_CONTROLLER_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/system.h"

#define CONTROLLER_CELLS   3u /* most cells of an interrupt specifier that are looked at */
#define CONTROLLER_REGIONS 2u /* most regions of it that are emulated for a guest */

struct controller {
	const char *name, *mend; /* what it is called; how a board gets one */
	unsigned irq_cells;      /* cells of a specifier that say something */
	uint32_t irq_first;      /* the lowest shared interrupt; those below are each CPU's own */

	/* Whether a VM's interrupts may be PLAN_DIRECT, PLAN_INJECTED. */
	bool direct, injected;

	/* Finds its nodes in board->fdt and fills the fields intc_node, msi_node, irq_limit. */
	bool (*find)(struct board *board);

	/* The shared interrupt that cells name. Returns NULL, or what is wrong with them. */
	const char *(*specifier)(const uint32_t *cells, uint32_t *irq, bool *is_edge);

	/* Fills what else struct board says of it; CPUs and devices have been read. */
	bool (*read)(struct board *board, struct place place);

	/*
	 * Pages of it that the hypervisor maps: so many from intc.base on, and so many per CPU,
	 * cpu_page_stride bytes apart from intc_frames[cpu] on, guest files apart.
	 */
	unsigned common_pages, cpu_pages;
	uint64_t cpu_page_stride;

	/* Fills regions with what is emulated for a VM of so many vCPUs; returns how many. */
	unsigned (*regions)(
		const struct board *board, unsigned vcpu_count, struct plan_mmio *regions);
	const char *region_names[2]; /* of PLAN_MMIO_INTC, PLAN_MMIO_INTC_CPUS */

	/*
	 * Guests count their interrupts from 1, whatever the board's numbers are, so that they set
	 * up no more than they have; an emulated device's takes none of the board's.
	 */
	bool renumbers;
};

/*
 * The regions of a VM's controller; none if its interrupts come by upcall. Returns how many there
 * are.
 */
unsigned controller_regions(
	const struct board *board, const struct vm *vm, struct plan_mmio *regions);

extern const struct controller controller_gic, controller_aia, controller_plic;

/* How many pages the hypervisor maps per CPU, the guest files in use included. */
unsigned controller_cpu_pages(const struct system *system);

/*
 * Where a vCPU, by its index in the VM, finds its own interrupt file, one page, and which page of
 * the board that is, on its first CPU. Returns false if it has none.
 */
bool controller_vcpu_page(const struct board *board, const struct vm *vm, unsigned index,
	uint64_t *guest, uint64_t *host);

/* The VM's number for the board's interrupt of one of its devices; 0 if none of them has it. */
uint32_t controller_guest_irq(const struct board *board, const struct vm *vm, uint32_t irq);

/* How many numbers the VM's devices use; the next one is free if the controller renumbers. */
uint32_t controller_irq_count(const struct vm *vm);

/* Whether the device's interrupt is better taken as an edge, and its drivers bear that. */
bool controller_takes_edge(const struct board *board, int node);

#endif
