/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads a board's folder: board.yaml for what no device tree says, the device tree for the rest.
 */
#include "tools/board.h"

#include <dirent.h>
#include <elf.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/architecture.h"
#include "tools/arena.h"
#include "tools/controller.h"
#include "tools/description.h"
#include "tools/devicetree.h"
#include "tools/file.h"
#include "tools/message.h"
#include "tools/number.h"
#include "tools/qemu_tree.h"

#define FILE_LIMIT (16u << 20)
#define FDT_SPARE  4096 /* bytes for the aliases that board.yaml adds */

#define FREQUENCY_LEAST 10000ull /* Hz; a slip of the unit below and above */
#define FREQUENCY_MOST  10000000000ull
#define COST_MOST       1000000u /* ns */

static const char *beside_tool(const char *name)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (length <= 0)
		return name;
	path[length] = '\0';
	char *slash = strrchr(path, '/');
	return arena_text("%.*s/%s", (int)(slash - path), path, name);
}

/* The usual places: boards/ and build/boards/, here or beside the tool's own folder. */
static const char *default_dir(void)
{
	return file_exists("boards") ? "boards" : beside_tool("../boards");
}

static const char *default_cache(void)
{
	return file_exists("build") ? "build/boards" : beside_tool("boards");
}

static int is_folder_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static const char *known_boards(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, is_folder_name, alphasort);
	const char *words = "";
	for (int i = 0; i < count; i++) {
		if (file_exists(arena_text("%s/%s/board.yaml", directory, entries[i]->d_name)))
			words = arena_text("%s%s%s", words, *words ? " " : "", entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return words;
}

/* A board's name is a folder's, not a path that leads elsewhere. */
static bool is_plain_name(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

static bool find_folder(
	struct board *board, const char *name, struct place said, const char *boards_dir)
{
	board->name = name;
	board->directory = arena_text("%s/%s", boards_dir, name);
	if (is_plain_name(name) && file_exists(arena_text("%s/board.yaml", board->directory)))
		return true;
	const char *known = known_boards(boards_dir), *near = schema_nearest(known, name);
	message_error(said,
		near ? arena_text("did you mean '%s'?", near)
		: *known
			? arena_text("boards in %s: %s", boards_dir, known)
			: arena_text("there is no board in the folder %s: name another by --boards",
				  boards_dir),
		"unknown board '%s'", name);
	return false;
}

static uint64_t number(const struct tree *map, const char *key, uint64_t fallback)
{
	const struct tree *value = tree_get(map, key);
	return value ? value->number : fallback;
}

/* What the device tree says on some architectures, board.yaml has to say on others. */
static void check_keys(const struct board *board, const struct tree *root)
{
	static const struct {
		const char *name, *about;
		bool required;
	} keys[] = {
		{"group0", "the GIC", true},
		{"interrupt-limit", "the GIC", true},
		{"timer-frequency", "the generic timer", true},
		{"free-interrupts", "the GIC", false},
		{"redistributor-stride", "the GIC", false},
	};
	bool wanted = board->machine == EM_AARCH64;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct tree *key = tree_get(root, keys[i].name);
		if (wanted && !key && keys[i].required)
			message_error(root->place, arena_text("add %s", keys[i].name),
				"a board of architecture aarch64 needs the key '%s'", keys[i].name);
		else if (key && !wanted)
			message_error(key->key_place,
				"remove it: the device tree says what there is",
				"'%s' is about %s, which only boards of architecture aarch64 have",
				keys[i].name, keys[i].about);
	}
}

static void check_frequency(uint64_t frequency, struct place place)
{
	if (frequency < FREQUENCY_LEAST || frequency > FREQUENCY_MOST)
		message_error(place, "write what CNTFRQ_EL0 reads, in Hz",
			"the counter's frequency, %llu Hz, is not one from 10 kHz to 10 GHz",
			(unsigned long long)frequency);
}

/* While it switches, the hypervisor decides nothing else. */
static void check_masked(const struct board *board, const struct tree *costs)
{
	const struct tree *masked = tree_get(costs, "masked"), *change = tree_get(costs, "switch");
	if (board->costs.masked_ns >= board->costs.switch_ns)
		return;
	message_error(masked ? masked->place : change->place,
		"write the longest time without a decision that was measured on the board",
		"`masked`, %s%s, is less than `switch`: a change of vCPU, too, goes on without a "
		"decision",
		number_time(board->costs.masked_ns), masked ? "" : " if the board does not say it");
}

/* What the hypervisor's work costs; what takes longer than COST_MOST is a slip of the unit. */
static void read_costs(struct board *board, const struct tree *costs)
{
	const struct {
		const char *key;
		uint64_t *ns, fallback;
	} keys[] = {{"switch", &board->costs.switch_ns, 2000},
		{"masked", &board->costs.masked_ns, 10000},
		{"interrupt", &board->costs.interrupt_ns, 1000}};
	board->costs.assumed = "";
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct tree *cost = tree_get(costs, keys[i].key);
		*keys[i].ns = cost ? cost->number : keys[i].fallback;
		if (!cost)
			board->costs.assumed = arena_text("%s%s%s", board->costs.assumed,
				*board->costs.assumed ? ", " : "", keys[i].key);
		else if (cost->number == 0 || cost->number > COST_MOST)
			message_error(cost->place, "write what was measured on the board",
				"a cost of %s is not one from 1ns to 1ms", cost->text);
	}
	check_masked(board, costs);
}

static void read_settings(struct board *board, const struct tree *root)
{
	const struct tree *limit = tree_get(root, "interrupt-limit"),
			  *stride = tree_get(root, "redistributor-stride"),
			  *name = tree_get(root, "name"),
			  *frequency = tree_get(root, "timer-frequency");
	board->machine = architecture_named(tree_text(root, "architecture", "aarch64"))->machine;
	board->own_group = strcmp(tree_text(root, "group0", ""), "hypervisor") == 0;
	board->irq_limit = 1024;
	if (name && strcmp(name->text, board->name) != 0)
		message_error(name->place, arena_text("write name: %s", board->name),
			"the board's name '%s' is not its folder's", name->text);
	if (stride && stride->number != 0x20000 && stride->number != 0x40000)
		message_error(stride->place, "write 128K, or 256K for a GICv4",
			"redistributor-stride has to be 128K or 256K");
	else if (stride)
		board->intc_stride = stride->number;
	if (limit && (limit->number % 32 || limit->number < 64 || limit->number > 1024))
		message_error(limit->place,
			"write 32 + 32 * (GICD_TYPER.ITLinesNumber), as the controller's manual "
			"says",
			"interrupt-limit has to be a multiple of 32 from 64 to 1024");
	else if (limit)
		board->irq_limit = (uint32_t)limit->number;
	if (frequency) {
		board->timer_frequency = frequency->number;
		check_frequency(frequency->number, frequency->place);
	}
	read_costs(board, tree_get(root, "costs"));
}

/* RISC-V: the device tree says how fast the counter `time` runs (Linux, riscv/cpus.yaml). */
static void read_timebase(struct board *board, const char *path)
{
	int cpus = fdt_path_offset(board->fdt, "/cpus"), bytes = 0;
	const fdt32_t *frequency = fdt_getprop(board->fdt, cpus, "timebase-frequency", &bytes);
	if (board->machine != EM_RISCV)
		return;
	if (!frequency || bytes != 4) {
		message_error(message_file(path), "use the device tree that Linux boots with",
			"node /cpus has no timebase-frequency");
		return;
	}
	board->timer_frequency = fdt32_ld(frequency);
	check_frequency(board->timer_frequency, message_file(path));
}

static void read_arguments(struct board *board, const struct tree *list)
{
	const char **arguments = NULL;
	for (const struct tree *item = list ? list->first : NULL; item; item = item->next) {
		if (item->bad)
			continue;
		arguments = arena_grow(arguments, board->qemu.argument_count, sizeof(*arguments));
		arguments[board->qemu.argument_count++] = item->text;
	}
	board->qemu.arguments = arguments;
}

static void read_qemu(struct board *board, const struct tree *qemu)
{
	const struct architecture *architecture = architecture_of(board->machine);
	if (!qemu)
		return;
	board->qemu.binary = tree_text(qemu, "binary", architecture->qemu);
	board->qemu.machine = tree_text(qemu, "machine", "virt");
	board->qemu.cpu = tree_text(qemu, "cpu", architecture->cpu);
	board->qemu.memory = number(qemu, "memory", 1 << 30);
	read_arguments(board, tree_get(qemu, "arguments"));
	const struct tree *cpus = tree_get(qemu, "cpus"), *memory = tree_get(qemu, "memory");
	if (cpus && (cpus->number < 1 || cpus->number > 512))
		message_error(cpus->place, "write a number from 1 to 512", "QEMU has no %s CPUs",
			cpus->text);
	if (memory && (memory->number == 0 || memory->number & 0xfffff))
		message_error(memory->place, "write a multiple of 1M",
			"QEMU's memory has to be whole MiB");
}

/* Loads the device tree with room to add aliases. */
static bool load_tree(struct board *board, const char *path, struct place place)
{
	struct blob blob;
	if (!file_read(&blob, path, FILE_LIMIT, place, "the board's device tree"))
		return false;
	if (blob.size < sizeof(struct fdt_header) || fdt_check_full(blob.bytes, blob.size) != 0) {
		message_error(place, "name a .dtb file, which dtc compiles from a .dts file",
			"%s is not a valid flattened device tree", path);
		return false;
	}
	size_t size = blob.size + FDT_SPARE;
	board->fdt = arena_alloc(size, 1);
	int error = fdt_open_into(blob.bytes, board->fdt, (int)size);
	if (error)
		message_error(place, "recompile it with a current dtc", "%s cannot be edited: %s",
			path, fdt_strerror(error));
	return !error;
}

static void add_alias(struct board *board, const struct tree *name)
{
	if (fdt_path_offset(board->fdt, "/aliases") < 0)
		fdt_add_subnode(board->fdt, 0, "aliases");
	int aliases = fdt_path_offset(board->fdt, "/aliases");
	if (name->text[0] != '/' || fdt_path_offset(board->fdt, name->text) < 0)
		message_error(name->place, "write the node's full path in the device tree",
			"the board's device tree has no node %s", name->text);
	else if (aliases < 0 || fdt_setprop_string(board->fdt, aliases, name->key, name->text) != 0)
		message_error(name->place, "give fewer or shorter names",
			"no room for the alias '%s' in the device tree", name->key);
}

static void add_aliases(struct board *board, const struct tree *names)
{
	for (const struct tree *name = names ? names->first : NULL; name; name = name->next)
		if (!name->bad)
			add_alias(board, name);
}

static const char *tree_path(
	struct board *board, const struct tree *root, const char *file, const char *cache_dir)
{
	const struct tree *path = tree_get(root, "device-tree"), *qemu = tree_get(root, "qemu");
	if (path)
		return file_beside(file, path->text);
	if (qemu)
		return qemu_tree_dump(board, number(qemu, "cpus", 1), cache_dir, tree_place(qemu));
	message_error(message_file(file), "add device-tree: FILE.dtb, the one Linux boots with",
		"the board has neither a device-tree nor a qemu section");
	return NULL;
}

static void read_console(struct board *board, const struct tree *console)
{
	const struct architecture *architecture = architecture_of(board->machine);
	if (console && console->kind == TREE_TEXT && strcmp(console->text, "debugger") == 0)
		board->console = CONSOLE_DEBUGGER;
	const struct tree *device = tree_get(console, "device");
	const struct tree *driver = tree_get(console, "driver");
	if (driver && strcmp(driver->text, architecture->uart) != 0)
		message_error(driver->place, arena_text("write driver: %s", architecture->uart),
			"Orlop has no driver %s for architecture %s", driver->text,
			architecture->name);
	if (!device)
		return;
	int node = board_find(board, device->text);
	const struct board_device *uart = node < 0 ? NULL : devicetree_device(board, node);
	if (!uart || !uart->reg_count || !uart->irq_count ||
		!devicetree_compatible(board, node, architecture->uart_compatible)) {
		message_error(device->place,
			arena_text(
				"name a node compatible with %s", architecture->uart_compatible[0]),
			"'%s' is not a %s with registers and an interrupt in the board's device "
			"tree",
			device->text, architecture->uart_words);
		return;
	}
	board->console = CONSOLE_UART;
	board->console_device = *uart;
}

static void check_free(const struct board *board, uint32_t irq, struct place place)
{
	for (unsigned i = 0; i < board->device_count; i++)
		for (unsigned j = 0; j < board->devices[i].irq_count; j++)
			if (board->devices[i].irqs[j] == irq)
				message_error(place, "choose interrupts that no device drives",
					"interrupt %u is not free: %s drives it", irq,
					board->devices[i].path);
	for (unsigned i = 0; i < board->free_irq_count; i++)
		if (irq - board->free_irqs[i].base < board->free_irqs[i].size)
			message_error(place, "name each interrupt once",
				"interrupt %u is named twice in free-interrupts", irq);
}

static void add_free_irqs(struct board *board, const struct tree *map)
{
	const struct tree *first = tree_get(map, "first"), *count = tree_get(map, "count");
	if (!first || !count)
		return;
	if (first->number < board->controller->irq_first || first->number > board->irq_limit ||
		count->number > board->irq_limit - first->number) {
		message_error(tree_place(map),
			board->machine == EM_AARCH64
				? "choose INTIDs from 32 to below interrupt-limit"
				: arena_text("choose numbers from %u to %u",
					  board->controller->irq_first, board->irq_limit - 1),
			"free-interrupts are not all shared interrupts of the controller");
		return;
	}
	for (uint64_t i = 0; i < count->number; i++)
		check_free(board, (uint32_t)(first->number + i), tree_place(map));
	board->free_irqs =
		arena_grow(board->free_irqs, board->free_irq_count, sizeof(board->free_irqs[0]));
	board->free_irqs[board->free_irq_count++] = (struct range){first->number, count->number};
}

static void read_free_irqs(struct board *board, const struct tree *key)
{
	if (key && key->kind == TREE_MAP)
		add_free_irqs(board, key);
	for (const struct tree *item = key && key->kind == TREE_LIST ? key->first : NULL; item;
		item = item->next)
		if (!item->bad)
			add_free_irqs(board, item);
}

static void check_cpus(const struct board *board, const struct tree *qemu)
{
	const struct tree *cpus = tree_get(qemu, "cpus");
	if (cpus && cpus->number != board->cpu_count)
		message_error(cpus->place, arena_text("write cpus: %u", board->cpu_count),
			"QEMU is given %s CPUs, and the device tree has %u", cpus->text,
			board->cpu_count);
}

bool board_load(struct board *board, const char *name, struct place said, const char *boards_dir,
	const char *cache_dir)
{
	unsigned errors = message_errors();
	*board = (struct board){0};
	if (!find_folder(board, name, said, boards_dir ? boards_dir : default_dir()))
		return false;
	struct blob blob;
	const char *file = arena_text("%s/board.yaml", board->directory);
	if (!file_read(&blob, file, FILE_LIMIT, said, "the board"))
		return false;
	const struct tree *root = description_parse(&blob, description_board_keys);
	if (!root)
		return false;
	read_settings(board, root);
	if (message_errors() == errors)
		check_keys(board, root);
	read_qemu(board, tree_get(root, "qemu"));
	if (message_errors() != errors)
		return false;

	const char *path = tree_path(board, root, file, cache_dir ? cache_dir : default_cache());
	const struct tree *tree = tree_get(root, "device-tree");
	if (!path || !load_tree(board, path, tree ? tree->place : message_file(file)))
		return false;
	add_aliases(board, tree_get(root, "names"));
	if (!devicetree_read(board, message_file(path)))
		return false;
	read_timebase(board, path);
	check_cpus(board, tree_get(root, "qemu"));
	read_console(board, tree_get(root, "console"));
	read_free_irqs(board, tree_get(root, "free-interrupts"));
	return message_errors() == errors;
}

static int find_path(const void *fdt, const char *path)
{
	char found[512];
	int node = fdt_path_offset(fdt, path);
	/* libfdt also accepts a node's name without its address, which may mean several nodes. */
	if (node < 0 || fdt_get_path(fdt, node, found, sizeof(found)) != 0 ||
		strcmp(found, path) != 0)
		return BOARD_UNKNOWN;
	return node;
}

static bool has_name(const void *fdt, int node, const char *said)
{
	const char *name = fdt_get_name(fdt, node, NULL);
	size_t length = strlen(said);
	return name && strncmp(name, said, length) == 0 && (!name[length] || name[length] == '@');
}

static int find_name(const void *fdt, const char *said)
{
	int found = BOARD_UNKNOWN;
	for (int node = fdt_next_node(fdt, 0, NULL); node >= 0;
		node = fdt_next_node(fdt, node, NULL))
		if (has_name(fdt, node, said))
			found = found == BOARD_UNKNOWN ? node : BOARD_AMBIGUOUS;
	return found;
}

int board_find(const struct board *board, const char *said)
{
	if (said[0] == '/')
		return find_path(board->fdt, said);
	int symbols = fdt_path_offset(board->fdt, "/__symbols__"), bytes = 0;
	const char *path = symbols < 0 ? NULL : fdt_getprop(board->fdt, symbols, said, &bytes);
	if (!path || bytes <= 0 || path[bytes - 1])
		path = fdt_get_alias(board->fdt, said);
	if (path) {
		int node = fdt_path_offset(board->fdt, path);
		return node < 0 ? BOARD_UNKNOWN : node;
	}
	return find_name(board->fdt, said);
}
