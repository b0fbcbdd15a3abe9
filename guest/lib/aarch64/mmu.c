/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Identity map of the lowest 3 GiB with level 1 blocks.
 */
#include "guest/lib/aarch64/mmu.h"

#include "guest/lib/aarch64/system.h"

#define MMU_BLOCK       (1ull | 1ull << 10 | 3ull << 8) /* valid, accessed, inner shareable */
#define MMU_ATTR_DEVICE (0ull << 2)
#define MMU_ATTR_NORMAL (1ull << 2)
#define MMU_NO_EXECUTE  (3ull << 53)

/* The table is aligned to its size. */
const uint64_t mmu_table[4] __attribute__((aligned(64))) = {
	0x00000000 | MMU_BLOCK | MMU_ATTR_DEVICE | MMU_NO_EXECUTE,
	0x40000000 | MMU_BLOCK | MMU_ATTR_NORMAL,
	0x80000000 | MMU_BLOCK | MMU_ATTR_DEVICE | MMU_NO_EXECUTE,
};

static const uint64_t mmu_table_all_normal[4] __attribute__((aligned(64))) = {
	0x00000000 | MMU_BLOCK | MMU_ATTR_NORMAL | MMU_NO_EXECUTE,
	0x40000000 | MMU_BLOCK | MMU_ATTR_NORMAL,
};

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
