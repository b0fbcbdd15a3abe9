/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An identity map of the lowest 3 GiB, for guests that want caches or exclusive accesses, which are
 * not guaranteed while the MMU is off (Arm ARM B2.12.2): devices below RAM, then a GiB of Normal
 * memory, then virtio devices.
 */
#ifndef GUEST_LIB_AARCH64_MMU_H
#define GUEST_LIB_AARCH64_MMU_H

#define MMU_MAIR 0xff04 /* attributes by index: 0: Device-nGnRE, 1: Normal write-back */
/* T0SZ 32: 4 GiB; table walks cached and inner shareable; no walks through TTBR1 (EPD1). */
#define MMU_TCR   (32 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23)
#define MMU_SCTLR (1 << 0 | 1 << 2 | 1 << 12) /* M, C, I */

#ifndef __ASSEMBLER__
#include <stdint.h>

/* The map: 4 GiB of 1 GiB blocks. */
extern const uint64_t mmu_table[4];

/*
 * Turns MMU and caches on for the calling CPU, with that table; changes x1 and x2 only and uses no
 * stack, as memory may look different before and after.
 */
void mmu_enable_table(const uint64_t *table);

/* Turns MMU and caches on for the calling CPU. */
void mmu_enable(void);

/* The same, but devices too are called Normal memory: for tests of what stage 2 makes of that. */
void mmu_enable_all_normal(void);

/* Makes instructions that were written to [start, start + size) visible to execution. */
void mmu_sync_code(const void *start, uint64_t size_bytes);
#endif
#endif
