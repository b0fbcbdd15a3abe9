/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole system for a person to read: memory, owners, cores, settings, sizes.
 */
#include "tools/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/architecture.h"
#include "tools/arena.h"
#include "tools/controller.h"
#include "tools/devicetree.h"
#include "tools/planner.h"
#include "tools/report_comm.h"
#include "tools/report_schedule.h"
#include "tools/report_text.h"
#include "tools/schedule.h"
#include "tools/vcpus.h"

/* A stretch of physical addresses and what it is for. */
struct line {
	uint64_t host, size;
	const char *owner, *what;
};

struct lines {
	struct line *lines;
	unsigned count;
};

static void line_add(
	struct lines *lines, uint64_t host, uint64_t size, const char *owner, const char *what)
{
	if (size == 0)
		return;
	lines->lines = arena_grow(lines->lines, lines->count, sizeof(lines->lines[0]));
	lines->lines[lines->count++] =
		(struct line){.host = host, .size = size, .owner = owner, .what = what};
}

static int line_order(const void *left, const void *right)
{
	const struct line *a = left, *b = right;

	return a->host < b->host ? -1 : a->host > b->host;
}

/* A size in the largest unit that divides it. */
static const char *size_text(uint64_t bytes)
{
	static const char *const units[] = {"B  ", "KiB", "MiB", "GiB"};
	unsigned unit = 0;

	while (unit < 3 && bytes != 0 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	return arena_text("%" PRIu64 " %s", bytes, units[unit]);
}

/* As wide as the longest word for an owner. */
static int owner_width(const struct system *system)
{
	size_t width = strlen("hypervisor");

	for (unsigned i = 0; i < system->vm_count; i++) {
		if (strlen(system->vms[i].name) > width)
			width = strlen(system->vms[i].name);
	}
	return (int)width;
}

/* Each vCPU's interrupt file, where there are such. */
static void print_files(FILE *out, const struct board *board, const struct vm *vm)
{
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		uint64_t guest, host;

		if (controller_vcpu_page(board, vm, i, &guest, &host))
			fprintf(out,
				"    interrupt file %-6u 0x%" PRIx64
				", the guest file at 0x%" PRIx64 " of CPU %u\n",
				i, guest, host, vm->vcpus[i].cpu);
	}
}

/* The CPUs that a vCPU may run on: "0", or "0/1" for one that may migrate. */
static const char *cpus_of(const struct system *system, const struct vm_vcpu *vcpu)
{
	const char *cpus = NULL;

	for (unsigned cpu = 0; cpu < system->board.cpu_count; cpu++) {
		if (schedule_runs_on(vcpu, cpu))
			cpus = cpus ? arena_text("%s/%u", cpus, cpu) : arena_text("%u", cpu);
	}
	return cpus;
}

/* What a VM that shares a CPU may do to the others there, and they to it. */
static void print_sharing(FILE *out, const struct system *system, const struct vm *vm)
{
	static const char *const policies[] = {[PLAN_DEFER] = "waits for its turn",
		[PLAN_RECYCLE_QUANTUM] = "takes over the rest of a quantum",
		[PLAN_RESET_QUANTUM] = "gets a quantum of its own"};
	const char *fast = vm->is_console_fast ? "shared console" : "", *others = "";

	if (vm->comm.is_fast && vm->comm.region_size != 0)
		fast = report_list(fast, "communication");
	for (unsigned i = 0; i < vm->device_count; i++) {
		if (vm->devices[i].is_fast)
			fast = report_list(fast, vm->devices[i].said);
	}
	for (unsigned i = 0; i < system->vm_count; i++) {
		if (&system->vms[i] != vm && vm->controllers >> i & 1)
			others = report_list(others, system->vms[i].name);
	}
	if (*fast)
		fprintf(out,
			"    fast interrupts       %s: the VM %s, at most %" PRIu64
			" times a second\n",
			fast, policies[vm->irq_policy], vm->fast_per_second);
	fprintf(out, "    others' interrupts    %s\n",
		vm->is_preemptable ? "may take the CPU from it" : "wait while it runs");
	fprintf(out, "    its time              %s\n",
		vm->has_own_time ? "own: stands while it waits for the CPU" : "absolute");
	if (*others)
		fprintf(out, "    tasks started by      %s, too\n", others);
}

static void print_settings(FILE *out, const struct image *image, unsigned index)
{
	static const char *const policies[] = {[PLAN_HALT] = "halt",
		[PLAN_RESTART] = "restart",
		[PLAN_STOP_SYSTEM] = "stop the system"};
	static const char *const consoles[] = {[GUEST_CONSOLE_NONE] = "none",
		[GUEST_CONSOLE_SHARED] = "shared",
		[GUEST_CONSOLE_OWN] = "own",
		[GUEST_CONSOLE_VIRTIO] = "virtio"};
	static const char *const deliveries[] = {
		[PLAN_DIRECT] = "direct: the hypervisor does not see them",
		[PLAN_INJECTED] = "injected by the hypervisor",
		[PLAN_UPCALL] = "by upcall"};
	static const char *const os[] = {[GUEST_LINUX] = "Linux",
		[GUEST_BARE] = "bare metal",
		[GUEST_REALTIME] = "real-time tasks"};
	const struct vm_image *vm_image = &image->vms[index];
	const struct stage2 *stage2 = &vm_image->stage2;
	const struct vm *vm = vm_image->vm;
	const char *cpus = "";

	for (unsigned i = 0; i < vm->vcpu_count; i++)
		cpus = report_list(cpus, cpus_of(image->system, &vm->vcpus[i]));
	fprintf(out, "  %s (VM %u, %s)\n", vm->name, index, os[vm->os]);
	fprintf(out, "    vCPUs run on CPUs     %s\n", cpus);
	if (vm->task_first < vm->vcpu_count)
		fprintf(out, "    of them for tasks     %u to %u\n", vm->task_first,
			vm->vcpu_count - 1);
	fprintf(out, "    interrupts            %s\n", deliveries[vm->delivery]);
	if (vcpus_shared(vm))
		print_sharing(out, image->system, vm);
	fprintf(out, "    console               %s\n", consoles[vm->console]);
	fprintf(out, "    on a fault, a reset   %s, %s\n", policies[vm->on_fault],
		policies[vm->on_reset]);
	fprintf(out, "    stray accesses        %s\n",
		vm->stray_access == PLAN_STRAY_FAULT ? "are faults"
						     : "raise an abort in the guest");
	fprintf(out, "    entry, device tree    0x%" PRIx64, vm->entry);
	if (vm->device_tree != 0)
		fprintf(out, ", 0x%" PRIx64 " (%" PRIu64 " bytes)\n", vm->device_tree,
			vm_image->device_tree_size);
	else
		fprintf(out, ", none\n");
	fprintf(out,
		"    stage 2               %u bits of guest address; leaves: %" PRIu64
		" x 1 GiB, %" PRIu64 " x 2 MiB, %" PRIu64 " x 4 KiB\n",
		stage2->bits, stage2->leaves[2], stage2->leaves[1], stage2->leaves[0]);
	print_files(out, &image->system->board, vm);
	for (unsigned i = 0; i < vm->load_count; i++)
		fprintf(out, "    %-21s 0x%" PRIx64 ", %zu bytes\n", vm->loads[i].what,
			vm->loads[i].guest, vm->loads[i].size);
	if (vm->bootargs)
		report_wrapped(out, "    bootargs             ", vm->bootargs);
}

/* What runs on a CPU of the board: "linux, vCPU 0, alone", or "shared by the vCPUs linux 0, control
 * 0". */
static const char *cpu_user(const struct system *system, unsigned cpu)
{
	const char *users = "", *only = "";

	for (unsigned i = 0; i < system->vm_count; i++) {
		const struct vm *vm = &system->vms[i];

		for (unsigned n = 0; n < vm->vcpu_count; n++) {
			if (!schedule_runs_on(&vm->vcpus[n], cpu))
				continue;
			only = arena_text("%s, vCPU %u, alone%s", vm->name, n,
				vm->vcpus[n].ns.period ? ": it has all of it, not its capacity only"
						       : "");
			users = report_list(users, arena_text("%s %u", vm->name, n));
		}
	}
	if (system->cpus[cpu].is_shared)
		return arena_text("shared by the vCPUs %s", users);
	if (system->cpus[cpu].vcpu_count != 0)
		return only;
	return cpu == 0 ? "nothing; it boots the others" : "nothing; not started";
}

static void print_cpus(FILE *out, const struct system *system)
{
	fprintf(out, "\nCPUs\n  cpu  identity    runs\n");
	for (unsigned i = 0; i < system->board.cpu_count; i++)
		fprintf(out, "  %3u  0x%08" PRIx64 "  %s\n", i, system->board.cpu_hw_ids[i],
			cpu_user(system, i));
}

static void add_vm_lines(struct lines *lines, const struct system *system, const struct vm *vm)
{
	for (unsigned i = 0; i < vm->memory_count; i++) {
		const struct vm_memory *memory = &vm->memory[i];

		line_add(lines, memory->host, memory->size, vm->name,
			arena_text("memory%s, guest address 0x%" PRIx64,
				memory->read_only ? ", read-only" : "", memory->guest));
	}
	line_add(lines, vm->comm.region_host, vm->comm.region_size, vm->name,
		arena_text("region, guest address 0x%" PRIx64, vm->comm.region_guest));
	for (unsigned i = 0; i < vm->comm.tunnel_count; i++) {
		const struct vm_tunnel *tunnel = &vm->comm.tunnels[i];

		if (vm < &system->vms[tunnel->peer])
			line_add(lines, tunnel->host, tunnel->size, vm->name,
				arena_text("tunnel %s, shared with %s", tunnel->name,
					system->vms[tunnel->peer].name));
	}
	line_add(lines, vm->pristine.base, vm->pristine.size, "hypervisor",
		arena_text("copy that %s restarts from", vm->name));
}

/* RAM that nothing uses, between the lines that there are, sorted. */
static void add_free_ram(struct lines *lines, const struct board *board)
{
	unsigned used = lines->count;

	for (unsigned i = 0; i < board->ram_count; i++) {
		uint64_t at = board->ram[i].base, end = at + board->ram[i].size;

		for (unsigned n = 0; n < used; n++) {
			const struct line *line = &lines->lines[n];

			if (line->host < at || line->host >= end)
				continue;
			line_add(lines, at, line->host - at, "-", "unassigned RAM");
			at = lines->lines[n].host + lines->lines[n].size;
		}
		line_add(lines, at, end - at, "-", "unassigned RAM");
	}
}

static void print_memory(FILE *out, const struct image *image)
{
	const struct system *system = image->system;
	const struct board *board = &system->board;
	struct lines lines = {0};

	line_add(&lines, image->layout.base_pa, image->layout.size, "hypervisor",
		"image, plan, records, stacks, tables");
	for (unsigned i = 0; i < system->vm_count; i++)
		add_vm_lines(&lines, system, &system->vms[i]);
	for (unsigned i = 0; i < board->reserved_count; i++)
		line_add(&lines, board->reserved[i].base, board->reserved[i].size, "-",
			"reserved by the board's device tree");
	qsort(lines.lines, lines.count, sizeof(lines.lines[0]), line_order);
	add_free_ram(&lines, board);
	qsort(lines.lines, lines.count, sizeof(lines.lines[0]), line_order);

	int width = owner_width(system);

	fprintf(out, "\nMemory\n  %-*s  %-25s  %14s  what\n", width, "owner", "host addresses",
		"size    ");
	for (unsigned i = 0; i < lines.count; i++) {
		const struct line *line = &lines.lines[i];

		fprintf(out, "  %-*s  0x%010" PRIx64 "-0x%010" PRIx64 "  %14s  %s\n", width,
			line->owner, line->host, line->host + line->size - 1, size_text(line->size),
			line->what);
	}
}

/* Who has a device of the board: a VM's name, "hypervisor", "each vCPU", or NULL. */
static const char *device_owner(const struct system *system, const struct board_device *device)
{
	static const char *const timers[] = {"arm,armv8-timer", NULL};
	const struct board *board = &system->board;

	for (unsigned i = 0; i < system->vm_count; i++) {
		for (unsigned n = 0; n < system->vms[i].device_count; n++) {
			if (system->vms[i].devices[n].device.node == device->node)
				return system->vms[i].name;
		}
	}
	if (device->node == board->intc_node || device->node == board->msi_node)
		return "hypervisor";
	if (board->console == CONSOLE_UART && device->node == board->console_device.node)
		return "hypervisor";
	return devicetree_compatible(board, device->node, timers) ? "each vCPU" : NULL;
}

static void print_device(FILE *out, int width, const struct board_device *device, const char *owner)
{
	if (device->reg_count == 0)
		fprintf(out, "  %-*s  %-25s  %14s  %s\n", width, owner, "-", "-", device->path);
	for (unsigned i = 0; i < device->reg_count; i++)
		fprintf(out, "  %-*s  0x%010" PRIx64 "-0x%010" PRIx64 "  %14s%s%s\n", width,
			i == 0 ? owner : "", device->regs[i].base,
			device->regs[i].base + device->regs[i].size - 1,
			size_text(device->regs[i].size), i == 0 ? "  " : "",
			i == 0 ? device->path : "");
}

static void print_devices(FILE *out, const struct system *system)
{
	int width = owner_width(system);
	const char *unassigned = "";

	fprintf(out,
		"\nDevices, at the same addresses for their owners\n  %-*s  %-25s  %14s  device\n",
		width, "owner", "registers", "size    ");
	for (unsigned i = 0; i < system->board.device_count; i++) {
		const struct board_device *device = &system->board.devices[i];
		const char *owner = device_owner(system, device);

		if (owner)
			print_device(out, width, device, owner);
		else
			unassigned = report_list(unassigned, device->path);
	}
	report_wrapped(out, "  unassigned:", report_or_none(unassigned));
}

/* What a region of addresses is, for a person. */
static const char *region_name(
	const struct image *image, const struct vm *vm, const struct plan_mmio *region)
{
	const struct board *board = &image->system->board;

	switch (region->kind) {
	case PLAN_MMIO_UART:
		return arena_text(
			"shared console (%s)", architecture_of(board->machine)->uart_words);
	case PLAN_MMIO_VIRTIO:
		for (unsigned i = 0; i < vm->comm.virtio_count; i++) {
			if (vm->comm.virtio[i].guest == region->base)
				return report_comm_virtio(image->system, vm, &vm->comm.virtio[i]);
		}
		break;
	}
	return board->controller->region_names[region->kind == PLAN_MMIO_INTC ? 0 : 1];
}

/* What the hypervisor emulates, by VM. */
static void print_emulated(FILE *out, const struct image *image)
{
	int width = owner_width(image->system);

	fprintf(out, "\nEmulated for the VMs\n  %-*s  %-25s  %14s  device\n", width, "VM",
		"guest addresses", "size    ");
	for (unsigned i = 0; i < image->system->vm_count; i++) {
		const struct vm_image *vm = &image->vms[i];

		for (unsigned n = 0; n < vm->mmio_count; n++)
			fprintf(out, "  %-*s  0x%010" PRIx64 "-0x%010" PRIx64 "  %14s  %s\n", width,
				n == 0 ? vm->vm->name : "", vm->mmio[n].base,
				vm->mmio[n].base + vm->mmio[n].size_bytes - 1,
				size_text(vm->mmio[n].size_bytes),
				region_name(image, vm->vm, &vm->mmio[n]));
	}
}

/* What drives an interrupt of the VM. */
static const char *irq_source(
	const struct system *system, const struct vm *vm, const struct plan_irq *irq)
{
	uint32_t id = irq->host_id ? irq->host_id : irq->id;

	for (unsigned i = 0; i < vm->device_count; i++) {
		const struct board_device *device = &vm->devices[i].device;

		for (unsigned n = 0; n < device->irq_count; n++) {
			if (device->irqs[n] == id && !(irq->flags & PLAN_IRQ_VIRTUAL))
				return irq->host_id ? arena_text("%s, the guest's number %u",
							      device->path, irq->id)
						    : device->path;
		}
	}
	return report_comm_irq(system, vm, irq->id);
}

static void print_irq(
	FILE *out, int width, const char *owner, uint32_t id, const char *kind, const char *source)
{
	fprintf(out, "  %-*s  %6u  %-9s  %s\n", width, owner, id, kind, source);
}

/* Shared interrupts; each CPU has its own timers' and IPIs besides. */
static void print_interrupts(FILE *out, const struct image *image)
{
	const struct board *board = &image->system->board;
	int width = owner_width(image->system);

	fprintf(out, "\nInterrupts\n  %-*s  %6s  %-9s  of\n", width, "owner", "number", "kind");
	if (board->console == CONSOLE_UART && board->console_device.irq_count > 0)
		print_irq(out, width, "hypervisor", board->console_device.irqs[0], "level",
			board->console_device.path);
	for (unsigned i = 0; i < image->system->vm_count; i++) {
		const struct vm_image *vm = &image->vms[i];

		for (unsigned n = 0; n < vm->irq_count; n++) {
			const struct plan_irq *irq = &vm->irqs[n];

			print_irq(out, width, vm->vm->name, irq->host_id ? irq->host_id : irq->id,
				irq->flags & PLAN_IRQ_VIRTUAL ? "virtual"
				: irq->flags & PLAN_IRQ_EDGE  ? "edge"
							      : "level",
				irq_source(image->system, vm->vm, irq));
		}
	}
}

static void print_sizes(FILE *out, const struct image *image)
{
	const struct hyp_sizes *sizes = &image->layout.sizes;
	const struct {
		const char *what;
		uint64_t bytes;
	} rows[] = {
		{"text", sizes->text},
		{"constants", sizes->read_only},
		{"data", sizes->data},
		{"plan and own root table", sizes->plan},
		{"records of CPUs, VMs, vCPUs and interrupts", sizes->records},
		{"scheduler's records of shared CPUs", sizes->scheduling},
		{"communication's records", sizes->communication},
		{"stacks", sizes->stacks},
		{"own translation table", sizes->own_table},
		{"stage-2 tables of all VMs", sizes->stage2},
		{"padding to pages", sizes->padding},
	};

	fprintf(out, "\nThe hypervisor's memory\n");
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fprintf(out, "  %-44s %10" PRIu64 " bytes\n", rows[i].what, rows[i].bytes);
	fprintf(out, "  %-44s %10" PRIu64 " bytes\n", "all RAM that it takes", image->layout.size);
	fprintf(out, "  %-44s %10" PRIu64 " bytes\n",
		"its image without guests (text, constants, data)",
		sizes->text + sizes->read_only + sizes->data);
}

void report_print(FILE *out, const struct image *image)
{
	const struct system *system = image->system;

	fprintf(out, "System %s on board %s\n", system->name, system->board.name);
	fprintf(out, "\nVirtual machines\n");
	for (unsigned i = 0; i < system->vm_count; i++)
		print_settings(out, image, i);
	print_cpus(out, system);
	report_schedule_print(out, system);
	report_comm_print(out, system);
	print_memory(out, image);
	print_devices(out, system);
	print_emulated(out, image);
	print_interrupts(out, image);
	print_sizes(out, image);
}

static int usage(void)
{
	fprintf(stderr, "usage: orlop report FILE.yaml [--hyp FILE] [--boards FOLDER]\n");
	return 2;
}

int report_command(int argc, char **argv)
{
	const char *file = NULL, *boards = NULL, *hyp = NULL;
	struct image image;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--hyp") == 0 && i + 1 < argc)
			hyp = argv[++i];
		else if (strcmp(argv[i], "--boards") == 0 && i + 1 < argc)
			boards = argv[++i];
		else if (argv[i][0] != '-' && !file)
			file = argv[i];
		else
			return usage();
	}
	if (!file)
		return usage();

	const struct system *system = planner_load(file, boards, NULL);
	if (!system || !image_build(&image, system, hyp))
		return 1;
	report_print(stdout, &image);
	return ferror(stdout) ? 1 : 0;
}
