/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads ELF files for bare guests: 64 bits, little-endian, linked at a fixed address.
 */
#include "tools/payload_elf.h"

#include <elf.h>
#include <string.h>

#include "tools/architecture.h"
#include "tools/arena.h"
#include "tools/message.h"
#include "tools/space.h"

typedef unsigned long long ull;

struct elf {
	const struct blob *blob;
	struct place place;
	Elf64_Ehdr header;
};

bool payload_elf_is(const struct blob *blob)
{
	return blob->size >= SELFMAG && memcmp(blob->bytes, ELFMAG, SELFMAG) == 0;
}

static bool fail(const struct elf *elf, const char *mend, const char *what)
{
	message_error(elf->place, mend, "the image, %s, %s", elf->blob->path, what);
	return false;
}

static bool check_header(const struct elf *elf, const struct board *board)
{
	const Elf64_Ehdr *header = &elf->header;
	const struct architecture *other = architecture_of(header->e_machine);
	if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
		header->e_machine != board->machine)
		return fail(elf, "compile it for the board's architecture",
			other && other->machine != board->machine
				? arena_text("is for %s, and board %s is %s", other->words,
					  board->name, architecture_of(board->machine)->words)
				: arena_text("is for another architecture than board %s",
					  board->name));
	if (header->e_type != ET_EXEC)
		return fail(elf, "link it at a fixed address (-no-pie, and not -r)",
			"is not an executable with fixed addresses");
	if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phoff > elf->blob->size ||
		header->e_phnum > (elf->blob->size - header->e_phoff) / sizeof(Elf64_Phdr))
		return fail(elf, "build it anew", "is cut short: its program headers are missing");
	return true;
}

static bool lies_in_memory(const struct vm *vm, struct range range)
{
	for (unsigned i = 0; i < vm->memory_count; i++)
		if (space_inside(range, (struct range){vm->memory[i].guest, vm->memory[i].size}))
			return true;
	return false;
}

static bool overlaps_load(const struct vm *vm, struct range range)
{
	for (unsigned i = 0; i < vm->load_count; i++)
		if (space_overlap(range, (struct range){vm->loads[i].guest, vm->loads[i].size}))
			return true;
	return false;
}

static bool add_segment(const struct elf *elf, struct vm *vm, const Elf64_Phdr *segment)
{
	struct range range = {segment->p_paddr, segment->p_memsz};
	if (segment->p_filesz > segment->p_memsz || segment->p_offset > elf->blob->size ||
		segment->p_filesz > elf->blob->size - segment->p_offset)
		return fail(elf, "build it anew", "is cut short: a segment's bytes are missing");
	if (!lies_in_memory(vm, range)) {
		message_error(elf->place,
			arena_text("link it inside the VM's memory, or give the VM memory there "
				   "(its main memory starts at 0x%llx)",
				(ull)vm->memory[0].guest),
			"the image's segment at 0x%llx with %llu bytes lies outside the VM's "
			"memory",
			(ull)range.base, (ull)range.size);
		return false;
	}
	if (overlaps_load(vm, range))
		return fail(elf, "mend its linker script",
			arena_text("has two segments at 0x%llx", (ull)range.base));
	uint8_t *bytes = arena_alloc(segment->p_memsz, 1);
	memcpy(bytes, elf->blob->bytes + segment->p_offset, segment->p_filesz);
	vm->loads = arena_grow(vm->loads, vm->load_count, sizeof(*vm->loads));
	vm->loads[vm->load_count++] =
		(struct vm_load){range.base, bytes, segment->p_memsz, "image"};
	return true;
}

static bool add_segments(const struct elf *elf, struct vm *vm)
{
	for (unsigned i = 0; i < elf->header.e_phnum; i++) {
		Elf64_Phdr segment;
		size_t offset = elf->header.e_phoff + i * sizeof(segment);
		memcpy(&segment, elf->blob->bytes + offset, sizeof(segment));
		if (segment.p_type == PT_LOAD && segment.p_memsz && !add_segment(elf, vm, &segment))
			return false;
	}
	return true;
}

bool payload_elf_read(
	const struct board *board, struct vm *vm, const struct blob *blob, struct place place)
{
	struct elf elf = {.blob = blob, .place = place};
	if (blob->size < sizeof(elf.header))
		return fail(&elf, "build it anew", "is cut short: its header is missing");
	memcpy(&elf.header, blob->bytes, sizeof(elf.header));
	if (!check_header(&elf, board) || !add_segments(&elf, vm))
		return false;
	vm->entry = elf.header.e_entry;
	if (vm->entry % architecture_of(board->machine)->entry_align ||
		!overlaps_load(vm, (struct range){vm->entry, 4})) {
		message_error(place,
			"set the entry (ENTRY in the linker script) to code of the image",
			"entry 0x%llx of %s is not an instruction inside its segments",
			(ull)vm->entry, blob->path);
		return false;
	}
	return true;
}
