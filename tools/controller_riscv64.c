/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RISC-V's interrupt controllers: AIA, which is an APLIC that sends messages to the IMSICs of the
 * CPUs, and the PLIC (bindings: Linux, riscv,aplic, riscv,imsics, sifive,plic-1.0.0).
 */
#include <libfdt.h>

#include "arch/riscv64/layout.h"
#include "tools/arena.h"
#include "tools/controller.h"
#include "tools/devicetree.h"
#include "tools/message.h"

#define IRQ_S_EXTERNAL 9u /* of a hart: its supervisor's external interrupt */
#define IRQ_EDGE_FLAGS 3u /* rising, falling */

#define APLIC_GUEST_BYTES   0x4000u   /* a domain without direct delivery (AIA 4.5) */
#define PLIC_CONTEXT        0x200000u /* the first context's page */
#define PLIC_CONTEXT_STRIDE 0x1000u
#define SOURCES_MAX         1023u /* AIA 4.5.1; PLIC 1.0.0 */

static const char *const aplic[] = {"riscv,aplic", NULL}, *const imsic[] = {"riscv,imsics", NULL},
			 *const plic[] = {"sifive,plic-1.0.0", "riscv,plic0", NULL};

static uint32_t cell(const struct board *board, int node, const char *name, uint32_t fallback)
{
	int bytes = 0;
	const fdt32_t *value = fdt_getprop(board->fdt, node, name, &bytes);
	return value && bytes >= 4 ? fdt32_ld(value) : fallback;
}

/* The entry of a node's interrupts-extended: whose CPU's interrupt controller, and which line. */
static bool wire(const struct board *board, int node, unsigned index, int *intc, uint32_t *line)
{
	int bytes = 0;
	const fdt32_t *cells = fdt_getprop(board->fdt, node, "interrupts-extended", &bytes);
	if (!cells || bytes / 8 <= (int)index)
		return false;
	*intc = fdt_node_offset_by_phandle(board->fdt, fdt32_ld(&cells[2 * index]));
	*line = fdt32_ld(&cells[2 * index + 1]);
	return true;
}

/* Which of the node's outputs goes to the CPU's supervisor; false if none does. */
static bool output_of(const struct board *board, int node, uint64_t hw_id, uint32_t *output)
{
	int intc;
	uint32_t line;
	for (unsigned i = 0; wire(board, node, i, &intc, &line); i++) {
		int cpu = intc < 0 ? -1 : fdt_parent_offset(board->fdt, intc);
		if (cpu < 0 || line != IRQ_S_EXTERNAL)
			continue;
		if (devicetree_cpu_id(board->fdt, cpu) == hw_id) {
			*output = i;
			return true;
		}
	}
	return false;
}

static bool is_supervisors(const struct board *board, int node)
{
	int intc;
	uint32_t line;
	return wire(board, node, 0, &intc, &line) && line == IRQ_S_EXTERNAL;
}

/* The next enabled node after `node` with one of the names, or negative. */
static int next_compatible(const struct board *board, int node, const char *const *names)
{
	while ((node = fdt_next_node(board->fdt, node, NULL)) >= 0)
		if (devicetree_enabled(board->fdt, node) &&
			devicetree_compatible(board, node, names))
			return node;
	return -1;
}

/* The supervisor's domain is the one that sends its messages to the supervisor's files. */
static bool aia_find(struct board *board)
{
	for (int node = -1; (node = next_compatible(board, node, aplic)) >= 0;) {
		int files =
			fdt_node_offset_by_phandle(board->fdt, cell(board, node, "msi-parent", 0));
		if (files < 0 || !devicetree_compatible(board, files, imsic) ||
			!is_supervisors(board, files))
			continue;
		board->intc_node = node;
		board->msi_node = files;
		board->irq_limit = cell(board, node, "riscv,num-sources", 0) + 1;
		return true;
	}
	return false;
}

static bool plic_find(struct board *board)
{
	board->intc_node = next_compatible(board, -1, plic);
	board->msi_node = -1;
	if (board->intc_node < 0)
		return false;
	board->irq_limit = cell(board, board->intc_node, "riscv,ndev", 0) + 1;
	return true;
}

static const char *specifier(const uint32_t *cells, uint32_t *irq, bool *is_edge)
{
	*irq = cells[0];
	*is_edge = cells[1] & IRQ_EDGE_FLAGS;
	return *irq ? NULL : "its interrupt is source 0, which does not exist";
}

static bool fail(const struct board *board, int node, struct place place, const char *what)
{
	message_error(place, "use the device tree that Linux boots with on this board",
		"node %s: %s", fdt_get_name(board->fdt, node, NULL), what);
	return false;
}

/*
 * The files of hart index n lie n strides from the start; the node's register blocks follow each
 * other in that order.
 */
static bool file_at(const struct board_device *files, uint64_t offset, uint64_t size, uint64_t *pa)
{
	for (unsigned i = 0; i < files->reg_count; i++) {
		if (offset + size <= files->regs[i].size) {
			*pa = files->regs[i].base + offset;
			return true;
		}
		if (offset < files->regs[i].size)
			return false;
		offset -= files->regs[i].size;
	}
	return false;
}

static bool aia_read_cpu(struct board *board, unsigned cpu, const struct board_device *files,
	uint64_t stride, struct place place)
{
	uint32_t index;
	if (!output_of(board, board->msi_node, board->cpu_hw_ids[cpu], &index))
		return fail(board, board->msi_node, place,
			arena_text("it has no file for CPU %u", cpu));
	if (!file_at(files, index * stride, stride, &board->intc_frames[cpu]))
		return fail(board, board->msi_node, place,
			arena_text("its registers end before the file of CPU %u", cpu));
	board->intc_index[cpu] = index;
	return true;
}

static bool check_sources(const struct board *board, struct place place)
{
	if (board->irq_limit >= 2 && board->irq_limit <= SOURCES_MAX + 1)
		return true;
	return fail(board, board->intc_node, place,
		arena_text("it has to have 1 to %u interrupt sources", SOURCES_MAX));
}

static bool aia_read(struct board *board, struct place place)
{
	const struct board_device *domain = devicetree_device(board, board->intc_node);
	const struct board_device *files = devicetree_device(board, board->msi_node);
	uint32_t bits = cell(board, board->msi_node, "riscv,guest-index-bits", 0);
	if (!domain || domain->reg_count == 0 ||
		domain->regs[0].size < HYP_APLIC_PAGES * PLAN_PAGE_SIZE || !files ||
		files->reg_count == 0 || files->regs[0].base % PLAN_PAGE_SIZE != 0)
		return fail(board, board->intc_node, place,
			"it or its IMSIC lacks the registers that it must have");
	if (!check_sources(board, place))
		return false;
	if (bits == 0 || bits > 6)
		return fail(board, board->msi_node, place,
			"it has no guest interrupt files (riscv,guest-index-bits; QEMU: "
			"aia-guests=7)");
	if (cell(board, board->msi_node, "riscv,group-index-bits", 0) != 0)
		return fail(
			board, board->msi_node, place, "several groups of harts are not supported");
	board->guest_files = (1u << bits) - 1;
	board->intc = domain->regs[0];
	board->intc_cpus = files->regs[0];
	for (unsigned i = 0; i < board->cpu_count; i++)
		if (!aia_read_cpu(board, i, files, (uint64_t)PLAN_PAGE_SIZE << bits, place))
			return false;
	board->own_group = true;
	return true;
}

static bool plic_read(struct board *board, struct place place)
{
	const struct board_device *device = devicetree_device(board, board->intc_node);
	for (unsigned i = 0; i < board->cpu_count; i++) {
		uint32_t context;
		if (!output_of(board, board->intc_node, board->cpu_hw_ids[i], &context))
			return fail(board, board->intc_node, place,
				arena_text("it has no context for CPU %u", i));
		uint64_t offset = PLIC_CONTEXT + (uint64_t)context * PLIC_CONTEXT_STRIDE;
		if (!device || device->reg_count == 0 ||
			offset + PLIC_CONTEXT_STRIDE > device->regs[0].size)
			return fail(board, board->intc_node, place,
				arena_text("its registers end before the context of CPU %u", i));
		board->intc = device->regs[0];
		board->intc_frames[i] = board->intc.base + offset;
		board->intc_index[i] = context;
	}
	board->own_group = false;
	return check_sources(board, place);
}

static unsigned aia_regions(
	const struct board *board, unsigned vcpu_count, struct plan_mmio *regions)
{
	(void)vcpu_count;
	regions[0] = (struct plan_mmio){
		.base = board->intc.base, .size_bytes = APLIC_GUEST_BYTES, .kind = PLAN_MMIO_INTC};
	return 1;
}

static unsigned plic_regions(
	const struct board *board, unsigned vcpu_count, struct plan_mmio *regions)
{
	regions[0] = (struct plan_mmio){.base = board->intc.base,
		.size_bytes = PLIC_CONTEXT + (uint64_t)vcpu_count * PLIC_CONTEXT_STRIDE,
		.kind = PLAN_MMIO_INTC};
	return 1;
}

const struct controller controller_aia = {
	.name = "AIA",
	.mend = "use a board with an APLIC and IMSICs (QEMU: aia=aplic-imsic) or a PLIC",
	.irq_cells = 2,
	.irq_first = 1,
	.direct = true,
	.find = aia_find,
	.specifier = specifier,
	.read = aia_read,
	.common_pages = HYP_APLIC_PAGES,
	.cpu_pages = 1,
	.cpu_page_stride = PLAN_PAGE_SIZE,
	.regions = aia_regions,
	.region_names = {"interrupt controller (APLIC)"},
	.renumbers = true,
};

const struct controller controller_plic = {
	.name = "PLIC",
	.mend = "use a board with an APLIC and IMSICs (QEMU: aia=aplic-imsic) or a PLIC",
	.irq_cells = 1,
	.irq_first = 1,
	.injected = true,
	.find = plic_find,
	.specifier = specifier,
	.read = plic_read,
	.common_pages = HYP_PLIC_PAGES,
	.cpu_pages = 1,
	.cpu_page_stride = PLAN_PAGE_SIZE,
	.regions = plic_regions,
	.renumbers = true,
	.region_names = {"interrupt controller (PLIC)"},
};
