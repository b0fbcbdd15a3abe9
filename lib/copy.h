/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copying of bytes that need not lie alike on both sides, a word at a time: packets, whose headers
 * are rarely whole words long.
 */
#ifndef LIB_COPY_H
#define LIB_COPY_H

#include <stddef.h>

/* As memcpy. Every access is aligned, and none is outside of the two ranges. */
void copy_bytes(void *restrict to, const void *restrict from, size_t size);

#endif
