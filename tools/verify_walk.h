/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks of translation tables: what verify_walk.c shares with the files of the architectures, each
 * of which is one struct verify_walker.
 */
#ifndef TOOLS_VERIFY_WALK_H
#define TOOLS_VERIFY_WALK_H

#include "tools/verify_model.h"

#define VERIFY_ENTRIES 512u /* of a table of one page */

/* One walk: whose, and how large physical addresses may be. */
struct verify_walk {
	struct verify *verify;
	int owner;
	struct verify_ranges *ranges;
	uint64_t pa_end;
	bool good;
};

struct verify_walker {
	uint16_t machine; /* ELF e_machine */
	void (*own)(struct verify_walk *walk);
	void (*vm)(struct verify_walk *walk, const struct plan_vm *vm);
};

extern const struct verify_walker verify_walker_aarch64, verify_walker_riscv64;

uint64_t verify_walk_entry(const uint8_t *table, size_t index);

/* Adds a leaf, to the last range where it continues it. */
void verify_walk_add(struct verify_walk *walk, const struct verify_range *leaf);

/* Complains of an entry. */
void verify_walk_bad(struct verify_walk *walk, uint64_t address, uint64_t entry, const char *why);

/* Takes note of a table and returns its bytes; NULL if it is no table that may be there. */
const uint8_t *verify_walk_table(
	struct verify_walk *walk, uint64_t pa, uint64_t size, bool is_root);

#endif
