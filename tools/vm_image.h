/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one VM brings into the image: the contents of its memory, its stage-2 tables, and its
 * tables for the plan.
 */
#ifndef TOOLS_VM_IMAGE_H
#define TOOLS_VM_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/comm.h"
#include "tools/stage2.h"
#include "tools/system.h"

/* Emulated regions: shared console, distributor, redistributors, virtio devices. */
#define VM_IMAGE_MMIO (4u + COMM_PORTS)

/* Whole pages of a VM's memory that are not just zeros when it starts. */
struct vm_piece {
	uint64_t guest, host, size;
	uint8_t *bytes;
	uint64_t pristine; /* host address of the copy for a restart; 0: none */
};

struct vm_image {
	const struct vm *vm;
	struct vm_piece *pieces; /* by guest address */
	unsigned piece_count;
	struct plan_mmio mmio[VM_IMAGE_MMIO]; /* by base */
	unsigned mmio_count;
	struct plan_irq *irqs; /* by id */
	unsigned irq_count;
	uint32_t irq_limit;
	struct plan_restore *restore; /* zeros first, then copies; no page twice */
	unsigned restore_count;
	struct plan_memory *memory; /* by base; only of a VM with virtio devices */
	unsigned memory_count;
	struct stage2 stage2;
	uint64_t device_tree_size;
};

/* Returns false after the errors have been printed. */
bool vm_image_build(struct vm_image *image, const struct system *system, const struct vm *vm);

/* What a guest's CPU reads as its identity, by its index in the VM (AArch64: MPIDR affinity). */
uint64_t vm_image_hw_id(unsigned index);

#endif
