/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The description of a product: the keys that its YAML file and a board's may have.
 */
#ifndef TOOLS_DESCRIPTION_H
#define TOOLS_DESCRIPTION_H

#include <stdio.h>

#include "tools/schema.h"

/* Tables of the keys of a description and of a board.yaml. */
extern const struct schema_key description_keys[];
extern const struct schema_key description_board_keys[];

/*
 * Parses and checks a file against a table. Returns NULL after the messages if there is nothing to
 * go on with; else a tree in which everything wrong is marked bad.
 */
struct tree *description_parse(const struct blob *blob, const struct schema_key *keys);

/* Writes docs/description.md. */
void description_print(FILE *file);

#endif
