/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds a VM's translation tables (stage 2) on the host, with the largest blocks that fit. What
 * the entries look like is the architecture's affair: struct translation.
 */
#ifndef TOOLS_STAGE2_H
#define TOOLS_STAGE2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAGE2_PAGE         4096ull
#define STAGE2_PAGE_SHIFT   12u
#define STAGE2_ROOT_SHIFT   30u /* a root entry spans 1 GiB on every architecture here */
#define STAGE2_LEVEL_SHIFT  9u
#define STAGE2_PAGE_ENTRIES 512u

/* What lies behind a guest's page; memory shared with others cannot be executed. */
enum stage2_kind {
	STAGE2_RAM,
	STAGE2_RAM_READ_ONLY,
	STAGE2_SHARED,
	STAGE2_SHARED_READ_ONLY,
	STAGE2_UNCACHED, /* shared as well */
	STAGE2_UNCACHED_READ_ONLY,
	STAGE2_DEVICE
};

/* What lies behind a page of the hypervisor's own addresses. */
enum own_kind { OWN_TEXT, OWN_READ_ONLY, OWN_DATA, OWN_DEVICE };

/* How an architecture writes translation tables: three levels of 4 KiB granules. */
struct translation {
	uint16_t machine;            /* ELF e_machine */
	unsigned bits_min, bits_max; /* of a guest-physical address */
	uint64_t root_align_min;     /* bytes; a root is aligned to its size, at least to this */
	uint64_t root_bytes_min;     /* bytes; the processor reads so much whatever is in use */

	/* A leaf that spans 1 << shift bytes. */
	uint64_t (*leaf)(enum stage2_kind kind, uint64_t host, unsigned shift);
	uint64_t (*table)(uint64_t host);
	/* The control register for guest addresses of bits and host addresses below host_end. */
	uint64_t (*control)(unsigned bits, uint64_t host_end);

	/*
	 * The hypervisor's own tables: a root, aligned to its size or a page, from which the one of
	 * own_page()s hangs; own_root() fills it. own_host() gives back the page's or table's
	 * address of an entry; own_path are the indices that lead from the root to the table.
	 */
	uint64_t own_root_bytes;
	void (*own_root)(uint64_t *root, uint64_t root_pa, uint64_t table_pa);
	uint64_t (*own_page)(enum own_kind kind, uint64_t host);
	uint64_t (*own_host)(uint64_t entry);
	unsigned own_path[2], own_path_count;
};

/* The translation of an ELF machine, or NULL. */
const struct translation *translation_for(uint16_t machine);
extern const struct translation translation_aarch64, translation_riscv64;

struct stage2 {
	const struct translation *format;
	unsigned bits;
	unsigned root_entries;
	uint64_t *root;
	uint64_t **tables; /* all others, one page each */
	size_t table_count;
	uint64_t tables_pa; /* where tables[0] lies */
	uint64_t leaves[3]; /* how many of 4 KiB, 2 MiB and 1 GiB */
};

/*
 * Empty tables for guest addresses below guest_end. Returns false if no legal size covers it (then
 * bits_max of the format is too small).
 */
bool stage2_start(struct stage2 *stage2, const struct translation *format, uint64_t guest_end);

/*
 * Maps guest to host, all three multiples of the page size; devices in pages only. Returns false
 * if something is mapped there already or the addresses are out of range; *where is then the guest
 * address of the trouble.
 */
bool stage2_map(struct stage2 *stage2, enum stage2_kind kind, uint64_t guest, uint64_t host,
	uint64_t size, uint64_t *where);

/* Size and alignment of the root in bytes. */
uint64_t stage2_root_bytes(const struct stage2 *stage2);
uint64_t stage2_root_align(const struct stage2 *stage2);

/* Settles where the tables lie; once, after the last stage2_map. */
void stage2_place(struct stage2 *stage2, uint64_t tables_pa);

#endif
