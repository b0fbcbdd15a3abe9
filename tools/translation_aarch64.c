/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AArch64 translation tables: VMSAv8-64 with the 4 KiB granule (Arm ARM DDI 0487, D8). Stage 2
 * starts at level 1 with 2 to 1024 root entries.
 */
#include "abi/image.h"
#include "arch/aarch64/layout.h"
#include "tools/stage2.h"

#define EM_AARCH64 183

#define VTCR_T0SZ(bits) (64u - (bits))
#define VTCR_SL0_LEVEL1 (1u << 6)
#define VTCR_IRGN0_WBWA (1u << 8)
#define VTCR_ORGN0_WBWA (1u << 10)
#define VTCR_SH0_INNER  (3u << 12)
#define VTCR_PS(code)   ((code) << 16)
#define VTCR_RES1       (1u << 31)

/* An entry is a block above level 3, and a page in it. */
static uint64_t leaf_type(unsigned shift)
{
	return DESC_VALID | (shift == STAGE2_PAGE_SHIFT ? DESC_TABLE : 0);
}

static uint64_t aarch64_leaf(enum stage2_kind kind, uint64_t host, unsigned shift)
{
	uint64_t entry = host | leaf_type(shift) | DESC_AF | S2_READ;

	switch (kind) {
	case STAGE2_RAM:
		return entry | DESC_ISH | S2_NORMAL | S2_WRITE;
	case STAGE2_RAM_READ_ONLY:
		return entry | DESC_ISH | S2_NORMAL;
	case STAGE2_SHARED:
		return entry | DESC_ISH | S2_NORMAL | S2_WRITE | S2_XN;
	case STAGE2_SHARED_READ_ONLY:
		return entry | DESC_ISH | S2_NORMAL | S2_XN;
	case STAGE2_UNCACHED:
		return entry | DESC_ISH | S2_UNCACHED | S2_WRITE | S2_XN;
	case STAGE2_UNCACHED_READ_ONLY:
		return entry | DESC_ISH | S2_UNCACHED | S2_XN;
	case STAGE2_DEVICE:
		break;
	}
	return entry | S2_DEVICE | S2_WRITE | S2_XN;
}

static uint64_t aarch64_table(uint64_t host)
{
	return host | DESC_TABLE | DESC_VALID;
}

/*
 * The physical address size (PS) must not be below the guest's (T0SZ), or the walk faults; and a
 * size above what the core has is taken as the core's, so the smallest that covers both is right.
 */
static uint64_t aarch64_control(unsigned bits, uint64_t host_end)
{
	static const unsigned sizes[] = {32, 36, 40, 42, 44, 48};
	unsigned code = 0;

	while (code < sizeof(sizes) / sizeof(sizes[0]) - 1 &&
		(sizes[code] < bits || host_end > 1ull << sizes[code]))
		code++;
	return VTCR_RES1 | VTCR_PS(code) | VTCR_SH0_INNER | VTCR_ORGN0_WBWA | VTCR_IRGN0_WBWA |
	       VTCR_SL0_LEVEL1 | VTCR_T0SZ(bits);
}

static uint64_t aarch64_own_page(enum own_kind kind, uint64_t host)
{
	uint64_t entry = host | DESC_VALID | DESC_TABLE | DESC_AF | S1_AP_RES1;
	uint64_t normal = DESC_ISH | S1_ATTR(HYP_ATTR_NORMAL);

	switch (kind) {
	case OWN_TEXT:
		return entry | normal | S1_READ_ONLY;
	case OWN_READ_ONLY:
		return entry | normal | S1_READ_ONLY | S1_XN;
	case OWN_DATA:
		return entry | normal | S1_XN;
	case OWN_DEVICE:
		break;
	}
	return entry | S1_ATTR(HYP_ATTR_DEVICE) | S1_XN;
}

static void aarch64_own_root(uint64_t *root, uint64_t root_pa, uint64_t table_pa)
{
	(void)root_pa;
	root[HYP_VIRTUAL_BASE / HYP_VIRTUAL_SIZE] = aarch64_table(table_pa);
}

static uint64_t aarch64_own_host(uint64_t entry)
{
	return entry & 0x0000fffffffff000ull;
}

/*
 * 32 to 40 bits: starting at level 1 takes 31 to 43 (with up to 16 tables concatenated), and a
 * guest's addresses must not be larger than the core's physical ones, of which there are 40 or
 * more on every core that Orlop knows.
 */
const struct translation translation_aarch64 = {
	.machine = EM_AARCH64,
	.bits_min = 32,
	.bits_max = 40,
	.root_align_min = 64,
	.leaf = aarch64_leaf,
	.table = aarch64_table,
	.control = aarch64_control,
	.own_root_bytes = HYP_ROOT_BYTES,
	.own_root = aarch64_own_root,
	.own_page = aarch64_own_page,
	.own_host = aarch64_own_host,
	.own_path = {HYP_VIRTUAL_BASE / HYP_VIRTUAL_SIZE},
	.own_path_count = 1,
};
