/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: the files that a description names. The first byte of the input says which: a
 * kernel, an ELF file, raw bytes, a board's device tree or its board.yaml; the others are the file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/message.h"
#include "tools/planner.h"

#define VM(board, rest) \
	"board: " board "\nvms: { a: { memory: 16M, vcpus: [ { cpu: 0 } ], " rest " } }"
#define BARE  "os: bare, image: bare.elf"
#define RISCV "os: bare, image: riscv.elf"

static const struct {
	const char *file, *description;
} kinds[] = {
	{"fuzz-image", VM("test", "os: linux, image: { kernel: fuzz-image, initrd: initrd }")},
	{"fuzz-image", VM("test", "os: bare, image: fuzz-image")},
	{"fuzz-image", VM("test", "os: bare, image: { file: fuzz-image }")},
	{"boards/test/board.dtb",
		VM("test", BARE ", access: [ serial1, slot, rtc ], console: shared")},
	{"boards/fuzz/board.yaml", VM("fuzz", BARE)},
	{"boards/riscv/board.dtb", VM("riscv", RISCV ", access: [ serial, rtc ]")},
	{"boards/riscv-plic/board.dtb", VM("riscv-plic", RISCV ", console: shared")},
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void write_file(const char *path, const uint8_t *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (size == 0 || bytes[0] >= sizeof(kinds) / sizeof(kinds[0]))
		return 0;
	const char *text = kinds[bytes[0]].description;
	write_file(kinds[bytes[0]].file, bytes + 1, size - 1);
	planner_load_text(
		"fuzz.yaml", (const uint8_t *)text, strlen(text), "boards", "build/boards");
	arena_release();
	message_reset();
	return 0;
}
