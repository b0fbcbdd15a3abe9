/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copying of messages: few bytes, mostly whole words that are aligned on both sides.
 */
#ifndef GUEST_LIB_WORDS_H
#define GUEST_LIB_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/string.h"

typedef uint64_t __attribute__((may_alias)) words_t;

static inline bool words_fit(const void *to, const void *from, size_t bytes)
{
	return ((uintptr_t)to | (uintptr_t)from | bytes) % sizeof(words_t) == 0;
}

/* Where they fit: in fours, then one by one. The barriers keep the compiler from calling memcpy. */
static inline void words_copy_fit(void *to, const void *from, size_t bytes)
{
	words_t *words = to;
	const words_t *source = from;

	for (; bytes >= 4 * sizeof(*words); bytes -= 4 * sizeof(*words)) {
		uint64_t a = source[0], b = source[1], c = source[2], d = source[3];

		words[0] = a;
		words[1] = b;
		words[2] = c;
		words[3] = d;
		words += 4;
		source += 4;
		__asm__ volatile("" ::: "memory");
	}
	for (; bytes > 0; bytes -= sizeof(*words)) {
		*words++ = *source++;
		__asm__ volatile("" ::: "memory");
	}
}

/* As memcpy. */
static inline void words_copy(void *to, const void *from, size_t bytes)
{
	if (words_fit(to, from, bytes))
		words_copy_fit(to, from, bytes);
	else
		memcpy(to, from, bytes);
}

#endif
