/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The node of the region in the guest's device tree (Devicetree Specification 0.4, chapter 5).
 */
#include "tree.h"

#include <stddef.h>

#include "lib/string.h"

#define FDT_MAGIC      0xd00dfeed
#define FDT_BEGIN_NODE 1
#define FDT_END_NODE   2
#define FDT_PROPERTY   3
#define FDT_NOP        4

static uint32_t big_endian(const void *at)
{
	const uint8_t *bytes = at;

	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static bool is_string(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static size_t length_of(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

/* The property's data and the length, as far as they are what is looked for. */
static void note(struct tree_node *node, bool *matches, const char *name, const uint8_t *data,
	uint32_t bytes, const char *compatible)
{
	if (is_string(name, "compatible") && bytes == length_of(compatible) + 1)
		*matches = memcmp(data, compatible, bytes) == 0;
	if (is_string(name, "reg") && bytes == 16) {
		node->address = (uint64_t)big_endian(data) << 32 | big_endian(data + 4);
		node->size_bytes = (uint64_t)big_endian(data + 8) << 32 | big_endian(data + 12);
	}
	if (is_string(name, "interrupts"))
		node->has_interrupt = true;
}

bool tree_find(uint64_t tree, const char *compatible, struct tree_node *node)
{
	const uint8_t *blob = (const uint8_t *)tree, *at;
	const char *strings;
	bool matches = false;

	if (!tree || big_endian(blob) != FDT_MAGIC)
		return false;
	at = blob + big_endian(blob + 8);
	strings = (const char *)blob + big_endian(blob + 12);
	for (;;) {
		uint32_t token = big_endian(at);

		at += 4;
		if (token == FDT_BEGIN_NODE || token == FDT_END_NODE) {
			if (matches)
				return true;
			*node = (struct tree_node){0};
			if (token == FDT_BEGIN_NODE)
				at += (length_of((const char *)at) + 4) & ~3ul;
		} else if (token == FDT_PROPERTY) {
			uint32_t bytes = big_endian(at);

			note(node, &matches, strings + big_endian(at + 4), at + 8, bytes,
				compatible);
			at += 8 + ((bytes + 3) & ~3u);
		} else if (token != FDT_NOP) {
			return false;
		}
	}
}
