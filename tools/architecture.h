/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host tool knows of each architecture apart from translation tables (stage2.h) and
 * interrupt controllers (controller.h).
 */
#ifndef TOOLS_ARCHITECTURE_H
#define TOOLS_ARCHITECTURE_H

#include <stdint.h>

struct architecture {
	const char *name, *words; /* in board.yaml, and in messages */
	uint16_t machine;         /* ELF e_machine */
	uint64_t entry_align;     /* bytes, of an instruction */

	const char *hypervisor; /* the file that the build makes */
	const char *qemu, *cpu; /* QEMU's program and -cpu, unless a board says otherwise */

	/* The UART that its drivers and emulated devices are: a name, and what it is compatible with. */
	const char *uart, *uart_words;
	const char *const *uart_compatible;

	/*
	 * The 64-byte header of its Linux kernels and of our own images: bytes that identify it at
	 * magic_offset; what text_offset counts from is that much above the start of RAM.
	 */
	const char *magic;
	unsigned magic_offset;
	uint64_t kernel_base; /* bytes that a kernel leaves free below where text_offset counts from */
	const char *kernel_file, *kernel_package; /* in a kernel's build, and Debian's architecture */

	/* Writes that header, but for its first two instructions. */
	void (*header)(uint8_t header[64], uint64_t text_offset, uint64_t image_size);
};

/* NULL if there is no such. */
const struct architecture *architecture_named(const char *name);
const struct architecture *architecture_of(uint16_t machine);

#endif
