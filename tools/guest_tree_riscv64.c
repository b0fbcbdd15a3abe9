/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is RISC-V's in a VM's device tree (bindings: Linux, riscv/cpus, riscv/extensions,
 * riscv,aplic, riscv,imsics, sifive,plic-1.0.0).
 */
#include <elf.h>
#include <libfdt.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/controller.h"
#include "tools/devicetree.h"
#include "tools/guest_tree_write.h"
#include "tools/vcpus.h"
#include "tools/virtual_irqs.h"

#define IRQ_S_EXTERNAL   9u
#define IRQ_EDGE_RISING  1u
#define IRQ_LEVEL_HIGH   4u
#define CONSOLE_CLOCK_HZ 3686400u

/* The interrupt controller of the vCPU's own, in its node. */
static uint32_t vcpu_phandle(const struct guest_tree *tree, unsigned index)
{
	return tree->spare_phandle + index;
}

static bool is_aia(const struct guest_tree *tree)
{
	return tree->system->board.msi_node >= 0;
}

/* Each vCPU's supervisor takes its external interrupts from here, in their order. */
static void put_outputs(struct guest_tree *tree)
{
	unsigned count = tree->vm->task_first; /* tasks have no external interrupts */
	uint32_t *cells = arena_alloc(2 * (size_t)count, sizeof(*cells));

	for (unsigned i = 0; i < count; i++) {
		cells[2 * i] = vcpu_phandle(tree, i);
		cells[2 * i + 1] = IRQ_S_EXTERNAL;
	}
	guest_tree_put_cells(tree, "interrupts-extended", cells, 2 * count);
}

/*
 * The VM's sources: a kernel sets up every source that it is told of, an exit or more for each, so
 * it is told of no more than it has; one at least there must be.
 */
static uint32_t source_count(const struct vm *vm)
{
	uint32_t count = controller_irq_count(vm) + virtual_irqs_count(vm);

	return count > 0 ? count : 1;
}

/*
 * The emulated APLIC domain or PLIC; the IMSICs, in which a vCPU has one page: its own file, with
 * no guest files behind it.
 */
static void write_intc(struct guest_tree *tree, int node)
{
	static const char *const copied[] = {"compatible", "interrupt-controller", "msi-controller",
		"#interrupt-cells", "#address-cells", "#size-cells", "#msi-cells", "phandle",
		"linux,phandle", "riscv,num-ids"};
	const struct board *board = &tree->system->board;
	struct plan_mmio regions[CONTROLLER_REGIONS];
	uint64_t size = (uint64_t)tree->vm->task_first * PLAN_PAGE_SIZE;

	if (node == board->intc_node) {
		board->controller->regions(board, tree->vm->vcpu_count, regions);
		size = regions[0].size_bytes;
	}
	guest_tree_begin(tree, fdt_get_name(tree->board, node, NULL));
	if (node == board->intc_node)
		guest_tree_put_cell(tree, is_aia(tree) ? "riscv,num-sources" : "riscv,ndev",
			source_count(tree->vm));
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		guest_tree_copy(tree, node, copied[i]);
	guest_tree_put_reg(tree, node, &size, 1);
	if (node == board->intc_node && is_aia(tree))
		guest_tree_copy(tree, node, "msi-parent");
	else
		put_outputs(tree);
	guest_tree_end(tree);
}

/* A PLIC's specifier does not say how a source is triggered. */
static void write_virtual_irq(struct guest_tree *tree, uint32_t irq, bool is_edge)
{
	const uint32_t interrupt[] = {irq, is_edge ? IRQ_EDGE_RISING : IRQ_LEVEL_HIGH};

	guest_tree_put_cells(tree, "interrupts", interrupt, is_aia(tree) ? 2 : 1);
}

/* The shared console: always a 16550 whose clock the guest need not know. */
static void write_console(struct guest_tree *tree, int node)
{
	guest_tree_begin(tree, fdt_get_name(tree->board, node, NULL));
	guest_tree_put_text(tree, "compatible", "ns16550a");
	guest_tree_copy(tree, node, "reg");
	guest_tree_copy(tree, node, "phandle");
	guest_tree_put_cell(tree, "clock-frequency", CONSOLE_CLOCK_HZ);
	guest_tree_put_cell(tree, "interrupt-parent", tree->intc_phandle);
	write_virtual_irq(tree, tree->vm->console_irq, false);
	guest_tree_end(tree);
}

static bool is_one_of(const char *name, size_t length, const char *const *list)
{
	for (; *list; list++) {
		if (strlen(*list) == length && memcmp(*list, name, length) == 0)
			return true;
	}
	return false;
}

/*
 * Whether a guest may use an extension. What is unprivileged it may, but for what needs a counter,
 * a control or a state that the hypervisor does not give or keep for it; of what is for supervisors
 * only what is known to need none, or to have been given. Vendors' own are unknown. The vector
 * registers are not kept for a vCPU that shares its CPU: V, and all that begins with Zv.
 */
static bool is_given(const struct guest_tree *tree, const char *name, size_t length)
{
	static const char *const withheld[] = {"zihpm", "zicfilp", "zicfiss", "zkr", NULL};
	static const char *const known[] = {"ssccptr", "sscounterenw", "sstc", "sstvala", "sstvecd",
		"ssstrict", "ssu64xl", NULL};

	bool is_vector =
		(length == 1 && name[0] == 'v') || (length > 1 && name[0] == 'z' && name[1] == 'v');

	if (is_vector && vcpus_shared(tree->vm))
		return false;
	switch (name[0]) {
	case 'h':
	case 'x':
		return false;
	case 's':
		if (length > 1 && name[1] == 'v')
			return true;
		if (is_aia(tree) && length == 5 && memcmp(name, "ssaia", 5) == 0)
			return true;
		return length == 1 || is_one_of(name, length, known);
	case 'z':
		return !is_one_of(name, length, withheld);
	default:
		return true;
	}
}

/* riscv,isa-extensions: a list of texts. */
static void put_extensions(struct guest_tree *tree, int node)
{
	int size, kept = 0;
	const char *list = fdt_getprop(tree->board, node, "riscv,isa-extensions", &size);
	char *copy;

	if (!list || size <= 0 || list[size - 1] != '\0')
		return;
	copy = arena_alloc((size_t)size, 1);
	for (int at = 0; at < size;) {
		int length = (int)strlen(list + at);

		if (is_given(tree, list + at, (size_t)length)) {
			memcpy(copy + kept, list + at, (size_t)length + 1);
			kept += length + 1;
		}
		at += length + 1;
	}
	guest_tree_put(tree, "riscv,isa-extensions", copy, kept);
}

/* riscv,isa: "rv64", single letters, then names of several letters with underscores between. */
static void put_isa(struct guest_tree *tree, int node)
{
	int size;
	const char *isa = fdt_getprop(tree->board, node, "riscv,isa", &size);
	char *copy, *to;

	if (!isa || size < 5 || isa[size - 1] != '\0' || strncmp(isa, "rv64", 4) != 0)
		return;
	copy = arena_alloc((size_t)size, 1);
	memcpy(copy, isa, 4);
	to = copy + 4;
	for (isa += 4; *isa && *isa != '_'; isa++) {
		if (is_given(tree, isa, 1))
			*to++ = *isa;
	}
	while (*isa == '_') {
		size_t length = strcspn(isa + 1, "_");

		if (is_given(tree, isa + 1, length)) {
			memcpy(to, isa, length + 1);
			to += length + 1;
		}
		isa += length + 1;
	}
	guest_tree_put_text(tree, "riscv,isa", copy);
}

static void write_cpu(struct guest_tree *tree, int node, unsigned index)
{
	static const char *const copied[] = {"compatible", "mmu-type", "riscv,isa-base",
		"riscv,cbom-block-size", "riscv,cboz-block-size", "riscv,cbop-block-size"};

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		guest_tree_copy(tree, node, copied[i]);
	put_isa(tree, node);
	put_extensions(tree, node);
	guest_tree_put_text(tree, "status", "okay");
	guest_tree_begin(tree, "interrupt-controller");
	guest_tree_put_text(tree, "compatible", "riscv,cpu-intc");
	guest_tree_put(tree, "interrupt-controller", NULL, 0);
	guest_tree_put_cell(tree, "#interrupt-cells", 1);
	guest_tree_put_cell(tree, "phandle", vcpu_phandle(tree, index));
	guest_tree_end(tree);
}

/* The timebase may also stand in each CPU's node; then it is the same in all. */
static void write_cpus(struct guest_tree *tree)
{
	static const char property[] = "timebase-frequency";
	int node = fdt_path_offset(tree->board, "/cpus");

	for (int cpu = fdt_first_subnode(tree->board, node);
		cpu >= 0 && !fdt_getprop(tree->board, node, property, NULL);
		cpu = fdt_next_subnode(tree->board, cpu)) {
		if (fdt_getprop(tree->board, cpu, property, NULL))
			node = cpu;
	}
	guest_tree_copy(tree, node, property);
}

/*
 * A specifier with the guest's number in place of the board's, and perhaps an edge in place of a
 * level. False if the VM does not have the interrupt: a part of a device that it has not.
 */
static bool translate(const struct guest_tree *tree, int node, uint32_t *specifier)
{
	const struct board *board = &tree->system->board;

	specifier[0] = controller_guest_irq(board, tree->vm, specifier[0]);
	if (controller_takes_edge(board, node))
		specifier[1] = IRQ_EDGE_RISING;
	return specifier[0] != 0;
}

/* How many cells follow a phandle in interrupts-extended. */
static unsigned specifier_cells(const struct guest_tree *tree, uint32_t phandle)
{
	int node = fdt_node_offset_by_phandle(tree->board, phandle), size = 0;
	const fdt32_t *cells =
		node < 0 ? NULL : fdt_getprop(tree->board, node, "#interrupt-cells", &size);

	return cells && size == 4 ? fdt32_ld(cells) : 0;
}

/* The properties "interrupts" and "interrupts-extended"; other controllers' stay as they are. */
static void write_interrupts(
	struct guest_tree *tree, int node, const char *name, const void *bytes, int size)
{
	const struct board_device *device = devicetree_device(&tree->system->board, node);
	bool extended = strcmp(name, "interrupts-extended") == 0;
	bool is_ours = device && device->irq_count > 0;
	unsigned count = (unsigned)size / 4, width = is_aia(tree) ? 2 : 1;
	uint32_t *cells = arena_alloc(count + 1, sizeof(*cells));

	for (unsigned i = 0; i < count; i++)
		cells[i] = fdt32_ld((const fdt32_t *)bytes + i);
	for (unsigned at = 0; at < count; at += width) {
		if (extended) {
			is_ours = cells[at] == tree->intc_phandle;
			width = specifier_cells(tree, cells[at++]);
		}
		if (width > count - at)
			break;
		if (is_ours && !translate(tree, node, &cells[at]))
			return;
	}
	guest_tree_put_cells(tree, name, cells, count);
}

const struct guest_tree_style guest_tree_riscv64 = {
	.machine = EM_RISCV,
	.intc = write_intc,
	.console = write_console,
	.cpu = write_cpu,
	.cpus = write_cpus,
	.interrupts = write_interrupts,
	.virtual_irq = write_virtual_irq,
};
