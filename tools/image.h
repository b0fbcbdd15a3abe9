/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts the bootable image together: the hypervisor's memory and everything that lies in the VMs'
 * memories when they start.
 */
#ifndef TOOLS_IMAGE_H
#define TOOLS_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/hyp_elf.h"
#include "tools/hyp_layout.h"
#include "tools/image_file.h"
#include "tools/system.h"
#include "tools/vm_image.h"

struct image {
	const struct system *system;
	struct hyp_elf hyp;
	struct vm_image *vms;
	struct hyp_layout layout;
	uint8_t *memory;          /* of the hypervisor, layout.size bytes */
	struct image_part *parts; /* of physical memory, by address */
	unsigned part_count;
};

/*
 * hyp_path: the hypervisor's ELF file; NULL: the one that the build makes for the board's
 * architecture, with a scheduler if a CPU is shared, with communication if a VM has a region.
 * Returns false after the errors have been printed.
 */
bool image_build(struct image *image, const struct system *system, const char *hyp_path);

/* Writes PATH.elf, PATH.img, PATH.json and PATH.report.txt; folders on the way are made. */
bool image_write(const struct image *image, const char *path);

/* orlop build FILE.yaml [-o PATH] [--hyp FILE] [--boards FOLDER] */
int image_command(int argc, char **argv);

#endif
