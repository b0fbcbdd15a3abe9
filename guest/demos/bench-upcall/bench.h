/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two ways that are compared: upcalls as they are, and with the context copied.
 */
#ifndef DEMO_BENCH_UPCALL_H
#define DEMO_BENCH_UPCALL_H

/* UPCALL_SET with this entry is the return of the copying way. */
#define BENCH_RETURN 1

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

#include "guest/lib/hypercall.h"

extern const char bench_copy_entry[];

static inline bool bench_set_entry(void)
{
#ifdef BENCH_COPY
	return hypercall(HYPERCALL_UPCALL_SET, (uint64_t)(uintptr_t)bench_copy_entry, 0, 0, 0, 0) ==
	       0;
#else
	return true;
#endif
}
#endif
#endif
