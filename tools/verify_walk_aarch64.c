/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads AArch64 translation tables as a processor would (Arm ARM DDI 0487, D8), from the image's
 * bytes. Anything that this hypervisor has no use for is an error, not a riddle.
 */
#include <elf.h>
#include <inttypes.h>

#include "arch/aarch64/layout.h"
#include "tools/verify_walk.h"

#define PAGE           PLAN_PAGE_SIZE
#define ADDRESS_MASK   0x0000fffffffff000ull
#define TYPE_MASK      3ull
#define TYPE_BLOCK     1ull
#define TYPE_TABLE     3ull /* at level 3: a page */
#define S1_ATTR_MASK   (7ull << 2)
#define S2_MEMATTR     (0xfull << 2)
#define SHAREABLE_MASK (3ull << 8)
#define S1_KNOWN                                                                          \
	(ADDRESS_MASK | TYPE_MASK | S1_ATTR_MASK | S1_AP_RES1 | S1_READ_ONLY | DESC_ISH | \
		DESC_AF | S1_XN)
#define S2_KNOWN \
	(ADDRESS_MASK | TYPE_MASK | S2_MEMATTR | S2_READ | S2_WRITE | DESC_ISH | DESC_AF | S2_XN)

#define VTCR_T0SZ(control) ((unsigned)((control)&0x3f))
#define VTCR_KNOWN         0x8007ffffull
#define VTCR_PS(control)   ((unsigned)((control) >> 16 & 7))
#define VTCR_WALK          0x80003540ull /* inner shareable, write-back, 4 KiB, from level 1 */
#define VTCR_WALK_MASK     0xfff8ffc0ull
#define LEVEL1_SHIFT       30u

static void own_page(struct verify_walk *walk, uint64_t address, uint64_t entry)
{
	uint64_t attribute = entry & S1_ATTR_MASK;
	struct verify_range leaf = {.owner = VERIFY_HYP,
		.address = address,
		.pa = entry & ADDRESS_MASK,
		.size = PAGE,
		.write = !(entry & S1_READ_ONLY),
		.execute = !(entry & S1_XN),
		.device = attribute == S1_ATTR(HYP_ATTR_DEVICE)};

	if ((entry & TYPE_MASK) != TYPE_TABLE || (entry & ~S1_KNOWN) != 0)
		verify_walk_bad(walk, address, entry, "unknown bits");
	else if (!(entry & DESC_AF) || !(entry & S1_AP_RES1))
		verify_walk_bad(walk, address, entry, "its first use would fault");
	else if (!leaf.device && attribute != S1_ATTR(HYP_ATTR_NORMAL))
		verify_walk_bad(walk, address, entry, "neither memory nor a device");
	else
		verify_walk_add(walk, &leaf);
}

static void walk_own(struct verify_walk *walk)
{
	const struct verify *verify = walk->verify;
	size_t index = HYP_VIRTUAL_BASE / HYP_VIRTUAL_SIZE;
	const uint8_t *root, *table;

	if (verify->header.root_pa % HYP_ROOT_BYTES != 0)
		verify_walk_bad(walk, 0, verify->header.root_pa, "the root table is not aligned");
	root = verify_walk_table(walk, verify->header.root_pa, HYP_ROOT_BYTES, true);
	if (!root)
		return;
	for (size_t i = 0; i < HYP_ROOT_BYTES / sizeof(uint64_t); i++) {
		uint64_t entry = verify_walk_entry(root, i);

		if (i == index && (entry & ~ADDRESS_MASK) != TYPE_TABLE)
			verify_walk_bad(walk, HYP_VIRTUAL_BASE, entry, "not a table");
		if (i != index && entry != 0)
			verify_walk_bad(walk, i * HYP_VIRTUAL_SIZE, entry,
				"the hypervisor has nothing there");
	}
	if (!walk->good)
		return;
	table = verify_walk_table(walk, verify_walk_entry(root, index) & ADDRESS_MASK, PAGE, false);
	for (size_t i = 0; table && i < VERIFY_ENTRIES; i++) {
		uint64_t entry = verify_walk_entry(table, i);

		if (entry & DESC_VALID)
			own_page(walk, HYP_VIRTUAL_BASE + i * PAGE, entry);
		else if (entry != 0)
			verify_walk_bad(
				walk, HYP_VIRTUAL_BASE + i * PAGE, entry, "invalid, not empty");
	}
}

static void vm_leaf(struct verify_walk *walk, uint64_t address, uint64_t entry, unsigned shift)
{
	struct verify_range leaf = {.owner = walk->owner,
		.address = address,
		.pa = entry & ADDRESS_MASK,
		.size = 1ull << shift,
		.write = entry & S2_WRITE,
		.execute = !(entry & S2_XN),
		.device = (entry & S2_MEMATTR) == S2_DEVICE,
		.uncached = (entry & S2_MEMATTR) == S2_UNCACHED,
		.share = verify_comm_share(
			walk->verify, (unsigned)walk->owner, address, 1ull << shift)};

	walk->verify->leaves++;
	if ((entry & ~S2_KNOWN) != 0)
		verify_walk_bad(walk, address, entry, "unknown bits");
	else if (!(entry & DESC_AF) || !(entry & S2_READ))
		verify_walk_bad(walk, address, entry, "its first use would fault");
	else if (!leaf.device && !leaf.uncached && (entry & S2_MEMATTR) != S2_NORMAL)
		verify_walk_bad(walk, address, entry, "neither memory nor a device");
	else if (leaf.share == VERIFY_SHARE_NONE && !leaf.device &&
		 (leaf.uncached || !leaf.execute))
		verify_walk_bad(walk, address, entry, "shared memory that the plan does not name");
	else if (!leaf.device && (entry & SHAREABLE_MASK) != DESC_ISH)
		verify_walk_bad(walk, address, entry, "memory that other CPUs may see late");
	else if (leaf.pa % leaf.size != 0)
		verify_walk_bad(walk, address, entry, "not aligned to its size");
	else if (leaf.pa >= walk->pa_end)
		verify_walk_bad(
			walk, address, entry, "beyond the physical addresses of VTCR_EL2.PS");
	else
		verify_walk_add(walk, &leaf);
}

static void vm_level(struct verify_walk *walk, const uint8_t *table, size_t count, uint64_t address,
	unsigned shift)
{
	for (size_t i = 0; i < count; i++, address += 1ull << shift) {
		uint64_t entry = verify_walk_entry(table, i);
		uint64_t type = entry & TYPE_MASK;

		if (!(entry & DESC_VALID)) {
			if (entry != 0)
				verify_walk_bad(walk, address, entry, "invalid, not empty");
		} else if ((type == TYPE_TABLE) == (shift == 12)) {
			vm_leaf(walk, address, entry, shift);
		} else if (shift == 12 || (entry & ~ADDRESS_MASK) != TYPE_TABLE) {
			verify_walk_bad(walk, address, entry, "unknown bits");
		} else {
			const uint8_t *next =
				verify_walk_table(walk, entry & ADDRESS_MASK, PAGE, false);

			if (next)
				vm_level(walk, next, VERIFY_ENTRIES, address, shift - 9);
		}
	}
}

/* VTCR_EL2: whether it says how the tables are laid out, and the end of physical addresses. */
static bool control_read(struct verify_walk *walk, const struct plan_vm *vm, unsigned *bits)
{
	static const unsigned sizes[] = {32, 36, 40, 42, 44, 48};
	uint64_t control = vm->stage2_control;
	unsigned ps = VTCR_PS(control);

	*bits = 64 - VTCR_T0SZ(control);
	if ((control & ~VTCR_KNOWN) != 0 || (control & VTCR_WALK_MASK) != VTCR_WALK ||
		ps >= sizeof(sizes) / sizeof(sizes[0]) || *bits <= LEVEL1_SHIFT || *bits > 40 ||
		sizes[ps] < *bits || vm->stage2_root_entries != 1u << (*bits - LEVEL1_SHIFT)) {
		verify_complain(walk->verify,
			"%s has stage2_control 0x%" PRIx64
			" with %u root entries, which do not fit each other",
			verify_owner(walk->verify, walk->owner), control, vm->stage2_root_entries);
		return false;
	}
	walk->pa_end = 1ull << sizes[ps];
	return true;
}

static void walk_vm(struct verify_walk *walk, const struct plan_vm *vm)
{
	unsigned bits;
	uint64_t bytes;
	const uint8_t *root;

	if (!control_read(walk, vm, &bits)) {
		walk->good = false;
		return;
	}
	bytes = vm->stage2_root_entries * sizeof(uint64_t);
	if (vm->stage2_root_pa % (bytes > 64 ? bytes : 64) != 0) {
		verify_complain(walk->verify, "%s has its root table at 0x%" PRIx64 ", not aligned",
			verify_owner(walk->verify, walk->owner), vm->stage2_root_pa);
		walk->good = false;
		return;
	}
	root = verify_walk_table(walk, vm->stage2_root_pa, bytes, true);
	if (root)
		vm_level(walk, root, vm->stage2_root_entries, 0, LEVEL1_SHIFT);
}

const struct verify_walker verify_walker_aarch64 = {
	.machine = EM_AARCH64,
	.own = walk_own,
	.vm = walk_vm,
};
