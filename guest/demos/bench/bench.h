/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the bench guest share.
 */
#ifndef BENCH_H
#define BENCH_H

#define BENCH_ENTRY_INSTRUCTIONS 7 /* executed before entry.S reads the counter */

#ifndef __ASSEMBLER__
#include <stdint.h>

#define BENCH_REPEATS 128

/* The counter as entry.S read it. */
extern uint64_t bench_entry_counter;

/* Prints `bench KEY median`, `bench KEY_min ...` and `bench KEY_max ...` of BENCH_REPEATS values,
 * which it sorts. */
void bench_print(const char *key, uint64_t *values);

/* IPI from this CPU to CPU 1 in WFI; prints nothing if there is no CPU 1. */
void bench_ipi(void);
#endif
#endif
