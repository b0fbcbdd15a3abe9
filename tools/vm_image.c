/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one VM brings into the image: the contents of its memory, its stage-2 tables, and its
 * tables for the plan.
 */
#include "tools/vm_image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/controller.h"
#include "tools/guest_tree.h"
#include "tools/message.h"

#define BANK_IRQS 32u /* interrupts of one hyp_info.irq_bank_bytes */
#define PAGE_MASK (STAGE2_PAGE - 1)

static uint64_t page_down(uint64_t address)
{
	return address & ~PAGE_MASK;
}

static uint64_t page_up(uint64_t address)
{
	return (address + PAGE_MASK) & ~PAGE_MASK;
}

/* Whether the VM is ever put back into its first state. */
static bool restarts(const struct vm *vm)
{
	return vm->on_fault == PLAN_RESTART || vm->on_reset == PLAN_RESTART;
}

/* Aff1 counts groups of 16, as far as one SGI's target list reaches (GICv3, ICC_SGI1R_EL1). */
uint64_t vm_image_hw_id(unsigned index)
{
	return (uint64_t)(index / 16) << 8 | index % 16;
}

/* The VM's memory that holds all of the guest addresses, or NULL. */
static const struct vm_memory *memory_at(const struct vm *vm, uint64_t guest, uint64_t size)
{
	for (unsigned i = 0; i < vm->memory_count; i++) {
		const struct vm_memory *memory = &vm->memory[i];

		if (guest >= memory->guest && guest - memory->guest < memory->size &&
			size <= memory->size - (guest - memory->guest))
			return memory;
	}
	return NULL;
}

static int load_order(const void *left, const void *right)
{
	const struct vm_load *a = left, *b = right;

	return a->guest < b->guest ? -1 : a->guest > b->guest;
}

/* All that lies in the VM's memory at the start: what the planner placed, and the device tree. */
static struct vm_load *loads_gather(
	struct vm_image *image, const struct blob *tree, unsigned *count)
{
	const struct vm *vm = image->vm;
	struct vm_load *loads = arena_alloc(vm->load_count + 1, sizeof(*loads));

	*count = 0;
	for (unsigned i = 0; i < vm->load_count; i++) {
		if (vm->loads[i].size > 0)
			loads[(*count)++] = vm->loads[i];
	}
	if (tree->size > 0)
		loads[(*count)++] = (struct vm_load){
			.guest = vm->device_tree,
			.bytes = tree->bytes,
			.size = tree->size,
			.what = "device tree",
		};
	qsort(loads, *count, sizeof(*loads), load_order);
	return loads;
}

static bool loads_check(const struct vm *vm, const struct vm_load *loads, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct vm_load *load = &loads[i], *next = &loads[i + 1];

		if (!memory_at(vm, load->guest, load->size)) {
			message_error(vm->place, "give the VM more memory",
				"the %s of VM %s, %zu bytes at 0x%" PRIx64
				", is not inside its memory",
				load->what, vm->name, load->size, load->guest);
			return false;
		}
		if (i + 1 < count && load->size > next->guest - load->guest) {
			message_error(vm->place, "link or place one of them elsewhere",
				"the %s and the %s of VM %s overlap at 0x%" PRIx64, load->what,
				next->what, vm->name, next->guest);
			return false;
		}
	}
	return true;
}

/* The piece that the load belongs to: the last one if they touch, else a new one. */
static struct vm_piece *piece_for(struct vm_image *image, const struct vm_load *load)
{
	const struct vm_memory *memory = memory_at(image->vm, load->guest, load->size);
	uint64_t start = page_down(load->guest), end = page_up(load->guest + load->size);
	struct vm_piece *piece;

	if (image->piece_count > 0) {
		piece = &image->pieces[image->piece_count - 1];
		if (piece->guest >= memory->guest && piece->guest + piece->size >= start) {
			if (end > piece->guest + piece->size)
				piece->size = end - piece->guest;
			return piece;
		}
	}
	image->pieces = arena_grow(image->pieces, image->piece_count, sizeof(image->pieces[0]));
	piece = &image->pieces[image->piece_count++];
	*piece = (struct vm_piece){
		.guest = start,
		.host = memory->host + (start - memory->guest),
		.size = end - start,
	};
	return piece;
}

/* Joins the loads into pieces of whole pages. */
static bool pieces_build(struct vm_image *image, const struct blob *tree)
{
	unsigned count;
	struct vm_load *loads = loads_gather(image, tree, &count);

	if (!loads_check(image->vm, loads, count))
		return false;
	for (unsigned i = 0; i < count; i++)
		piece_for(image, &loads[i]);
	for (unsigned i = 0; i < image->piece_count; i++)
		image->pieces[i].bytes = arena_alloc(image->pieces[i].size, 1);
	for (unsigned i = 0, piece = 0; i < count; i++) {
		while (loads[i].guest - image->pieces[piece].guest >= image->pieces[piece].size)
			piece++;
		memcpy(image->pieces[piece].bytes + (loads[i].guest - image->pieces[piece].guest),
			loads[i].bytes, loads[i].size);
	}
	return true;
}

static void restore_add(struct vm_image *image, uint64_t target, uint64_t source, uint64_t size)
{
	if (size == 0)
		return;
	image->restore =
		arena_grow(image->restore, image->restore_count, sizeof(image->restore[0]));
	image->restore[image->restore_count++] =
		(struct plan_restore){.target_pa = target, .source_pa = source, .size_bytes = size};
}

/* Zeros for every page of the memory that no piece fills. */
static void restore_zeros(struct vm_image *image, const struct vm_memory *memory)
{
	uint64_t done = 0; /* offset in the memory */

	for (unsigned i = 0; i < image->piece_count; i++) {
		const struct vm_piece *piece = &image->pieces[i];

		if (piece->guest < memory->guest || piece->guest - memory->guest >= memory->size)
			continue;
		restore_add(image, memory->host + done, 0, piece->guest - memory->guest - done);
		done = piece->guest - memory->guest + piece->size;
	}
	restore_add(image, memory->host + done, 0, memory->size - done);
}

/* What a guest cannot write needs no restoring: read-only memory is left out. */
static bool restore_build(struct vm_image *image)
{
	const struct vm *vm = image->vm;
	uint64_t used = 0;

	if (!restarts(vm))
		return true;
	for (unsigned i = 0; i < vm->memory_count; i++) {
		if (!vm->memory[i].read_only)
			restore_zeros(image, &vm->memory[i]);
	}
	for (unsigned i = 0; i < image->piece_count; i++) {
		struct vm_piece *piece = &image->pieces[i];

		if (memory_at(vm, piece->guest, piece->size)->read_only)
			continue;
		piece->pristine = vm->pristine.base + used;
		used += piece->size;
		restore_add(image, piece->host, piece->pristine, piece->size);
	}
	if (used > vm->pristine.size) {
		message_error(vm->place, "this is a fault of this tool: please report it",
			"the copy that VM %s restarts from takes %" PRIu64 " bytes, and %" PRIu64
			" were planned",
			vm->name, used, vm->pristine.size);
		return false;
	}
	return true;
}

static int mmio_order(const void *left, const void *right)
{
	const struct plan_mmio *a = left, *b = right;

	return a->base < b->base ? -1 : a->base > b->base;
}

/* first_virtio: the VM's first device in plan.virtio. */
static void mmio_build(struct vm_image *image, const struct board *board, unsigned first_virtio)
{
	const struct vm *vm = image->vm;

	image->mmio_count = controller_regions(board, vm, image->mmio);
	if (vm->console == GUEST_CONSOLE_SHARED)
		image->mmio[image->mmio_count++] = (struct plan_mmio){
			.base = page_down(board->console_device.regs[0].base),
			.size_bytes = STAGE2_PAGE,
			.kind = PLAN_MMIO_UART,
		};
	for (unsigned i = 0; i < vm->comm.virtio_count; i++)
		image->mmio[image->mmio_count++] = (struct plan_mmio){
			.base = vm->comm.virtio[i].guest,
			.size_bytes = STAGE2_PAGE,
			.kind = PLAN_MMIO_VIRTIO,
			.index = first_virtio + i,
		};
	qsort(image->mmio, image->mmio_count, sizeof(image->mmio[0]), mmio_order);
}

/* What several devices share is fast if it is for one of them. */
static void irq_add(struct vm_image *image, uint32_t id, uint32_t host, uint16_t flags)
{
	for (unsigned i = 0; i < image->irq_count; i++) {
		if (image->irqs[i].id != id)
			continue;
		image->irqs[i].flags |= flags & PLAN_IRQ_FAST;
		return;
	}
	image->irqs = arena_grow(image->irqs, image->irq_count, sizeof(image->irqs[0]));
	image->irqs[image->irq_count++] = (struct plan_irq){
		.id = id, .flags = flags, .host_id = (uint16_t)(host != id ? host : 0)};
	if (id >= image->irq_limit)
		image->irq_limit = (id / BANK_IRQS + 1) * BANK_IRQS;
}

static int irq_order(const void *left, const void *right)
{
	const struct plan_irq *a = left, *b = right;

	return a->id < b->id ? -1 : a->id > b->id;
}

/* Shared interrupts only: each CPU's own are the architecture code's affair. */
static void irqs_build(struct vm_image *image, const struct board *board)
{
	const struct vm *vm = image->vm;
	const uint16_t fast = vm->comm.is_fast ? PLAN_IRQ_FAST : 0;

	image->irq_limit = BANK_IRQS;
	for (unsigned i = 0; i < vm->device_count; i++) {
		const struct board_device *device = &vm->devices[i].device;

		for (unsigned n = 0; n < device->irq_count; n++) {
			if (device->irqs[n] >= board->controller->irq_first)
				irq_add(image, controller_guest_irq(board, vm, device->irqs[n]),
					device->irqs[n],
					(device->irq_is_edge[n] ? PLAN_IRQ_EDGE : 0) |
						(vm->devices[i].is_fast ? PLAN_IRQ_FAST : 0));
		}
	}
	if (vm->console_irq != 0)
		irq_add(image, vm->console_irq, vm->console_irq,
			PLAN_IRQ_VIRTUAL | (vm->is_console_fast ? PLAN_IRQ_FAST : 0));
	if (vm->comm.region_irq != 0)
		irq_add(image, vm->comm.region_irq, vm->comm.region_irq,
			PLAN_IRQ_VIRTUAL | PLAN_IRQ_EDGE | fast);
	for (unsigned i = 0; i < vm->comm.virtio_count; i++)
		irq_add(image, vm->comm.virtio[i].irq, vm->comm.virtio[i].irq,
			PLAN_IRQ_VIRTUAL | fast);
	if (image->irq_count > 1)
		qsort(image->irqs, image->irq_count, sizeof(image->irqs[0]), irq_order);
}

static int range_order(const void *left, const void *right)
{
	const struct range *a = left, *b = right;

	return a->base < b->base ? -1 : a->base > b->base;
}

/* The pages of all the VM's devices, each once: several devices may share one. */
static struct range *device_pages(const struct vm *vm, unsigned *count)
{
	struct range *pages = NULL;
	unsigned kept = 0;

	*count = 0;
	for (unsigned i = 0; i < vm->device_count; i++) {
		const struct board_device *device = &vm->devices[i].device;

		for (unsigned n = 0; n < device->reg_count; n++) {
			uint64_t start = page_down(device->regs[n].base);
			uint64_t end = page_up(device->regs[n].base + device->regs[n].size);

			pages = arena_grow(pages, *count, sizeof(*pages));
			pages[(*count)++] = (struct range){.base = start, .size = end - start};
		}
	}
	if (*count > 1)
		qsort(pages, *count, sizeof(*pages), range_order);
	for (unsigned i = 0; i < *count; i++) {
		struct range *last = kept > 0 ? &pages[kept - 1] : NULL;
		uint64_t end = pages[i].base + pages[i].size;

		if (!last || pages[i].base > last->base + last->size)
			pages[kept++] = pages[i];
		else if (end > last->base + last->size)
			last->size = end - last->base;
	}
	*count = kept;
	return pages;
}

/* Maps a range unless the hypervisor emulates something there. */
static bool map(struct vm_image *image, enum stage2_kind kind, const struct vm_memory *range)
{
	const struct vm *vm = image->vm;
	uint64_t where;

	for (unsigned i = 0; i < image->mmio_count; i++) {
		const struct plan_mmio *mmio = &image->mmio[i];

		if (range->guest < mmio->base + mmio->size_bytes &&
			mmio->base < range->guest + range->size) {
			message_error(range->place, "move it, or do not give it to the VM",
				"VM %s would reach 0x%" PRIx64
				", where the hypervisor emulates a device for it",
				vm->name, range->guest > mmio->base ? range->guest : mmio->base);
			return false;
		}
	}
	if (!stage2_map(&image->stage2, kind, range->guest, range->host, range->size, &where)) {
		message_error(range->place, "let no two of the VM's memories and devices overlap",
			"VM %s has two things at 0x%" PRIx64, vm->name, where);
		return false;
	}
	return true;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Each vCPU's own interrupt file, where vCPUs have such. */
static bool map_files(struct vm_image *image, const struct board *board)
{
	const struct vm *vm = image->vm;

	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		struct vm_memory file = {.size = STAGE2_PAGE, .place = vm->place};

		if (controller_vcpu_page(board, vm, i, &file.guest, &file.host) &&
			!map(image, STAGE2_DEVICE, &file))
			return false;
	}
	return true;
}

static enum stage2_kind tunnel_kind(const struct vm_tunnel *tunnel)
{
	if (tunnel->is_cached)
		return tunnel->is_writable ? STAGE2_SHARED : STAGE2_SHARED_READ_ONLY;
	return tunnel->is_writable ? STAGE2_UNCACHED : STAGE2_UNCACHED_READ_ONLY;
}

/* The region, and what the VM shares with others. */
static bool map_comm(struct vm_image *image)
{
	const struct vm_comm *comm = &image->vm->comm;
	const struct vm_memory region = {.guest = comm->region_guest,
		.host = comm->region_host,
		.size = comm->region_size,
		.place = image->vm->place};

	if (region.size != 0 && !map(image, STAGE2_SHARED, &region))
		return false;
	for (unsigned i = 0; i < comm->tunnel_count; i++) {
		const struct vm_tunnel *tunnel = &comm->tunnels[i];
		const struct vm_memory memory = {.guest = tunnel->guest,
			.host = tunnel->host,
			.size = tunnel->size,
			.place = tunnel->place};

		if (!map(image, tunnel_kind(tunnel), &memory))
			return false;
	}
	return true;
}

static uint64_t comm_end(const struct vm_comm *comm)
{
	uint64_t end = comm->region_guest + comm->region_size;

	for (unsigned i = 0; i < comm->tunnel_count; i++)
		end = max(end, comm->tunnels[i].guest + comm->tunnels[i].size);
	return end;
}

static void memory_add(struct vm_image *image, struct plan_memory memory)
{
	image->memory = arena_grow(image->memory, image->memory_count, sizeof(image->memory[0]));
	image->memory[image->memory_count++] = memory;
}

static int memory_order(const void *left, const void *right)
{
	const struct plan_memory *a = left, *b = right;

	return a->base < b->base ? -1 : a->base > b->base;
}

/*
 * What a virtio device may reach: its VM's own memory. Not what that shares with others, where the
 * hypervisor's accesses might meet theirs with other attributes.
 */
static void memory_build(struct vm_image *image)
{
	const struct vm *vm = image->vm;

	if (vm->comm.virtio_count == 0)
		return;
	for (unsigned i = 0; i < vm->memory_count; i++)
		memory_add(image, (struct plan_memory){.base = vm->memory[i].guest,
					  .host_pa = vm->memory[i].host,
					  .size_bytes = vm->memory[i].size,
					  .is_writable = !vm->memory[i].read_only});
	if (image->memory_count > 1)
		qsort(image->memory, image->memory_count, sizeof(image->memory[0]), memory_order);
}

static bool stage2_build(
	struct vm_image *image, const struct board *board, const struct translation *format)
{
	const struct vm *vm = image->vm;
	unsigned page_count;
	struct range *pages = device_pages(vm, &page_count);
	uint64_t end = board->intc_cpus.base + vm->vcpu_count * STAGE2_PAGE;

	for (unsigned i = 0; i < vm->memory_count; i++)
		end = max(end, vm->memory[i].guest + vm->memory[i].size);
	for (unsigned i = 0; i < page_count; i++)
		end = max(end, pages[i].base + pages[i].size);
	for (unsigned i = 0; i < image->mmio_count; i++)
		end = max(end, image->mmio[i].base + image->mmio[i].size_bytes);
	end = max(end, comm_end(&vm->comm));
	if (!stage2_start(&image->stage2, format, end)) {
		message_error(vm->place, "use lower guest addresses",
			"VM %s has guest addresses up to 0x%" PRIx64 ", more than %u bits",
			vm->name, end - 1, format->bits_max);
		return false;
	}
	for (unsigned i = 0; i < vm->memory_count; i++) {
		if (!map(image, vm->memory[i].read_only ? STAGE2_RAM_READ_ONLY : STAGE2_RAM,
			    &vm->memory[i]))
			return false;
	}
	for (unsigned i = 0; i < page_count; i++) {
		struct vm_memory device = {.guest = pages[i].base,
			.host = pages[i].base,
			.size = pages[i].size,
			.place = vm->place};

		if (!map(image, STAGE2_DEVICE, &device))
			return false;
	}
	return map_files(image, board) && map_comm(image);
}

/* How many virtio devices the VMs before this one have. */
static unsigned virtio_before(const struct system *system, const struct vm *vm)
{
	unsigned count = 0;

	for (const struct vm *other = system->vms; other < vm; other++)
		count += other->comm.virtio_count;
	return count;
}

bool vm_image_build(struct vm_image *image, const struct system *system, const struct vm *vm)
{
	const struct translation *format = translation_for(system->board.machine);
	struct blob tree = {0};

	*image = (struct vm_image){.vm = vm};
	if (!format) {
		message_error(vm->place, "use a board of a machine that this tool knows",
			"there is no stage 2 for ELF machine %u", system->board.machine);
		return false;
	}
	if (vm->device_tree != 0 && !guest_tree_build(&tree, system, vm))
		return false;
	image->device_tree_size = tree.size;
	mmio_build(image, &system->board, virtio_before(system, vm));
	irqs_build(image, &system->board);
	memory_build(image);
	return pieces_build(image, &tree) && restore_build(image) &&
	       stage2_build(image, &system->board, format);
}
