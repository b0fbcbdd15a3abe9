/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RISC-V translation tables (Privileged Architecture: "Sv39", "Two-Stage Address Translation").
 * Stage 2 is Sv39x4: its root always has 2048 entries, of which a guest's addresses use the first
 * few.
 */
#include "abi/image.h"
#include "arch/riscv64/layout.h"
#include "tools/stage2.h"

#define EM_RISCV 243
#define PPN_MASK 0x003ffffffffffc00ull

/* A leaf is one at every level; what it spans is the level's affair. */
static uint64_t riscv64_leaf(enum stage2_kind kind, uint64_t host, unsigned shift)
{
	(void)shift;
	switch (kind) {
	case STAGE2_RAM:
		return PTE_PPN(host) | S2_PTE_RAM;
	case STAGE2_RAM_READ_ONLY:
		return PTE_PPN(host) | S2_PTE_READ_ONLY;
	case STAGE2_SHARED:
		return PTE_PPN(host) | S2_PTE_SHARED;
	case STAGE2_SHARED_READ_ONLY:
		return PTE_PPN(host) | S2_PTE_SHARED_READ_ONLY;
	case STAGE2_UNCACHED:
		return PTE_PPN(host) | S2_PTE_SHARED | S2_PTE_UNCACHED;
	case STAGE2_UNCACHED_READ_ONLY:
		return PTE_PPN(host) | S2_PTE_SHARED_READ_ONLY | S2_PTE_UNCACHED;
	case STAGE2_DEVICE:
		break;
	}
	return PTE_PPN(host) | S2_PTE_DEVICE;
}

static uint64_t riscv64_table(uint64_t host)
{
	return PTE_TABLE(host);
}

static uint64_t riscv64_control(unsigned bits, uint64_t host_end)
{
	(void)bits;
	(void)host_end;
	return HGATP_MODE;
}

/* Two pages: level 2, and behind it level 1. */
static void riscv64_own_root(uint64_t *root, uint64_t root_pa, uint64_t table_pa)
{
	root[0] = PTE_TABLE(root_pa + HYP_LEVEL1);
	root[HYP_LEVEL1 / sizeof(uint64_t) + HYP_VIRTUAL_BASE / HYP_VIRTUAL_SIZE] =
		PTE_TABLE(table_pa);
}

static uint64_t riscv64_own_page(enum own_kind kind, uint64_t host)
{
	switch (kind) {
	case OWN_TEXT:
		return PTE_PPN(host) | HYP_PTE_TEXT;
	case OWN_READ_ONLY:
		return PTE_PPN(host) | HYP_PTE_CONST;
	case OWN_DATA:
	case OWN_DEVICE: /* what is memory, the platform knows (PMAs) */
		break;
	}
	return PTE_PPN(host) | HYP_PTE_DATA;
}

static uint64_t riscv64_own_host(uint64_t entry)
{
	return (entry & PPN_MASK) << 2;
}

/*
 * The smallest size is that of one root page, so that the hypervisor has few entries to clear when
 * it cuts a VM off. At most 40 bits, like on the other architectures, though Sv39x4 has 41.
 */
const struct translation translation_riscv64 = {
	.machine = EM_RISCV,
	.bits_min = 32,
	.bits_max = 40,
	.root_align_min = S2_ROOT_BYTES,
	.root_bytes_min = S2_ROOT_BYTES,
	.leaf = riscv64_leaf,
	.table = riscv64_table,
	.control = riscv64_control,
	.own_root_bytes = HYP_ROOT_BYTES,
	.own_root = riscv64_own_root,
	.own_page = riscv64_own_page,
	.own_host = riscv64_own_host,
	.own_path = {0, HYP_VIRTUAL_BASE / HYP_VIRTUAL_SIZE},
	.own_path_count = 2,
};
