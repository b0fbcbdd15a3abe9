/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where source and target lie differently in their words, each word of the target is put together
 * from two of the source: misaligned accesses are not for granted (they may be emulated by
 * firmware, at hundreds of cycles each). Little-endian only.
 */
#include "lib/copy.h"

#include <stdint.h>

#include "lib/string.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are put together little-endian");

/* A word that may alias anything. */
typedef uint64_t __attribute__((may_alias)) word_t;

#define WORD sizeof(word_t)

/*
 * Copies words to `to`, which is aligned, from `from`, which lies `offset` bytes (1 to 7) into a
 * word; returns how many bytes. What is left of `size`, which is more than a word, is less than
 * two.
 */
static size_t copy_shifted(char *to, const char *from, size_t size, size_t offset)
{
	const unsigned down = (unsigned)offset * 8, up = 64 - down;
	const size_t count = (size + offset) / WORD - 1;
	const word_t *source = (const word_t *)(from + WORD - offset);
	word_t *target = (word_t *)to, *const end = target + count;
	uint64_t low = 0, high;

	for (size_t i = offset; i < WORD; i++)
		low |= (uint64_t)(unsigned char)from[i - offset] << i * 8;
	if (count % 2) {
		high = *source++;
		*target++ = low >> down | high << up;
		low = high;
	}
	/* By two, so that what is read stays where it is. */
	for (; target != end; target += 2, source += 2) {
		high = source[0];
		target[0] = low >> down | high << up;
		low = source[1];
		target[1] = high >> down | low << up;
	}
	return count * WORD;
}

void copy_bytes(void *restrict to, const void *restrict from, size_t size)
{
	const size_t head = -(uintptr_t)to & (WORD - 1);
	size_t at = 0, offset;

	if (size < 2 * WORD) {
		memcpy(to, from, size);
		return;
	}
	for (; at < head; at++)
		((char *)to)[at] = ((const char *)from)[at];
	offset = ((uintptr_t)from + at) & (WORD - 1);
	if (offset)
		at += copy_shifted((char *)to + at, (const char *)from + at, size - at, offset);
	memcpy((char *)to + at, (const char *)from + at, size - at);
}
