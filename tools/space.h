/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arithmetic on ranges of addresses. A range never wraps round the end of the 64-bit space:
 * whoever makes one has checked that.
 */
#ifndef TOOLS_SPACE_H
#define TOOLS_SPACE_H

#include <stdbool.h>

#include "tools/system.h"

#define SPACE_PAGE  4096ull
#define SPACE_MIB   (1ull << 20)
#define SPACE_LIMIT (1ull << 40) /* end of what stage 2 translates on the smallest of our cores */

static inline uint64_t space_up(uint64_t address, uint64_t align)
{
	return (address + align - 1) & ~(align - 1);
}

static inline bool space_overlap(struct range a, struct range b)
{
	return a.size && b.size && a.base < b.base + b.size && b.base < a.base + a.size;
}

static inline bool space_inside(struct range inner, struct range outer)
{
	return inner.base >= outer.base && inner.size <= outer.size &&
	       inner.base - outer.base <= outer.size - inner.size;
}

/* The whole pages that a range touches; the last page of the 64-bit space is never one of them. */
static inline struct range space_pages(struct range range)
{
	uint64_t base = range.base & ~(SPACE_PAGE - 1);
	uint64_t end = range.base + range.size;
	end = end > UINT64_MAX - SPACE_PAGE ? ~(SPACE_PAGE - 1) : space_up(end, SPACE_PAGE);
	return (struct range){base, end - base};
}

#endif
