/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bits, fields and minima.
 */
#ifndef LIB_BITS_H
#define LIB_BITS_H

#include <stdint.h>

#define BIT(n) (1ull << (n))
/*
 * For the parts of a hot path that have several callers; for the branches off it, so that the path
 * itself needs no stack; and for those of them that are built for size.
 */
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NEVER_INLINE  __attribute__((noinline))
#define FLATTEN       __attribute__((flatten))
#define RARELY        __attribute__((noinline, cold))

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* The `width` bits of `word` from bit `low` up; width 1..63. */
static inline uint64_t bits_get(uint64_t word, unsigned low, unsigned width)
{
	return (word >> low) & (BIT(width) - 1);
}

/* Number of the lowest bit that is set; `word` must not be 0. */
static inline unsigned bits_lowest(uint64_t word)
{
	return (unsigned)__builtin_ctzll(word);
}

#endif
