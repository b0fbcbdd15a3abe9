/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host tool's memory: it runs once and ends, so nothing is freed one by one. A failed
 * allocation ends the program with a message, so callers check nothing.
 */
#ifndef TOOLS_ARENA_H
#define TOOLS_ARENA_H

#include <stddef.h>
#include <stdint.h>

/* count objects of size bytes, zeroed, aligned for any type. */
void *arena_alloc(size_t count, size_t size);

/*
 * Room for one more object in an array of count objects that arena_grow made (or NULL): returns
 * the array, perhaps moved; the new object is zeroed.
 */
void *arena_grow(void *array, size_t count, size_t size);

/* A formatted text. */
char *arena_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Frees everything at once: for tests and fuzzing, which load many descriptions in one process. */
void arena_release(void);

#endif
