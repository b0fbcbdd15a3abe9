/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads RISC-V translation tables as a hart would (Privileged Architecture: "Sv39", "Two-Stage
 * Address Translation"), from the image's bytes. Anything that this hypervisor has no use for is an
 * error, not a riddle.
 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "arch/riscv64/layout.h"
#include "tools/verify_walk.h"

#define PAGE        PLAN_PAGE_SIZE
#define FLAGS_MASK  0x3ffull
#define PPN_MASK    0x003ffffffffffc00ull /* 44 bits from bit 10 on */
#define RIGHTS      (PTE_R | PTE_W | PTE_X)
#define ROOT_SHIFT  30u
#define ROOT_ENTRY  2048u
#define MIDDLE_LINK (HYP_VIRTUAL_BASE / HYP_VIRTUAL_SIZE)

static uint64_t host_of(uint64_t entry)
{
	return (entry & PPN_MASK) << 2;
}

/*
 * The tables say nothing of devices, which the platform tells from memory by their addresses: what
 * the hypervisor maps outside its own memory is a device, and has to be one that the plan names.
 */
static bool is_device(const struct verify *verify, uint64_t pa)
{
	return pa < verify->hyp->base || pa - verify->hyp->base >= verify->hyp->size;
}

static void own_page(struct verify_walk *walk, uint64_t address, uint64_t entry)
{
	uint64_t flags = entry & FLAGS_MASK, pa = host_of(entry);
	struct verify_range leaf = {.owner = VERIFY_HYP,
		.address = address,
		.pa = pa,
		.size = PAGE,
		.write = entry & PTE_W,
		.execute = entry & PTE_X,
		.device = is_device(walk->verify, pa)};

	if ((entry & ~(PPN_MASK | FLAGS_MASK)) != 0)
		verify_walk_bad(walk, address, entry, "unknown bits");
	else if (flags != HYP_PTE_TEXT && flags != HYP_PTE_CONST && flags != HYP_PTE_DATA)
		verify_walk_bad(walk, address, entry, "neither code, constants nor data");
	else
		verify_walk_add(walk, &leaf);
}

/* A table of the hypervisor's in which only one entry leads on; NULL after a message. */
static const uint8_t *follow(
	struct verify_walk *walk, const uint8_t *table, size_t index, uint64_t want, bool is_own)
{
	uint64_t next = verify_walk_entry(table, index);

	for (size_t i = 0; i < VERIFY_ENTRIES; i++) {
		uint64_t entry = verify_walk_entry(table, i);

		if (i == index && (entry & ~PPN_MASK) != PTE_V)
			verify_walk_bad(walk, HYP_VIRTUAL_BASE, entry, "not a table");
		if (i != index && entry != 0)
			verify_walk_bad(
				walk, HYP_VIRTUAL_BASE, entry, "the hypervisor has nothing there");
	}
	if (want != 0 && host_of(next) != want)
		verify_walk_bad(walk, HYP_VIRTUAL_BASE, next, "not the table behind the root");
	if (!walk->good)
		return NULL;
	return is_own ? verify_walk_table(walk, host_of(next), PAGE, false) : table + PAGE;
}

static void walk_own(struct verify_walk *walk)
{
	uint64_t pa = walk->verify->header.root_pa;
	const uint8_t *table = verify_walk_table(walk, pa, HYP_ROOT_BYTES, true);

	if (pa % PAGE != 0)
		verify_walk_bad(walk, 0, pa, "the root table is not aligned");
	if (table && walk->good)
		table = follow(walk, table, 0, pa + HYP_LEVEL1, false);
	if (table && walk->good)
		table = follow(walk, table, MIDDLE_LINK, 0, true);
	for (size_t i = 0; table && walk->good && i < VERIFY_ENTRIES; i++) {
		uint64_t entry = verify_walk_entry(table, i);

		if (entry & PTE_V)
			own_page(walk, HYP_VIRTUAL_BASE + i * PAGE, entry);
		else if (entry != 0)
			verify_walk_bad(
				walk, HYP_VIRTUAL_BASE + i * PAGE, entry, "invalid, not empty");
	}
}

static void vm_leaf(struct verify_walk *walk, uint64_t address, uint64_t entry, unsigned shift)
{
	uint64_t flags = entry & FLAGS_MASK;
	struct verify_range leaf = {.owner = walk->owner,
		.address = address,
		.pa = host_of(entry),
		.size = 1ull << shift,
		.write = entry & PTE_W,
		.execute = entry & PTE_X,
		.uncached = entry & S2_PTE_UNCACHED,
		.share = verify_comm_share(
			walk->verify, (unsigned)walk->owner, address, 1ull << shift)};

	/* Nor do they tell shared memory from devices: the plan does. */
	leaf.device = !leaf.execute && leaf.share == VERIFY_SHARE_NONE;
	walk->verify->leaves++;
	if ((entry & ~(PPN_MASK | FLAGS_MASK | S2_PTE_UNCACHED)) != 0)
		verify_walk_bad(walk, address, entry, "unknown bits");
	else if (flags != S2_PTE_RAM && flags != S2_PTE_READ_ONLY && flags != S2_PTE_DEVICE &&
		 flags != S2_PTE_SHARED_READ_ONLY)
		verify_walk_bad(walk, address, entry, "neither memory nor a device");
	else if (leaf.share == VERIFY_SHARE_NONE &&
		 (leaf.uncached || flags == S2_PTE_SHARED_READ_ONLY))
		verify_walk_bad(walk, address, entry, "shared memory that the plan does not name");
	else if (leaf.pa % leaf.size != 0)
		verify_walk_bad(walk, address, entry, "not aligned to its size");
	else
		verify_walk_add(walk, &leaf);
}

static void vm_level(struct verify_walk *walk, const uint8_t *table, size_t count, uint64_t address,
	unsigned shift)
{
	for (size_t i = 0; i < count; i++, address += 1ull << shift) {
		uint64_t entry = verify_walk_entry(table, i);

		if (!(entry & PTE_V)) {
			if (entry != 0)
				verify_walk_bad(walk, address, entry, "invalid, not empty");
		} else if (entry & RIGHTS) {
			vm_leaf(walk, address, entry, shift);
		} else if (shift == 12 || (entry & ~PPN_MASK) != PTE_V) {
			verify_walk_bad(walk, address, entry, "unknown bits");
		} else {
			const uint8_t *next = verify_walk_table(walk, host_of(entry), PAGE, false);

			if (next)
				vm_level(walk, next, VERIFY_ENTRIES, address, shift - 9);
		}
	}
}

/* The hart reads all entries of a root, and the hypervisor clears only those that the plan counts.
 */
static void walk_vm(struct verify_walk *walk, const struct plan_vm *vm)
{
	const char *name = verify_owner(walk->verify, walk->owner);
	const uint8_t *root;

	if (vm->stage2_control != HGATP_MODE || vm->stage2_root_entries == 0 ||
		vm->stage2_root_entries > ROOT_ENTRY) {
		verify_complain(walk->verify,
			"%s has stage2_control 0x%" PRIx64
			" with %u root entries, which do not fit each other",
			name, vm->stage2_control, vm->stage2_root_entries);
		walk->good = false;
		return;
	}
	if (vm->stage2_root_pa % S2_ROOT_BYTES != 0) {
		verify_complain(walk->verify, "%s has its root table at 0x%" PRIx64 ", not aligned",
			name, vm->stage2_root_pa);
		walk->good = false;
		return;
	}
	root = verify_walk_table(walk, vm->stage2_root_pa, S2_ROOT_BYTES, true);
	if (!root)
		return;
	vm_level(walk, root, vm->stage2_root_entries, 0, ROOT_SHIFT);
	for (size_t i = vm->stage2_root_entries; i < ROOT_ENTRY; i++) {
		uint64_t entry = verify_walk_entry(root, i);

		if (entry != 0)
			verify_walk_bad(walk, (uint64_t)i << ROOT_SHIFT, entry,
				"beyond the entries that the plan counts");
	}
}

const struct verify_walker verify_walker_riscv64 = {
	.machine = EM_RISCV,
	.own = walk_own,
	.vm = walk_vm,
};
