/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads translation tables as a processor would, from the image's bytes: what is the same for all
 * architectures.
 */
#include "tools/verify_walk.h"

#include <inttypes.h>
#include <string.h>

#include "tools/arena.h"

#define PAGE PLAN_PAGE_SIZE

static const struct verify_walker *const walkers[] = {
	&verify_walker_aarch64, &verify_walker_riscv64};

static const struct verify_walker *walker_for(uint16_t machine)
{
	for (size_t i = 0; i < sizeof(walkers) / sizeof(walkers[0]); i++) {
		if (walkers[i]->machine == machine)
			return walkers[i];
	}
	return NULL;
}

bool verify_walk_knows(uint16_t machine)
{
	return walker_for(machine) != NULL;
}

uint64_t verify_walk_entry(const uint8_t *table, size_t index)
{
	uint64_t entry;

	memcpy(&entry, table + index * sizeof(entry), sizeof(entry));
	return entry;
}

void verify_walk_add(struct verify_walk *walk, const struct verify_range *leaf)
{
	struct verify_ranges *ranges = walk->ranges;
	struct verify_range *last = ranges->count ? &ranges->ranges[ranges->count - 1] : NULL;

	if (last && last->address + last->size == leaf->address &&
		last->pa + last->size == leaf->pa && last->write == leaf->write &&
		last->execute == leaf->execute && last->device == leaf->device &&
		last->share == leaf->share && last->uncached == leaf->uncached) {
		last->size += leaf->size;
		return;
	}
	ranges->ranges = arena_grow(ranges->ranges, ranges->count, sizeof(ranges->ranges[0]));
	ranges->ranges[ranges->count++] = *leaf;
}

void verify_walk_bad(struct verify_walk *walk, uint64_t address, uint64_t entry, const char *why)
{
	verify_complain(walk->verify,
		"%s has the table entry 0x%016" PRIx64 " for 0x%" PRIx64 ": %s",
		verify_owner(walk->verify, walk->owner), entry, address, why);
	walk->good = false;
}

const uint8_t *verify_walk_table(struct verify_walk *walk, uint64_t pa, uint64_t size, bool is_root)
{
	struct verify *verify = walk->verify;
	const struct verify_part *hyp = verify->hyp;

	if (pa % (is_root ? 8 : PAGE) != 0 || pa < hyp->base || pa - hyp->base >= hyp->size ||
		size > hyp->size - (pa - hyp->base)) {
		verify_complain(verify,
			"%s has a translation table at 0x%" PRIx64
			", outside the hypervisor's memory",
			verify_owner(verify, walk->owner), pa);
		walk->good = false;
		return NULL;
	}
	for (size_t i = 0; i < verify->table_count; i++) {
		const struct verify_table *other = &verify->tables[i];

		if (pa < other->pa + other->size && other->pa < pa + size) {
			verify_complain(verify,
				"the translation table at 0x%" PRIx64
				" is used twice, by %s and %s",
				pa, verify_owner(verify, other->owner),
				verify_owner(verify, walk->owner));
			walk->good = false;
			return NULL;
		}
	}
	verify->tables = arena_grow(verify->tables, verify->table_count, sizeof(verify->tables[0]));
	verify->tables[verify->table_count++] = (struct verify_table){
		.pa = pa, .size = size, .owner = walk->owner, .is_root = is_root};
	return hyp->bytes + (pa - hyp->base);
}

bool verify_walk_own(struct verify *verify)
{
	struct verify_walk walk = {
		.verify = verify, .owner = VERIFY_HYP, .ranges = &verify->own, .good = true};

	walker_for(verify->machine)->own(&walk);
	return walk.good;
}

bool verify_walk_vm(struct verify *verify, unsigned index)
{
	struct verify_walk walk = {.verify = verify,
		.owner = (int)index,
		.ranges = &verify->of_vm[index],
		.good = true};

	walker_for(verify->machine)->vm(&walk, &verify->vms[index]);
	return walk.good;
}
