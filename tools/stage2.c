/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds a VM's translation tables (stage 2) on the host, with the largest blocks that fit.
 */
#include "tools/stage2.h"

#include "tools/arena.h"

/* While tables may still move, an entry for a table holds this plus the table's index. */
#define TABLE_UNPLACED 1ull

static const struct translation *const formats[] = {&translation_aarch64, &translation_riscv64};

const struct translation *translation_for(uint16_t machine)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i]->machine == machine)
			return formats[i];
	}
	return NULL;
}

bool stage2_start(struct stage2 *stage2, const struct translation *format, uint64_t guest_end)
{
	unsigned bits = format->bits_min;

	while (bits < format->bits_max && guest_end > 1ull << bits)
		bits++;
	if (guest_end > 1ull << bits)
		return false;
	*stage2 = (struct stage2){
		.format = format, .bits = bits, .root_entries = 1u << (bits - STAGE2_ROOT_SHIFT)};
	stage2->root = arena_alloc(stage2->root_entries, sizeof(uint64_t));
	return true;
}

uint64_t stage2_root_bytes(const struct stage2 *stage2)
{
	uint64_t bytes = stage2->root_entries * sizeof(uint64_t);

	return bytes > stage2->format->root_bytes_min ? bytes : stage2->format->root_bytes_min;
}

uint64_t stage2_root_align(const struct stage2 *stage2)
{
	uint64_t bytes = stage2_root_bytes(stage2);

	return bytes > stage2->format->root_align_min ? bytes : stage2->format->root_align_min;
}

/* The entry for a new empty table. */
static uint64_t table_add(struct stage2 *stage2)
{
	size_t index = stage2->table_count++;

	stage2->tables = arena_grow(stage2->tables, index, sizeof(stage2->tables[0]));
	stage2->tables[index] = arena_alloc(STAGE2_PAGE_ENTRIES, sizeof(uint64_t));
	return (uint64_t)index << STAGE2_PAGE_SHIFT | TABLE_UNPLACED;
}

static bool is_table(uint64_t entry)
{
	return entry % STAGE2_PAGE == TABLE_UNPLACED;
}

/*
 * Where the leaf for guest at this shift goes, with new tables on the way to it; NULL if a larger
 * leaf is in the way.
 */
static uint64_t *slot_for(struct stage2 *stage2, uint64_t guest, unsigned shift)
{
	uint64_t *entry = &stage2->root[guest >> STAGE2_ROOT_SHIFT];

	for (unsigned level = STAGE2_ROOT_SHIFT; level > shift;) {
		if (*entry == 0)
			*entry = table_add(stage2);
		if (!is_table(*entry))
			return NULL;
		level -= STAGE2_LEVEL_SHIFT;
		entry = &stage2->tables[*entry >> STAGE2_PAGE_SHIFT]
				       [(guest >> level) % STAGE2_PAGE_ENTRIES];
	}
	return entry;
}

/* The largest leaf that can start at guest and host and ends within size. */
static unsigned largest_shift(uint64_t guest, uint64_t host, uint64_t size)
{
	unsigned shift = STAGE2_ROOT_SHIFT;

	while (shift > STAGE2_PAGE_SHIFT &&
		((guest | host) % (1ull << shift) != 0 || size < 1ull << shift))
		shift -= STAGE2_LEVEL_SHIFT;
	return shift;
}

bool stage2_map(struct stage2 *stage2, enum stage2_kind kind, uint64_t guest, uint64_t host,
	uint64_t size, uint64_t *where)
{
	*where = guest;
	if ((guest | host | size) % STAGE2_PAGE != 0 || guest > 1ull << stage2->bits ||
		size > (1ull << stage2->bits) - guest)
		return false;
	while (size > 0) {
		unsigned shift = kind == STAGE2_DEVICE ? STAGE2_PAGE_SHIFT
						       : largest_shift(guest, host, size);
		uint64_t *slot = slot_for(stage2, guest, shift);

		*where = guest;
		if (slot == NULL || *slot != 0)
			return false;
		*slot = stage2->format->leaf(kind, host, shift);
		stage2->leaves[(shift - STAGE2_PAGE_SHIFT) / STAGE2_LEVEL_SHIFT]++;
		guest += 1ull << shift;
		host += 1ull << shift;
		size -= 1ull << shift;
	}
	return true;
}

static void place_entries(const struct stage2 *stage2, uint64_t *entries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (is_table(entries[i]))
			entries[i] = stage2->format->table(
				stage2->tables_pa + (entries[i] & ~TABLE_UNPLACED));
	}
}

void stage2_place(struct stage2 *stage2, uint64_t tables_pa)
{
	stage2->tables_pa = tables_pa;
	place_entries(stage2, stage2->root, stage2->root_entries);
	for (size_t i = 0; i < stage2->table_count; i++)
		place_entries(stage2, stage2->tables[i], STAGE2_PAGE_ENTRIES);
}
