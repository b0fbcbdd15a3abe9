/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tunnels: memory that two VMs share because both say so, with one name and size.
 */
#include <elf.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/comm.h"
#include "tools/devicetree.h"
#include "tools/message.h"
#include "tools/space.h"
#include "tools/vm_names.h"

#define SIZE_MOST (1024 * SPACE_MIB)

typedef unsigned long long ull;

static bool check_size(const struct tree *size)
{
	if (size->number && size->number % SPACE_PAGE == 0 && size->number <= SIZE_MOST)
		return true;
	message_error(size->place, "write a multiple of 4K, at least 4K and at most 1G",
		"a tunnel of %s is not possible", size->text);
	return false;
}

static bool check_guest(const struct tree *guest, uint64_t size)
{
	if (!guest || (guest->number % SPACE_PAGE == 0 && guest->number <= SPACE_LIMIT - size))
		return true;
	message_error(guest->place,
		"write a multiple of 0x1000 below 0x10000000000 less the size, or leave guest out",
		"a tunnel cannot lie at %s", guest->text);
	return false;
}

/* RISC-V's PMAs alone say what is cached, but for Svpbmt, which a guest then uses as well. */
static bool can_be_uncached(const struct board *board)
{
	return board->machine != EM_RISCV || devicetree_has_extension(board, "svpbmt");
}

static bool check_cached(const struct board *board, const struct tree *cached)
{
	if (!cached || strcmp(cached->text, "yes") == 0 || can_be_uncached(board))
		return true;
	message_error(cached->place, "remove it: without Svpbmt no guest maps memory as uncached",
		"the CPUs of board %s have no Svpbmt, by which a tunnel would be uncached",
		board->name);
	return false;
}

static void add_tunnel(struct system *system, unsigned index, const struct tree *map)
{
	struct vm *vm = &system->vms[index];
	struct vm_comm *comm = &vm->comm;
	const struct tree *with = tree_get(map, "with"), *size = tree_get(map, "size");
	const struct tree *guest = tree_get(map, "guest");
	struct vm_tunnel tunnel = {.name = map->key, .place = map->key_place};

	if (!vm_names_check(map->key, map->key_place, "a tunnel") || !with || !size ||
		!vm_names_find(system, with, &tunnel.peer) || !check_size(size) ||
		!check_guest(guest, size->number) ||
		!check_cached(&system->board, tree_get(map, "cached")))
		return;
	if (tunnel.peer == index) {
		message_error(with->place, "name the VM at the other end",
			"tunnel '%s' leads from VM '%s' to itself", map->key, vm->name);
		return;
	}
	tunnel.size = size->number;
	tunnel.is_writable = strcmp(tree_text(map, "access", ""), "read-only") != 0;
	tunnel.is_cached_said = tree_get(map, "cached");
	tunnel.is_cached = strcmp(tree_text(map, "cached", "no"), "yes") == 0;
	tunnel.is_guest_fixed = guest;
	tunnel.guest = guest ? guest->number : 0;
	comm->tunnels = arena_grow(comm->tunnels, comm->tunnel_count, sizeof(tunnel));
	comm->tunnels[comm->tunnel_count++] = tunnel;
}

void comm_tunnels_read(struct system *system, unsigned index, const struct tree *map)
{
	unsigned count = 0;

	for (const struct tree *tunnel = map ? map->first : NULL; tunnel; tunnel = tunnel->next) {
		if (count++ == COMM_TUNNELS) {
			message_error(tunnel->key_place, "remove some", "more than %u tunnels",
				COMM_TUNNELS);
			return;
		}
		if (!tunnel->bad)
			add_tunnel(system, index, tunnel);
	}
}

/* The tunnel of that name that a VM has, or NULL; *index is where. */
static const struct vm_tunnel *find(const struct vm *vm, const char *name, unsigned *index)
{
	for (*index = 0; *index < vm->comm.tunnel_count; (*index)++) {
		if (strcmp(vm->comm.tunnels[*index].name, name) == 0)
			return &vm->comm.tunnels[*index];
	}
	return NULL;
}

/* What the two ends say of a tunnel; the first of the two VMs is looked at, `other` is later. */
static void check_pair(
	const struct vm *vm, const struct vm_tunnel *tunnel, const struct vm_tunnel *other)
{
	if (tunnel->size != other->size)
		message_error(other->place, "give both ends the same size",
			"tunnel '%s' has %llu KiB here, and %llu KiB in VM '%s' (line %u)",
			other->name, (ull)other->size >> 10, (ull)tunnel->size >> 10, vm->name,
			tunnel->place.line);
	if (!tunnel->is_writable && !other->is_writable)
		message_error(other->place, "let one of the two ends be access: read-write",
			"nobody can write to tunnel '%s': it is read-only here and in VM '%s' "
			"(line "
			"%u)",
			other->name, vm->name, tunnel->place.line);
}

static bool is_for_linux(
	const struct system *system, unsigned index, const struct vm_tunnel *tunnel)
{
	return can_be_uncached(&system->board) &&
	       (system->vms[index].os == GUEST_LINUX ||
		       system->vms[tunnel->peer].os == GUEST_LINUX);
}

/* Whether it is cached: what one of the two says. */
static void settle_cached(struct system *system, unsigned index, struct vm_tunnel *tunnel,
	const struct vm_tunnel *other)
{
	if (tunnel->is_cached_said && other->is_cached_said &&
		tunnel->is_cached != other->is_cached && index < tunnel->peer)
		message_error(other->place, "let both ends say the same, or one of them nothing",
			"tunnel '%s' is cached at one end and not at the other, in VM '%s' (line "
			"%u)",
			other->name, system->vms[index].name, tunnel->place.line);
	if (!tunnel->is_cached_said)
		tunnel->is_cached = other->is_cached_said ? other->is_cached
							  : !is_for_linux(system, index, tunnel);
}

/* Whether the VM's description names the tunnel, be it wrongly. */
static bool is_named(const struct tree *map, const char *name)
{
	const struct tree *tunnels = tree_get(map, "tunnels");

	for (const struct tree *key = tunnels ? tunnels->first : NULL; key; key = key->next) {
		if (strcmp(key->key, name) == 0)
			return true;
	}
	return false;
}

static void pair(struct system *system, const struct tree *const *maps, unsigned index,
	struct vm_tunnel *tunnel)
{
	const struct vm *vm = &system->vms[index], *peer = &system->vms[tunnel->peer];
	const struct vm_tunnel *other = find(peer, tunnel->name, &tunnel->peer_index);

	if (!other && is_named(maps[tunnel->peer], tunnel->name))
		return; /* a message has been printed about it */
	if (!other)
		message_error(tunnel->place,
			arena_text("add to VM '%s': tunnels: { %s: { with: %s, size: %lluK } }",
				peer->name, tunnel->name, vm->name, (ull)tunnel->size >> 10),
			"VM '%s' has no tunnel '%s': both ends have to name it", peer->name,
			tunnel->name);
	else if (other->peer != index)
		message_error(tunnel->place, "give one of the two tunnels another name",
			"VM '%s' has its tunnel '%s' with VM '%s', not with '%s' (line %u)",
			peer->name, tunnel->name, system->vms[other->peer].name, vm->name,
			other->place.line);
	else {
		if (index < tunnel->peer)
			check_pair(vm, tunnel, other);
		settle_cached(system, index, tunnel, other);
	}
}

void comm_tunnels_pair(struct system *system, const struct tree *const *maps)
{
	for (unsigned i = 0; i < system->vm_count; i++) {
		struct vm_comm *comm = &system->vms[i].comm;

		for (unsigned n = 0; n < comm->tunnel_count; n++)
			pair(system, maps, i, &comm->tunnels[n]);
	}
}
