/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the hypervisor's ELF file and checks that it is one this tool can lay out.
 */
#ifndef TOOLS_HYP_ELF_H
#define TOOLS_HYP_ELF_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/image.h"

#define HYP_ELF_SEGMENTS 8u

enum hyp_access { HYP_TEXT, HYP_READ_ONLY, HYP_DATA };

struct hyp_segment {
	uint64_t base; /* virtual, on a page boundary */
	uint64_t size; /* in memory, bytes; the part without file bytes is zero */
	const uint8_t *bytes;
	uint64_t file_size;
	enum hyp_access access;
};

struct hyp_elf {
	const char *path;
	struct hyp_info info;
	struct hyp_segment segments[HYP_ELF_SEGMENTS]; /* by address; no page in two of them */
	unsigned segment_count;
	uint64_t end; /* virtual, of the last segment */
};

/* Returns false after the errors have been printed. */
bool hyp_elf_read(struct hyp_elf *hyp, const char *path, uint16_t machine);

#endif
