/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A YAML file as a tree of texts, lists and maps, each with the place where it stands.
 * Of YAML it takes what a description needs: no anchors, no tags, one document.
 */
#ifndef TOOLS_TREE_H
#define TOOLS_TREE_H

#include <stdbool.h>

#include "tools/system.h"

enum tree_kind { TREE_TEXT, TREE_LIST, TREE_MAP };

struct tree {
	enum tree_kind kind;
	struct place place;
	const char *key; /* in a map, else NULL */
	struct place key_place;
	const char *text; /* TREE_TEXT */
	uint64_t number;  /* of a text that schema_check found to be a number or size */
	struct tree *first, *last, *next;
	bool bad; /* an error about it has been printed: tree_get does not find it */
};

/* Returns NULL after the error has been printed; an empty file gives an empty text. */
struct tree *tree_parse(const struct blob *blob);

/* The value of a key, NULL if map is NULL or not a map, or the key is not there or bad. */
const struct tree *tree_get(const struct tree *map, const char *key);

/* The text of a key's value, or fallback. */
const char *tree_text(const struct tree *map, const char *key, const char *fallback);

/* Where a message about the value should point: at its key if it has one. */
struct place tree_place(const struct tree *tree);

#endif
