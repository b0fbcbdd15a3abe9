/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes pieces of physical memory as an ELF file and as a flat raw file, with holes for zeros.
 */
#ifndef TOOLS_IMAGE_FILE_H
#define TOOLS_IMAGE_FILE_H

#include <stdbool.h>
#include <stdint.h>

struct image_part {
	uint64_t base; /* host-physical, on a page boundary */
	const uint8_t *bytes;
	uint64_t size;
};

/* Both want the parts by address, without overlap; false after the error has been printed. */
bool image_file_write_elf(const char *path, uint16_t machine, uint64_t entry,
	const struct image_part *parts, unsigned count);
/* base: physical address of the file's first byte, below every part. */
bool image_file_write_raw(
	const char *path, uint64_t base, const struct image_part *parts, unsigned count);

#endif
