/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts the bootable image together: the hypervisor's memory and everything that lies in the VMs'
 * memories when they start.
 */
#include "tools/image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/architecture.h"
#include "tools/arena.h"
#include "tools/message.h"
#include "tools/plan_image.h"

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The end of all RAM that the plan uses. */
static uint64_t memory_end(const struct image *image)
{
	uint64_t end = image->layout.base_pa + image->layout.size;

	for (unsigned i = 0; i < image->system->vm_count; i++) {
		const struct vm *vm = &image->system->vms[i];

		end = max(end, vm->pristine.base + vm->pristine.size);
		for (unsigned n = 0; n < vm->memory_count; n++)
			end = max(end, vm->memory[n].host + vm->memory[n].size);
		for (unsigned n = 0; n < vm->comm.tunnel_count; n++)
			end = max(end, vm->comm.tunnels[n].host + vm->comm.tunnels[n].size);
		end = max(end, vm->comm.region_host + vm->comm.region_size);
	}
	return end;
}

static uint8_t *memory_at(const struct image *image, uint64_t address)
{
	return image->memory + (hyp_layout_pa(&image->layout, address) - image->layout.base_pa);
}

static void write_header(struct image *image)
{
	const struct hyp_layout *layout = &image->layout;
	struct image_header header;
	uint8_t *boot = (uint8_t *)header.linux_header;

	memcpy(&header, image->memory, sizeof(header));
	architecture_of(image->system->board.machine)
		->header(boot, layout->base_pa - image->system->board.ram[0].base,
			memory_end(image) - layout->base_pa);
	header.root_pa = hyp_layout_pa(layout, layout->own_root);
	header.plan = layout->plan;
	header.plan_pa = hyp_layout_pa(layout, layout->plan);
	header.stack_top = layout->stack_top;
	header.stack_stride = layout->stack_stride;
	memcpy(image->memory, &header, sizeof(header));
}

static void write_tables(struct image *image)
{
	const struct hyp_layout *layout = &image->layout;

	layout->format->own_root((uint64_t *)memory_at(image, layout->own_root),
		hyp_layout_pa(layout, layout->own_root), hyp_layout_pa(layout, layout->own_table));
	memcpy(memory_at(image, layout->own_table), layout->entries, sizeof(layout->entries));
	for (unsigned i = 0; i < image->system->vm_count; i++) {
		const struct stage2 *stage2 = &image->vms[i].stage2;
		uint8_t *tables = image->memory + (stage2->tables_pa - layout->base_pa);

		memcpy(memory_at(image, layout->roots[i]), stage2->root,
			stage2->root_entries * sizeof(uint64_t));
		for (size_t n = 0; n < stage2->table_count; n++)
			memcpy(tables + n * STAGE2_PAGE, stage2->tables[n], STAGE2_PAGE);
	}
}

/* All of the hypervisor's memory, zeros too: its start-up code clears nothing. */
static void write_memory(struct image *image)
{
	const struct hyp_layout *layout = &image->layout;

	image->memory = arena_alloc(layout->size, 1);
	for (unsigned i = 0; i < image->hyp.segment_count; i++) {
		const struct hyp_segment *segment = &image->hyp.segments[i];

		memcpy(image->memory + (segment->base - HYP_VIRTUAL_BASE), segment->bytes,
			segment->file_size);
	}
	write_header(image);
	write_tables(image);
	plan_image_write(layout, memory_at(image, layout->plan));
}

static void part_add(struct image *image, uint64_t base, const uint8_t *bytes, uint64_t size)
{
	image->parts = arena_grow(image->parts, image->part_count, sizeof(image->parts[0]));
	image->parts[image->part_count++] =
		(struct image_part){.base = base, .bytes = bytes, .size = size};
}

static int part_order(const void *left, const void *right)
{
	const struct image_part *a = left, *b = right;

	return a->base < b->base ? -1 : a->base > b->base;
}

/* What VMs share starts as zeros, by the image, as nobody clears it. */
static void comm_parts_add(struct image *image, unsigned index)
{
	const struct vm_comm *comm = &image->system->vms[index].comm;

	if (comm->region_size != 0)
		part_add(image, comm->region_host, arena_alloc(comm->region_size, 1),
			comm->region_size);
	for (unsigned i = 0; i < comm->tunnel_count; i++) {
		const struct vm_tunnel *tunnel = &comm->tunnels[i];

		if (index < tunnel->peer)
			part_add(image, tunnel->host, arena_alloc(tunnel->size, 1), tunnel->size);
	}
}

/* The planner places everything apart; this is the last chance to see that it did. */
static bool parts_build(struct image *image)
{
	part_add(image, image->layout.base_pa, image->memory, image->layout.size);
	for (unsigned i = 0; i < image->system->vm_count; i++) {
		const struct vm_image *vm = &image->vms[i];

		for (unsigned n = 0; n < vm->piece_count; n++) {
			const struct vm_piece *piece = &vm->pieces[n];

			part_add(image, piece->host, piece->bytes, piece->size);
			if (piece->pristine != 0)
				part_add(image, piece->pristine, piece->bytes, piece->size);
		}
		comm_parts_add(image, i);
	}
	qsort(image->parts, image->part_count, sizeof(image->parts[0]), part_order);
	for (unsigned i = 1; i < image->part_count; i++) {
		if (image->parts[i].base - image->parts[i - 1].base >= image->parts[i - 1].size)
			continue;
		message_error((struct place){0},
			"move the memory that the description places there",
			"two parts of the image would lie at 0x%" PRIx64, image->parts[i].base);
		return false;
	}
	return true;
}

static bool check_hypervisor(const struct image *image)
{
	if (image->system->has_comm && image->hyp.info.comm_vm_bytes == 0) {
		message_error(message_file(image->hyp.path),
			"leave --hyp out, or name the hypervisor that is called hyp-comm.elf or "
			"hyp-shared-comm.elf",
			"this hypervisor has no communication, and the description has VMs that "
			"use it");
		return false;
	}
	if (!image->system->is_shared || image->hyp.info.shared_cpu_bytes != 0)
		return true;
	message_error(message_file(image->hyp.path),
		"leave --hyp out, or name the hypervisor that is called hyp-shared.elf",
		"this hypervisor has no scheduler, and the description has several vCPUs on a CPU");
	return false;
}

bool image_build(struct image *image, const struct system *system, const char *hyp_path)
{
	const struct architecture *architecture = architecture_of(system->board.machine);
	bool good = true;

	*image = (struct image){.system = system};
	image->vms = arena_alloc(system->vm_count, sizeof(image->vms[0]));
	for (unsigned i = 0; i < system->vm_count; i++)
		good = vm_image_build(&image->vms[i], system, &system->vms[i]) && good;
	if (!hyp_path)
		hyp_path = arena_text("build/%s/hyp%s%s.elf", architecture->name,
			system->is_shared ? "-shared" : "", system->has_comm ? "-comm" : "");
	if (!hyp_elf_read(&image->hyp, hyp_path, system->board.machine) ||
		!check_hypervisor(image) || !good ||
		!hyp_layout_build(&image->layout, system, &image->hyp, image->vms))
		return false;
	write_memory(image);
	return parts_build(image);
}
