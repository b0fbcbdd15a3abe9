/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory functions. Whole words where both sides are aligned (a VM's memory is restored with
 * these), bytes elsewhere.
 */
#include "lib/string.h"

#include <stdbool.h>
#include <stdint.h>

/* A word that may alias anything. */
typedef uint64_t __attribute__((may_alias)) word_t;

static bool aligned(const void *a, const void *b)
{
	return (((uintptr_t)a | (uintptr_t)b) & (sizeof(word_t) - 1)) == 0;
}

/* Four words a turn: the loop's own instructions are few beside them. */
void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	size_t at = 0;

	if (aligned(to, from)) {
		for (; at + 4 * sizeof(word_t) <= size; at += 4 * sizeof(word_t)) {
			const word_t *source = (const word_t *)((const char *)from + at);
			word_t *target = (word_t *)((char *)to + at);
			const word_t a = source[0], b = source[1], c = source[2], d = source[3];

			target[0] = a;
			target[1] = b;
			target[2] = c;
			target[3] = d;
		}
		for (; at + sizeof(word_t) <= size; at += sizeof(word_t))
			*(word_t *)((char *)to + at) = *(const word_t *)((const char *)from + at);
	}
	for (; at < size; at++)
		((char *)to)[at] = ((const char *)from)[at];
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	if ((uintptr_t)to - (uintptr_t)from >= size)
		return memcpy(to, from, size);
	while (size-- > 0)
		((char *)to)[size] = ((const char *)from)[size];
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	const uint64_t word = (unsigned char)byte * 0x0101010101010101ull;
	size_t at = 0;

	if (aligned(to, to)) {
		for (; at + 4 * sizeof(word_t) <= size; at += 4 * sizeof(word_t)) {
			word_t *target = (word_t *)((char *)to + at);

			target[0] = word;
			target[1] = word;
			target[2] = word;
			target[3] = word;
		}
		for (; at + sizeof(word_t) <= size; at += sizeof(word_t))
			*(word_t *)((char *)to + at) = word;
	}
	for (; at < size; at++)
		((char *)to)[at] = (char)byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a, *y = b;

	for (; size > 0; size--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}
