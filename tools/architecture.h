/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host tool knows of each architecture apart from translation tables (stage2.h) and
 * interrupt controllers (controller.h).
 */
#ifndef TOOLS_ARCHITECTURE_H
#define TOOLS_ARCHITECTURE_H

#include <stdint.h>

#define ARCHITECTURE_MAGIC 56u /* offset in a kernel's 64-byte header; 4 bytes */

struct architecture {
	const char *name, *words; /* in board.yaml, and in messages */
	uint16_t machine;         /* ELF e_machine */
	uint64_t entry_align;     /* bytes, of an instruction */
	const char *qemu, *cpu;   /* QEMU's program and -cpu, unless a board says otherwise */

	/* The UART that its drivers and emulated devices are: a name, and what it is compatible
	 * with. */
	const char *uart, *uart_words;
	const char *const *uart_compatible;

	/* Linux: bytes at ARCHITECTURE_MAGIC that a kernel Image is known by; its name and package.
	 */
	const char *kernel_magic, *kernel_name, *kernel_file;
	uint64_t initrd_align; /* bytes, up to which the kernel takes the memory behind it */
	unsigned bootargs_max; /* characters that the kernel takes (COMMAND_LINE_SIZE less 1) */

	/* Writes the same header for an image of ours, but for its first two instructions. */
	void (*header)(uint8_t header[64], uint64_t text_offset, uint64_t image_size);
};

/* All of them, by index; NULL where the list ends. */
const struct architecture *architecture_at(unsigned index);

/* NULL if there is no such. */
const struct architecture *architecture_named(const char *name);
const struct architecture *architecture_of(uint16_t machine);

#endif
