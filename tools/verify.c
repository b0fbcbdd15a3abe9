/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command check, and what it says of an image that holds.
 */
#include "tools/verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/message.h"
#include "tools/planner.h"
#include "tools/verify_intc.h"

#define PAGE PLAN_PAGE_SIZE

static int range_order(const void *left, const void *right)
{
	const struct verify_range *a = left, *b = right;

	return a->pa < b->pa ? -1 : a->pa > b->pa;
}

/* All VMs' ranges in one list, by physical address. */
static void gather(struct verify *verify)
{
	struct verify_ranges *all = &verify->all;

	for (unsigned vm = 0; vm < verify->plan->vm_count; vm++)
		all->count += verify->of_vm[vm].count;
	all->ranges = arena_alloc(all->count, sizeof(all->ranges[0]));
	all->count = 0;
	for (unsigned vm = 0; vm < verify->plan->vm_count; vm++) {
		for (size_t i = 0; i < verify->of_vm[vm].count; i++)
			all->ranges[all->count++] = verify->of_vm[vm].ranges[i];
	}
	if (all->count > 1)
		qsort(all->ranges, all->count, sizeof(all->ranges[0]), range_order);
}

static uint64_t pages_of(const struct verify_ranges *ranges, bool device, bool write, bool execute)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < ranges->count; i++) {
		const struct verify_range *range = &ranges->ranges[i];

		if (range->device == device && range->write == write && range->execute == execute)
			pages += range->size / PAGE;
	}
	return pages;
}

static void print_vm(FILE *out, const struct verify *verify, unsigned vm)
{
	const struct verify_ranges *ranges = &verify->of_vm[vm];
	const struct plan_vm *plan = &verify->vms[vm];
	uint64_t memory = pages_of(ranges, false, true, true);
	uint64_t constant = pages_of(ranges, false, false, true);
	uint64_t devices = pages_of(ranges, true, true, false);

	fprintf(out,
		"  %-14s reaches %" PRIu64 " pages of memory, %" PRIu64 " read-only, %" PRIu64
		" of devices;\n                 %u emulated regions, %u interrupts, %u vCPUs\n",
		plan->name, memory, constant, devices, plan->mmio_count, plan->irq_count,
		plan->vcpu_count);
	if (plan->region)
		fprintf(out, "                 %u pages of region, %u tunnels\n",
			plan->region_bytes / PAGE, plan->tunnel_count);
}

static void print_comm(FILE *out, const struct verify *verify)
{
	unsigned regions = 0, ends = 0;

	for (unsigned i = 0; i < verify->plan->vm_count; i++) {
		regions += verify->vms[i].region != NULL;
		ends += verify->vms[i].tunnel_count;
	}
	if (regions == 0)
		return;
	fprintf(out,
		"  - each of the %u communication regions is reachable by its VM and the "
		"hypervisor alone,\n"
		"    each of the %u tunnels by its two VMs alone, with the rights of the plan, and "
		"none\n"
		"    can be executed; the %u virtio devices reach their VMs' own memory only.\n",
		regions, ends / 2, verify->plan->virtio_count);
}

static void print_sharing(FILE *out, const struct verify *verify)
{
	unsigned cpus = 0, vcpus = 0, real_time = 0;

	for (unsigned i = 0; i < verify->plan->cpu_count; i++)
		cpus += verify->cpus[i].shared != NULL;
	for (unsigned i = 0; i < verify->plan->vcpu_count; i++) {
		vcpus += verify->vcpus[i].shared != NULL;
		real_time += verify->vcpus[i].shared && verify->vcpus[i].period_ticks != 0;
	}
	if (cpus != 0)
		fprintf(out,
			"  - %u vCPUs share %u CPU%s, no guest interrupt file is used twice, and "
			"by "
			"the exact\n"
			"    test under EDF the %u real-time ones with parameters meet every "
			"deadline, while they\n"
			"    keep to their capacities; tasks are tested when they are created.\n",
			vcpus, cpus, cpus == 1 ? "" : "s", real_time);
}

static bool has_tunnels(const struct verify *verify)
{
	for (unsigned i = 0; i < verify->plan->vm_count; i++) {
		if (verify->vms[i].tunnel_count != 0)
			return true;
	}
	return false;
}

/* Said only when every rule holds. */
static void print_proof(FILE *out, const struct verify *verify)
{
	const struct verify_ranges *own = &verify->own;
	uint64_t pages = 0;

	for (size_t i = 0; i < verify->all.count; i++) {
		if (!verify_comm_is_twin(verify, &verify->all.ranges[i]))
			pages += verify->all.ranges[i].size / PAGE;
	}
	fprintf(out, "%s: isolation holds\n", verify->path);
	fprintf(out,
		"  %-14s %" PRIu64 " pages at 0x%" PRIx64 "; mapped: %" PRIu64
		" executable, %" PRIu64 " constant, %" PRIu64 " writable,\n"
		"                 %" PRIu64 " of devices\n",
		"the hypervisor", verify->hyp->size / PAGE, verify->hyp->base,
		pages_of(own, false, false, true), pages_of(own, false, false, false),
		pages_of(own, false, true, false), pages_of(own, true, true, false));
	for (unsigned vm = 0; vm < verify->plan->vm_count; vm++)
		print_vm(out, verify, vm);
	fprintf(out,
		"  Shown from the image's bytes, by walking all %zu tables with %" PRIu64
		" leaves of stage 2:\n"
		"  - none of the %" PRIu64 " pages that VMs reach is reachable twice%s;\n"
		"  - none is the hypervisor's memory, a translation table, the interrupt "
		"controller,\n"
		"    a device of the hypervisor, or a copy to restart from%s;\n"
		"  - no device is executable, no emulated region is mapped, every VM starts in its "
		"own\n"
		"    memory, and a restart writes every page of the VM's own memory once and no "
		"other;\n"
		"  - no page of the hypervisor is writable and executable, every stack has a "
		"guard,\n"
		"    the plan is whole, read-only and made for this hypervisor;\n"
		"  - every interrupt and vCPU has one owner, and every CPU has one or is shared by "
		"plan.\n",
		verify->table_count, verify->leaves, pages,
		has_tunnels(verify) ? ", but for tunnels" : "",
		verify_intc(verify)->files ? ", but for each vCPU's interrupt file" : "");
	print_sharing(out, verify);
	print_comm(out, verify);
}

bool verify_image(const char *path, FILE *out)
{
	struct verify verify;
	unsigned before = message_errors();
	bool walked = true;

	if (!verify_load(&verify, path))
		return false;
	verify.of_vm = arena_alloc(verify.plan->vm_count, sizeof(verify.of_vm[0]));
	for (unsigned vm = 0; vm < verify.plan->vm_count; vm++)
		walked = verify_walk_vm(&verify, vm) && walked;
	gather(&verify);
	verify_own_memory(&verify);
	verify_vm_memory(&verify);
	verify_separation(&verify);
	if (walked)
		verify_restore(&verify);
	verify_intc_check(&verify);
	verify_interrupts(&verify);
	verify_cpus(&verify);
	verify_schedule(&verify);
	verify_comm_memory(&verify);
	verify_comm_plan(&verify);
	if (!walked || message_errors() != before)
		return false;
	print_proof(out, &verify);
	return true;
}

static int usage(void)
{
	fprintf(stderr, "usage: orlop check IMAGE.elf | FILE.yaml [--boards FOLDER]\n");
	return 2;
}

/* By its name; a raw image too, which verify_image refuses with a word about the other. */
static bool is_image(const char *path)
{
	const char *end = strrchr(path, '.');

	return end && (strcmp(end, ".elf") == 0 || strcmp(end, ".img") == 0);
}

int verify_command(int argc, char **argv)
{
	const char *boards = argc == 4 && strcmp(argv[2], "--boards") == 0 ? argv[3] : NULL;

	if ((argc != 2 && !boards) || argv[1][0] == '-')
		return usage();
	if (is_image(argv[1]))
		return verify_image(argv[1], stdout) ? 0 : 1;
	return planner_load(argv[1], boards, NULL) ? 0 : 1;
}
