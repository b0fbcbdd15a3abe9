/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What start.S found.
 */
#include "guest/lib/start.h"

#include "guest/lib/hypercall.h"
#include "guest/lib/riscv64/start.h"

uint64_t start_hart;

/* Supervisor mode cannot see whether it is virtual; who answers as firmware tells. */
const char *start_level_name(void)
{
	return hypercall_present() ? "VS-mode" : "S-mode";
}
