/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host tool's memory: a chain of allocations that is freed as a whole.
 */
#include "tools/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct chunk {
	struct chunk *next;
	_Alignas(max_align_t) uint8_t bytes[];
};

static struct chunk *chunks; /* owner: this file; newest first */

static _Noreturn void out_of_memory(size_t count, size_t size)
{
	fprintf(stderr, "orlop: error: no memory for %zu objects of %zu bytes\n", count, size);
	exit(1);
}

void *arena_alloc(size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - sizeof(struct chunk))
		out_of_memory(count, size);

	struct chunk *chunk = calloc(1, sizeof(*chunk) + bytes);
	if (!chunk)
		out_of_memory(count, size);
	chunk->next = chunks;
	chunks = chunk;
	return chunk->bytes;
}

void *arena_grow(void *array, size_t count, size_t size)
{
	/* The room doubles at each power of two, which the count alone tells. */
	if (count & (count - 1) || (count == 0 && array))
		return array;
	void *larger = arena_alloc(count ? count * 2 : 1, size);
	if (count)
		memcpy(larger, array, count * size);
	return larger;
}

char *arena_text(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);

	char *text = arena_alloc((size_t)length + 1, 1);
	va_start(arguments, format);
	vsnprintf(text, (size_t)length + 1, format, arguments);
	va_end(arguments);
	return text;
}

void arena_release(void)
{
	while (chunks) {
		struct chunk *next = chunks->next;
		free(chunks);
		chunks = next;
	}
}
