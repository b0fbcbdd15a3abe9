/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Identity map of the lowest 2 GiB with two level 1 blocks.
 */
#include "guest/lib/aarch64/mmu.h"

#include "guest/lib/aarch64/system.h"

#define MMU_BLOCK       (1ull | 1ull << 10 | 3ull << 8) /* valid, accessed, inner shareable */
#define MMU_ATTR_DEVICE (0ull << 2)
#define MMU_ATTR_NORMAL (1ull << 2)
#define MMU_NO_EXECUTE  (3ull << 53)
#define MMU_MAIR        0xff04 /* 0: Device-nGnRE, 1: Normal write-back */
/* T0SZ 32: 4 GiB; table walks cached and inner shareable; no walks through TTBR1 (EPD1). */
#define MMU_TCR   (32ull | 1ull << 8 | 1ull << 10 | 3ull << 12 | 1ull << 23)
#define MMU_SCTLR (1ull << 0 | 1ull << 2 | 1ull << 12) /* M, C, I */

/* 4 GiB of 1 GiB blocks; the table is aligned to its size. */
static const uint64_t mmu_table[4] __attribute__((aligned(64))) = {
	0x00000000 | MMU_BLOCK | MMU_ATTR_DEVICE | MMU_NO_EXECUTE,
	0x40000000 | MMU_BLOCK | MMU_ATTR_NORMAL,
};

static const uint64_t mmu_table_all_normal[4] __attribute__((aligned(64))) = {
	0x00000000 | MMU_BLOCK | MMU_ATTR_NORMAL | MMU_NO_EXECUTE,
	0x40000000 | MMU_BLOCK | MMU_ATTR_NORMAL,
};

static void mmu_enable_table(const uint64_t *table)
{
	system_write(mair_el1, MMU_MAIR);
	system_write(tcr_el1, MMU_TCR);
	system_write(ttbr0_el1, (uint64_t)table);
	system_isb();
	__asm__ volatile("tlbi vmalle1\n\tic iallu\n\tdsb sy\n\tisb" ::: "memory");
	system_write(sctlr_el1, system_read(sctlr_el1) | MMU_SCTLR);
	system_isb();
}

void mmu_enable(void)
{
	mmu_enable_table(mmu_table);
}

void mmu_enable_all_normal(void)
{
	mmu_enable_table(mmu_table_all_normal);
}

void mmu_sync_code(const void *start, uint64_t size_bytes)
{
	uint64_t type = system_read(ctr_el0);
	uint64_t line = 4ull << ((type >> 16 & 15) < (type & 15) ? type >> 16 & 15 : type & 15);
	uint64_t end = (uint64_t)start + size_bytes;

	for (uint64_t at = (uint64_t)start & ~(line - 1); at < end; at += line)
		__asm__ volatile("dc cvau, %0" ::"r"(at) : "memory");
	system_dsb();
	for (uint64_t at = (uint64_t)start & ~(line - 1); at < end; at += line)
		__asm__ volatile("ic ivau, %0" ::"r"(at) : "memory");
	system_dsb();
	system_isb();
}
