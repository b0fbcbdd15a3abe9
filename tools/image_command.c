/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command build: writes the image's files.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/arena.h"
#include "tools/image.h"
#include "tools/machine.h"
#include "tools/message.h"
#include "tools/planner.h"
#include "tools/report.h"

static bool fail(const char *path, int fault)
{
	message_error(message_file(path), "check the folder and the room on its disk",
		"cannot be written: %s", strerror(fault));
	return false;
}

/* Makes the folders that path names before its last slash. */
static bool make_folders(const char *path)
{
	char *folder = arena_text("%s", path);

	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0777) != 0 && errno != EEXIST)
			return fail(folder, errno);
		*slash = '/';
	}
	return true;
}

#define PUT_INFO(field) json_object_set_new(object, #field, json_integer(info->field));

/* What `orlop stats` needs of hyp_info, which the image itself does not hold at a known place. */
static json_t *hypervisor_json(const struct image *image)
{
	const struct hyp_layout *layout = &image->layout;
	const struct hyp_info *info = &image->hyp.info;
	json_t *object = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "base",
		(json_int_t)layout->base_pa, "size", (json_int_t)layout->size, "plan",
		(json_int_t)hyp_layout_pa(layout, layout->plan), "cpu_records",
		(json_int_t)hyp_layout_pa(layout, layout->cpu_records), "vm_records",
		(json_int_t)hyp_layout_pa(layout, layout->vm_records), "vcpu_records",
		(json_int_t)hyp_layout_pa(layout, layout->vcpu_records));

	MACHINE_INFO(PUT_INFO)
	return object;
}

static json_t *vms_json(const struct image *image)
{
	static const char *const consoles[] = {[GUEST_CONSOLE_NONE] = "none",
		[GUEST_CONSOLE_SHARED] = "shared",
		[GUEST_CONSOLE_OWN] = "own",
		[GUEST_CONSOLE_VIRTIO] = "virtio"};
	json_t *vms = json_array();

	for (unsigned i = 0; i < image->system->vm_count; i++) {
		const struct vm *vm = &image->system->vms[i];
		json_t *cpus = json_array();

		for (unsigned n = 0; n < vm->vcpu_count; n++)
			json_array_append_new(cpus,
				json_integer(hyp_layout_cpu(&image->layout, vm->vcpus[n].cpu)));
		json_array_append_new(vms, json_pack("{s:s, s:s, s:o}", "name", vm->name, "console",
						   consoles[vm->console], "cpus", cpus));
	}
	return vms;
}

/* How to start QEMU as this board. */
static json_t *qemu_json(const struct board *board)
{
	json_t *arguments = json_array();

	for (unsigned i = 0; i < board->qemu.argument_count; i++)
		json_array_append_new(arguments, json_string(board->qemu.arguments[i]));
	return json_pack("{s:s, s:s, s:s, s:I, s:o}", "binary", board->qemu.binary, "machine",
		board->qemu.machine, "cpu", board->qemu.cpu, "memory",
		(json_int_t)board->qemu.memory, "arguments", arguments);
}

/* What `orlop run` and `orlop stats` want to know of the image's board and hypervisor. */
static bool write_json(const struct image *image, const char *path)
{
	static const char *const consoles[] = {
		[CONSOLE_NONE] = "none", [CONSOLE_UART] = "uart", [CONSOLE_DEBUGGER] = "debugger"};
	const struct system *system = image->system;
	const struct board *board = &system->board;
	const struct hyp_sizes *sizes = &image->layout.sizes;
	json_t *root = json_pack("{s:s, s:s, s:s, s:i, s:o, s:o}", "name", system->name, "board",
		board->name, "console", consoles[board->console], "cpus", (int)board->cpu_count,
		"hypervisor", hypervisor_json(image), "vms", vms_json(image));
	json_t *cpus = json_array();

	for (unsigned i = 0; i < image->layout.cpu_count; i++)
		json_array_append_new(cpus, json_integer(image->layout.cpus[i]));
	json_object_set_new(root, "board_cpus", cpus);
	json_object_set_new(root, "sizes",
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "text",
			(json_int_t)sizes->text, "read_only", (json_int_t)sizes->read_only, "data",
			(json_int_t)sizes->data, "plan", (json_int_t)sizes->plan, "records",
			(json_int_t)sizes->records, "scheduling", (json_int_t)sizes->scheduling,
			"communication", (json_int_t)sizes->communication, "stacks",
			(json_int_t)sizes->stacks, "own_table", (json_int_t)sizes->own_table,
			"stage2", (json_int_t)sizes->stage2, "padding",
			(json_int_t)sizes->padding));
	if (board->qemu.binary)
		json_object_set_new(root, "qemu", qemu_json(board));
	bool good = json_dump_file(root, path, JSON_INDENT(2) | JSON_PRESERVE_ORDER) == 0;

	json_decref(root);
	return good || fail(path, errno);
}

static bool write_report(const struct image *image, const char *path)
{
	FILE *file = fopen(path, "w");
	bool good;

	if (!file)
		return fail(path, errno);
	report_print(file, image);
	good = !ferror(file);
	return (fclose(file) == 0 && good) || fail(path, errno);
}

bool image_write(const struct image *image, const char *path)
{
	uint64_t base = image->layout.base_pa;

	if (image->parts[0].base < base) {
		message_error((struct place){0},
			"place it after the hypervisor, or leave its place to the tool",
			"a VM's contents at 0x%" PRIx64
			" lie before the hypervisor, where a raw image cannot reach",
			image->parts[0].base);
		return false;
	}
	return make_folders(path) &&
	       image_file_write_elf(arena_text("%s.elf", path), image->system->board.machine, base,
		       image->parts, image->part_count) &&
	       image_file_write_raw(
		       arena_text("%s.img", path), base, image->parts, image->part_count) &&
	       write_json(image, arena_text("%s.json", path)) &&
	       write_report(image, arena_text("%s.report.txt", path));
}

static int usage(void)
{
	fprintf(stderr, "usage: orlop build FILE.yaml [-o PATH] [--hyp FILE] [--boards FOLDER]\n");
	return 2;
}

int image_command(int argc, char **argv)
{
	const char *file = NULL, *path = NULL, *boards = NULL, *hyp = NULL;
	const struct {
		const char *name;
		const char **value;
	} options[] = {{"-o", &path}, {"--hyp", &hyp}, {"--boards", &boards}};
	struct image image;

	for (int i = 1; i < argc; i++) {
		const char **value = &file;

		for (unsigned n = 0; n < sizeof(options) / sizeof(options[0]); n++) {
			if (strcmp(argv[i], options[n].name) == 0)
				value = options[n].value;
		}
		if (value == &file ? file != NULL || argv[i][0] == '-' : ++i == argc)
			return usage();
		*value = argv[i];
	}
	if (!file)
		return usage();

	const struct system *system = planner_load(file, boards, NULL);
	if (!system)
		return 1;
	if (!path)
		path = arena_text("build/%s", system->name);
	if (!image_build(&image, system, hyp) || !image_write(&image, path))
		return 1;
	printf("%s.elf: %u VMs on %u CPUs; the hypervisor takes %" PRIu64 " bytes of RAM\n", path,
		system->vm_count, image.layout.cpu_count, image.layout.size);
	return 0;
}
