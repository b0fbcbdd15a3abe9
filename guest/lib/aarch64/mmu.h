/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An identity map of the lowest 2 GiB, for guests that want caches or exclusive accesses, which are
 * not guaranteed while the MMU is off (Arm ARM B2.12.2): devices below RAM, Normal memory above.
 */
#ifndef GUEST_LIB_AARCH64_MMU_H
#define GUEST_LIB_AARCH64_MMU_H

#include <stdint.h>

/* Turns MMU and caches on for the calling CPU. */
void mmu_enable(void);

/* The same, but devices too are called Normal memory: for tests of what stage 2 makes of that. */
void mmu_enable_all_normal(void);

/* Makes instructions that were written to [start, start + size) visible to execution. */
void mmu_sync_code(const void *start, uint64_t size_bytes);

#endif
