/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What keys a YAML file of ours may have, as tables: the same tables check a file and print its
 * documentation, so the two cannot drift apart.
 */
#ifndef TOOLS_SCHEMA_H
#define TOOLS_SCHEMA_H

#include <stdbool.h>
#include <stdio.h>

#include "tools/tree.h"

/* The forms that a value may have; a key may allow several. */
#define SCHEMA_TEXT   1u
#define SCHEMA_CHOICE 2u   /* one of the words in choices */
#define SCHEMA_SIZE   4u   /* bytes, with K, M, G after the number */
#define SCHEMA_NUMBER 8u   /* a count or an address */
#define SCHEMA_MAP    16u  /* with the keys in map */
#define SCHEMA_LIST   32u  /* of items that have the forms in items */
#define SCHEMA_NAMED  64u  /* a map whose keys are names, with values of the forms in items */
#define SCHEMA_TIME   128u /* ns, with ns, us, ms or s after the number */
#define SCHEMA_SHARE  256u /* millionths, as a number with % after it */

struct schema_key {
	const char *name; /* NULL ends a table */
	unsigned forms;
	unsigned items;               /* forms of a list's items or a named map's values */
	const struct schema_key *map; /* keys of a map, be it the value or an item */
	const char *choices;          /* words separated by blanks */
	bool required;
	const char *fallback; /* what holds when the key is absent, in words; NULL if required */
	const char *meaning, *example;
};

/*
 * Checks a file's tree against its table and prints every error; marks what is wrong as bad.
 * Returns false if the root is not even a map.
 */
bool schema_check(struct tree *root, const struct schema_key *keys);

/* The word of a blank-separated list that text was perhaps meant to be, or NULL. */
const char *schema_nearest(const char *words, const char *text);

/* Prints the table and those below it as Markdown; title: of the table's first heading. */
void schema_print(FILE *file, const struct schema_key *keys, const char *title);

#endif
