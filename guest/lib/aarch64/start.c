/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What start.S found.
 */
#include "guest/lib/start.h"

#include "guest/lib/aarch64/start.h"
#include "guest/lib/aarch64/system.h"

uint64_t start_level;

const char *start_level_name(void)
{
	return (system_read(CurrentEL) >> 2 & 3) == 1 ? "EL1" : "EL2 or EL3";
}
