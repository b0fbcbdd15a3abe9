/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads an image's PATH.json and checks that all of it is there.
 */
#include "tools/machine.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/message.h"

#define SIZES_ACROSS 4u

static const char *without_suffix(const char *path)
{
	static const char *const suffixes[] = {".elf", ".img", ".json"};

	for (unsigned i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t length = strlen(path), end = strlen(suffixes[i]);

		if (length > end && strcmp(path + length - end, suffixes[i]) == 0)
			return arena_text("%.*s", (int)(length - end), path);
	}
	return path;
}

static const char *keep(const char *text)
{
	return text ? arena_text("%s", text) : NULL;
}

#define INFO_FIELD(field) {#field, &machine->info.field},

static bool unpack_hypervisor(struct machine *machine, json_t *hypervisor, json_error_t *error)
{
	json_int_t base, size, plan;
	const struct {
		const char *key;
		uint32_t *value;
	} fields[] = {MACHINE_INFO(INFO_FIELD)};

	if (json_unpack_ex(hypervisor, error, 0, "{s:I, s:I, s:I}", "base", &base, "size", &size,
		    "plan", &plan) != 0)
		return false;
	machine->base = (uint64_t)base;
	machine->size = (uint64_t)size;
	machine->plan = (uint64_t)plan;
	for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		json_int_t value;

		if (json_unpack_ex(hypervisor, error, 0, "{s:I}", fields[i].key, &value) != 0)
			return false;
		*fields[i].value = (uint32_t)value;
	}
	return true;
}

/* Which of the board's CPUs each of the plan's is. */
static bool unpack_cpus(struct machine *machine, json_t *cpus)
{
	machine->board_cpu_count = (unsigned)json_array_size(cpus);
	machine->board_cpus =
		arena_alloc(machine->board_cpu_count + 1, sizeof(machine->board_cpus[0]));
	for (unsigned i = 0; i < machine->board_cpu_count; i++)
		machine->board_cpus[i] = (unsigned)json_integer_value(json_array_get(cpus, i));
	return json_is_array(cpus);
}

static void unpack_arguments(struct machine *machine, json_t *arguments)
{
	size_t count = json_array_size(arguments);

	machine->qemu.arguments = arena_alloc(count + 1, sizeof(machine->qemu.arguments[0]));
	for (size_t i = 0; i < count; i++)
		machine->qemu.arguments[i] = keep(json_string_value(json_array_get(arguments, i)));
}

static bool unpack(struct machine *machine, json_t *root, json_error_t *error)
{
	json_t *hypervisor, *cpus, *arguments, *qemu = json_object_get(root, "qemu");
	const char *console;
	json_int_t memory;

	if (json_unpack_ex(root, error, 0, "{s:s, s:s, s:i, s:o, s:o}", "name", &machine->name,
		    "console", &console, "cpus", &machine->cpus, "hypervisor", &hypervisor,
		    "board_cpus", &cpus) != 0 ||
		!unpack_cpus(machine, cpus))
		return false;
	machine->name = keep(machine->name);
	machine->debugger = strcmp(console, "debugger") == 0;
	if (!unpack_hypervisor(machine, hypervisor, error))
		return false;
	if (!qemu)
		return true;
	if (json_unpack_ex(qemu, error, 0, "{s:s, s:s, s:s, s:I, s:o}", "binary",
		    &machine->qemu.binary, "machine", &machine->qemu.machine, "cpu",
		    &machine->qemu.cpu, "memory", &memory, "arguments", &arguments) != 0)
		return false;
	unpack_arguments(machine, arguments);
	machine->qemu.binary = keep(machine->qemu.binary);
	machine->qemu.machine = keep(machine->qemu.machine);
	machine->qemu.cpu = keep(machine->qemu.cpu);
	machine->qemu.memory = (uint64_t)memory;
	return true;
}

bool machine_read(struct machine *machine, const char *path)
{
	const char *file;
	json_error_t error;
	json_t *root;
	bool good;

	*machine = (struct machine){.path = without_suffix(path)};
	file = arena_text("%s.json", machine->path);
	root = json_load_file(file, 0, &error);
	good = root && unpack(machine, root, &error);
	json_decref(root);
	if (!good)
		message_error(message_file(file), "build the image again with orlop build", "%s",
			error.text);
	return good;
}

void machine_print_sizes(const struct machine *machine)
{
	json_t *root = json_load_file(arena_text("%s.json", machine->path), 0, NULL);
	json_t *sizes = json_object_get(root, "sizes");
	unsigned column = 0;

	printf("the hypervisor takes %" PRIu64 " bytes of RAM:", machine->size);
	for (void *at = json_object_iter(sizes); at; at = json_object_iter_next(sizes, at))
		printf("%s%-10s%8" JSON_INTEGER_FORMAT, column++ % SIZES_ACROSS ? "   " : "\n  ",
			json_object_iter_key(at), json_integer_value(json_object_iter_value(at)));
	printf("\n");
	json_decref(root);
}
