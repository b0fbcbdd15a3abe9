/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The architectures. Kernel headers: Linux, Documentation/arch/arm64/booting.rst and
 * Documentation/arch/riscv/boot-image-header.rst.
 */
#include "tools/architecture.h"

#include <elf.h>
#include <endian.h>
#include <stddef.h>
#include <string.h>

/* Fields of the kernel header, offsets in bytes. */
#define TEXT_OFFSET    8
#define IMAGE_SIZE     16
#define FLAGS          24
#define RISCV_VERSION  32
#define RISCV_MAGIC    48
#define ARM64_FLAGS    (1u << 1) /* little-endian, 4 KiB pages, near the start of RAM */
#define RISCV_VERSION2 2u        /* 0.2, the first with a second magic number */

static void put(uint8_t *header, unsigned offset, uint64_t value)
{
	value = htole64(value);
	memcpy(header + offset, &value, sizeof(value));
}

static void arm64_header(uint8_t header[64], uint64_t text_offset, uint64_t image_size)
{
	put(header, TEXT_OFFSET, text_offset);
	put(header, IMAGE_SIZE, image_size);
	put(header, FLAGS, ARM64_FLAGS);
	memcpy(header + ARCHITECTURE_MAGIC, "ARM\x64\0\0\0", 8);
}

static void riscv_header(uint8_t header[64], uint64_t text_offset, uint64_t image_size)
{
	put(header, TEXT_OFFSET, text_offset);
	put(header, IMAGE_SIZE, image_size);
	put(header, FLAGS, 0);
	put(header, RISCV_VERSION, RISCV_VERSION2);
	memcpy(header + RISCV_MAGIC, "RISCV\0\0", 8);
	memcpy(header + ARCHITECTURE_MAGIC, "RSC\x05\0\0\0", 8);
}

static const char *const pl011[] = {"arm,pl011", NULL}, *const ns16550[] = {"ns16550a", NULL};

static const struct architecture architectures[] = {
	{
		.name = "aarch64",
		.words = "AArch64",
		.machine = EM_AARCH64,
		.entry_align = 4,
		.qemu = "qemu-system-aarch64",
		.cpu = "cortex-a57",
		.uart = "pl011",
		.uart_words = "PL011",
		.uart_compatible = pl011,
		.kernel_magic = "ARM\x64",
		.kernel_name = "arm64",
		.kernel_file = "arch/arm64/boot/Image",
		.initrd_align = 4 << 10,
		.bootargs_max = 2047,
		.header = arm64_header,
	},
	{
		.name = "riscv64",
		.words = "RISC-V",
		.machine = EM_RISCV,
		.entry_align = 2,
		.qemu = "qemu-system-riscv64",
		.cpu = "rv64",
		.uart = "ns16550",
		.uart_words = "16550",
		.uart_compatible = ns16550,
		.kernel_magic = "RSC\x05",
		.kernel_name = "riscv64",
		.kernel_file = "arch/riscv/boot/Image",
		.initrd_align = 2 << 20,
		.bootargs_max = 1023,
		.header = riscv_header,
	},
};

#define COUNT (sizeof(architectures) / sizeof(architectures[0]))

const struct architecture *architecture_at(unsigned index)
{
	return index < COUNT ? &architectures[index] : NULL;
}

const struct architecture *architecture_named(const char *name)
{
	for (size_t i = 0; i < COUNT; i++)
		if (strcmp(architectures[i].name, name) == 0)
			return &architectures[i];
	return NULL;
}

const struct architecture *architecture_of(uint16_t machine)
{
	for (size_t i = 0; i < COUNT; i++)
		if (architectures[i].machine == machine)
			return &architectures[i];
	return NULL;
}
