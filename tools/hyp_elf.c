/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the hypervisor's ELF file and checks that it is one this tool can lay out.
 */
#include "tools/hyp_elf.h"

#include <elf.h>
#include <string.h>

#include "abi/plan.h"
#include "abi/trace.h"
#include "tools/abi_id.h"
#include "tools/file.h"
#include "tools/message.h"

#define HYP_ELF_LIMIT (64u << 20)
#define STACK_ALIGN   16u   /* of a stack pointer, in the architectures' calling conventions */
#define STACK_LEAST   2048u /* bytes of a stack */
#define RECORD_LIMIT  (64u << 10) /* bytes of one record or stack; more is a mistake */

static const char mend_build[] = "build the hypervisor and this tool from the same sources";

/* The file's bytes at offset, or NULL if they are not all there. */
static const void *bytes_at(const struct blob *file, uint64_t offset, uint64_t size)
{
	if (offset > file->size || size > file->size - offset)
		return NULL;
	return file->bytes + offset;
}

static bool complain(const struct hyp_elf *hyp, const char *what)
{
	message_error(message_file(hyp->path), mend_build, "the hypervisor's file %s", what);
	return false;
}

static bool header_read(
	Elf64_Ehdr *header, const struct hyp_elf *hyp, const struct blob *file, uint16_t machine)
{
	const void *bytes = bytes_at(file, 0, sizeof(*header));

	if (!bytes || memcmp(bytes, ELFMAG, SELFMAG) != 0)
		return complain(hyp, "is not an ELF file");
	memcpy(header, bytes, sizeof(*header));
	if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB)
		return complain(hyp, "is not for a little-endian 64-bit machine");
	if (header->e_machine != machine) {
		message_error(message_file(hyp->path), "name the hypervisor built for this board",
			"the hypervisor is for ELF machine %u, the board's is %u",
			header->e_machine, machine);
		return false;
	}
	if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_shentsize != sizeof(Elf64_Shdr))
		return complain(hyp, "has headers of an unknown size");
	return true;
}

/* Takes one PT_LOAD; the hypervisor maps every page with one kind of access. */
static bool segment_add(struct hyp_elf *hyp, const struct blob *file, const Elf64_Phdr *program)
{
	const uint8_t *bytes = bytes_at(file, program->p_offset, program->p_filesz);
	bool write = program->p_flags & PF_W, execute = program->p_flags & PF_X;

	if (!bytes || program->p_filesz > program->p_memsz)
		return complain(hyp, "is cut short");
	if (hyp->segment_count == HYP_ELF_SEGMENTS)
		return complain(hyp, "has too many segments");
	if (write && execute)
		return complain(hyp, "has a segment that is both writable and executable");
	if (program->p_vaddr % PLAN_PAGE_SIZE != 0)
		return complain(hyp, "has a segment that does not start on a page boundary");
	if (program->p_vaddr < (hyp->segment_count ? hyp->end : HYP_VIRTUAL_BASE) ||
		program->p_memsz > HYP_VIRTUAL_BASE + HYP_VIRTUAL_SIZE - program->p_vaddr)
		return complain(hyp, "has a segment out of order or outside its 2 MiB");

	hyp->segments[hyp->segment_count++] = (struct hyp_segment){
		.base = program->p_vaddr,
		.size = program->p_memsz,
		.bytes = bytes,
		.file_size = program->p_filesz,
		.access = write     ? HYP_DATA
			  : execute ? HYP_TEXT
				    : HYP_READ_ONLY,
	};
	hyp->end = program->p_vaddr + program->p_memsz;
	return true;
}

static bool segments_read(struct hyp_elf *hyp, const struct blob *file, const Elf64_Ehdr *header)
{
	for (unsigned i = 0; i < header->e_phnum; i++) {
		Elf64_Phdr program;
		const void *bytes =
			bytes_at(file, header->e_phoff + i * sizeof(program), sizeof(program));

		if (!bytes)
			return complain(hyp, "is cut short");
		memcpy(&program, bytes, sizeof(program));
		if (program.p_type != PT_LOAD || program.p_memsz == 0)
			continue;
		if (program.p_vaddr >= HYP_VIRTUAL_BASE + HYP_VIRTUAL_SIZE)
			return complain(hyp, "has a segment out of order or outside its 2 MiB");
		if (!segment_add(hyp, file, &program))
			return false;
	}

	const struct hyp_segment *first = &hyp->segments[0];
	uint64_t magic = 0;
	if (hyp->segment_count == 0 || first->base != HYP_VIRTUAL_BASE ||
		first->access != HYP_TEXT || first->file_size < sizeof(struct image_header))
		return complain(hyp, "does not start with the image header");
	memcpy(&magic, first->bytes + offsetof(struct image_header, magic), sizeof(magic));
	if (magic != IMAGE_MAGIC)
		return complain(hyp, "does not start with the image header");
	return true;
}

/* The contents of the section called name, or NULL; *size is then its size. */
static const void *section_find(
	const struct blob *file, const Elf64_Ehdr *header, const char *name, uint64_t *size)
{
	Elf64_Shdr names, section;
	const void *bytes =
		bytes_at(file, header->e_shoff + header->e_shstrndx * sizeof(names), sizeof(names));
	const char *text;

	if (!bytes)
		return NULL;
	memcpy(&names, bytes, sizeof(names));
	text = bytes_at(file, names.sh_offset, names.sh_size);
	if (!text || names.sh_size == 0 || text[names.sh_size - 1] != '\0')
		return NULL;
	for (unsigned i = 0; i < header->e_shnum; i++) {
		bytes = bytes_at(file, header->e_shoff + i * sizeof(section), sizeof(section));
		if (!bytes)
			return NULL;
		memcpy(&section, bytes, sizeof(section));
		if (section.sh_type == SHT_PROGBITS && section.sh_name < names.sh_size &&
			strcmp(text + section.sh_name, name) == 0) {
			*size = section.sh_size;
			return bytes_at(file, section.sh_offset, section.sh_size);
		}
	}
	return NULL;
}

static bool info_read(struct hyp_elf *hyp, const struct blob *file, const Elf64_Ehdr *header)
{
	struct hyp_info *info = &hyp->info;
	uint64_t size = 0;
	const void *bytes = section_find(file, header, ".orlop.info", &size);

	if (!bytes || size < offsetof(struct hyp_info, cpu_bytes))
		return complain(hyp, "has no section .orlop.info, or a short one");
	memcpy(info, bytes, size < sizeof(*info) ? size : sizeof(*info));
	if (info->magic != IMAGE_MAGIC || info->machine != header->e_machine)
		return complain(hyp, "has a section .orlop.info that says something else");
	if (info->abi != abi_id || size < sizeof(*info))
		return complain(hyp, "and this tool were built from different sources");
	if (info->stack_bytes < STACK_LEAST || info->stack_bytes > RECORD_LIMIT)
		return complain(hyp, "wants stacks that are too small or too large");
	if (info->cpu_bytes > RECORD_LIMIT || info->vm_bytes > RECORD_LIMIT ||
		info->vcpu_bytes > RECORD_LIMIT || info->irq_bank_bytes > RECORD_LIMIT ||
		info->shared_cpu_bytes > RECORD_LIMIT || info->shared_vcpu_bytes > RECORD_LIMIT ||
		info->sched_common_bytes > RECORD_LIMIT || info->comm_vm_bytes > RECORD_LIMIT ||
		info->virtio_bytes > RECORD_LIMIT || info->network_bytes > RECORD_LIMIT)
		return complain(hyp, "wants records that are too large");
	if (info->cpu_bytes % STACK_ALIGN != 0 || info->cpu_trace % sizeof(uint64_t) != 0 ||
		info->cpu_trace + sizeof(struct trace_ring) > info->cpu_bytes)
		return complain(hyp, "wants a CPU's record that does not end with a trace");
	if (!info->shared_cpu_bytes != !info->shared_vcpu_bytes ||
		!info->shared_cpu_bytes != !info->sched_common_bytes)
		return complain(hyp, "has half a scheduler");
	if (!info->comm_vm_bytes != !info->virtio_bytes ||
		!info->comm_vm_bytes != !info->network_bytes)
		return complain(hyp, "has half a communication");
	return true;
}

bool hyp_elf_read(struct hyp_elf *hyp, const char *path, uint16_t machine)
{
	struct blob file;
	Elf64_Ehdr header;

	*hyp = (struct hyp_elf){.path = path};
	return file_read(&file, path, HYP_ELF_LIMIT, (struct place){0}, "the hypervisor") &&
	       header_read(&header, hyp, &file, machine) && segments_read(hyp, &file, &header) &&
	       info_read(hyp, &file, &header);
}
