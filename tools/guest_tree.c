/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a VM's device tree: the board's own, reduced to what the VM has.
 */
#include "tools/guest_tree.h"

#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/guest_tree_write.h"
#include "tools/message.h"
#include "tools/vm_image.h"

#define ROOM_TO_GROW 0x10000u /* for what the guest's tree has and the board's has not */

static const struct guest_tree_style *const styles[] = {&guest_tree_aarch64, &guest_tree_riscv64};

/* The first error stays; what follows it has no effect in libfdt's sequential mode. */
static void note(struct guest_tree *tree, int result)
{
	if (tree->fault == 0 && result < 0)
		tree->fault = result;
}

void guest_tree_begin(struct guest_tree *tree, const char *name)
{
	note(tree, fdt_begin_node(tree->fdt, name));
}

void guest_tree_end(struct guest_tree *tree)
{
	note(tree, fdt_end_node(tree->fdt));
}

void guest_tree_put(struct guest_tree *tree, const char *name, const void *bytes, int size)
{
	note(tree, fdt_property(tree->fdt, name, bytes, size));
}

void guest_tree_put_cell(struct guest_tree *tree, const char *name, uint32_t value)
{
	note(tree, fdt_property_u32(tree->fdt, name, value));
}

void guest_tree_put_text(struct guest_tree *tree, const char *name, const char *text)
{
	note(tree, fdt_property_string(tree->fdt, name, text));
}

void guest_tree_put_cells(
	struct guest_tree *tree, const char *name, const uint32_t *values, unsigned count)
{
	fdt32_t *cells = arena_alloc(count, sizeof(*cells));

	for (unsigned i = 0; i < count; i++)
		cells[i] = cpu_to_fdt32(values[i]);
	guest_tree_put(tree, name, cells, (int)(count * sizeof(*cells)));
}

/* Writes value into cells of 32 bits, the highest first; returns the byte after them. */
static uint8_t *fill_cells(uint8_t *bytes, int cells, uint64_t value)
{
	for (int i = cells * 4; i-- > 0; value >>= 8)
		bytes[i] = (uint8_t)value;
	return bytes + cells * 4;
}

static bool is_selected(const struct guest_tree *tree, int node)
{
	return tree->select.fate[node] == GUEST_TREE_WHOLE || node == tree->console;
}

void guest_tree_copy(struct guest_tree *tree, int node, const char *name)
{
	int size;
	const void *bytes = fdt_getprop(tree->board, node, name, &size);

	if (bytes)
		guest_tree_put(tree, name, bytes, size);
}

void guest_tree_put_reg(struct guest_tree *tree, int node, const uint64_t *sizes, unsigned count)
{
	int parent = fdt_parent_offset(tree->board, node), bytes;
	int address_cells = fdt_address_cells(tree->board, parent);
	int size_cells = fdt_size_cells(tree->board, parent);
	int entry = (address_cells + size_cells) * 4, wanted = entry * (int)count;
	const uint8_t *reg = fdt_getprop(tree->board, node, "reg", &bytes);
	uint8_t *copy;

	if (!reg || entry <= 0 || bytes < wanted) {
		note(tree, -FDT_ERR_BADVALUE);
		return;
	}
	copy = arena_alloc((size_t)wanted, 1);
	memcpy(copy, reg, (size_t)wanted);
	for (unsigned i = 0; i < count; i++)
		fill_cells(copy + (int)i * entry + address_cells * 4, size_cells, sizes[i]);
	guest_tree_put(tree, "reg", copy, wanted);
}

void guest_tree_put_range(struct guest_tree *tree, uint64_t base, uint64_t size)
{
	int address_cells = fdt_address_cells(tree->board, 0);
	int size_cells = fdt_size_cells(tree->board, 0);
	uint8_t bytes[2 * 4 * FDT_MAX_NCELLS];

	fill_cells(fill_cells(bytes, address_cells, base), size_cells, size);
	guest_tree_put(tree, "reg", bytes, (address_cells + size_cells) * 4);
}

/* The UART that the guest speaks through: the board's choice if it is the VM's, else its first. */
static const char *console_path(const struct guest_tree *tree)
{
	const struct vm *vm = tree->vm;
	int chosen = fdt_path_offset(tree->board, "/chosen"), node;
	const char *stdout_path = NULL;

	if (vm->console == GUEST_CONSOLE_SHARED)
		return tree->system->board.console_device.path;
	if (vm->console != GUEST_CONSOLE_OWN)
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

static void write_chosen(struct guest_tree *tree)
{
	const struct vm *vm = tree->vm;
	const char *console = console_path(tree);

	guest_tree_begin(tree, "chosen");
	if (vm->bootargs)
		guest_tree_put_text(tree, "bootargs", vm->bootargs);
	for (unsigned i = 0; i < vm->load_count; i++) {
		const struct vm_load *load = &vm->loads[i];

		if (strcmp(load->what, "initrd") != 0)
			continue;
		note(tree, fdt_property_u64(tree->fdt, "linux,initrd-start", load->guest));
		note(tree,
			fdt_property_u64(tree->fdt, "linux,initrd-end", load->guest + load->size));
	}
	if (console)
		guest_tree_put_text(tree, "stdout-path", console);
	guest_tree_end(tree);
}

/* Read-only memory is not advertised: an operating system would take it for its own. */
static void write_memory(struct guest_tree *tree)
{
	for (unsigned i = 0; i < tree->vm->memory_count; i++) {
		const struct vm_memory *memory = &tree->vm->memory[i];

		if (memory->read_only)
			continue;
		guest_tree_begin(tree, arena_text("memory@%" PRIx64, memory->guest));
		guest_tree_put_text(tree, "device_type", "memory");
		guest_tree_put_range(tree, memory->guest, memory->size);
		guest_tree_end(tree);
	}
}

/* The board's node for a CPU, or negative. */
static int cpu_node(const struct guest_tree *tree, uint64_t hw_id)
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

static void write_cpus(struct guest_tree *tree)
{
	const struct vm *vm = tree->vm;

	guest_tree_begin(tree, "cpus");
	guest_tree_put_cell(tree, "#address-cells", 1);
	guest_tree_put_cell(tree, "#size-cells", 0);
	tree->style->cpus(tree);
	for (unsigned i = 0; i < vm->task_first; i++) { /* tasks start by hypercalls alone */
		uint64_t own = tree->system->board.cpu_hw_ids[vm->vcpus[i].cpu];
		uint64_t id = vm_image_hw_id(i);
		int node = cpu_node(tree, own);

		guest_tree_begin(tree, arena_text("cpu@%" PRIx64, id));
		guest_tree_put_text(tree, "device_type", "cpu");
		guest_tree_put_cell(tree, "reg", (uint32_t)id);
		if (node >= 0)
			tree->style->cpu(tree, node, i);
		guest_tree_end(tree);
	}
	guest_tree_end(tree);
}

/* Names for nodes (/aliases, /__symbols__): those whose node the VM has. */
static void write_names(struct guest_tree *tree, const char *path)
{
	int node = fdt_path_offset(tree->board, path), property;

	if (node < 0)
		return;
	guest_tree_begin(tree, path + 1);
	fdt_for_each_property_offset(property, tree->board, node)
	{
		const char *name;
		int size, target;
		const char *value = fdt_getprop_by_offset(tree->board, property, &name, &size);

		if (size == 0 || value[size - 1] != '\0')
			continue;
		target = fdt_path_offset(tree->board, value);
		if (target > 0 && is_selected(tree, target))
			guest_tree_put(tree, name, value, size);
	}
	guest_tree_end(tree);
}

/* The nodes that are written anew rather than copied; all are the root's children. */
static bool is_rebuilt(const struct guest_tree *tree, int node)
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

static void write_properties(struct guest_tree *tree, int node)
{
	int property;

	fdt_for_each_property_offset(property, tree->board, node)
	{
		const char *name;
		int size;
		const void *bytes = fdt_getprop_by_offset(tree->board, property, &name, &size);

		if (!guest_tree_select_has(&tree->select, node, name))
			continue;
		if (tree->style->interrupts && (strcmp(name, "interrupts") == 0 ||
						       strcmp(name, "interrupts-extended") == 0))
			tree->style->interrupts(tree, node, name, bytes, size);
		else
			guest_tree_put(tree, name, bytes, size);
	}
}

static void write_node(struct guest_tree *tree, int node);

static void write_children(struct guest_tree *tree, int node)
{
	int child;

	fdt_for_each_subnode(child, tree->board, node)
	{
		if (tree->select.fate[child] == GUEST_TREE_DROP || is_rebuilt(tree, child))
			continue;
		if (child == tree->system->board.intc_node ||
			child == tree->system->board.msi_node) {
			if (tree->vm->delivery != PLAN_UPCALL)
				tree->style->intc(tree, child);
		} else if (child == tree->console)
			tree->style->console(tree, child);
		else
			write_node(tree, child);
	}
}

static void write_node(struct guest_tree *tree, int node)
{
	guest_tree_begin(tree, fdt_get_name(tree->board, node, NULL));
	write_properties(tree, node);
	write_children(tree, node);
	guest_tree_end(tree);
}

static void write_root(struct guest_tree *tree)
{
	guest_tree_begin(tree, "");
	write_properties(tree, 0);
	write_chosen(tree);
	write_memory(tree);
	write_cpus(tree);
	write_children(tree, 0);
	if (tree->style->root)
		tree->style->root(tree);
	guest_tree_comm(tree);
	write_names(tree, "/aliases");
	write_names(tree, "/__symbols__");
	guest_tree_end(tree);
}

/* Settles the console's node and the numbers by which new nodes refer to others. */
static bool prepare(struct guest_tree *tree)
{
	const struct board_device *device = &tree->system->board.console_device;

	tree->intc_phandle = fdt_get_phandle(tree->board, tree->system->board.intc_node);
	note(tree, fdt_find_max_phandle(tree->board, &tree->spare_phandle));
	tree->spare_phandle++;
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

static bool check_room(const struct guest_tree *tree, const struct blob *blob)
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
	struct guest_tree tree = {
		.system = system, .vm = vm, .board = system->board.fdt, .console = -1};
	size_t size = fdt_totalsize(tree.board) + ROOM_TO_GROW;

	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
		if (styles[i]->machine == system->board.machine)
			tree.style = styles[i];
	}
	if (!guest_tree_select(&tree.select, system, vm, tree.style->kept) || !prepare(&tree))
		return false;
	tree.fdt = arena_alloc(size, 1);
	note(&tree, fdt_create(tree.fdt, (int)size));
	note(&tree, fdt_finish_reservemap(tree.fdt));
	write_root(&tree);
	note(&tree, fdt_finish(tree.fdt));
	*blob = (struct blob){.path = "device tree", .bytes = tree.fdt};
	if (tree.fault == 0)
		blob->size = fdt_totalsize(tree.fdt);
	return check_room(&tree, blob);
}
