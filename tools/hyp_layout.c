/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lays out the hypervisor's memory.
 *
 * In RAM, without a gap: the ELF file's segments; in the data's last page and on, the records of
 * VMs and vCPUs, those of the scheduler, and the VMs' root tables; the hypervisor's root table and
 * the plan (in the constants' last page if they fit there, else in pages of their own); its level-3
 * table; the stacks, each with its CPU's record at the upper end; the VMs' other tables, which the
 * hypervisor does not map. Up to the level-3 table, virtual minus physical address is a constant;
 * after it come guard pages and windows, which take addresses and no RAM.
 */
#include "tools/hyp_layout.h"

#include <inttypes.h>

#include "abi/plan.h"
#include "abi/trace.h"
#include "tools/arena.h"
#include "tools/controller.h"
#include "tools/message.h"
#include "tools/plan_image.h"

#define STACK_ALIGN  16u /* of a stack pointer, in the architectures' calling conventions */
#define PLAN_ALIGN   8u  /* it is a table of words, with its sum */
#define RECORD_ALIGN 64u /* a cache line: no two arrays of records share one */

/* Running ends of what has been laid out. */
struct cursor {
	uint64_t virtual, physical;
};

static uint64_t align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) / align * align;
}

static unsigned page_index(uint64_t address)
{
	return (unsigned)((address - HYP_VIRTUAL_BASE) / STAGE2_PAGE);
}

/* Maps whole pages, and claims their addresses; past the end it only counts, for the message. */
static void map(struct hyp_layout *layout, enum own_kind kind, uint64_t address, uint64_t host,
	uint64_t size)
{
	for (uint64_t done = 0; done < size; done += STAGE2_PAGE) {
		unsigned index = page_index(address + done);

		if (index < HYP_LAYOUT_PAGES)
			layout->entries[index] = layout->format->own_page(kind, host + done);
	}
}

uint64_t hyp_layout_pa(const struct hyp_layout *layout, uint64_t address)
{
	uint64_t entry = layout->entries[page_index(address)];

	return layout->format->own_host(entry) | address % STAGE2_PAGE;
}

unsigned hyp_layout_cpu(const struct hyp_layout *layout, unsigned board_cpu)
{
	unsigned index = 0;

	while (layout->cpus[index] != board_cpu)
		index++;
	return index;
}

/* The board's first CPU is always among them: it is the one that boots. */
static void cpus_choose(struct hyp_layout *layout)
{
	const struct system *system = layout->system;

	layout->cpus = arena_alloc(system->board.cpu_count, sizeof(layout->cpus[0]));
	for (unsigned cpu = 0; cpu < system->board.cpu_count; cpu++) {
		if (cpu == 0 || system->cpus[cpu].vcpu_count != 0)
			layout->cpus[layout->cpu_count++] = cpu;
	}
	for (unsigned i = 0; i < system->vm_count; i++)
		layout->vcpu_count += system->vms[i].vcpu_count;
}

/* Room after *end, which moves; *total counts it. */
static uint64_t take(uint64_t *end, uint64_t size, uint64_t align, uint64_t *total)
{
	uint64_t start = align_up(*end, align);

	*total += size;
	*end = start + size;
	return start;
}

uint64_t hyp_layout_shared_stride(uint32_t record_bytes)
{
	return align_up(record_bytes, RECORD_ALIGN);
}

/* What the scheduler has of each shared CPU and vCPU, each on cache lines of its own. */
static void place_shared(struct hyp_layout *layout, uint64_t *end)
{
	const struct hyp_info *info = &layout->hyp->info;
	const struct system *system = layout->system;
	uint64_t cpus = 0, vcpus = 0, *total = &layout->sizes.scheduling;

	if (!system->is_shared)
		return;
	for (unsigned i = 0; i < system->board.cpu_count; i++)
		cpus += system->cpus[i].is_shared;
	for (unsigned i = 0; i < system->vm_count; i++) {
		for (unsigned n = 0; n < system->vms[i].vcpu_count; n++)
			vcpus += system->vms[i].vcpus[n].is_shared;
	}
	layout->sched_common = take(end, info->sched_common_bytes, RECORD_ALIGN, total);
	layout->shared_cpus = take(
		end, cpus * hyp_layout_shared_stride(info->shared_cpu_bytes), RECORD_ALIGN, total);
	layout->shared_vcpus = take(end, vcpus * hyp_layout_shared_stride(info->shared_vcpu_bytes),
		RECORD_ALIGN, total);
}

/* What communication has of each VM, virtio device and network, on cache lines of its own. */
static void place_comm(struct hyp_layout *layout, uint64_t *end)
{
	const struct hyp_info *info = &layout->hyp->info;
	const struct system *system = layout->system;
	uint64_t *total = &layout->sizes.communication;

	layout->comm_vms = arena_alloc(system->vm_count, sizeof(uint64_t));
	for (unsigned i = 0; i < system->vm_count; i++) {
		layout->virtio_count += system->vms[i].comm.virtio_count;
		if (system->vms[i].comm.region_size != 0)
			layout->comm_vms[i] = take(end, info->comm_vm_bytes, RECORD_ALIGN, total);
	}
	layout->virtio = arena_alloc(layout->virtio_count + 1, sizeof(uint64_t));
	for (unsigned i = 0; i < layout->virtio_count; i++)
		layout->virtio[i] = take(end, info->virtio_bytes, RECORD_ALIGN, total);
	if (system->network_count != 0)
		layout->networks = take(end, (uint64_t)system->network_count * info->network_bytes,
			RECORD_ALIGN, total);
}

/* Records and root tables after the data, writable. Returns their end. */
static uint64_t place_data(struct hyp_layout *layout)
{
	const struct hyp_info *info = &layout->hyp->info;
	const struct hyp_segment *last = &layout->hyp->segments[layout->hyp->segment_count - 1];
	struct hyp_sizes *sizes = &layout->sizes;
	unsigned vm_count = layout->system->vm_count;
	uint64_t end = layout->hyp->end;

	if (last->access != HYP_DATA)
		end = align_up(end, STAGE2_PAGE);
	layout->vm_records =
		take(&end, (uint64_t)vm_count * info->vm_bytes, RECORD_ALIGN, &sizes->records);
	layout->vcpu_records = take(&end, (uint64_t)layout->vcpu_count * info->vcpu_bytes,
		RECORD_ALIGN, &sizes->records);
	layout->irq_banks = arena_alloc(vm_count, sizeof(uint64_t));
	layout->roots = arena_alloc(vm_count, sizeof(uint64_t));
	for (unsigned i = 0; i < vm_count; i++)
		layout->irq_banks[i] =
			take(&end, (uint64_t)layout->vms[i].irq_limit / 32 * info->irq_bank_bytes,
				RECORD_ALIGN, &sizes->records);
	place_shared(layout, &end);
	place_comm(layout, &end);
	layout->gap.base = align_up(end, STAGE2_PAGE);
	for (unsigned i = 0; i < vm_count; i++)
		layout->roots[i] = take(&end, stage2_root_bytes(&layout->vms[i].stage2),
			stage2_root_align(&layout->vms[i].stage2), &sizes->stage2);
	return end;
}

/* The last segment of constants: the rest of its last page may hold the plan. */
static const struct hyp_segment *last_read_only(const struct hyp_elf *hyp)
{
	for (unsigned i = hyp->segment_count; i-- > 0;) {
		if (hyp->segments[i].access == HYP_READ_ONLY)
			return &hyp->segments[i];
	}
	return NULL;
}

/*
 * The own root table and the plan, read-only, each in what is left of the constants' last page if
 * it fits there: the table at the upper end, where its alignment, to its size, costs nothing. *end
 * moves if they need pages of their own.
 */
static void place_plan(struct hyp_layout *layout, uint64_t *end)
{
	const struct hyp_segment *constants = last_read_only(layout->hyp);
	uint64_t tail = constants ? align_up(constants->base + constants->size, PLAN_ALIGN) : 0;
	uint64_t tail_end = align_up(tail, STAGE2_PAGE), start;
	uint64_t root = layout->format->own_root_bytes;

	layout->sizes.plan = root + layout->plan_size;
	if (tail_end - tail >= root)
		layout->own_root = tail_end -= root;
	if (tail_end - tail >= layout->plan_size)
		layout->plan = tail;
	start = align_up(*end, STAGE2_PAGE);
	*end = start;
	if (!layout->own_root) {
		layout->own_root = *end;
		*end += root;
	}
	if (!layout->plan) {
		layout->plan = *end;
		*end += layout->plan_size;
	}
	*end = align_up(*end, STAGE2_PAGE);
	map(layout, OWN_READ_ONLY, start, layout->base_pa + (start - HYP_VIRTUAL_BASE),
		*end - start);
}

static void map_segments(struct hyp_layout *layout, uint64_t data_end)
{
	static const enum own_kind kinds[] = {
		[HYP_TEXT] = OWN_TEXT, [HYP_READ_ONLY] = OWN_READ_ONLY, [HYP_DATA] = OWN_DATA};
	const struct hyp_elf *hyp = layout->hyp;
	uint64_t end = align_up(hyp->end, STAGE2_PAGE);

	for (unsigned i = 0; i < hyp->segment_count; i++) {
		const struct hyp_segment *segment = &hyp->segments[i];
		uint64_t *sizes[] = {[HYP_TEXT] = &layout->sizes.text,
			[HYP_READ_ONLY] = &layout->sizes.read_only,
			[HYP_DATA] = &layout->sizes.data};

		map(layout, kinds[segment->access], segment->base,
			layout->base_pa + (segment->base - HYP_VIRTUAL_BASE), segment->size);
		*sizes[segment->access] += segment->size;
	}
	if (data_end > end)
		map(layout, OWN_DATA, end, layout->base_pa + (end - HYP_VIRTUAL_BASE),
			data_end - end);
}

/*
 * Root tables that are aligned to more than a page leave pages before them, which were mapped with
 * the data around them: their addresses stay free, their memory is for stacks.
 */
static void free_gap(struct hyp_layout *layout)
{
	uint64_t start = layout->gap.base, end = layout->roots[0];

	layout->gap.base += layout->base_pa - HYP_VIRTUAL_BASE;
	layout->gap.size = end > start ? end - start : 0;
	for (; start < end; start += STAGE2_PAGE)
		layout->entries[page_index(start)] = 0;
}

static uint64_t stack_memory(struct hyp_layout *layout, struct cursor *cursor, uint64_t bytes)
{
	uint64_t *next = &cursor->physical;

	if (layout->gap.size >= bytes) {
		next = &layout->gap.base;
		layout->gap.size -= bytes;
	}
	*next += bytes;
	return *next - bytes;
}

/*
 * Below each stack lies a page that nothing maps, so that an overflow faults; above it, in the same
 * page, the CPU's record, which ends with its trace.
 */
static void place_stacks(struct hyp_layout *layout, struct cursor *cursor)
{
	const struct hyp_info *info = &layout->hyp->info;
	uint64_t record = align_up(
		info->cpu_trace + sizeof(struct trace_ring) +
			(uint64_t)layout->system->trace_records * sizeof(struct trace_record),
		STACK_ALIGN);
	uint64_t bytes;

	if (record < info->cpu_bytes)
		record = info->cpu_bytes;
	bytes = align_up(info->stack_bytes + record, STAGE2_PAGE);
	layout->cpu_record_bytes = record;
	layout->stack_stride = STAGE2_PAGE + bytes;
	layout->stack_top = cursor->virtual + layout->stack_stride - record;
	layout->cpu_records = layout->stack_top;
	for (unsigned i = 0; i < layout->cpu_count; i++) {
		map(layout, OWN_DATA, cursor->virtual + STAGE2_PAGE,
			stack_memory(layout, cursor, bytes), bytes);
		cursor->virtual += layout->stack_stride;
	}
	layout->sizes.records += layout->cpu_count * record;
	layout->sizes.stacks = layout->cpu_count * (bytes - record);
}

static void place_tables(struct hyp_layout *layout, struct cursor *cursor)
{
	for (unsigned i = 0; i < layout->system->vm_count; i++) {
		struct stage2 *stage2 = &layout->vms[i].stage2;

		stage2_place(stage2, cursor->physical);
		cursor->physical += stage2->table_count * STAGE2_PAGE;
		layout->sizes.stage2 += stage2->table_count * STAGE2_PAGE;
	}
}

static void place_devices(struct hyp_layout *layout, struct cursor *cursor)
{
	const struct board *board = &layout->system->board;
	const struct controller *controller = board->controller;

	layout->windows = cursor->virtual;
	cursor->virtual += (uint64_t)layout->cpu_count * PLAN_WINDOW_PAGES * STAGE2_PAGE;
	layout->intc = cursor->virtual;
	map(layout, OWN_DEVICE, layout->intc, board->intc.base,
		controller->common_pages * STAGE2_PAGE);
	cursor->virtual += controller->common_pages * STAGE2_PAGE;
	layout->intc_cpus = cursor->virtual;
	layout->cpu_pages = controller_cpu_pages(layout->system);
	for (unsigned i = 0; i < layout->cpu_count; i++) {
		uint64_t frame = board->intc_frames[layout->cpus[i]];

		for (unsigned page = 0; page < layout->cpu_pages; page++) {
			map(layout, OWN_DEVICE, cursor->virtual,
				frame + page * controller->cpu_page_stride, STAGE2_PAGE);
			cursor->virtual += STAGE2_PAGE;
		}
	}
	if (board->console == CONSOLE_UART) {
		uint64_t base = board->console_device.regs[0].base;

		layout->console_uart = cursor->virtual + base % STAGE2_PAGE;
		map(layout, OWN_DEVICE, cursor->virtual, base - base % STAGE2_PAGE, STAGE2_PAGE);
		cursor->virtual += STAGE2_PAGE;
	}
}

/* Each VM's communication region, with an address after it that nothing maps. */
static void place_regions(struct hyp_layout *layout, struct cursor *cursor)
{
	const struct system *system = layout->system;

	layout->regions = arena_alloc(system->vm_count, sizeof(uint64_t));
	for (unsigned i = 0; i < system->vm_count; i++) {
		const struct vm_comm *comm = &system->vms[i].comm;

		if (comm->region_size == 0)
			continue;
		layout->regions[i] = cursor->virtual;
		map(layout, OWN_DATA, cursor->virtual, comm->region_host, comm->region_size);
		cursor->virtual += comm->region_size + STAGE2_PAGE;
	}
}

static bool check_room(const struct hyp_layout *layout, const struct cursor *cursor)
{
	struct place place = message_file(layout->hyp->path);

	if (cursor->virtual > HYP_VIRTUAL_BASE + HYP_VIRTUAL_SIZE) {
		message_error(place,
			"use fewer CPUs, a shorter trace, or smaller rings for messages and "
			"packets",
			"the hypervisor needs 0x%" PRIx64 " bytes of addresses, and has 0x%x",
			cursor->virtual - HYP_VIRTUAL_BASE, HYP_VIRTUAL_SIZE);
		return false;
	}
	if (layout->size > layout->system->hyp.size) {
		message_error(place,
			"use fewer VMs, memory and devices that need fewer tables, or a shorter "
			"trace",
			"the hypervisor needs %" PRIu64 " bytes of memory, and %" PRIu64
			" are kept for it",
			layout->size, layout->system->hyp.size);
		return false;
	}
	return true;
}

bool hyp_layout_build(struct hyp_layout *layout, const struct system *system,
	const struct hyp_elf *hyp, struct vm_image *vms)
{
	struct cursor cursor;
	struct hyp_sizes *sizes;
	uint64_t end;

	*layout = (struct hyp_layout){.hyp = hyp,
		.system = system,
		.vms = vms,
		.format = translation_for(system->board.machine),
		.base_pa = system->hyp.base};
	cpus_choose(layout);
	layout->plan_size = plan_image_size(layout);
	end = place_data(layout);
	map_segments(layout, end);
	free_gap(layout);
	place_plan(layout, &end);

	/*
	 * The level-3 table is mapped writable: the entries of the windows, through which a CPU
	 * reaches the memory of a VM that restarts, lie in it, and a table has no smaller unit.
	 */
	layout->own_table = align_up(end, STAGE2_PAGE);
	cursor.virtual = layout->own_table + STAGE2_PAGE;
	cursor.physical = layout->base_pa + (cursor.virtual - HYP_VIRTUAL_BASE);
	map(layout, OWN_DATA, layout->own_table, cursor.physical - STAGE2_PAGE, STAGE2_PAGE);
	layout->sizes.own_table = STAGE2_PAGE;

	place_stacks(layout, &cursor);
	place_tables(layout, &cursor);
	place_devices(layout, &cursor);
	place_regions(layout, &cursor);
	layout->size = cursor.physical - layout->base_pa;
	sizes = &layout->sizes;
	sizes->padding =
		layout->size - (sizes->text + sizes->read_only + sizes->data + sizes->plan +
				       sizes->records + sizes->scheduling + sizes->communication +
				       sizes->stacks + sizes->own_table + sizes->stage2);
	return check_room(layout, &cursor);
}
