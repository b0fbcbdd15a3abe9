/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads an image for its proof: the ELF file's parts, the header, the plan.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/abi_id.h"
#include "tools/arena.h"
#include "tools/file.h"
#include "tools/message.h"
#include "tools/verify_model.h"

#define IMAGE_LIMIT ((size_t)16 << 30)

void verify_complain(const struct verify *verify, const char *what, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, what);
	vsnprintf(text, sizeof(text), what, arguments);
	va_end(arguments);
	message_error(message_file(verify->path),
		"do not run this image; build it again from its description", "%s", text);
}

const char *verify_owner(const struct verify *verify, int owner)
{
	if (owner == VERIFY_HYP)
		return "the hypervisor";
	return arena_text("VM %.*s", (int)sizeof(verify->vms[owner].name), verify->vms[owner].name);
}

const void *verify_bytes(const struct verify *verify, uint64_t pa, uint64_t size)
{
	for (unsigned i = 0; i < verify->part_count; i++) {
		const struct verify_part *part = &verify->parts[i];

		if (pa >= part->base && pa - part->base < part->size &&
			size <= part->size - (pa - part->base))
			return part->bytes + (pa - part->base);
	}
	return NULL;
}

const struct verify_range *verify_own_at(const struct verify *verify, uint64_t address)
{
	for (size_t i = 0; i < verify->own.count; i++) {
		const struct verify_range *range = &verify->own.ranges[i];

		if (address >= range->address && address - range->address < range->size)
			return range;
	}
	return NULL;
}

const void *verify_own_bytes(const struct verify *verify, const void *pointer, uint64_t size)
{
	uint64_t address = (uint64_t)(uintptr_t)pointer;
	const struct verify_range *range = verify_own_at(verify, address);

	if (!range || range->device || size > range->size - (address - range->address))
		return NULL;
	return verify_bytes(verify, range->pa + (address - range->address), size);
}

const void *verify_table(const struct verify *verify, const void *address, uint64_t count,
	size_t size, const char *what)
{
	uint64_t offset = (uint64_t)(uintptr_t)address - verify->header.plan;
	uint64_t room = verify->plan->size_bytes;

	if (count == 0)
		return NULL;
	if (offset % sizeof(uint64_t) != 0 || offset < sizeof(struct plan) || offset > room ||
		count > (room - offset) / size) {
		verify_complain(verify, "the plan's table of %s is not inside the plan", what);
		return NULL;
	}
	return (const uint8_t *)verify->plan + offset;
}

static bool parts_read(struct verify *verify, const Elf64_Ehdr *header)
{
	const struct blob *file = &verify->file;

	for (unsigned i = 0; i < header->e_phnum; i++) {
		Elf64_Phdr program;
		uint64_t at = header->e_phoff + i * sizeof(program);

		if (at > file->size || sizeof(program) > file->size - at)
			return false;
		memcpy(&program, file->bytes + at, sizeof(program));
		if (program.p_type != PT_LOAD || program.p_memsz == 0)
			continue;
		if (program.p_filesz != program.p_memsz || program.p_offset > file->size ||
			program.p_filesz > file->size - program.p_offset ||
			program.p_offset % sizeof(uint64_t) != 0 ||
			program.p_paddr + program.p_memsz < program.p_paddr)
			return false;
		verify->parts =
			arena_grow(verify->parts, verify->part_count, sizeof(verify->parts[0]));
		verify->parts[verify->part_count++] = (struct verify_part){.base = program.p_paddr,
			.size = program.p_memsz,
			.bytes = file->bytes + program.p_offset};
	}
	return true;
}

/* No byte of memory is filled by two parts, or what boots depends on their order. */
static bool parts_apart(const struct verify *verify)
{
	for (unsigned i = 0; i < verify->part_count; i++) {
		for (unsigned n = 0; n < i; n++) {
			const struct verify_part *a = &verify->parts[i], *b = &verify->parts[n];

			if (a->base < b->base + b->size && b->base < a->base + a->size) {
				verify_complain(verify,
					"two parts of the image fill the memory at 0x%" PRIx64,
					a->base > b->base ? a->base : b->base);
				return false;
			}
		}
	}
	return true;
}

static bool file_parse(struct verify *verify)
{
	Elf64_Ehdr header;

	if (verify->file.size < sizeof(header) ||
		memcmp(verify->file.bytes, ELFMAG, SELFMAG) != 0) {
		verify_complain(verify, "is not an ELF file; give the .elf that build wrote");
		return false;
	}
	memcpy(&header, verify->file.bytes, sizeof(header));
	if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
		header.e_type != ET_EXEC || !verify_walk_knows(header.e_machine)) {
		verify_complain(verify, "is not an executable for a machine that this tool knows");
		return false;
	}
	verify->machine = header.e_machine;
	if (!parts_read(verify, &header)) {
		verify_complain(verify, "is cut short, or has parts without their bytes");
		return false;
	}
	for (unsigned i = 0; i < verify->part_count; i++) {
		if (verify->parts[i].base == header.e_entry)
			verify->hyp = &verify->parts[i];
	}
	if (!verify->hyp || verify->hyp->size < sizeof(verify->header)) {
		verify_complain(verify, "has no part that starts at the entry");
		return false;
	}
	memcpy(&verify->header, verify->hyp->bytes, sizeof(verify->header));
	if (verify->header.magic != IMAGE_MAGIC) {
		verify_complain(verify, "has no image header at the entry");
		return false;
	}
	return parts_apart(verify);
}

/* The bytes of the plan, if it is one, all there, and undamaged. */
static bool plan_read(struct verify *verify)
{
	const void *address = (const void *)(uintptr_t)verify->header.plan;
	const struct plan *plan = NULL;
	const uint64_t *words;
	uint64_t sum = 0;

	if (verify->header.plan % sizeof(uint64_t) == 0)
		plan = verify_own_bytes(verify, address, sizeof(*plan));
	if (!plan ||
		(const void *)plan != verify_bytes(verify, verify->header.plan_pa, sizeof(*plan))) {
		verify_complain(verify,
			"the header's two addresses of the plan, 0x%" PRIx64 " and 0x%" PRIx64
			", are not the same place",
			verify->header.plan, verify->header.plan_pa);
		return false;
	}
	if (plan->magic != PLAN_MAGIC || plan->abi != abi_id) {
		verify_complain(verify, "the plan is not one of this tool's form");
		return false;
	}
	if (plan->size_bytes < sizeof(*plan) || plan->size_bytes % sizeof(uint64_t) != 0 ||
		!verify_own_bytes(verify, address, plan->size_bytes)) {
		verify_complain(verify, "the plan's size, %u bytes, is wrong", plan->size_bytes);
		return false;
	}
	words = (const uint64_t *)plan;
	for (uint32_t i = 0; i < plan->size_bytes / sizeof(uint64_t); i++)
		sum += words[i];
	if (sum - plan->checksum != plan->checksum) {
		verify_complain(verify, "the plan's checksum is wrong");
		return false;
	}
	verify->plan = plan;
	return true;
}

/* Tables of communication, which may be empty. */
static bool comm_tables_read(struct verify *verify)
{
	const struct plan *plan = verify->plan;
	bool good = true;

	verify->virtio = verify_table(verify, plan->virtio, plan->virtio_count,
		sizeof(verify->virtio[0]), "virtio devices");
	verify->ports = verify_table(
		verify, plan->ports, plan->port_count, sizeof(verify->ports[0]), "ports");
	verify->tunnels = arena_alloc(plan->vm_count, sizeof(verify->tunnels[0]));
	for (unsigned i = 0; i < plan->vm_count; i++) {
		const struct plan_vm *vm = &verify->vms[i];

		verify->tunnels[i] = verify_table(verify, vm->tunnels, vm->tunnel_count,
			sizeof(struct plan_tunnel), "tunnels");
		good = good && (verify->tunnels[i] || vm->tunnel_count == 0);
	}
	return good && (verify->virtio || plan->virtio_count == 0) &&
	       (verify->ports || plan->port_count == 0);
}

static bool tables_read(struct verify *verify)
{
	const struct plan *plan = verify->plan;

	if (plan->vm_count == 0 || plan->cpu_count == 0 || plan->vcpu_count == 0) {
		verify_complain(verify, "the plan has no VMs, no CPUs or no vCPUs");
		return false;
	}
	verify->vms =
		verify_table(verify, plan->vms, plan->vm_count, sizeof(verify->vms[0]), "VMs");
	verify->cpus =
		verify_table(verify, plan->cpus, plan->cpu_count, sizeof(verify->cpus[0]), "CPUs");
	verify->vcpus = verify_table(
		verify, plan->vcpus, plan->vcpu_count, sizeof(verify->vcpus[0]), "vCPUs");
	return verify->vms && verify->cpus && verify->vcpus && comm_tables_read(verify);
}

/* The hypervisor's own description of itself is somewhere among its constants. */
static bool info_find(struct verify *verify)
{
	for (size_t i = 0; i < verify->own.count; i++) {
		const struct verify_range *range = &verify->own.ranges[i];
		const uint8_t *bytes;

		if (range->execute || range->device)
			continue;
		bytes = verify_bytes(verify, range->pa, range->size);
		for (uint64_t at = 0; bytes && at + sizeof(struct hyp_info) <= range->size;
			at += sizeof(uint64_t)) {
			const struct hyp_info *info = (const struct hyp_info *)(bytes + at);

			if (info->magic == IMAGE_MAGIC && info->build == verify->plan->hyp_build &&
				info->abi == abi_id)
				verify->info = info;
		}
	}
	if (!verify->info)
		verify_complain(verify, "the plan was made for another hypervisor");
	return verify->info != NULL;
}

bool verify_load(struct verify *verify, const char *path)
{
	*verify = (struct verify){.path = path};
	if (!file_read(&verify->file, path, IMAGE_LIMIT, (struct place){0}, "the image") ||
		!file_parse(verify) || !verify_walk_own(verify) || !plan_read(verify) ||
		!tables_read(verify) || !info_find(verify))
		return false;
	verify_comm_split(verify);
	return true;
}
