/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GICv3 (bindings: Linux, arm,gic-v3; registers: Arm IHI 0069).
 */
#include "tools/controller.h"

#include <libfdt.h>

#include "tools/arena.h"
#include "tools/devicetree.h"
#include "tools/message.h"

#define SPI_BASE    32
#define PPI_BASE    16
#define GICD_SIZE   0x10000u
#define GICR_STRIDE 0x20000u /* of a redistributor's two frames; a guest's are so far apart */
#define SGI_FRAME   0x10000u /* from the RD frame to the SGI frame */

static bool gic_find(struct board *board)
{
	board->intc_node = fdt_node_offset_by_compatible(board->fdt, -1, "arm,gic-v3");
	board->msi_node = -1;
	return board->intc_node >= 0;
}

/* Type, number, flags. */
static const char *gic_specifier(const uint32_t *cells, uint32_t *irq, bool *is_edge)
{
	if (cells[0] > 1 || cells[1] >= (cells[0] ? 16 : 988))
		return "its interrupt is neither an SPI nor a PPI";
	*irq = cells[1] + (cells[0] ? PPI_BASE : SPI_BASE);
	*is_edge = cells[2] & 3;
	return NULL;
}

static bool fail(struct place place, const char *mend, const char *what)
{
	message_error(place, mend, "node interrupt controller: %s", what);
	return false;
}

static uint64_t stride_of(const struct board *board)
{
	int bytes = 0;
	const fdt64_t *stride =
		fdt_getprop(board->fdt, board->intc_node, "redistributor-stride", &bytes);

	if (board->intc_stride)
		return board->intc_stride;
	return stride && bytes == 8 ? fdt64_ld(stride) : GICR_STRIDE;
}

static bool gic_read(struct board *board, struct place place)
{
	const struct board_device *intc = devicetree_device(board, board->intc_node);
	const fdt32_t *regions =
		fdt_getprop(board->fdt, board->intc_node, "#redistributor-regions", NULL);
	uint64_t stride = stride_of(board);
	if (!intc || intc->reg_count < 2 || intc->regs[0].size < GICD_SIZE)
		return fail(
			place, "mend the device tree", "it has no distributor and redistributors");
	if (regions && fdt32_ld(regions) != 1)
		return fail(place, "use a board with one region of redistributors",
			"several regions of redistributors are not supported");
	board->intc = intc->regs[0];
	board->intc_cpus = intc->regs[1];
	if (stride < GICR_STRIDE || board->intc_cpus.size / stride < board->cpu_count)
		return fail(place, "mend the device tree",
			"its redistributors are fewer than the CPUs");
	for (unsigned i = 0; i < board->cpu_count; i++)
		board->intc_frames[i] = board->intc_cpus.base + i * stride;
	return true;
}

static unsigned gic_regions(
	const struct board *board, unsigned vcpu_count, struct plan_mmio *regions)
{
	regions[0] = (struct plan_mmio){
		.base = board->intc.base, .size_bytes = GICD_SIZE, .kind = PLAN_MMIO_INTC};
	regions[1] = (struct plan_mmio){.base = board->intc_cpus.base,
		.size_bytes = (uint64_t)vcpu_count * GICR_STRIDE,
		.kind = PLAN_MMIO_INTC_CPUS};
	return 2;
}

const struct controller controller_gic = {
	.name = "GICv3",
	.mend = "use a board with a GICv3 (QEMU: gic-version=3)",
	.irq_cells = 3,
	.irq_first = SPI_BASE,
	.direct = true,
	.injected = true,
	.find = gic_find,
	.specifier = gic_specifier,
	.read = gic_read,
	.common_pages = GICD_SIZE / PLAN_PAGE_SIZE,
	.cpu_pages = 2,
	.cpu_page_stride = SGI_FRAME,
	.regions = gic_regions,
	.region_names = {"interrupt controller (GICD)", "interrupt controller (GICR)"},
};
