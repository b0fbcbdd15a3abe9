/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules for the hypervisor's own memory: W^X, guarded stacks, and that what the plan points at is
 * what it should be.
 */
#include <inttypes.h>
#include <string.h>

#include "abi/trace.h"
#include "tools/arena.h"
#include "tools/verify_model.h"

#define PAGE        PLAN_PAGE_SIZE
#define STACK_ALIGN 16u
#define TRACE_LIMIT (1u << 20) /* far more records than the hypervisor has addresses for */

/* Writable memory that the hypervisor uses for one thing. */
struct area {
	const char *what;
	uint64_t address, size;
};

static uint64_t number(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

static void check_ranges(const struct verify *verify)
{
	for (size_t i = 0; i < verify->own.count; i++) {
		const struct verify_range *range = &verify->own.ranges[i];
		bool inside = verify_bytes(verify, range->pa, range->size) != NULL &&
			      range->pa >= verify->hyp->base &&
			      range->pa - verify->hyp->base < verify->hyp->size;

		if (range->write && range->execute)
			verify_complain(verify,
				"the hypervisor's page 0x%" PRIx64
				" is both writable and executable",
				range->address);
		if (range->device && range->execute)
			verify_complain(verify,
				"the hypervisor's page 0x%" PRIx64 " is a device and executable",
				range->address);
		if (!range->device && !inside)
			verify_complain(verify,
				"the hypervisor's page 0x%" PRIx64 " lies at 0x%" PRIx64
				", outside its own memory",
				range->address, range->pa);
		for (size_t n = 0; n < i; n++) {
			const struct verify_range *other = &verify->own.ranges[n];

			if (range->pa < other->pa + other->size &&
				other->pa < range->pa + range->size)
				verify_complain(verify,
					"the hypervisor's pages 0x%" PRIx64 " and 0x%" PRIx64
					" are the same memory",
					other->address, range->address);
		}
	}
}

/* Whether all of the addresses are mapped, with these rights. */
static bool is_mapped(const struct verify *verify, uint64_t address, uint64_t size, bool write,
	bool execute, bool device)
{
	const struct verify_range *range = verify_own_at(verify, address);

	return range && range->write == write && range->execute == execute &&
	       range->device == device && size <= range->size - (address - range->address);
}

static bool is_unmapped(const struct verify *verify, uint64_t address, uint64_t size)
{
	for (uint64_t done = 0; done < size; done += PAGE) {
		if (verify_own_at(verify, address + done))
			return false;
	}
	return address >= HYP_VIRTUAL_BASE && address % PAGE == 0 &&
	       address + size <= HYP_VIRTUAL_BASE + HYP_VIRTUAL_SIZE;
}

static void check_places(const struct verify *verify)
{
	const struct image_header *header = &verify->header;
	const struct verify_range *start = verify_own_at(verify, HYP_VIRTUAL_BASE);

	if (!start || !start->execute || start->pa != verify->hyp->base)
		verify_complain(verify, "the hypervisor's first page is not its entry's");
	if (!is_mapped(verify, header->plan, verify->plan->size_bytes, false, false, false))
		verify_complain(verify, "the plan is not read-only to the hypervisor");
	for (size_t i = 0; i < verify->own.count; i++) {
		const struct verify_range *range = &verify->own.ranges[i];

		if (range->write && header->root_pa >= range->pa &&
			header->root_pa - range->pa < range->size)
			verify_complain(verify,
				"the hypervisor's root table at 0x%" PRIx64
				" is writable to itself",
				header->root_pa);
	}
}

/* A CPU's record, which ends with the trace. */
static uint64_t record_bytes(const struct verify *verify)
{
	const struct hyp_info *info = verify->info;
	uint64_t bytes = info->cpu_trace + sizeof(struct trace_ring) +
			 (uint64_t)verify->plan->trace_records * sizeof(struct trace_record);

	bytes = (bytes + STACK_ALIGN - 1) / STACK_ALIGN * STACK_ALIGN;
	return bytes > info->cpu_bytes ? bytes : info->cpu_bytes;
}

static void check_trace(const struct verify *verify)
{
	uint32_t records = verify->plan->trace_records;

	if (records == 0 || records > TRACE_LIMIT || (records & (records - 1)) != 0)
		verify_complain(verify, "a trace of %u records is not a power of two", records);
}

static void check_stacks(const struct verify *verify)
{
	const struct image_header *header = &verify->header;
	uint64_t record = record_bytes(verify);
	uint64_t bytes = (verify->info->stack_bytes + record + PAGE - 1) / PAGE * PAGE;

	if (header->stack_stride != bytes + PAGE) {
		verify_complain(verify, "the stacks are 0x%" PRIx64 " bytes apart, not 0x%" PRIx64,
			header->stack_stride, bytes + PAGE);
		return;
	}
	if (number(verify->plan->cpu_records) != header->stack_top ||
		verify->plan->cpu_stride != header->stack_stride)
		verify_complain(
			verify, "the CPUs' records are not at the upper ends of their stacks");
	for (unsigned i = 0; i < verify->plan->cpu_count; i++) {
		uint64_t top = header->stack_top + i * header->stack_stride + record;
		uint64_t bottom = top - bytes;

		if (!is_mapped(verify, bottom, bytes, true, false, false))
			verify_complain(verify,
				"the stack of CPU %u below 0x%" PRIx64 " is not writable memory", i,
				top);
		if (!is_unmapped(verify, bottom - PAGE, PAGE))
			verify_complain(verify,
				"there is no guard page below the stack of CPU %u, at 0x%" PRIx64,
				i, bottom - PAGE);
	}
}

/* Of the hypervisor's last level, or 0. */
static uint64_t own_table_pa(const struct verify *verify)
{
	uint64_t pa = 0;

	for (size_t i = 0; i < verify->table_count; i++) {
		if (verify->tables[i].owner == VERIFY_HYP && !verify->tables[i].is_root)
			pa = verify->tables[i].pa;
	}
	return pa;
}

/* Whether the plan points at the very entries that map the CPU's window. */
static bool has_entries(const struct verify *verify, const struct plan_cpu *cpu)
{
	const uint64_t entries = number(cpu->window_entries);
	const uint64_t offset = (number(cpu->window) - HYP_VIRTUAL_BASE) / PAGE * sizeof(uint64_t);
	const struct verify_range *range = verify_own_at(verify, entries);

	return range && range->pa + (entries - range->address) == own_table_pa(verify) + offset &&
	       is_mapped(verify, entries, PLAN_WINDOW_PAGES * sizeof(uint64_t), true, false, false);
}

/* The windows' addresses are free. */
static void check_windows(const struct verify *verify)
{
	uint64_t first = number(verify->cpus[0].window);
	uint64_t bytes = PLAN_WINDOW_PAGES * PAGE;

	for (unsigned i = 0; i < verify->plan->cpu_count; i++) {
		const struct plan_cpu *cpu = &verify->cpus[i];

		if (number(cpu->window) != first + i * bytes ||
			!is_unmapped(verify, first + i * bytes, bytes)) {
			verify_complain(verify, "the window of CPU %u is not %u free pages", i,
				PLAN_WINDOW_PAGES);
			return;
		}
		if (!has_entries(verify, cpu))
			verify_complain(verify,
				"window_entries of CPU %u are not its window's table entries", i);
	}
}

static void check_devices(const struct verify *verify)
{
	const struct plan *plan = verify->plan;

	if ((plan->console == PLAN_CONSOLE_UART) != (plan->console_uart != NULL) ||
		(plan->console_uart &&
			!is_mapped(verify, number(plan->console_uart), 1, true, false, true)))
		verify_complain(verify, "the plan's console is not mapped as a device");
}

static void area_check(const struct verify *verify, const struct area *areas, unsigned index)
{
	const struct area *area = &areas[index];
	const uint8_t *bytes =
		verify_own_bytes(verify, (const void *)(uintptr_t)area->address, area->size);

	if (area->size == 0)
		return;
	if (!bytes || !is_mapped(verify, area->address, area->size, true, false, false)) {
		verify_complain(verify, "the %s at 0x%" PRIx64 " must be in writable memory",
			area->what, area->address);
		return;
	}
	if (bytes[0] != 0 || memcmp(bytes, bytes + 1, area->size - 1) != 0)
		verify_complain(
			verify, "the %s at 0x%" PRIx64 " must be zero", area->what, area->address);
	for (unsigned i = 0; i < index; i++) {
		if (area->address < areas[i].address + areas[i].size &&
			areas[i].address < area->address + area->size)
			verify_complain(verify, "the %s and the %s overlap at 0x%" PRIx64,
				areas[i].what, area->what, area->address);
	}
}

/* What the scheduler has of CPUs and vCPUs. Returns how many there are. */
static unsigned shared_areas(const struct verify *verify, struct area *areas)
{
	const struct plan *plan = verify->plan;
	const struct hyp_info *info = verify->info;
	unsigned count = 0;

	if (plan->sched_common)
		areas[count++] = (struct area){"scheduler's common record",
			number(plan->sched_common), info->sched_common_bytes};
	for (unsigned i = 0; i < plan->cpu_count; i++) {
		if (verify->cpus[i].shared)
			areas[count++] =
				(struct area){arena_text("scheduler's record of CPU %u", i),
					number(verify->cpus[i].shared), info->shared_cpu_bytes};
	}
	for (unsigned i = 0; i < plan->vcpu_count; i++) {
		if (verify->vcpus[i].shared)
			areas[count++] =
				(struct area){arena_text("scheduler's record of vCPU %u", i),
					number(verify->vcpus[i].shared), info->shared_vcpu_bytes};
	}
	return count;
}

/* What communication has of VMs, virtio devices and networks. Returns how many there are. */
static unsigned comm_areas(const struct verify *verify, struct area *areas)
{
	const struct plan *plan = verify->plan;
	const struct hyp_info *info = verify->info;
	unsigned count = 0;

	for (unsigned i = 0; i < plan->vm_count; i++) {
		if (verify->vms[i].region)
			areas[count++] = (struct area){arena_text("communication record of %s",
							       verify_owner(verify, (int)i)),
				number(verify->vms[i].comm), info->comm_vm_bytes};
	}
	for (unsigned i = 0; i < plan->virtio_count; i++)
		areas[count++] = (struct area){arena_text("state of virtio device %u", i),
			number(verify->virtio[i].state), info->virtio_bytes};
	if (plan->network_count != 0)
		areas[count++] = (struct area){"networks' records", number(plan->networks),
			(uint64_t)plan->network_count * info->network_bytes};
	return count;
}

/* Records start as zeros, and no two things share a byte. */
static void check_records(const struct verify *verify)
{
	const struct plan *plan = verify->plan;
	const struct hyp_info *info = verify->info;
	unsigned count = 0;
	struct area *areas = arena_alloc(4u + 2u * plan->cpu_count + 2u * plan->vm_count +
						 plan->vcpu_count + plan->virtio_count,
		sizeof(*areas));

	for (unsigned i = 0; i < plan->cpu_count; i++)
		areas[count++] = (struct area){arena_text("record of CPU %u", i),
			number(plan->cpu_records) + i * plan->cpu_stride, record_bytes(verify)};
	areas[count++] = (struct area){"VMs' records", number(plan->vm_records),
		(uint64_t)plan->vm_count * info->vm_bytes};
	areas[count++] = (struct area){"vCPUs' records", number(plan->vcpu_records),
		(uint64_t)plan->vcpu_count * info->vcpu_bytes};
	for (unsigned i = 0; i < plan->vm_count; i++)
		areas[count++] = (struct area){
			arena_text("interrupts' records of %s", verify_owner(verify, (int)i)),
			number(verify->vms[i].irq_banks),
			(uint64_t)verify->vms[i].irq_limit / 32 * info->irq_bank_bytes};
	count += shared_areas(verify, areas + count);
	count += comm_areas(verify, areas + count);
	for (unsigned i = 0; i < count; i++)
		area_check(verify, areas, i);
}

/* Roots are the hypervisor's to clear; the other tables are nobody's but the processor's. */
static void check_tables(const struct verify *verify)
{
	for (size_t i = 0; i < verify->table_count; i++) {
		const struct verify_table *table = &verify->tables[i];

		if (table->owner == VERIFY_HYP || table->is_root)
			continue;
		for (size_t n = 0; n < verify->own.count; n++) {
			const struct verify_range *range = &verify->own.ranges[n];

			if (table->pa >= range->pa && table->pa - range->pa < range->size)
				verify_complain(verify,
					"the translation table of %s at 0x%" PRIx64
					" is mapped to the hypervisor",
					verify_owner(verify, table->owner), table->pa);
		}
	}
	for (unsigned i = 0; i < verify->plan->vm_count; i++) {
		const struct plan_vm *vm = &verify->vms[i];
		uint64_t address = number(vm->stage2_root);
		const struct verify_range *range = verify_own_at(verify, address);

		if (!range || range->pa + (address - range->address) != vm->stage2_root_pa ||
			!is_mapped(verify, address, vm->stage2_root_entries * sizeof(uint64_t),
				true, false, false))
			verify_complain(verify,
				"the hypervisor's root table of %s at 0x%" PRIx64
				" is not the one at 0x%" PRIx64,
				verify_owner(verify, (int)i), address, vm->stage2_root_pa);
	}
}

void verify_own_memory(const struct verify *verify)
{
	check_ranges(verify);
	check_places(verify);
	check_trace(verify);
	check_stacks(verify);
	check_windows(verify);
	check_devices(verify);
	check_records(verify);
	check_tables(verify);
}
