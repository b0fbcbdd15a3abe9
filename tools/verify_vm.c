/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules for the VMs' memory: nobody reaches what is not his, and a restart touches only its own.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/verify_intc.h"

#define PAGE PLAN_PAGE_SIZE

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* What the VM has at a guest address, or NULL. */
static const struct verify_range *guest_at(
	const struct verify *verify, unsigned vm, uint64_t address)
{
	const struct verify_ranges *ranges = &verify->of_vm[vm];

	for (size_t i = 0; i < ranges->count; i++) {
		if (address >= ranges->ranges[i].address &&
			address - ranges->ranges[i].address < ranges->ranges[i].size)
			return &ranges->ranges[i];
	}
	return NULL;
}

static void check_kinds(const struct verify *verify, unsigned vm)
{
	const struct verify_ranges *ranges = &verify->of_vm[vm];
	const char *name = verify_owner(verify, (int)vm);

	for (size_t i = 0; i < ranges->count; i++) {
		const struct verify_range *range = &ranges->ranges[i];

		if (!range->device)
			continue;
		if (range->execute)
			verify_complain(verify, "%s can execute the device at 0x%" PRIx64, name,
				range->address);
		for (unsigned n = 0; n < verify->part_count; n++) {
			if (overlap(range->pa, range->size, verify->parts[n].base,
				    verify->parts[n].size))
				verify_complain(verify,
					"%s has as a device at 0x%" PRIx64
					" what the image fills with contents",
					name, range->address);
		}
	}
}

static void check_mmio(const struct verify *verify, unsigned vm)
{
	const struct plan_vm *plan = &verify->vms[vm];
	const struct verify_ranges *ranges = &verify->of_vm[vm];
	const char *name = verify_owner(verify, (int)vm);
	const struct plan_mmio *mmio = verify_table(
		verify, plan->mmio, plan->mmio_count, sizeof(*mmio), "emulated regions");

	for (uint32_t i = 0; mmio && i < plan->mmio_count; i++) {
		uint64_t base = mmio[i].base, size = mmio[i].size_bytes;

		if (base % PAGE != 0 || size == 0 || size % PAGE != 0 || base + size < base ||
			mmio[i].kind > PLAN_MMIO_INTC_CPUS ||
			(plan->delivery == PLAN_UPCALL &&
				(mmio[i].kind == PLAN_MMIO_INTC ||
					mmio[i].kind == PLAN_MMIO_INTC_CPUS)))
			verify_complain(verify,
				"%s has an emulated region at 0x%" PRIx64
				" that is no whole pages or of no kind",
				name, base);
		if (i > 0 && base < mmio[i - 1].base + mmio[i - 1].size_bytes)
			verify_complain(verify,
				"the emulated regions of %s are not in order at 0x%" PRIx64, name,
				base);
		for (size_t n = 0; n < ranges->count; n++) {
			if (overlap(base, size, ranges->ranges[n].address, ranges->ranges[n].size))
				verify_complain(verify,
					"%s reaches 0x%" PRIx64
					", which the hypervisor emulates for it",
					name,
					base > ranges->ranges[n].address
						? base
						: ranges->ranges[n].address);
		}
	}
}

static void check_start(const struct verify *verify, unsigned vm)
{
	const struct plan_vm *plan = &verify->vms[vm];
	const struct verify_range *entry = guest_at(verify, vm, plan->entry);
	const struct verify_range *argument = guest_at(verify, vm, plan->boot_argument);
	const char *name = verify_owner(verify, (int)vm);

	if (!entry || entry->device || !entry->execute)
		verify_complain(verify,
			"the entry of %s, 0x%" PRIx64 ", is not in memory that it can execute",
			name, plan->entry);
	else if (!verify_bytes(verify, entry->pa + (plan->entry - entry->address), 4))
		verify_complain(verify,
			"the entry of %s, 0x%" PRIx64 ", is where the image has no contents", name,
			plan->entry);
	if (plan->boot_argument != 0 && (!argument || argument->device))
		verify_complain(verify,
			"the boot argument of %s, 0x%" PRIx64 ", is not in its memory", name,
			plan->boot_argument);
	if (memchr(plan->name, '\0', sizeof(plan->name)) == NULL || plan->id != vm)
		verify_complain(verify, "VM %u has a wrong number or a name without an end", vm);
	if (plan->on_fault > PLAN_STOP_SYSTEM || plan->on_reset > PLAN_STOP_SYSTEM ||
		plan->delivery > PLAN_UPCALL || plan->stray_access > PLAN_STRAY_ABORT)
		verify_complain(verify, "%s has a policy that does not exist", name);
	if (plan->delivery == PLAN_DIRECT && !verify->plan->own_group)
		verify_complain(verify,
			"%s takes interrupts directly, and none are left to the hypervisor", name);
}

void verify_vm_memory(const struct verify *verify)
{
	for (unsigned i = 0; i < verify->plan->vm_count; i++) {
		check_kinds(verify, i);
		check_mmio(verify, i);
		check_start(verify, i);
	}
}

/* Complains if a VM reaches the addresses; true if it does. */
static bool reaches(const struct verify *verify, const struct verify_range *range, uint64_t base,
	uint64_t size, const char *what)
{
	uint64_t at = base > range->pa ? base : range->pa;

	if (!overlap(base, size, range->pa, range->size))
		return false;
	verify_complain(verify, "%s reaches %s at 0x%" PRIx64 ", through its address 0x%" PRIx64,
		verify_owner(verify, range->owner), what, at, range->address + (at - range->pa));
	return true;
}

/* A device of the hypervisor's, page by page: a vCPU's interrupt file is its VM's as well. */
static void check_device(const struct verify *verify, const struct verify_range *range,
	const struct verify_range *device)
{
	for (uint64_t at = 0; at < device->size; at += PAGE) {
		if (!overlap(device->pa + at, PAGE, range->pa, range->size) ||
			(range->device &&
				verify_intc_is_file(verify, range->owner, device->pa + at)))
			continue;
		reaches(verify, range, device->pa + at, PAGE, "a device of the hypervisor");
		return;
	}
}

/* Nothing of the hypervisor's is reachable; tables get their own words, as the worst of it. */
static void check_hypervisor(const struct verify *verify, const struct verify_range *range)
{
	bool found = false;

	for (size_t i = 0; i < verify->table_count; i++) {
		const struct verify_table *table = &verify->tables[i];

		found = reaches(verify, range, table->pa, table->size,
				arena_text("a translation table of %s",
					verify_owner(verify, table->owner))) ||
			found;
	}
	if (!found)
		reaches(verify, range, verify->hyp->base, verify->hyp->size,
			"the hypervisor's memory");
	found = false;
	for (unsigned i = 0; i < verify->plan->cpu_count; i++) {
		const struct verify_range *own =
			verify_own_at(verify, (uint64_t)(uintptr_t)verify->cpus[i].intc);

		if (own)
			found = reaches(verify, range, own->pa, verify_intc(verify)->cpu_bytes,
					"the interrupt controller") ||
				found;
	}
	if (!found && verify_intc(verify)->whole_bytes != 0) {
		const struct verify_range *own =
			verify_own_at(verify, (uint64_t)(uintptr_t)verify->plan->intc);

		found = own && reaches(verify, range, own->pa, verify_intc(verify)->whole_bytes,
				       "the interrupt controller");
	}
	for (size_t i = 0; !found && i < verify->own.count; i++) {
		if (verify->own.ranges[i].device)
			check_device(verify, range, &verify->own.ranges[i]);
	}
}

static void check_pair(
	const struct verify *verify, const struct verify_range *a, const struct verify_range *b)
{
	if (a->owner == b->owner)
		verify_complain(verify,
			"%s has the page at 0x%" PRIx64 " twice, as 0x%" PRIx64 " and 0x%" PRIx64,
			verify_owner(verify, a->owner), b->pa, a->address + (b->pa - a->pa),
			b->address);
	else
		verify_complain(verify,
			"the page at 0x%" PRIx64 " is reachable by two VMs: by %s as 0x%" PRIx64
			" and by %s as 0x%" PRIx64,
			b->pa, verify_owner(verify, a->owner), a->address + (b->pa - a->pa),
			verify_owner(verify, b->owner), b->address);
}

void verify_separation(const struct verify *verify)
{
	const struct verify_ranges *all = &verify->all;
	const struct verify_range *widest = NULL; /* of those before, the one that ends last */

	for (size_t i = 0; i < all->count; i++) {
		const struct verify_range *range = &all->ranges[i];

		check_hypervisor(verify, range);
		if (verify_comm_is_twin(verify, range))
			continue;
		if (widest && range->pa < widest->pa + widest->size)
			check_pair(verify, widest, range);
		if (!widest || range->pa + range->size > widest->pa + widest->size)
			widest = range;
	}
}

/* Whether the VM, or with owner -1 no VM, reaches all of the addresses as writable memory. */
static bool is_memory_of(const struct verify *verify, int vm, uint64_t pa, uint64_t size)
{
	const struct verify_ranges *ranges = &verify->of_vm[vm];

	for (size_t i = 0; i < ranges->count; i++) {
		const struct verify_range *range = &ranges->ranges[i];

		if (!range->device && range->write && range->share == VERIFY_SHARE_NONE &&
			pa >= range->pa && pa - range->pa < range->size &&
			size <= range->size - (pa - range->pa))
			return true;
	}
	return false;
}

static bool is_reached(const struct verify *verify, uint64_t pa, uint64_t size)
{
	for (size_t i = 0; i < verify->all.count; i++) {
		if (overlap(pa, size, verify->all.ranges[i].pa, verify->all.ranges[i].size))
			return true;
	}
	return overlap(pa, size, verify->hyp->base, verify->hyp->size);
}

static bool is_zero(const uint8_t *bytes, uint64_t size)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

static void check_step(const struct verify *verify, unsigned vm, const struct plan_restore *step)
{
	const char *name = verify_owner(verify, (int)vm);
	const uint8_t *target, *source;

	if (step->size_bytes == 0 ||
		(step->target_pa | step->source_pa | step->size_bytes) % PAGE) {
		verify_complain(verify,
			"a step of restarting %s at 0x%" PRIx64 " is no whole pages", name,
			step->target_pa);
		return;
	}
	if (!is_memory_of(verify, (int)vm, step->target_pa, step->size_bytes)) {
		verify_complain(verify,
			"restarting %s would write at 0x%" PRIx64 ", which is not its memory", name,
			step->target_pa);
		return;
	}
	target = verify_bytes(verify, step->target_pa, step->size_bytes);
	if (step->source_pa == 0) {
		for (unsigned i = 0; i < verify->part_count; i++) {
			const struct verify_part *part = &verify->parts[i];

			if (overlap(step->target_pa, step->size_bytes, part->base, part->size) &&
				!is_zero(part->bytes, part->size))
				verify_complain(verify,
					"restarting %s would clear its contents at 0x%" PRIx64,
					name, part->base);
		}
		return;
	}
	source = verify_bytes(verify, step->source_pa, step->size_bytes);
	if (is_reached(verify, step->source_pa, step->size_bytes))
		verify_complain(verify,
			"%s would restart from 0x%" PRIx64 ", which is not kept from everybody",
			name, step->source_pa);
	else if (!target || !source || memcmp(target, source, step->size_bytes) != 0)
		verify_complain(verify,
			"%s would not restart at 0x%" PRIx64 " with what it starts with", name,
			step->target_pa);
}

static int step_order(const void *left, const void *right)
{
	const struct plan_restore *a = left, *b = right;

	return a->target_pa < b->target_pa ? -1 : a->target_pa > b->target_pa;
}

/* Every writable page of the VM's memory, once. */
static void check_cover(
	const struct verify *verify, unsigned vm, const struct plan_restore *steps, uint32_t count)
{
	struct plan_restore *sorted = arena_alloc(count, sizeof(*sorted));
	uint64_t restored = 0, memory = 0;

	memcpy(sorted, steps, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), step_order);
	for (uint32_t i = 0; i < count; i++) {
		restored += sorted[i].size_bytes;
		if (i > 0 &&
			sorted[i].target_pa - sorted[i - 1].target_pa < sorted[i - 1].size_bytes) {
			verify_complain(verify, "restarting %s would write 0x%" PRIx64 " twice",
				verify_owner(verify, (int)vm), sorted[i].target_pa);
			return;
		}
	}
	for (size_t i = 0; i < verify->of_vm[vm].count; i++) {
		const struct verify_range *range = &verify->of_vm[vm].ranges[i];

		if (range->write && !range->device && range->share == VERIFY_SHARE_NONE)
			memory += range->size;
	}
	if (restored != memory)
		verify_complain(verify,
			"restarting %s would put back %" PRIu64 " bytes of its %" PRIu64,
			verify_owner(verify, (int)vm), restored, memory);
}

/* What the image fills belongs to somebody: to a VM, or to what a VM restarts from. */
static void check_parts(const struct verify *verify)
{
	for (unsigned i = 0; i < verify->part_count; i++) {
		const struct verify_part *part = &verify->parts[i];
		bool used = is_reached(verify, part->base, part->size);

		for (unsigned vm = 0; !used && vm < verify->plan->vm_count; vm++) {
			const struct plan_vm *plan = &verify->vms[vm];
			const struct plan_restore *steps = verify_table(verify, plan->restore,
				plan->restore_count, sizeof(*steps), "restart steps");

			for (uint32_t n = 0; steps && n < plan->restore_count; n++)
				used = used || overlap(part->base, part->size, steps[n].source_pa,
						       steps[n].size_bytes);
		}
		if (!used)
			verify_complain(verify,
				"the image fills the memory at 0x%" PRIx64 ", which is nobody's",
				part->base);
	}
}

void verify_restore(const struct verify *verify)
{
	for (unsigned i = 0; i < verify->plan->vm_count; i++) {
		const struct plan_vm *vm = &verify->vms[i];
		bool restarts = vm->on_fault == PLAN_RESTART || vm->on_reset == PLAN_RESTART;
		const struct plan_restore *steps = verify_table(
			verify, vm->restore, vm->restore_count, sizeof(*steps), "restart steps");

		for (uint32_t n = 0; steps && n < vm->restore_count; n++)
			check_step(verify, i, &steps[n]);
		if (steps)
			check_cover(verify, i, steps, vm->restore_count);
		if (restarts && vm->restore_count == 0)
			verify_complain(verify, "%s restarts, and nothing says how",
				verify_owner(verify, (int)i));
	}
	check_parts(verify);
}
