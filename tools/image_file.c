/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes pieces of physical memory as an ELF file and as a flat raw file, with holes for zeros.
 */
#include "tools/image_file.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/arena.h"
#include "tools/message.h"

#define BLOCK 4096u /* a run of zeros this long, in step with the parts, becomes a hole */

static bool is_zero(const uint8_t *bytes, uint64_t size)
{
	return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static bool write_at(FILE *file, uint64_t offset, const uint8_t *bytes, uint64_t size)
{
	for (uint64_t done = 0; done < size;) {
		uint64_t step = size - done < BLOCK ? size - done : BLOCK;

		if (!is_zero(bytes + done, step) &&
			(fseeko(file, (off_t)(offset + done), SEEK_SET) != 0 ||
				fwrite(bytes + done, 1, step, file) != step))
			return false;
		done += step;
	}
	return true;
}

/* Ends the file at size, even if zeros at its end were left out. */
static bool finish(FILE *file, const char *path, uint64_t size, bool good)
{
	good = good && fflush(file) == 0 && ftruncate(fileno(file), (off_t)size) == 0;
	int fault = errno;

	if (fclose(file) != 0 && good) {
		fault = errno;
		good = false;
	}
	if (!good)
		message_error(message_file(path), "check the folder and the room on its disk",
			"cannot be written: %s", strerror(fault));
	return good;
}

static FILE *create(const char *path)
{
	FILE *file;

	/* A new file rather than the old one's contents: an image may be in use while it is built.
	 */
	unlink(path);
	file = fopen(path, "wb");
	if (!file)
		message_error(message_file(path), "name a file in a folder that exists",
			"cannot be written: %s", strerror(errno));
	return file;
}

bool image_file_write_elf(const char *path, uint16_t machine, uint64_t entry,
	const struct image_part *parts, unsigned count)
{
	size_t head_size = sizeof(Elf64_Ehdr) + count * sizeof(Elf64_Phdr);
	uint64_t offset = (head_size + BLOCK - 1) / BLOCK * BLOCK;
	uint8_t *head = arena_alloc(head_size, 1);
	Elf64_Ehdr *header = (Elf64_Ehdr *)head;
	Elf64_Phdr *programs = (Elf64_Phdr *)(header + 1);
	FILE *file = create(path);
	bool good = true;

	if (!file)
		return false;
	*header = (Elf64_Ehdr){
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = machine,
		.e_version = EV_CURRENT,
		.e_entry = entry,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (Elf64_Half)count,
		.e_shentsize = sizeof(Elf64_Shdr),
	};
	for (unsigned i = 0; i < count; i++) {
		programs[i] = (Elf64_Phdr){.p_type = PT_LOAD,
			.p_flags = PF_R | PF_W | PF_X,
			.p_offset = offset,
			.p_vaddr = parts[i].base,
			.p_paddr = parts[i].base,
			.p_filesz = parts[i].size,
			.p_memsz = parts[i].size,
			.p_align = BLOCK};
		good = good && write_at(file, offset, parts[i].bytes, parts[i].size);
		offset += (parts[i].size + BLOCK - 1) / BLOCK * BLOCK;
	}
	good = good && write_at(file, 0, head, head_size);
	return finish(file, path, offset, good);
}

bool image_file_write_raw(
	const char *path, uint64_t base, const struct image_part *parts, unsigned count)
{
	FILE *file = create(path);
	uint64_t end = 0;
	bool good = true;

	if (!file)
		return false;
	for (unsigned i = 0; i < count; i++) {
		end = parts[i].base - base + parts[i].size;
		good = good && write_at(file, parts[i].base - base, parts[i].bytes, parts[i].size);
	}
	return finish(file, path, end, good);
}
