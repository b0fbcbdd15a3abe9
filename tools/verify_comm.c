/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules for memory that is shared: a region is its VM's and the hypervisor's, a tunnel its two
 * VMs', with the rights that the plan says, and no one of them can be executed.
 */
#include <elf.h>
#include <inttypes.h>

#include "abi/region.h"
#include "tools/arena.h"
#include "tools/verify_model.h"

#define PAGE PLAN_PAGE_SIZE

static uint64_t number(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

static bool inside(uint64_t address, uint64_t size, uint64_t base, uint64_t bytes)
{
	return address >= base && size <= bytes && address - base <= bytes - size;
}

unsigned verify_comm_share(
	const struct verify *verify, unsigned vm, uint64_t address, uint64_t size)
{
	const struct plan_vm *plan = &verify->vms[vm];
	const struct plan_tunnel *tunnels = verify->tunnels[vm];

	if (plan->region && inside(address, size, plan->region_base, plan->region_bytes))
		return VERIFY_SHARE_REGION;
	for (uint32_t i = 0; tunnels && i < plan->tunnel_count; i++) {
		if (inside(address, size, tunnels[i].base, tunnels[i].size_bytes))
			return VERIFY_SHARE_TUNNEL(i);
	}
	return VERIFY_SHARE_NONE;
}

static void add(struct verify_ranges *ranges, struct verify_range range)
{
	if (range.size == 0)
		return;
	ranges->ranges = arena_grow(ranges->ranges, ranges->count, sizeof(range));
	ranges->ranges[ranges->count++] = range;
}

/* The part of a range from `from` to `to`, its own addresses. */
static struct verify_range part_of(const struct verify_range *range, uint64_t from, uint64_t to)
{
	struct verify_range part = *range;
	uint64_t end = range->address + range->size;

	from = from > range->address ? from : range->address;
	to = to < end ? to : end;
	part.address = from;
	part.pa = range->pa + (from - range->address);
	part.size = to > from ? to - from : 0;
	return part;
}

/* Takes one VM's region out of the hypervisor's ranges. */
static void split(struct verify *verify, unsigned vm)
{
	uint64_t base = number(verify->vms[vm].region);
	uint64_t end = base + verify->vms[vm].region_bytes;
	struct verify_ranges rest = {0};

	if (base == 0 || end < base)
		return;
	for (size_t i = 0; i < verify->own.count; i++) {
		const struct verify_range *range = &verify->own.ranges[i];
		struct verify_range region = part_of(range, base, end);

		if (region.size == 0) {
			add(&rest, *range);
			continue;
		}
		add(&rest, part_of(range, 0, base));
		add(&rest, part_of(range, end, UINT64_MAX));
		region.owner = (int)vm;
		add(&verify->regions, region);
	}
	verify->own = rest;
}

void verify_comm_split(struct verify *verify)
{
	for (unsigned vm = 0; vm < verify->plan->vm_count; vm++)
		split(verify, vm);
}

/* The one range of a VM that is this share of it; NULL if there is none, or several. */
static const struct verify_range *range_of(const struct verify *verify, unsigned vm, unsigned share)
{
	const struct verify_ranges *ranges = &verify->of_vm[vm];
	const struct verify_range *found = NULL;

	for (size_t i = 0; i < ranges->count; i++) {
		if (ranges->ranges[i].share != share)
			continue;
		if (found)
			return NULL;
		found = &ranges->ranges[i];
	}
	return found;
}

/* The tunnel at the other end, if it says the same of this one; else NULL. */
static const struct plan_tunnel *other_end(
	const struct verify *verify, unsigned vm, uint32_t index, const struct plan_tunnel *tunnel)
{
	const struct plan_tunnel *others;

	if (tunnel->peer >= verify->plan->vm_count || tunnel->peer == vm ||
		tunnel->peer_index >= verify->vms[tunnel->peer].tunnel_count)
		return NULL;
	others = verify->tunnels[tunnel->peer];
	if (!others || others[tunnel->peer_index].peer != vm ||
		others[tunnel->peer_index].peer_index != index)
		return NULL;
	return &others[tunnel->peer_index];
}

bool verify_comm_is_twin(const struct verify *verify, const struct verify_range *range)
{
	unsigned vm = (unsigned)range->owner, index = range->share - VERIFY_SHARE_TUNNEL(0);
	const struct plan_tunnel *tunnels = verify->tunnels[vm];
	const struct verify_range *other;

	if (range->share < VERIFY_SHARE_TUNNEL(0) || !tunnels || tunnels[index].peer >= vm ||
		!other_end(verify, vm, index, &tunnels[index]))
		return false;
	other = range_of(
		verify, tunnels[index].peer, VERIFY_SHARE_TUNNEL(tunnels[index].peer_index));
	return other && other->pa == range->pa && other->size == range->size;
}

/* As much as all that the plan says of the VM needs. */
static uint64_t region_bytes(const struct verify *verify, const struct plan_vm *vm)
{
	const struct region_parts parts = {.vcpu_count = vm->vcpu_count,
		.vm_count = verify->plan->vm_count,
		.slot_count = vm->message_slots,
		.message_bytes = vm->message_bytes,
		.tunnel_count = vm->tunnel_count,
		.packet_slots = vm->packet_port == PLAN_NONE ? 0 : vm->packet_slots};
	struct region region;

	return region_place(&parts, &region);
}

/* The hypervisor's side of a region, which it has in one piece, or NULL. */
static const struct verify_range *own_region(const struct verify *verify, unsigned vm)
{
	const struct verify_range *found = NULL;

	for (size_t i = 0; i < verify->regions.count; i++) {
		if (verify->regions.ranges[i].owner != (int)vm)
			continue;
		if (found)
			return NULL;
		found = &verify->regions.ranges[i];
	}
	return found;
}

static void check_region(const struct verify *verify, unsigned vm)
{
	const struct plan_vm *plan = &verify->vms[vm];
	const struct verify_range *guest = range_of(verify, vm, VERIFY_SHARE_REGION);
	const struct verify_range *own = own_region(verify, vm);
	const char *name = verify_owner(verify, (int)vm);

	if (plan->region_bytes % PAGE != 0 || plan->region_bytes < region_bytes(verify, plan))
		verify_complain(verify,
			"the region of %s, %u bytes, is no whole pages or too small for what is in "
			"it",
			name, plan->region_bytes);
	if (!guest || guest->address != plan->region_base || guest->size != plan->region_bytes ||
		!guest->write || guest->execute || guest->device || guest->uncached)
		verify_complain(verify,
			"%s does not reach its region at 0x%" PRIx64
			" as memory that it can write and not execute",
			name, plan->region_base);
	if (!own || own->address != number(plan->region) || own->size != plan->region_bytes ||
		!own->write || own->execute || (own->device && verify->machine != EM_RISCV))
		verify_complain(verify,
			"the hypervisor does not reach the region of %s at 0x%" PRIx64
			" as memory that it can write and not execute",
			name, number(plan->region));
	if (guest && own && guest->pa != own->pa)
		verify_complain(verify,
			"%s has its region at 0x%" PRIx64
			", and the hypervisor has it at 0x%" PRIx64,
			name, guest->pa, own->pa);
}

static void check_ends(const struct verify *verify, unsigned vm, const struct plan_tunnel *tunnel,
	const struct plan_tunnel *other)
{
	const char *name = verify_owner(verify, (int)vm);

	if (tunnel->size_bytes != other->size_bytes)
		verify_complain(verify, "the two ends of tunnel '%.*s' of %s differ in size",
			(int)sizeof(tunnel->name), tunnel->name, name);
	if (!tunnel->is_writable && !other->is_writable)
		verify_complain(verify, "nobody can write to tunnel '%.*s' of %s",
			(int)sizeof(tunnel->name), tunnel->name, name);
}

/* One end: mapped as the plan says, and the same memory as at the other one. */
static void check_tunnel(
	const struct verify *verify, unsigned vm, uint32_t index, const struct plan_tunnel *tunnel)
{
	const struct plan_tunnel *other = other_end(verify, vm, index, tunnel);
	const struct verify_range *range = range_of(verify, vm, VERIFY_SHARE_TUNNEL(index)), *peer;
	const char *name = verify_owner(verify, (int)vm);

	if (!other) {
		verify_complain(verify, "tunnel %u of %s has no other end", index, name);
		return;
	}
	if (vm < tunnel->peer)
		check_ends(verify, vm, tunnel, other);
	if (!range || range->address != tunnel->base || range->size != tunnel->size_bytes ||
		range->write != (tunnel->is_writable != 0) || range->execute || range->device) {
		verify_complain(verify,
			"%s does not reach its tunnel %u at 0x%" PRIx64
			" with the rights that the plan gives it",
			name, index, tunnel->base);
		return;
	}
	peer = range_of(verify, tunnel->peer, VERIFY_SHARE_TUNNEL(tunnel->peer_index));
	if (vm < tunnel->peer && peer &&
		(peer->pa != range->pa || peer->uncached != range->uncached))
		verify_complain(verify,
			"tunnel %u of %s and tunnel %u of %s are not the same memory, or not "
			"cached "
			"alike",
			index, name, tunnel->peer_index, verify_owner(verify, tunnel->peer));
}

void verify_comm_memory(const struct verify *verify)
{
	for (unsigned vm = 0; vm < verify->plan->vm_count; vm++) {
		const struct plan_vm *plan = &verify->vms[vm];
		const struct plan_tunnel *tunnels = verify->tunnels[vm];

		if (plan->region)
			check_region(verify, vm);
		else if (plan->tunnel_count != 0 || plan->comm)
			verify_complain(verify, "%s communicates, and has no region",
				verify_owner(verify, (int)vm));
		for (uint32_t i = 0; tunnels && i < plan->tunnel_count; i++)
			check_tunnel(verify, vm, i, &tunnels[i]);
	}
}
