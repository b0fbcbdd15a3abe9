/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory is shared between vCPUs only while each has its MMU and caches on (Arm ARM B2.8: else the
 * attributes do not agree).
 */
#include "guest/realtime/entry.h"

#include "guest/lib/aarch64/mmu.h"

void entry_prepare_manager(void)
{
	mmu_enable();
}
