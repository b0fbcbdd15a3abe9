/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the bench guest share.
 */
#ifndef BENCH_H
#define BENCH_H

#ifndef __ASSEMBLER__
#include <stdint.h>

#define BENCH_REPEATS 128

/* The counter as entry.S read it. */
extern uint64_t bench_entry_counter;

/* What two counter reads with nothing between them differ by. */
extern uint64_t bench_empty;

/* Repeats BENCH_COUNT (machine.h) and prints what `code` costs by itself. */
#define BENCH(key, ...)                                                       \
	do {                                                                  \
		uint64_t values_[BENCH_REPEATS];                              \
		for (unsigned i_ = 0; i_ < BENCH_REPEATS; i_++)               \
			values_[i_] = BENCH_COUNT(__VA_ARGS__) - bench_empty; \
		bench_print(key, values_);                                    \
	} while (0)

/* Prints `bench KEY median`, `bench KEY_min ...` and `bench KEY_max ...` of BENCH_REPEATS values,
 * which it sorts. */
void bench_print(const char *key, uint64_t *values);

/* Accesses to emulated registers (ARCH/registers.c). */
void bench_registers(void);

/* IPI from this CPU to CPU 1 in WFI; prints nothing if there is no CPU 1. */
void bench_ipi(void);
#endif
#endif
