/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host memory is given first-fit, congruent to the guest's address by the largest translation block
 * that fits into the region, so that few table entries map it.
 */
#include "tools/placement.h"

#include <string.h>

#include "tools/arena.h"
#include "tools/controller.h"
#include "tools/message.h"
#include "tools/space.h"

#define FIRMWARE_SIZE (2 * SPACE_MIB) /* below the hypervisor: firmware's and boot loader's */
#define HYP_SIZE      SPACE_MIB
#define TRACE_USUAL   1024u /* records per CPU that fit into that with all else */
#define BLOCK_2M      (2 * SPACE_MIB)
#define BLOCK_1G      (1024 * SPACE_MIB)

typedef unsigned long long ull;

bool placement_reserve(struct system *system, struct place place)
{
	const struct board *board = &system->board;
	uint64_t size = system->trace_records > TRACE_USUAL ? 2 * HYP_SIZE : HYP_SIZE;
	system->hyp = (struct range){board->ram[0].base + FIRMWARE_SIZE, size};
	struct range needed = {board->ram[0].base, FIRMWARE_SIZE + size};
	if (board->ram[0].base % BLOCK_2M || !space_inside(needed, board->ram[0])) {
		message_error(place,
			arena_text("use a board whose RAM starts at a multiple of 2 MiB with "
				   "%llu MiB",
				(ull)(needed.size / SPACE_MIB)),
			"board %s has no room for the hypervisor at 0x%llx", board->name,
			(ull)system->hyp.base);
		return false;
	}
	const struct range *last = &board->ram[board->ram_count - 1];
	if (last->base + last->size > SPACE_LIMIT) {
		message_error(place, "shorten the memory node of the board's device tree",
			"board %s has RAM beyond 40 bits of address", board->name);
		return false;
	}
	for (unsigned i = 0; i < board->reserved_count; i++)
		if (space_overlap(board->reserved[i], system->hyp)) {
			message_error(place, "use a board that leaves these addresses free",
				"board %s reserves 0x%llx, where the hypervisor lies", board->name,
				(ull)board->reserved[i].base);
			return false;
		}
	return true;
}

static bool check_size(const struct tree *size)
{
	if (size->number && size->number % SPACE_PAGE == 0 && size->number <= SPACE_LIMIT)
		return true;
	message_error(size->place, "write a multiple of 4K, at least 4K and at most 1024G",
		size->number == 0            ? "memory of size %s"
		: size->number > SPACE_LIMIT ? "memory of %s is beyond 40 bits of address"
					     : "memory of %s is not whole pages of 4 KiB",
		size->text);
	return false;
}

static bool check_address(const struct tree *address, uint64_t size)
{
	if (address->number % SPACE_PAGE) {
		message_error(address->place, "write a multiple of 0x1000",
			"address %s is not aligned to 4 KiB", address->text);
		return false;
	}
	if (address->number > SPACE_LIMIT - size) {
		message_error(address->place, "choose an address below 0x10000000000 less the size",
			"memory at %s ends beyond 40 bits of address", address->text);
		return false;
	}
	return true;
}

static bool overlaps_any(struct range range, const struct range *others, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (space_overlap(range, others[i]))
			return true;
	return false;
}

static bool inside_any(struct range range, const struct range *others, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (space_inside(range, others[i]))
			return true;
	return false;
}

static bool check_host(const struct system *system, const struct tree *host, struct range range)
{
	const struct board *board = &system->board;
	struct range firmware = {board->ram[0].base, FIRMWARE_SIZE};
	const char *what = NULL;
	if (!inside_any(range, board->ram, board->ram_count))
		what = "is not all in the board's RAM";
	else if (space_overlap(range, system->hyp))
		what = "lies over the hypervisor";
	else if (space_overlap(range, firmware))
		what = "lies over the first 2 MiB of RAM, which are firmware's";
	else if (overlaps_any(range, board->reserved, board->reserved_count))
		what = "lies over memory that the board's device tree reserves";
	if (what)
		message_error(host->place,
			arena_text("leave host out, or choose addresses from 0x%llx in RAM, which "
				   "starts at 0x%llx with 0x%llx bytes",
				(ull)(system->hyp.base + system->hyp.size), (ull)board->ram[0].base,
				(ull)board->ram[0].size),
			"host memory 0x%llx to 0x%llx %s", (ull)range.base,
			(ull)(range.base + range.size - 1), what);
	return !what;
}

static bool check_main(const struct vm *vm, const struct vm_memory *main)
{
	if (main->read_only)
		message_error(main->place, "make another region the read-only one",
			"the main memory of VM '%s' is read-only", vm->name);
	else if (vm->os == GUEST_LINUX && main->guest % BLOCK_2M)
		message_error(main->place, "write a multiple of 0x200000 as guest",
			"the main memory of a Linux VM is not aligned to 2 MiB");
	else
		return true;
	return false;
}

static bool add_memory(struct vm *vm, struct vm_memory memory)
{
	if (vm->memory_count == 0 && !check_main(vm, &memory))
		return false;
	vm->memory = arena_grow(vm->memory, vm->memory_count, sizeof(memory));
	vm->memory[vm->memory_count++] = memory;
	return true;
}

/* An item of the list of regions. */
static bool read_region(const struct system *system, struct vm *vm, const struct tree *item)
{
	const struct tree *size = tree_get(item, "size"), *guest = tree_get(item, "guest");
	const struct tree *host = tree_get(item, "host");
	if (item->bad || !size || !check_size(size))
		return false;
	if (!guest && vm->memory_count) {
		message_error(item->place, "add guest: ADDRESS",
			"only the first memory region has a guest address by default");
		return false;
	}
	struct vm_memory memory = {.guest = system->board.ram[0].base, .size = size->number};
	memory.place = item->place;
	memory.read_only = strcmp(tree_text(item, "access", ""), "read-only") == 0;
	if (guest && !check_address(guest, size->number))
		return false;
	if (guest)
		memory.guest = guest->number;
	if (host) {
		struct range range = {host->number, size->number};
		if (!check_address(host, size->number) || !check_host(system, host, range))
			return false;
		memory.host_fixed = true;
		memory.host = host->number;
	}
	return add_memory(vm, memory);
}

static bool check_regions_apart(const struct vm *vm)
{
	for (unsigned i = 0; i < vm->memory_count; i++)
		for (unsigned j = 0; j < i; j++) {
			const struct vm_memory *a = &vm->memory[j], *b = &vm->memory[i];
			if (!space_overlap((struct range){a->guest, a->size},
				    (struct range){b->guest, b->size}))
				continue;
			message_error(b->place,
				"give the regions guest addresses that do not overlap",
				"guest memory at 0x%llx overlaps the region of line %u",
				(ull)b->guest, a->place.line);
			return false;
		}
	return true;
}

static bool read_regions(const struct system *system, struct vm *vm, const struct tree *memory)
{
	if (memory->kind == TREE_TEXT)
		return check_size(memory) &&
		       add_memory(vm, (struct vm_memory){.guest = system->board.ram[0].base,
					      .size = memory->number,
					      .place = memory->place});
	if (!memory->first)
		message_error(tree_place(memory), "give a size, for example memory: 64M",
			"VM '%s' has no memory", vm->name);
	bool good = memory->first;
	for (const struct tree *item = memory->first; item; item = item->next)
		good &= read_region(system, vm, item);
	return good && check_regions_apart(vm);
}

bool placement_read(const struct system *system, struct vm *vm, const struct tree *memory)
{
	if (memory && read_regions(system, vm, memory))
		return true;
	vm->memory_count = 0;
	return false;
}

/* Host memory that is taken so far. */
struct taken {
	struct range *ranges;
	unsigned count;
};

static void take(struct taken *taken, struct range range)
{
	taken->ranges = arena_grow(taken->ranges, taken->count, sizeof(range));
	taken->ranges[taken->count++] = range;
}

/* What is not placed yet has host address 0, which no board has in RAM that can be given away. */
static void take_comm(struct taken *taken, const struct vm_comm *comm)
{
	take(taken, (struct range){comm->region_host, comm->region_host ? comm->region_size : 0});
	for (unsigned i = 0; i < comm->tunnel_count; i++) {
		const struct vm_tunnel *tunnel = &comm->tunnels[i];
		take(taken, (struct range){tunnel->host, tunnel->host ? tunnel->size : 0});
	}
}

static void take_all(struct taken *taken, const struct system *system)
{
	const struct board *board = &system->board;
	take(taken, (struct range){board->ram[0].base, FIRMWARE_SIZE});
	take(taken, system->hyp);
	for (unsigned i = 0; i < board->reserved_count; i++)
		take(taken, board->reserved[i]);
	for (unsigned v = 0; v < system->vm_count; v++) {
		const struct vm *vm = &system->vms[v];
		for (unsigned i = 0; i < vm->memory_count; i++)
			if (vm->memory[i].host_fixed || vm->memory[i].host)
				take(taken, (struct range){vm->memory[i].host, vm->memory[i].size});
		take(taken, vm->pristine);
		take_comm(taken, &vm->comm);
	}
}

/* The lowest address from start on that equals guest modulo align. */
static uint64_t congruent_up(uint64_t start, uint64_t guest, uint64_t align)
{
	return start + ((guest - start) & (align - 1));
}

static void try_at(const struct taken *taken, struct range bank, uint64_t start,
	struct range wanted, uint64_t align, uint64_t *best)
{
	struct range candidate = {congruent_up(start, wanted.base, align), wanted.size};
	if (candidate.base < *best && space_inside(candidate, bank) &&
		!overlaps_any(candidate, taken->ranges, taken->count))
		*best = candidate.base;
}

/* Room for wanted.size bytes, at an address equal to wanted.base modulo align; or UINT64_MAX. */
static uint64_t find_aligned(
	const struct board *board, const struct taken *taken, struct range wanted, uint64_t align)
{
	uint64_t best = UINT64_MAX;
	for (unsigned b = 0; b < board->ram_count; b++) {
		struct range bank = board->ram[b];
		try_at(taken, bank, bank.base, wanted, align, &best);
		for (unsigned i = 0; i < taken->count; i++) {
			uint64_t end = taken->ranges[i].base + taken->ranges[i].size;
			if (end >= bank.base && end - bank.base < bank.size)
				try_at(taken, bank, end, wanted, align, &best);
		}
	}
	return best;
}

/* Whether the guest's range has a whole block in it, so that the alignment is worth it. */
static bool holds_block(struct range guest, uint64_t block)
{
	return space_up(guest.base, block) + block <= guest.base + guest.size;
}

static uint64_t find_room(const struct system *system, struct range guest)
{
	static const uint64_t aligns[] = {BLOCK_1G, BLOCK_2M};
	struct taken taken = {0};
	take_all(&taken, system);
	for (unsigned i = 0; i < 2; i++) {
		if (!holds_block(guest, aligns[i]))
			continue;
		uint64_t host = find_aligned(&system->board, &taken, guest, aligns[i]);
		if (host != UINT64_MAX)
			return host;
	}
	return find_aligned(&system->board, &taken, guest, SPACE_PAGE);
}

static void fail_exhausted(const struct system *system, struct place place, uint64_t size)
{
	uint64_t total = 0;
	for (unsigned i = 0; i < system->board.ram_count; i++)
		total += system->board.ram[i].size;
	message_error(place,
		"ask for less memory, or remove host addresses that leave only small gaps",
		"no room for %llu KiB: board %s has %llu KiB of RAM in all", (ull)size >> 10,
		system->board.name, (ull)total >> 10);
}

static bool check_hosts_apart(const struct system *system, const struct vm *vm, unsigned index)
{
	const struct vm_memory *memory = &vm->memory[index];
	for (const struct vm *other = system->vms; other <= vm; other++) {
		unsigned end = other == vm ? index : other->memory_count;
		for (unsigned i = 0; i < end; i++) {
			const struct vm_memory *earlier = &other->memory[i];
			if (!earlier->host_fixed ||
				!space_overlap((struct range){memory->host, memory->size},
					(struct range){earlier->host, earlier->size}))
				continue;
			message_error(memory->place,
				"choose host addresses that do not overlap, or leave host out",
				"host memory at 0x%llx overlaps that of VM '%s' (line %u)",
				(ull)memory->host, other->name, earlier->place.line);
			return false;
		}
	}
	return true;
}

void placement_place(struct system *system)
{
	struct vm *end = system->vms + system->vm_count;
	for (struct vm *vm = system->vms; vm < end; vm++)
		for (unsigned i = 0; i < vm->memory_count; i++)
			if (vm->memory[i].host_fixed)
				check_hosts_apart(system, vm, i);
	for (struct vm *vm = system->vms; vm < end; vm++)
		for (unsigned i = 0; i < vm->memory_count; i++) {
			struct vm_memory *memory = &vm->memory[i];
			if (memory->host_fixed)
				continue;
			struct range guest = {memory->guest, memory->size};
			uint64_t host = find_room(system, guest);
			if (host == UINT64_MAX) {
				fail_exhausted(system, memory->place, memory->size);
				vm->memory_count = 0;
				break;
			}
			memory->host = host;
		}
}

uint64_t placement_find(const struct system *system, struct range guest, struct place place)
{
	uint64_t host = find_room(system, guest);
	if (host != UINT64_MAX)
		return host;
	fail_exhausted(system, place, guest.size);
	return 0;
}

void placement_place_pristine(struct system *system, struct vm *vm, uint64_t size)
{
	uint64_t host = find_room(system, (struct range){0, size});
	if (host == UINT64_MAX)
		fail_exhausted(system, vm->place, size);
	else
		vm->pristine = (struct range){host, size};
}

static void check_apart(const struct vm *vm, struct range range, const char *what)
{
	for (unsigned i = 0; i < vm->memory_count; i++) {
		const struct vm_memory *memory = &vm->memory[i];
		if (space_overlap(range, (struct range){memory->guest, memory->size}))
			message_error(memory->place,
				arena_text("keep 0x%llx to 0x%llx free", (ull)range.base,
					(ull)(range.base + range.size - 1)),
				"guest memory at 0x%llx lies over %s", (ull)memory->guest, what);
	}
}

void placement_check_guest(const struct system *system, const struct vm *vm)
{
	const struct board *board = &system->board;
	struct plan_mmio regions[CONTROLLER_REGIONS];
	unsigned count = controller_regions(board, vm, regions);
	for (unsigned i = 0; i < count; i++)
		check_apart(vm, (struct range){regions[i].base, regions[i].size_bytes},
			regions[i].kind == PLAN_MMIO_INTC
				? "the interrupt controller"
				: "the interrupt controller's part per vCPU");
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		uint64_t guest, host;
		if (controller_vcpu_page(board, vm, i, &guest, &host))
			check_apart(
				vm, (struct range){guest, SPACE_PAGE}, "a vCPU's interrupt file");
	}
	if (vm->console == GUEST_CONSOLE_SHARED && board->console_device.reg_count)
		check_apart(vm, space_pages(board->console_device.regs[0]), "the shared console");
	for (unsigned i = 0; i < vm->device_count; i++) {
		const struct vm_device *device = &vm->devices[i];
		for (unsigned j = 0; j < device->device.reg_count; j++)
			check_apart(vm, space_pages(device->device.regs[j]),
				arena_text("device '%s'", device->said));
	}
}
