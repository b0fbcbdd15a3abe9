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
 * word; returns how many bytes. What is left of `size` is less than two words.
 */
static size_t copy_shifted(char *to, const char *from, size_t size, size_t offset)
{
	const unsigned down = (unsigned)offset * 8, up = 64 - down;
	uint64_t word = 0;
	size_t at = 0;

	for (size_t i = offset; i < WORD; i++)
		word |= (uint64_t)(unsigned char)from[i - offset] << i * 8;
	/* `word` is the one that holds from[at]; the next one begins behind it. */
	for (; at + 2 * WORD - offset <= size; at += WORD) {
		const uint64_t next = *(const word_t *)(from + at + WORD - offset);

		*(word_t *)(to + at) = word >> down | next << up;
		word = next;
	}
	return at;
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
