/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is AArch64's in a VM's device tree (bindings: Linux, arm,gic-v3, arm,pl011, arm,psci).
 */
#include <elf.h>
#include <libfdt.h>

#include "tools/guest_tree_write.h"

#define INTC_BYTES       0x10000u /* emulated distributor */
#define INTC_CPU_BYTES   0x20000u /* emulated redistributor, per vCPU */
#define SPI_FIRST        32u
#define IRQ_EDGE_RISING  1u
#define IRQ_LEVEL_HIGH   4u
#define CONSOLE_CLOCK_HZ 24000000u

/* The emulated GICv3: as many redistributors as vCPUs, no ITS, no maintenance interrupt. */
static void write_intc(struct guest_tree *tree, int node)
{
	static const char *const copied[] = {"compatible", "interrupt-controller",
		"#interrupt-cells", "#address-cells", "#size-cells", "phandle", "linux,phandle"};
	const uint64_t sizes[] = {INTC_BYTES, (uint64_t)tree->vm->vcpu_count * INTC_CPU_BYTES};

	guest_tree_begin(tree, fdt_get_name(tree->board, node, NULL));
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		guest_tree_copy(tree, node, copied[i]);
	guest_tree_put_reg(tree, node, sizes, 2);
	guest_tree_end(tree);
}

static void write_virtual_irq(struct guest_tree *tree, uint32_t irq, bool is_edge)
{
	const uint32_t interrupt[] = {
		0, irq - SPI_FIRST, is_edge ? IRQ_EDGE_RISING : IRQ_LEVEL_HIGH};

	guest_tree_put_cells(tree, "interrupts", interrupt, 3);
}

/*
 * The shared console: always a PL011, with a clock of its own, since the board's may belong to
 * somebody else.
 */
static void write_console(struct guest_tree *tree, int node)
{
	static const char compatible[] = "arm,pl011\0arm,primecell";
	static const char clock_names[] = "uartclk\0apb_pclk";
	const uint32_t clocks[] = {tree->spare_phandle, tree->spare_phandle};

	guest_tree_begin(tree, fdt_get_name(tree->board, node, NULL));
	guest_tree_put(tree, "compatible", compatible, sizeof(compatible));
	guest_tree_copy(tree, node, "reg");
	guest_tree_copy(tree, node, "phandle");
	guest_tree_put_cell(tree, "interrupt-parent", tree->intc_phandle);
	write_virtual_irq(tree, tree->vm->console_irq, false);
	guest_tree_put_cells(tree, "clocks", clocks, 2);
	guest_tree_put(tree, "clock-names", clock_names, sizeof(clock_names));
	guest_tree_end(tree);
}

static void write_cpu(struct guest_tree *tree, int node, unsigned index)
{
	(void)index;
	guest_tree_copy(tree, node, "compatible");
	guest_tree_put_text(tree, "enable-method", "psci");
}

static void write_cpus(struct guest_tree *tree)
{
	(void)tree;
}

static void write_root(struct guest_tree *tree)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	guest_tree_begin(tree, "psci");
	guest_tree_put(tree, "compatible", compatible, sizeof(compatible));
	guest_tree_put_text(tree, "method", "hvc");
	guest_tree_end(tree);
	if (tree->console < 0)
		return;
	guest_tree_begin(tree, "console-clock");
	guest_tree_put_text(tree, "compatible", "fixed-clock");
	guest_tree_put_cell(tree, "#clock-cells", 0);
	guest_tree_put_cell(tree, "clock-frequency", CONSOLE_CLOCK_HZ);
	guest_tree_put_cell(tree, "phandle", tree->spare_phandle);
	guest_tree_end(tree);
}

const struct guest_tree_style guest_tree_aarch64 = {
	.machine = EM_AARCH64,
	.kept = "arm,armv8-timer",
	.intc = write_intc,
	.console = write_console,
	.cpu = write_cpu,
	.cpus = write_cpus,
	.root = write_root,
	.virtual_irq = write_virtual_irq,
};
