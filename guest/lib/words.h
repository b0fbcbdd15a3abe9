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

/* Where they fit: four a turn. The barriers keep the compiler from calling memcpy. */
static inline void words_copy_fit(void *to, const void *from, size_t bytes)
{
	words_t *words = to;
	const words_t *source = from;
	const words_t *fours = source + bytes / sizeof(*words) / 4 * 4;

	while (source != fours) {
		uint64_t first = source[0], second = source[1];
		uint64_t third = source[2], fourth = source[3];

		words[0] = first;
		words[1] = second;
		words[2] = third;
		words[3] = fourth;
		words += 4;
		source += 4;
		__asm__ volatile("" : "+r"(words), "+r"(source)::"memory");
	}
	if (bytes & 2 * sizeof(*words)) {
		uint64_t first = source[0], second = source[1];

		words[0] = first;
		words[1] = second;
		words += 2;
		source += 2;
	}
	if (bytes & sizeof(*words))
		*words = *source;
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
