/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * With the MMU off memory is Device memory to a CPU: not coherent with those that cache it (Arm ARM
 * B2.8), and without exclusive accesses.
 */
#include "guest/lib/memory.h"

#include "guest/lib/aarch64/mmu.h"
#include "guest/lib/aarch64/system.h"

void memory_init_cpu(void)
{
	if (!(system_read(sctlr_el1) & 1))
		mmu_enable();
}
