/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lays out guests' images: Linux by its boot protocol, ELF files at their physical addresses,
 * raw bytes where the description says.
 */
#include "tools/payload.h"

#include <string.h>

#include "tools/architecture.h"
#include "tools/arena.h"
#include "tools/file.h"
#include "tools/kernel.h"
#include "tools/message.h"
#include "tools/payload_elf.h"
#include "tools/space.h"

#define LINUX_TREE_ROOM (2 * SPACE_MIB) /* the kernel wants a 2 MiB boundary next */
#define BARE_TREE_ROOM  0x4000ull
#define ELF_LIMIT       (1024 * SPACE_MIB)

typedef unsigned long long ull;

static void add_load(struct vm *vm, struct vm_load load)
{
	vm->loads = arena_grow(vm->loads, vm->load_count, sizeof(load));
	vm->loads[vm->load_count++] = load;
}

/* The keys of image that the VM's os has no use for. */
static bool check_keys(const struct vm *vm, const struct tree *image)
{
	static const char *const linux_keys[] = {"kernel", "initrd", "bootargs", NULL};
	static const char *const bare_keys[] = {"file", "load", "entry", NULL};
	static const char *const os[] = {
		[GUEST_LINUX] = "linux", [GUEST_BARE] = "bare", [GUEST_REALTIME] = "realtime"};
	bool is_linux = vm->os == GUEST_LINUX, good = true;
	for (const char *const *key = is_linux ? bare_keys : linux_keys; *key; key++) {
		const struct tree *value = tree_get(image, *key);
		if (!value)
			continue;
		message_error(value->key_place,
			arena_text("remove it, or write os: %s", is_linux ? "bare" : "linux"),
			"'%s' is not for a VM with os: %s", *key, os[vm->os]);
		good = false;
	}
	return good;
}

static bool fail_missing(
	const struct vm *vm, const struct tree *image, const char *key, const char *example)
{
	message_error(tree_place(image), arena_text("write image: { %s }", example),
		"the image of VM '%s' has no key '%s'", vm->name, key);
	return false;
}

/* Masking by priority acts on the virtual interface, which direct interrupts do not pass. */
static bool check_pseudo_nmi(const struct vm *vm, const struct tree *bootargs)
{
	static const char option[] = "irqchip.gicv3_pseudo_nmi=";
	const char *found = strstr(bootargs->text, option);
	if (!found || found[sizeof(option) - 1] == '0' || vm->delivery == PLAN_INJECTED)
		return true;
	message_error(bootargs->place, "write interrupts: { route: injected } for the VM",
		"pseudo-NMIs of VM '%s' do not work with direct interrupts", vm->name);
	return false;
}

static bool read_bootargs(const struct board *board, struct vm *vm, const struct tree *image)
{
	unsigned most = architecture_of(board->machine)->bootargs_max;
	const struct tree *bootargs = tree_get(image, "bootargs");
	if (!bootargs)
		return true;
	size_t length = strlen(bootargs->text);
	vm->bootargs = bootargs->text;
	if (length <= most)
		return check_pseudo_nmi(vm, bootargs);
	message_error(bootargs->place, arena_text("write at most %u", most),
		"bootargs has %zu characters, more than the kernel takes", length);
	return false;
}

static bool read_initrd(struct vm *vm, const struct tree *image, const char *file, uint64_t start)
{
	const struct tree *initrd = tree_get(image, "initrd");
	const struct vm_memory *main = &vm->memory[0];
	struct blob blob;
	if (!initrd)
		return true;
	if (!file_read(&blob, file_beside(file, initrd->text), main->size, initrd->place,
		    "the initrd"))
		return false;
	uint64_t room = start < main->guest + main->size ? main->guest + main->size - start : 0;
	if (blob.size == 0 || blob.size > room) {
		message_error(initrd->place,
			blob.size ? "give the VM more memory or make the initrd smaller"
				  : "name an initrd with content, or leave the key out",
			"the initrd has %zu bytes, and behind the kernel there is room for %llu",
			blob.size, (ull)room);
		return false;
	}
	add_load(vm, (struct vm_load){start, blob.bytes, blob.size, "initrd"});
	return true;
}

static bool read_linux(
	const struct board *board, struct vm *vm, const struct tree *image, const char *file)
{
	const struct vm_memory *main = &vm->memory[0];
	const struct tree *kernel = tree_get(image, "kernel");
	struct blob blob;
	struct kernel header;
	if (image->kind == TREE_TEXT || !kernel)
		return fail_missing(vm, image, "kernel", "kernel: Image");
	if (!file_read(&blob, file_beside(file, kernel->text), main->size, kernel->place,
		    "the kernel") ||
		!kernel_read(&header, &blob, architecture_of(board->machine), kernel->place))
		return false;

	/* text_offset counts from a multiple of 2 MiB. */
	uint64_t offset = header.text_offset < LINUX_TREE_ROOM ? LINUX_TREE_ROOM : 0, needed;
	ull base = offset >> 20;
	if (__builtin_add_overflow(offset, header.text_offset, &offset) ||
		__builtin_add_overflow(offset, header.size, &needed) || needed > main->size) {
		message_error(kernel->place, "give the VM more memory",
			"the kernel needs %llu KiB at %llu MiB + 0x%llx, and there are %llu KiB in "
			"all",
			(ull)(header.size >> 10), base, (ull)header.text_offset,
			(ull)main->size >> 10);
		return false;
	}
	vm->entry = main->guest + offset;
	vm->device_tree = main->guest;
	vm->device_tree_room = LINUX_TREE_ROOM;
	add_load(vm, (struct vm_load){vm->entry, blob.bytes, blob.size, "kernel"});
	return read_initrd(vm, image, file,
		space_up(main->guest + needed, architecture_of(board->machine)->initrd_align));
}

static const struct vm_memory *memory_of(const struct vm *vm, struct range range)
{
	for (unsigned i = 0; i < vm->memory_count; i++)
		if (space_inside(range, (struct range){vm->memory[i].guest, vm->memory[i].size}))
			return &vm->memory[i];
	return NULL;
}

static bool touches_load(const struct vm *vm, struct range range)
{
	for (unsigned i = 0; i < vm->load_count; i++)
		if (space_overlap(range, (struct range){vm->loads[i].guest, vm->loads[i].size}))
			return true;
	return false;
}

static uint64_t number(const struct tree *map, const char *key, uint64_t fallback)
{
	const struct tree *value = tree_get(map, key);
	return value ? value->number : fallback;
}

static bool read_raw(const struct board *board, struct vm *vm, const struct tree *image,
	const struct blob *blob, struct place place)
{
	uint64_t align = architecture_of(board->machine)->entry_align;
	struct range range = {number(image, "load", vm->memory[0].guest), blob->size};
	const struct tree *load = tree_get(image, "load"), *entry = tree_get(image, "entry");
	vm->entry = number(image, "entry", range.base);
	if (!blob->size) {
		message_error(
			place, "name a file with content", "the image, %s, is empty", blob->path);
		return false;
	}
	if (!memory_of(vm, range)) {
		message_error(load ? load->place : place,
			"give the VM memory there (memory: a list with guest addresses), or change "
			"load",
			"the image at 0x%llx with %zu bytes lies outside the VM's memory",
			(ull)range.base, blob->size);
		return false;
	}
	if (vm->entry - range.base >= range.size || vm->entry % align) {
		message_error(entry ? entry->place : place,
			"name the address of an instruction inside the image",
			vm->entry % align ? "entry 0x%llx is not a multiple of %llu"
					  : "entry 0x%llx is outside the image",
			(ull)vm->entry, (ull)align);
		return false;
	}
	add_load(vm, (struct vm_load){range.base, blob->bytes, blob->size, "image"});
	return true;
}

/* Bare guests: see docs/description.md for the choice. */
static bool place_tree(struct vm *vm, bool is_raw, struct place place)
{
	const struct vm_memory *main = &vm->memory[0];
	struct range first = {main->guest, BARE_TREE_ROOM};
	if (main->size < BARE_TREE_ROOM) {
		message_error(main->place, "give it 16K and what the image takes",
			"the main memory of VM '%s' has no room for a device tree", vm->name);
		return false;
	}
	struct range last = {main->guest + main->size - BARE_TREE_ROOM, BARE_TREE_ROOM};
	vm->device_tree_room = BARE_TREE_ROOM;
	vm->device_tree = is_raw && !touches_load(vm, first) ? first.base : last.base;
	if (vm->device_tree == last.base && touches_load(vm, last)) {
		message_error(place, "make the image smaller or the main memory larger",
			"the image leaves no room for the device tree at 0x%llx, in the last 16 "
			"KiB of the main memory",
			(ull)last.base);
		return false;
	}
	return true;
}

static bool read_bare(
	const struct board *board, struct vm *vm, const struct tree *image, const char *file)
{
	const struct tree *path = image->kind == TREE_TEXT ? image : tree_get(image, "file");
	struct blob blob;
	if (!path)
		return fail_missing(vm, image, "file", "file: FILE");
	/* An ELF file may be larger than the VM's memory by what is only for the debugger. */
	if (!file_read(&blob, file_beside(file, path->text), ELF_LIMIT, path->place, "the image"))
		return false;
	bool is_raw = !payload_elf_is(&blob);
	if (is_raw && path == image) {
		message_error(path->place,
			"name an ELF file; for raw bytes write image: { file: ..., load: ..., "
			"entry: ... }",
			"%s is not an ELF file", blob.path);
		return false;
	}
	const struct tree *load = tree_get(image, "load"), *entry = tree_get(image, "entry");
	if (!is_raw && (load || entry)) {
		message_error(load ? load->key_place : entry->key_place,
			"remove load and entry: an ELF file says both",
			"load and entry are for raw bytes, and %s is an ELF file", blob.path);
		return false;
	}
	bool good = is_raw ? read_raw(board, vm, image, &blob, path->place)
			   : payload_elf_read(board, vm, &blob, path->place);
	return good && place_tree(vm, is_raw, path->place);
}

bool payload_read(
	const struct board *board, struct vm *vm, const struct tree *image, const char *file)
{
	if (!check_keys(vm, image))
		return false;
	if (vm->os != GUEST_LINUX)
		return read_bare(board, vm, image, file);
	bool good = read_bootargs(board, vm, image);
	return read_linux(board, vm, image, file) && good;
}

uint64_t payload_pristine_size(const struct vm *vm)
{
	uint64_t size = space_up(vm->device_tree_room, SPACE_PAGE);
	for (unsigned i = 0; i < vm->load_count; i++)
		size += space_pages((struct range){vm->loads[i].guest, vm->loads[i].size}).size;
	return size;
}
