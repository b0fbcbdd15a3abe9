/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The header of a Linux kernel Image (Linux, Documentation/arch/arm64/booting.rst and
 * Documentation/arch/riscv/boot-image-header.rst, which share what is used here).
 */
#ifndef TOOLS_KERNEL_H
#define TOOLS_KERNEL_H

#include <stdbool.h>

#include "tools/architecture.h"
#include "tools/system.h"

struct kernel {
	uint64_t text_offset; /* from a multiple of 2 MiB */
	uint64_t size;        /* bytes in memory, BSS included; at least the file's */
};

/* Checks the header of blob and reads it. Returns false after a message at place. */
bool kernel_read(struct kernel *kernel, const struct blob *blob,
	const struct architecture *architecture, struct place place);

#endif
