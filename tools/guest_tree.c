/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a VM's device tree: the board's own, reduced to what the VM has.
 */
#include "tools/guest_tree.h"

#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/guest_tree_select.h"
#include "tools/message.h"
#include "tools/vm_image.h"

#define INTC_BYTES       0x10000u /* emulated distributor */
#define INTC_CPU_BYTES   0x20000u /* emulated redistributor, per vCPU */
#define SPI_FIRST        32u
#define IRQ_LEVEL_HIGH   4u
#define CONSOLE_CLOCK_HZ 24000000u
#define ROOM_TO_GROW     0x10000u /* for what the guest's tree has and the board's has not */

struct tree {
	const struct system *system;
	const struct vm *vm;
	struct guest_tree_select select;
	const void *board; /* the board's tree */
	void *fdt;         /* the VM's, being written */
	int console; /* node of the board's UART whose place the shared console takes, or -1 */
	uint32_t intc_phandle, clock_phandle;
	int fault; /* the first of libfdt's errors, 0 if none */
};

/* The first error stays; what follows it has no effect in libfdt's sequential mode. */
static void step(struct tree *tree, int result)
{
	if (tree->fault == 0 && result < 0)
		tree->fault = result;
}

static void begin(struct tree *tree, const char *name)
{
	step(tree, fdt_begin_node(tree->fdt, name));
}

static void end(struct tree *tree)
{
	step(tree, fdt_end_node(tree->fdt));
}

static void put(struct tree *tree, const char *name, const void *bytes, int size)
{
	step(tree, fdt_property(tree->fdt, name, bytes, size));
}

static void put_cell(struct tree *tree, const char *name, uint32_t value)
{
	step(tree, fdt_property_u32(tree->fdt, name, value));
}

static void put_text(struct tree *tree, const char *name, const char *text)
{
	step(tree, fdt_property_string(tree->fdt, name, text));
}

/* Writes value into cells of 32 bits, the highest first; returns the byte after them. */
static uint8_t *fill_cells(uint8_t *bytes, int cells, uint64_t value)
{
	for (int i = cells * 4; i-- > 0; value >>= 8)
		bytes[i] = (uint8_t)value;
	return bytes + cells * 4;
}

static void put_interrupt(struct tree *tree, uint32_t id)
{
	uint8_t bytes[12];

	fill_cells(fill_cells(fill_cells(bytes, 1, 0), 1, id - SPI_FIRST), 1, IRQ_LEVEL_HIGH);
	put_cell(tree, "interrupt-parent", tree->intc_phandle);
	put(tree, "interrupts", bytes, sizeof(bytes));
}

static bool is_selected(const struct tree *tree, int node)
{
	return tree->select.fate[node] == GUEST_TREE_WHOLE || node == tree->console;
}

static void copy_property(struct tree *tree, int node, const char *name)
{
	int size;
	const void *bytes = fdt_getprop(tree->board, node, name, &size);

	if (bytes)
		put(tree, name, bytes, size);
}

/* The emulated GICv3: as many redistributors as vCPUs, no ITS, no maintenance interrupt. */
static void write_intc(struct tree *tree, int node)
{
	static const char *const copied[] = {"compatible", "interrupt-controller",
		"#interrupt-cells", "#address-cells", "#size-cells", "phandle", "linux,phandle"};
	int parent = fdt_parent_offset(tree->board, node), size;
	int address_cells = fdt_address_cells(tree->board, parent);
	int size_cells = fdt_size_cells(tree->board, parent);
	int entry = (address_cells + size_cells) * 4;
	const uint8_t *reg = fdt_getprop(tree->board, node, "reg", &size);
	uint8_t *bytes;

	if (!reg || size < 2 * entry) {
		step(tree, -FDT_ERR_BADVALUE);
		return;
	}
	bytes = arena_alloc(2, (size_t)entry);
	memcpy(bytes, reg, 2 * (size_t)entry);
	fill_cells(bytes + address_cells * 4, size_cells, INTC_BYTES);
	fill_cells(bytes + entry + address_cells * 4, size_cells,
		(uint64_t)tree->vm->vcpu_count * INTC_CPU_BYTES);
	begin(tree, fdt_get_name(tree->board, node, NULL));
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		copy_property(tree, node, copied[i]);
	put(tree, "reg", bytes, 2 * entry);
	end(tree);
}

/*
 * The shared console: always a PL011, with a clock of its own, since the board's may belong to
 * somebody else.
 */
static void write_console(struct tree *tree, int node)
{
	static const char compatible[] = "arm,pl011\0arm,primecell";
	static const char clock_names[] = "uartclk\0apb_pclk";
	uint8_t clocks[8];

	fill_cells(fill_cells(clocks, 1, tree->clock_phandle), 1, tree->clock_phandle);
	begin(tree, fdt_get_name(tree->board, node, NULL));
	put(tree, "compatible", compatible, sizeof(compatible));
	copy_property(tree, node, "reg");
	copy_property(tree, node, "phandle");
	put_interrupt(tree, tree->vm->console_irq);
	put(tree, "clocks", clocks, sizeof(clocks));
	put(tree, "clock-names", clock_names, sizeof(clock_names));
	end(tree);
}

static void write_console_clock(struct tree *tree)
{
	begin(tree, "console-clock");
	put_text(tree, "compatible", "fixed-clock");
	put_cell(tree, "#clock-cells", 0);
	put_cell(tree, "clock-frequency", CONSOLE_CLOCK_HZ);
	put_cell(tree, "phandle", tree->clock_phandle);
	end(tree);
}

/* The UART that the guest speaks through: the board's choice if it is the VM's, else its first. */
static const char *console_path(const struct tree *tree)
{
	const struct vm *vm = tree->vm;
	int chosen = fdt_path_offset(tree->board, "/chosen"), node;
	const char *stdout_path = NULL;

	if (vm->console == GUEST_CONSOLE_SHARED)
		return tree->system->board.console_device.path;
	if (vm->console == GUEST_CONSOLE_NONE)
		return NULL;
	if (chosen >= 0)
		stdout_path = fdt_getprop(tree->board, chosen, "stdout-path", NULL);
	if (stdout_path) {
		/* Options of the line may follow a colon. */
		node = fdt_path_offset_namelen(
			tree->board, stdout_path, (int)strcspn(stdout_path, ":"));
		if (node >= 0 && is_selected(tree, node))
			return stdout_path;
	}
	for (unsigned i = 0; i < vm->device_count; i++) {
		const struct board_device *device = &vm->devices[i].device;
		const char *name = fdt_get_name(tree->board, device->node, NULL);

		if (strncmp(name, "serial@", 7) == 0 || strncmp(name, "uart@", 5) == 0 ||
			strncmp(name, "pl011@", 6) == 0)
			return device->path;
	}
	return NULL;
}

static void write_chosen(struct tree *tree)
{
	const struct vm *vm = tree->vm;
	const char *console = console_path(tree);

	begin(tree, "chosen");
	if (vm->bootargs)
		put_text(tree, "bootargs", vm->bootargs);
	for (unsigned i = 0; i < vm->load_count; i++) {
		const struct vm_load *load = &vm->loads[i];

		if (strcmp(load->what, "initrd") != 0)
			continue;
		step(tree, fdt_property_u64(tree->fdt, "linux,initrd-start", load->guest));
		step(tree,
			fdt_property_u64(tree->fdt, "linux,initrd-end", load->guest + load->size));
	}
	if (console)
		put_text(tree, "stdout-path", console);
	end(tree);
}

/* Read-only memory is not advertised: an operating system would take it for its own. */
static void write_memory(struct tree *tree)
{
	int address_cells = fdt_address_cells(tree->board, 0);
	int size_cells = fdt_size_cells(tree->board, 0);
	uint8_t bytes[2 * 4 * FDT_MAX_NCELLS];

	for (unsigned i = 0; i < tree->vm->memory_count; i++) {
		const struct vm_memory *memory = &tree->vm->memory[i];

		if (memory->read_only)
			continue;
		fill_cells(
			fill_cells(bytes, address_cells, memory->guest), size_cells, memory->size);
		begin(tree, arena_text("memory@%" PRIx64, memory->guest));
		put_text(tree, "device_type", "memory");
		put(tree, "reg", bytes, (address_cells + size_cells) * 4);
		end(tree);
	}
}

/* The board's node for a CPU, or negative. */
static int cpu_node(const struct tree *tree, uint64_t hw_id)
{
	int cpus = fdt_path_offset(tree->board, "/cpus"), node, size;

	fdt_for_each_subnode(node, tree->board, cpus)
	{
		const uint8_t *reg = fdt_getprop(tree->board, node, "reg", &size);
		uint64_t value = 0;

		for (int i = 0; reg && i < size; i++)
			value = value << 8 | reg[i];
		if (reg && value == hw_id)
			return node;
	}
	return -FDT_ERR_NOTFOUND;
}

static void write_cpus(struct tree *tree)
{
	const struct vm *vm = tree->vm;

	begin(tree, "cpus");
	put_cell(tree, "#address-cells", 1);
	put_cell(tree, "#size-cells", 0);
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		uint64_t own = tree->system->board.cpu_hw_ids[vm->vcpus[i].cpu];
		uint64_t id = vm_image_hw_id(i);
		int node = cpu_node(tree, own);

		begin(tree, arena_text("cpu@%" PRIx64, id));
		put_text(tree, "device_type", "cpu");
		if (node >= 0)
			copy_property(tree, node, "compatible");
		put_cell(tree, "reg", (uint32_t)id);
		put_text(tree, "enable-method", "psci");
		end(tree);
	}
	end(tree);
}

static void write_psci(struct tree *tree)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	begin(tree, "psci");
	put(tree, "compatible", compatible, sizeof(compatible));
	put_text(tree, "method", "hvc");
	end(tree);
}

/* Names for nodes (/aliases, /__symbols__): those whose node the VM has. */
static void write_names(struct tree *tree, const char *path)
{
	int node = fdt_path_offset(tree->board, path), property;

	if (node < 0)
		return;
	begin(tree, path + 1);
	fdt_for_each_property_offset(property, tree->board, node)
	{
		const char *name;
		int size, target;
		const char *value = fdt_getprop_by_offset(tree->board, property, &name, &size);

		if (size == 0 || value[size - 1] != '\0')
			continue;
		target = fdt_path_offset(tree->board, value);
		if (target > 0 && is_selected(tree, target))
			put(tree, name, value, size);
	}
	end(tree);
}

/* The nodes that are written anew rather than copied; all are the root's children. */
static bool is_rebuilt(const struct tree *tree, int node)
{
	static const char *const names[] = {"chosen", "cpus", "psci", "aliases", "__symbols__"};
	const char *name = fdt_get_name(tree->board, node, NULL);

	if (fdt_parent_offset(tree->board, node) != 0)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return strncmp(name, "memory", 6) == 0 && (name[6] == '\0' || name[6] == '@');
}

static void write_properties(struct tree *tree, int node)
{
	int property;

	fdt_for_each_property_offset(property, tree->board, node)
	{
		const char *name;
		int size;
		const void *bytes = fdt_getprop_by_offset(tree->board, property, &name, &size);

		if (guest_tree_select_has(&tree->select, node, name))
			put(tree, name, bytes, size);
	}
}

static void write_node(struct tree *tree, int node);

static void write_children(struct tree *tree, int node)
{
	int child;

	fdt_for_each_subnode(child, tree->board, node)
	{
		if (tree->select.fate[child] == GUEST_TREE_DROP || is_rebuilt(tree, child))
			continue;
		if (child == tree->select.intc)
			write_intc(tree, child);
		else if (child == tree->console)
			write_console(tree, child);
		else
			write_node(tree, child);
	}
}

static void write_node(struct tree *tree, int node)
{
	begin(tree, fdt_get_name(tree->board, node, NULL));
	write_properties(tree, node);
	write_children(tree, node);
	end(tree);
}

static void write_root(struct tree *tree)
{
	begin(tree, "");
	write_properties(tree, 0);
	write_chosen(tree);
	write_memory(tree);
	write_cpus(tree);
	write_psci(tree);
	write_children(tree, 0);
	if (tree->console >= 0)
		write_console_clock(tree);
	write_names(tree, "/aliases");
	write_names(tree, "/__symbols__");
	end(tree);
}

/* Settles the console's node and the numbers by which new nodes refer to others. */
static bool prepare(struct tree *tree)
{
	const struct board_device *device = &tree->system->board.console_device;

	tree->intc_phandle = fdt_get_phandle(tree->board, tree->select.intc);
	step(tree, fdt_find_max_phandle(tree->board, &tree->clock_phandle));
	tree->clock_phandle++;
	if (tree->vm->console != GUEST_CONSOLE_SHARED)
		return true;
	tree->console = device->path ? fdt_path_offset(tree->board, device->path) : -1;
	if (tree->console < 0) {
		message_error(tree->vm->place, "say in board.yaml which device is the console",
			"VM %s shares the console, and the board has none", tree->vm->name);
		return false;
	}
	guest_tree_select_node(&tree->select, tree->console, GUEST_TREE_PATH);
	return true;
}

static bool check_room(const struct tree *tree, const struct blob *blob)
{
	const struct vm *vm = tree->vm;

	if (tree->fault != 0) {
		message_error(vm->place, "check the board's device tree with dtc",
			"the device tree of VM %s cannot be made: %s", vm->name,
			fdt_strerror(tree->fault));
		return false;
	}
	if (vm->device_tree_room != 0 && blob->size > vm->device_tree_room) {
		message_error(vm->place, "give the VM fewer devices, or shorter bootargs",
			"the device tree of VM %s takes %zu bytes, and there is room for %" PRIu64,
			vm->name, blob->size, vm->device_tree_room);
		return false;
	}
	return true;
}

bool guest_tree_build(struct blob *blob, const struct system *system, const struct vm *vm)
{
	struct tree tree = {.system = system, .vm = vm, .board = system->board.fdt, .console = -1};
	size_t size = fdt_totalsize(tree.board) + ROOM_TO_GROW;

	if (!guest_tree_select(&tree.select, system, vm) || !prepare(&tree))
		return false;
	tree.fdt = arena_alloc(size, 1);
	step(&tree, fdt_create(tree.fdt, (int)size));
	step(&tree, fdt_finish_reservemap(tree.fdt));
	write_root(&tree);
	step(&tree, fdt_finish(tree.fdt));
	*blob = (struct blob){.path = "device tree", .bytes = tree.fdt};
	if (tree.fault == 0)
		blob->size = fdt_totalsize(tree.fdt);
	return check_room(&tree, blob);
}
