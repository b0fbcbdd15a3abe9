/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks a board's device tree once, with the chain of parents at hand: registers are translated
 * through the parents' ranges, interrupts belong to the controller that the nearest parent names.
 */
#include "tools/devicetree.h"

#include <elf.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/controller.h"
#include "tools/message.h"

#define MAX_DEPTH     32
#define AFFINITY_MASK 0xff00ffffffull /* MPIDR_EL1 without its flag bits */

struct walk {
	struct board *board;
	const void *fdt;
	struct place place;
	int chain[MAX_DEPTH]; /* chain[0] is the root, chain[depth] the node at hand */
	int depth;
	const char *path;
};

struct cells {
	const fdt32_t *next;
	int left;
};

static struct cells property(const void *fdt, int node, const char *name)
{
	int bytes = 0;
	const fdt32_t *cells = fdt_getprop(fdt, node, name, &bytes);
	return (struct cells){cells, cells ? bytes / 4 : 0};
}

static uint32_t cell(const void *fdt, int node, const char *name, uint32_t fallback)
{
	struct cells cells = property(fdt, node, name);
	return cells.left ? fdt32_to_cpu(cells.next[0]) : fallback;
}

/* Takes a number of count cells. More than two are taken as the lowest two (PCI's addresses). */
static uint64_t take(struct cells *cells, unsigned count)
{
	uint64_t value = 0;
	for (; count && cells->left; count--, cells->left--)
		value = value << 32 | fdt32_to_cpu(*cells->next++);
	return value;
}

bool devicetree_enabled(const void *fdt, int node)
{
	const char *status = fdt_getprop(fdt, node, "status", NULL);
	return !status || strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0;
}

bool devicetree_compatible(const struct board *board, int node, const char *const *list)
{
	for (; *list; list++)
		if (fdt_node_check_compatible(board->fdt, node, *list) == 0)
			return true;
	return false;
}

static bool fail(const struct walk *walk, const char *mend, const char *what)
{
	message_error(walk->place, mend, "node %s: %s", walk->path, what);
	return false;
}

/* Cells of an address below this node. Absurd numbers are refused where they are used. */
static uint32_t address_cells(const void *fdt, int node)
{
	return cell(fdt, node, "#address-cells", 2);
}

static uint32_t size_cells(const void *fdt, int node)
{
	return cell(fdt, node, "#size-cells", 1);
}

/*
 * Translates an address on the bus of chain[level] to one on its parent's bus. Returns false if
 * the bus does not map it, so that the CPUs cannot reach it.
 */
static bool translate_once(const struct walk *walk, int level, struct range *range)
{
	int bus = walk->chain[level];
	if (!fdt_getprop(walk->fdt, bus, "ranges", NULL))
		return false;
	struct cells ranges = property(walk->fdt, bus, "ranges");
	if (!ranges.left)
		return true;

	uint32_t child_cells = address_cells(walk->fdt, bus);
	uint32_t parent_cells = address_cells(walk->fdt, walk->chain[level - 1]);
	uint32_t length_cells = size_cells(walk->fdt, bus);
	if (child_cells > 2 || parent_cells > 2 || length_cells > 2 || !length_cells)
		return false;
	while (ranges.left >= (int)(child_cells + parent_cells + length_cells)) {
		uint64_t child = take(&ranges, child_cells);
		uint64_t parent = take(&ranges, parent_cells);
		uint64_t length = take(&ranges, length_cells);
		if (range->base >= child && range->base - child < length &&
			range->size <= length - (range->base - child)) {
			range->base = parent + (range->base - child);
			return true;
		}
	}
	return false;
}

static bool translate(const struct walk *walk, struct range *range)
{
	for (int level = walk->depth - 1; level > 0; level--)
		if (!translate_once(walk, level, range))
			return false;
	return range->base <= UINT64_MAX - range->size;
}

static void add_range(struct range **ranges, unsigned *count, struct range range)
{
	*ranges = arena_grow(*ranges, *count, sizeof(range));
	(*ranges)[(*count)++] = range;
}

/* The registers that CPUs reach. A node on another kind of bus (I2C, PCI) has none. */
static void read_regs(const struct walk *walk, struct range **regs, unsigned *count)
{
	int parent = walk->chain[walk->depth - 1];
	uint32_t address = address_cells(walk->fdt, parent), size = size_cells(walk->fdt, parent);
	if (!address || address > 2 || !size || size > 2)
		return;
	struct cells cells = property(walk->fdt, walk->chain[walk->depth], "reg");
	while (cells.left >= (int)(address + size)) {
		uint64_t base = take(&cells, address);
		struct range range = {base, take(&cells, size)};
		if (range.size && translate(walk, &range))
			add_range(regs, count, range);
	}
}

static bool add_irq(
	const struct walk *walk, struct board_device *device, uint32_t irq, bool is_edge)
{
	if (irq >= walk->board->irq_limit)
		return fail(walk,
			walk->board->machine == EM_AARCH64
				? "raise interrupt-limit in the board's board.yaml"
				: "mend the device tree",
			arena_text("its interrupt %u is not below the board's interrupt-limit %u",
				irq, walk->board->irq_limit));
	unsigned count = device->irq_count++;
	device->irqs = arena_grow(device->irqs, count, sizeof(*device->irqs));
	device->irq_is_edge = arena_grow(device->irq_is_edge, count, sizeof(*device->irq_is_edge));
	device->irqs[count] = irq;
	device->irq_is_edge[count] = is_edge || controller_takes_edge(walk->board, device->node);
	return true;
}

/* One interrupt specifier of the board's controller. */
static bool read_specifier(const struct walk *walk, struct board_device *device, struct cells cells)
{
	const struct controller *controller = walk->board->controller;
	uint32_t values[CONTROLLER_CELLS] = {0}, irq;
	bool is_edge;
	for (unsigned i = 0; i < controller->irq_cells; i++)
		values[i] = (uint32_t)take(&cells, 1);
	const char *fault = controller->specifier(values, &irq, &is_edge);
	if (fault)
		return fail(walk, "mend the device tree", fault);
	return add_irq(walk, device, irq, is_edge);
}

static int interrupt_parent(const struct walk *walk)
{
	for (int level = walk->depth; level >= 0; level--) {
		uint32_t phandle = cell(walk->fdt, walk->chain[level], "interrupt-parent", 0);
		if (phandle)
			return fdt_node_offset_by_phandle(walk->fdt, phandle);
	}
	return -1;
}

/* Interrupts of other controllers (GPIO and the like) are not counted: those own them. */
static bool read_irqs(const struct walk *walk, struct board_device *device)
{
	int node = walk->chain[walk->depth], intc = walk->board->intc_node;
	uint32_t enough = walk->board->controller->irq_cells;
	struct cells cells = property(walk->fdt, node, "interrupts-extended");
	while (cells.left > 0) {
		int controller = fdt_node_offset_by_phandle(walk->fdt, (uint32_t)take(&cells, 1));
		uint32_t count =
			controller < 0 ? 0 : cell(walk->fdt, controller, "#interrupt-cells", 0);
		if ((int)count > cells.left || count > 16)
			return fail(
				walk, "mend the device tree", "interrupts-extended is cut short");
		if (controller == intc && count >= enough && !read_specifier(walk, device, cells))
			return false;
		cells.next += count;
		cells.left -= (int)count;
	}
	if (device->irq_count || interrupt_parent(walk) != intc)
		return true;
	uint32_t count = cell(walk->fdt, intc, "#interrupt-cells", enough);
	if (count < enough || count > 16)
		return fail(walk, "mend the device tree",
			"its interrupt controller has an odd number of #interrupt-cells");
	for (cells = property(walk->fdt, node, "interrupts"); cells.left >= (int)count;
		cells.next += count, cells.left -= (int)count)
		if (!read_specifier(walk, device, cells))
			return false;
	return true;
}

static bool is_device_type(const struct walk *walk, const char *type)
{
	int bytes = 0;
	const char *found = fdt_getprop(walk->fdt, walk->chain[walk->depth], "device_type", &bytes);
	return found && bytes == (int)strlen(type) + 1 && memcmp(found, type, (size_t)bytes) == 0;
}

uint64_t devicetree_cpu_id(const void *fdt, int node)
{
	struct cells reg = property(fdt, node, "reg");
	return take(&reg, reg.left < 2 ? (unsigned)reg.left : 2) & AFFINITY_MASK;
}

static void read_cpu(const struct walk *walk)
{
	struct board *board = walk->board;
	board->cpu_hw_ids = arena_grow(board->cpu_hw_ids, board->cpu_count, sizeof(uint64_t));
	board->cpu_hw_ids[board->cpu_count++] =
		devicetree_cpu_id(walk->fdt, walk->chain[walk->depth]);
}

static bool is_child_of(const struct walk *walk, const char *name)
{
	return walk->depth == 2 && strcmp(fdt_get_name(walk->fdt, walk->chain[1], NULL), name) == 0;
}

static bool read_device(const struct walk *walk)
{
	struct board *board = walk->board;
	struct board_device device = {.path = walk->path, .node = walk->chain[walk->depth]};
	read_regs(walk, &device.regs, &device.reg_count);
	if (!read_irqs(walk, &device))
		return false;
	if (!device.reg_count && !device.irq_count)
		return true;
	board->devices = arena_grow(board->devices, board->device_count, sizeof(device));
	board->devices[board->device_count++] = device;
	return true;
}

static bool read_node(struct walk *walk)
{
	struct board *board = walk->board;
	int node = walk->chain[walk->depth];
	char path[512];
	if (fdt_get_path(walk->fdt, node, path, sizeof(path)) != 0)
		return fail(walk, "mend the device tree", "the path of a node below is too long");
	walk->path = arena_text("%s", path);
	if (!walk->depth || !devicetree_enabled(walk->fdt, node))
		return true;
	if (is_device_type(walk, "memory"))
		read_regs(walk, &board->ram, &board->ram_count);
	else if (is_device_type(walk, "cpu"))
		read_cpu(walk);
	else if (is_child_of(walk, "reserved-memory"))
		read_regs(walk, &board->reserved, &board->reserved_count);
	else
		return read_device(walk);
	return true;
}

static bool walk_nodes(struct walk *walk)
{
	for (int node = 0; node >= 0 && walk->depth >= 0;
		node = fdt_next_node(walk->fdt, node, &walk->depth)) {
		if (walk->depth >= MAX_DEPTH)
			return fail(walk, "mend the device tree", "nested too deeply");
		walk->chain[walk->depth] = node;
		if (!read_node(walk))
			return false;
	}
	return true;
}

static void read_reservations(struct walk *walk)
{
	for (int i = 0; i < fdt_num_mem_rsv(walk->fdt); i++) {
		struct range range;
		if (fdt_get_mem_rsv(walk->fdt, i, &range.base, &range.size) == 0 && range.size &&
			range.base <= UINT64_MAX - range.size)
			add_range(&walk->board->reserved, &walk->board->reserved_count, range);
	}
}

static int compare_ranges(const void *left, const void *right)
{
	const struct range *a = left, *b = right;
	return (a->base > b->base) - (a->base < b->base);
}

/* Sorted by address, and adjacent pieces joined. */
static void tidy_ram(struct board *board)
{
	if (!board->ram_count)
		return;
	qsort(board->ram, board->ram_count, sizeof(*board->ram), compare_ranges);
	unsigned last = 0;
	for (unsigned i = 1; i < board->ram_count; i++) {
		struct range *before = &board->ram[last], *here = &board->ram[i];
		uint64_t end = here->base + here->size;
		if (here->base > before->base + before->size)
			board->ram[++last] = *here;
		else if (end > before->base + before->size)
			before->size = end - before->base;
	}
	board->ram_count = last + 1;
}

/* The controllers of a machine, the best first. */
static bool find_controller(struct board *board, struct place place)
{
	static const struct {
		uint16_t machine;
		const struct controller *controller;
	} kinds[] = {
		{EM_AARCH64, &controller_gic},
		{EM_RISCV, &controller_aia},
		{EM_RISCV, &controller_plic},
	};
	const char *names = "", *mend = "";
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].machine != board->machine)
			continue;
		board->controller = kinds[i].controller;
		if (board->controller->find(board))
			return true;
		names = arena_text("%s%s%s", names, *names ? " or " : "", board->controller->name);
		mend = board->controller->mend;
	}
	message_error(place, mend, "no interrupt controller that Orlop knows: %s", names);
	return false;
}

bool devicetree_read(struct board *board, struct place place)
{
	struct walk walk = {.board = board, .fdt = board->fdt, .place = place, .path = "/"};
	if (!find_controller(board, place) || !walk_nodes(&walk))
		return false;
	read_reservations(&walk);
	tidy_ram(board);
	if (!board->ram_count || !board->cpu_count) {
		message_error(place, "use the device tree that Linux boots with on this board",
			"no %s", board->ram_count ? "CPU" : "memory");
		return false;
	}
	board->intc_frames = arena_alloc(board->cpu_count, sizeof(board->intc_frames[0]));
	board->intc_index = arena_alloc(board->cpu_count, sizeof(board->intc_index[0]));
	return board->controller->read(board, place);
}

const struct board_device *devicetree_device(const struct board *board, int node)
{
	for (unsigned i = 0; i < board->device_count; i++)
		if (board->devices[i].node == node)
			return &board->devices[i];
	return NULL;
}

/* The word in riscv,isa, where names of several letters follow each other with underscores. */
static bool isa_has(const char *isa, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = isa; (at = strchr(at, '_')); at++) {
		if (strcspn(at + 1, "_") == length && memcmp(at + 1, name, length) == 0)
			return true;
	}
	return false;
}

bool devicetree_has_extension(const struct board *board, const char *name)
{
	int cpus = fdt_path_offset(board->fdt, "/cpus"), node, size;
	unsigned count = 0;

	fdt_for_each_subnode(node, board->fdt, cpus)
	{
		const char *isa = fdt_getprop(board->fdt, node, "riscv,isa", &size);
		bool named =
			fdt_stringlist_search(board->fdt, node, "riscv,isa-extensions", name) >= 0;

		if (!fdt_getprop(board->fdt, node, "reg", NULL))
			continue; /* no CPU */
		if (!named && !(isa && size > 0 && isa[size - 1] == '\0' && isa_has(isa, name)))
			return false;
		count++;
	}
	return count > 0;
}
