/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The steps from a description to a struct system. Each step goes on after errors as long as what
 * it needs is sound, so that one run shows all independent errors.
 */
#include "tools/planner.h"

#include <string.h>

#include "tools/arena.h"
#include "tools/board.h"
#include "tools/comm.h"
#include "tools/description.h"
#include "tools/file.h"
#include "tools/interrupts.h"
#include "tools/message.h"
#include "tools/ownership.h"
#include "tools/payload.h"
#include "tools/placement.h"
#include "tools/schedule.h"
#include "tools/schedule_rules.h"
#include "tools/vcpus.h"
#include "tools/virtual_irqs.h"
#include "tools/vm_names.h"

#define VM_MAX     16
#define FILE_LIMIT (1u << 20)

struct planner {
	struct system *system;
	const char *file;
	const struct tree *trees[VM_MAX]; /* of each VM */
};

static const char *system_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	return arena_text(
		"%.*s", (int)(dot && dot != name ? (size_t)(dot - name) : strlen(name)), name);
}

static enum plan_policy read_policy(const char *word)
{
	if (strcmp(word, "restart") == 0)
		return PLAN_RESTART;
	return strcmp(word, "stop-system") == 0 ? PLAN_STOP_SYSTEM : PLAN_HALT;
}

static enum guest_os read_os(const char *word)
{
	if (strcmp(word, "linux") == 0)
		return GUEST_LINUX;
	return strcmp(word, "realtime") == 0 ? GUEST_REALTIME : GUEST_BARE;
}

static void read_settings(struct vm *vm, const struct tree *tree)
{
	vm->os = read_os(tree_text(tree, "os", "bare"));
	vm->on_fault = read_policy(tree_text(tree, "on-fault", "halt"));
	vm->on_reset = read_policy(
		tree_text(tree, "on-reset", vm->on_fault == PLAN_RESTART ? "restart" : "halt"));
	vm->stray_access = strcmp(tree_text(tree, "stray-access", "fault"), "abort") == 0
				   ? PLAN_STRAY_ABORT
				   : PLAN_STRAY_FAULT;
	vm->has_own_time = strcmp(tree_text(tree, "time", "absolute"), "own") == 0;
}

static const struct vm_device *find_uart(const struct board *board, const struct vm *vm)
{
	for (unsigned i = 0; i < vm->device_count; i++)
		if (ownership_is_uart(board, &vm->devices[i].device))
			return &vm->devices[i];
	return NULL;
}

static bool owns_console_device(const struct board *board, const struct vm *vm)
{
	for (unsigned i = 0; i < vm->device_count; i++)
		if (vm->devices[i].device.node == board->console_device.node)
			return true;
	return false;
}

static void check_shared_console(const struct board *board, const struct vm *vm, struct place place)
{
	if (!board->console_device.reg_count)
		message_error(place,
			"write console: none, or name the board's UART in its board.yaml",
			"board %s has no console device whose address the shared console of VM "
			"'%s' could take",
			board->name, vm->name);
	else if (owns_console_device(board, vm))
		message_error(place, "write console: own, or remove the UART from access",
			"the shared console of VM '%s' takes the address of a UART that the VM "
			"owns",
			vm->name);
}

static void read_console(const struct board *board, struct vm *vm, const struct tree *tree)
{
	const struct tree *console = tree_get(tree, "console");
	const struct vm_device *uart = find_uart(board, vm);
	const char *fallback = uart ? "own" : vm->os == GUEST_LINUX ? "shared" : "none";
	const char *word = console ? console->text : fallback;
	struct place place = console ? console->place : vm->place;

	vm->console = strcmp(word, "own") == 0      ? GUEST_CONSOLE_OWN
		      : strcmp(word, "shared") == 0 ? GUEST_CONSOLE_SHARED
		      : strcmp(word, "virtio") == 0 ? GUEST_CONSOLE_VIRTIO
						    : GUEST_CONSOLE_NONE;
	if (vm->console == GUEST_CONSOLE_OWN && !uart)
		message_error(place, "add a UART to access, or write console: shared",
			"VM '%s' has no UART of its own", vm->name);
	if (vm->console == GUEST_CONSOLE_SHARED)
		check_shared_console(board, vm, place);
}

static void read_vm(struct planner *planner, const struct tree *tree)
{
	struct system *system = planner->system;
	struct vm *vm = &system->vms[system->vm_count];
	planner->trees[system->vm_count++] = tree;
	vm->name = tree->key;
	vm->place = tree->key_place;
	vm_names_check(tree->key, tree->key_place, "a VM");
	read_settings(vm, tree);
	vcpus_read(system, vm, tree);
	ownership_read_devices(system, vm, tree_get(tree, "access"));
	read_console(&system->board, vm, tree);
	interrupts_read(system, vm, tree_get(tree, "interrupts"));
	placement_read(system, vm, tree_get(tree, "memory"));
}

static void read_vms(struct planner *planner, const struct tree *vms)
{
	struct system *system = planner->system;
	if (vms && !vms->first)
		message_error(
			tree_place(vms), "describe at least one VM", "the description has no VM");
	for (const struct tree *tree = vms ? vms->first : NULL; tree; tree = tree->next) {
		if (system->vm_count == VM_MAX) {
			message_error(tree->key_place, "remove some", "more than %d VMs", VM_MAX);
			return;
		}
		if (!tree->bad)
			read_vm(planner, tree);
	}
}

/* Names are resolved when all VMs are known. */
static void read_controllers(struct planner *planner, unsigned index)
{
	struct system *system = planner->system;
	struct vm *vm = &system->vms[index];
	const struct tree *list = tree_get(planner->trees[index], "controllers");

	vm->controllers = 1u << index;
	if (list && vm->task_first == vm->vcpu_count)
		message_error(list->key_place, "add tasks, or remove controllers",
			"VM '%s' has no tasks that others could start", vm->name);
	for (const struct tree *item = list ? list->first : NULL; item; item = item->next) {
		unsigned other;

		if (!item->bad && vm_names_find(system, item, &other))
			vm->controllers |= 1u << other;
	}
}

/* What depends on all VMs: who shares a CPU with whom. */
static void read_shared(struct planner *planner, const struct tree *root)
{
	struct system *system = planner->system;

	schedule_plan(system);
	for (unsigned i = 0; i < system->vm_count; i++) {
		read_controllers(planner, i);
		interrupts_settle(
			system, &system->vms[i], tree_get(planner->trees[i], "interrupts"));
	}
	schedule_rules_check(system, root);
}

/* The description's word on the hypervisor's console goes before the board's. */
static void choose_console(struct board *board, const struct tree *root)
{
	const struct tree *console = tree_get(root, "console");
	if (!console)
		return;
	board->console = strcmp(console->text, "uart") == 0       ? CONSOLE_UART
			 : strcmp(console->text, "debugger") == 0 ? CONSOLE_DEBUGGER
								  : CONSOLE_NONE;
	if (board->console == CONSOLE_UART && !board->console_device.reg_count) {
		message_error(console->place,
			"write console: debugger or none, or name the UART in the board's "
			"board.yaml",
			"board %s has no console UART", board->name);
		board->console = CONSOLE_NONE;
	}
}

static void read_payloads(const struct planner *planner)
{
	struct system *system = planner->system;
	for (unsigned i = 0; i < system->vm_count; i++) {
		struct vm *vm = &system->vms[i];
		const struct tree *image = tree_get(planner->trees[i], "image");
		placement_check_guest(system, vm);
		if (!image || !vm->memory_count || !tree_get(planner->trees[i], "os") ||
			!payload_read(&system->board, vm, image, planner->file))
			continue;
		if (vm->on_fault == PLAN_RESTART || vm->on_reset == PLAN_RESTART)
			placement_place_pristine(system, vm, payload_pristine_size(vm));
	}
}

static bool plan(struct planner *planner, const struct tree *root, const char *boards_dir,
	const char *cache_dir)
{
	struct system *system = planner->system;
	const struct tree *board = tree_get(root, "board");
	if (!board || !board_load(&system->board, board->text, board->place, boards_dir, cache_dir))
		return false;
	schedule_read(system, root);
	if (!placement_reserve(system, board->place))
		return false;
	choose_console(&system->board, root);
	read_vms(planner, tree_get(root, "vms"));
	comm_read(system, planner->trees);
	read_shared(planner, root);
	ownership_check(system);
	placement_place(system);
	comm_place(system);
	virtual_irqs_give(system);
	read_payloads(planner);
	return true;
}

static struct system *plan_blob(
	const struct blob *blob, const char *boards_dir, const char *cache_dir)
{
	unsigned errors = message_errors();
	const struct tree *root = description_parse(blob, description_keys);
	struct planner planner = {
		.system = arena_alloc(1, sizeof(struct system)),
		.file = blob->path,
	};
	planner.system->name = system_name(blob->path);
	planner.system->vms = arena_alloc(VM_MAX, sizeof(struct vm));
	if (!root || !plan(&planner, root, boards_dir, cache_dir))
		return NULL;
	return message_errors() == errors ? planner.system : NULL;
}

struct system *planner_load(
	const char *description_path, const char *boards_dir, const char *cache_dir)
{
	struct blob blob;
	if (!file_read(&blob, description_path, FILE_LIMIT, (struct place){0}, "the description"))
		return NULL;
	return plan_blob(&blob, boards_dir, cache_dir);
}

struct system *planner_load_text(const char *path, const uint8_t *bytes, size_t size,
	const char *boards_dir, const char *cache_dir)
{
	uint8_t *copy = arena_alloc(size + 1, 1);
	memcpy(copy, bytes, size);
	struct blob blob = {path, copy, size};
	return plan_blob(&blob, boards_dir, cache_dir);
}
