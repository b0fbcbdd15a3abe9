/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where regions, tunnels and virtio devices lie: the regions and tunnels right behind the main
 * memory, so that few translation tables map them, and the registers of virtio devices at the next
 * multiple of 1 GiB, apart from all memory.
 */
#include "tools/arena.h"
#include "tools/comm.h"
#include "tools/controller.h"
#include "tools/message.h"
#include "tools/placement.h"
#include "tools/space.h"

#define BLOCK_2M (2 * SPACE_MIB)
#define BLOCK_1G (1024 * SPACE_MIB)

typedef unsigned long long ull;

/* Guest addresses that are not free. */
struct used {
	struct range *ranges;
	const char **names; /* what the VM has there; NULL: only the board has something */
	unsigned count;
};

static void use(struct used *used, uint64_t base, uint64_t size, const char *name)
{
	used->ranges = arena_grow(used->ranges, used->count, sizeof(used->ranges[0]));
	used->names = arena_grow(used->names, used->count, sizeof(used->names[0]));
	used->names[used->count] = name;
	used->ranges[used->count++] = space_pages((struct range){base, size});
}

static void use_device(struct used *used, const struct board_device *device, const char *name)
{
	for (unsigned i = 0; i < device->reg_count; i++)
		use(used, device->regs[i].base, device->regs[i].size, name);
}

/* What the VM has, and what lies elsewhere on the board. */
static void gather(struct used *used, const struct board *board, const struct vm *vm)
{
	struct plan_mmio regions[CONTROLLER_REGIONS];
	unsigned count = controller_regions(board, vm, regions);

	for (unsigned i = 0; i < vm->memory_count; i++)
		use(used, vm->memory[i].guest, vm->memory[i].size, "its memory");
	for (unsigned i = 0; i < count; i++)
		use(used, regions[i].base, regions[i].size_bytes, "its interrupt controller");
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		uint64_t guest, host;

		if (controller_vcpu_page(board, vm, i, &guest, &host))
			use(used, guest, SPACE_PAGE, "a vCPU's interrupt file");
	}
	if (vm->console == GUEST_CONSOLE_SHARED && board->console_device.reg_count)
		use(used, board->console_device.regs[0].base, board->console_device.regs[0].size,
			"its shared console");
	for (unsigned i = 0; i < vm->device_count; i++)
		use_device(used, &vm->devices[i].device,
			arena_text("device '%s'", vm->devices[i].said));
	for (unsigned i = 0; i < board->device_count; i++)
		use_device(used, &board->devices[i], NULL);
}

/* The lowest free address from start on; false after a message. */
static bool find(struct used *used, const struct vm *vm, uint64_t start, uint64_t size,
	uint64_t align, uint64_t *guest)
{
	struct range range = {space_up(start, align), size};

	for (unsigned i = 0; i < used->count; i++) {
		if (!space_overlap(range, used->ranges[i]))
			continue;
		range.base = space_up(used->ranges[i].base + used->ranges[i].size, align);
		i = UINT32_MAX; /* and all of them once more */
	}
	if (range.base > SPACE_LIMIT - size) {
		message_error(vm->place, "give the VM lower guest addresses",
			"VM '%s' has no room of %llu KiB for what it shares, below 40 bits of "
			"address",
			vm->name, (ull)size >> 10);
		return false;
	}
	*guest = range.base;
	use(used, range.base, size, "its communication");
	return true;
}

/* A tunnel whose address the description gives. */
static void check_fixed(struct used *used, const struct vm *vm, const struct vm_tunnel *tunnel)
{
	struct range range = {tunnel->guest, tunnel->size};

	for (unsigned i = 0; i < used->count; i++) {
		if (used->names[i] && space_overlap(range, used->ranges[i])) {
			message_error(tunnel->place, "choose another address, or leave guest out",
				"tunnel '%s' of VM '%s' at 0x%llx lies over %s", tunnel->name,
				vm->name, (ull)tunnel->guest, used->names[i]);
			return;
		}
	}
	use(used, range.base, range.size, arena_text("tunnel '%s'", tunnel->name));
}

static void place_guest(const struct board *board, struct vm *vm)
{
	uint64_t behind = vm->memory[0].guest + vm->memory[0].size;
	struct vm_comm *comm = &vm->comm;
	struct used used = {0};

	gather(&used, board, vm);
	for (unsigned i = 0; i < comm->tunnel_count; i++) {
		if (comm->tunnels[i].is_guest_fixed)
			check_fixed(&used, vm, &comm->tunnels[i]);
	}
	if (comm->region_size != 0 &&
		!find(&used, vm, behind, comm->region_size, SPACE_PAGE, &comm->region_guest))
		return;
	for (unsigned i = 0; i < comm->tunnel_count; i++) {
		struct vm_tunnel *tunnel = &comm->tunnels[i];

		if (!tunnel->is_guest_fixed &&
			!find(&used, vm, behind, tunnel->size,
				tunnel->size < BLOCK_2M ? SPACE_PAGE : BLOCK_2M, &tunnel->guest))
			return;
	}
	for (unsigned i = 0; i < comm->virtio_count; i++) {
		uint64_t start = i == 0 ? space_up(behind, BLOCK_1G) : comm->virtio[i - 1].guest;

		if (!find(&used, vm, start, SPACE_PAGE, SPACE_PAGE, &comm->virtio[i].guest))
			return;
	}
}

/* Both ends of a tunnel are one memory; it is found for the VM that comes first. */
static void place_tunnel(struct system *system, unsigned index, struct vm_tunnel *tunnel)
{
	struct vm *peer = &system->vms[tunnel->peer];

	if (tunnel->peer < index || tunnel->peer_index >= peer->comm.tunnel_count)
		return;
	tunnel->host =
		placement_find(system, (struct range){tunnel->guest, tunnel->size}, tunnel->place);
	peer->comm.tunnels[tunnel->peer_index].host = tunnel->host;
}

void comm_place(struct system *system)
{
	for (unsigned i = 0; i < system->vm_count; i++) {
		if (system->vms[i].memory_count != 0)
			place_guest(&system->board, &system->vms[i]);
	}
	for (unsigned i = 0; i < system->vm_count; i++) {
		struct vm *vm = &system->vms[i];
		struct vm_comm *comm = &vm->comm;

		if (comm->region_size != 0)
			comm->region_host = placement_find(system,
				(struct range){comm->region_guest, comm->region_size}, vm->place);
		for (unsigned n = 0; n < comm->tunnel_count; n++)
			place_tunnel(system, i, &comm->tunnels[n]);
	}
}
