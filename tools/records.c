/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the hypervisor's records as it does itself: through its own translation table. Whatever is
 * read is checked, since the memory may be that of a hypervisor gone wrong.
 */
#include "tools/records.h"

#include <inttypes.h>
#include <string.h>

#include "tools/abi_id.h"
#include "tools/arena.h"
#include "tools/message.h"
#include "tools/stage2.h"

#define PAGE         PLAN_PAGE_SIZE
#define PAGE_ENTRIES (HYP_VIRTUAL_SIZE / PAGE)
#define ENTRY_VALID  1ull /* on every architecture here */

static const struct place memory_place = {"hypervisor's memory", 0, 0};

static bool senseless(const char *what)
{
	message_error(
		memory_place, "look whether the image has started and which one runs", "%s", what);
	return false;
}

/* Copies size bytes of physical memory. */
static bool copy_physical(const struct records *records, uint64_t from, void *to, size_t size)
{
	if (from < records->machine->base || size > records->size ||
		from - records->machine->base > records->size - size)
		return senseless("an address lies outside it");
	memcpy(to, records->memory + (from - records->machine->base), size);
	return true;
}

/* The physical address of a page of the hypervisor, through the table in its memory; 0: none. */
static uint64_t page_physical(const struct records *records, uint64_t page)
{
	const struct image_header *header = (const struct image_header *)records->memory;
	const struct translation *format =
		translation_for((uint16_t)records->machine->info.machine);
	uint64_t index = (page - HYP_VIRTUAL_BASE) / PAGE;
	uint64_t entry, table = header->root_pa;

	if (page < HYP_VIRTUAL_BASE || index >= PAGE_ENTRIES || !format)
		return 0;
	for (unsigned i = 0; i < format->own_path_count; i++) {
		if (!copy_physical(records, table + format->own_path[i] * sizeof(entry), &entry,
			    sizeof(entry)))
			return 0;
		table = format->own_host(entry);
	}
	if (!copy_physical(records, table + index * sizeof(entry), &entry, sizeof(entry)))
		return 0;
	return entry & ENTRY_VALID ? format->own_host(entry) : 0;
}

/* Copies size bytes at the hypervisor's virtual address from. */
static bool copy(const struct records *records, uint64_t from, void *to, size_t size)
{
	uint8_t *bytes = to;

	while (size > 0) {
		uint64_t physical = page_physical(records, from & ~(uint64_t)(PAGE - 1));
		size_t count = PAGE - from % PAGE;

		if (count > size)
			count = size;
		if (!physical)
			return senseless("an address in it is not mapped");
		if (!copy_physical(records, physical + from % PAGE, bytes, count))
			return false;
		from += count;
		bytes += count;
		size -= count;
	}
	return true;
}

bool records_check(struct records *records)
{
	const struct image_header *header = (const struct image_header *)records->memory;

	if (records->size < sizeof(*header) || header->magic != IMAGE_MAGIC)
		return senseless("there is no hypervisor in it");
	if (header->plan_pa != records->machine->plan)
		return senseless("the image was not built together with its JSON file");
	if (!copy(records, header->plan, &records->plan, sizeof(records->plan)))
		return false;
	if (records->plan.magic != PLAN_MAGIC || records->plan.abi != abi_id)
		return senseless("there is no plan in it that this tool knows");
	return true;
}

bool records_read(struct records *records, struct qmp *qmp, const struct machine *machine)
{
	uint8_t *memory = arena_alloc(machine->size, 1);

	*records = (struct records){.machine = machine, .size = machine->size, .memory = memory};
	return qmp_read_memory(qmp, machine->base, records->size, memory) && records_check(records);
}

/* The place of a field in record index of an array of records. */
static uint64_t field(const void *array, unsigned index, uint32_t record_bytes, uint32_t offset)
{
	return (uint64_t)(uintptr_t)array + (uint64_t)index * record_bytes + offset;
}

bool records_vm(const struct records *records, unsigned index, struct records_vm *vm)
{
	const struct hyp_info *info = &records->machine->info;
	const void *array = records->plan.vm_records;

	if (!copy(records, field(records->plan.vms, index, sizeof(vm->plan), 0), &vm->plan,
		    sizeof(vm->plan)))
		return false;
	vm->plan.name[PLAN_NAME_SIZE - 1] = '\0';
	return copy(records, field(array, index, info->vm_bytes, info->vm_state), &vm->state,
		       sizeof(vm->state)) &&
	       copy(records, field(array, index, info->vm_bytes, info->vm_faults), &vm->faults,
		       sizeof(vm->faults)) &&
	       copy(records, field(array, index, info->vm_bytes, info->vm_restarts), &vm->restarts,
		       sizeof(vm->restarts));
}

bool records_messages(const struct records *records, const struct records_vm *vm,
	struct records_messages *messages)
{
	const struct hyp_info *info = &records->machine->info;
	const void *comm = vm->plan.comm;
	uint32_t before;

	*messages = (struct records_messages){0};
	if (!comm)
		return true;
	if (!copy(records, field(comm, 0, 0, info->comm_messages), &messages->came,
		    sizeof(messages->came)) ||
		!copy(records, field(comm, 0, 0, info->comm_before), &before, sizeof(before)) ||
		!copy(records, field(comm, 0, 0, info->comm_full), &messages->full,
			sizeof(messages->full)))
		return false;
	messages->came += before;
	return true;
}

/* A network's ports lie together, in the plan as in its record. */
bool records_ports(const struct records *records, struct records_port *ports)
{
	const struct hyp_info *info = &records->machine->info;
	const struct plan *plan = &records->plan;
	unsigned first = 0;

	for (unsigned i = 0; i < plan->port_count; i++) {
		struct records_port *port = &ports[i];
		uint64_t record;

		if (!copy(records, field(plan->ports, i, sizeof(port->plan), 0), &port->plan,
			    sizeof(port->plan)))
			return false;
		if (port->plan.network != ports[first].plan.network)
			first = i;
		record = field(plan->networks, port->plan.network, info->network_bytes,
				 info->network_ports) +
			 (i - first) * info->port_bytes + info->port_stats;
		if (!copy(records, record, &port->stats, sizeof(port->stats)))
			return false;
	}
	return true;
}

/* What the hypervisor keeps only of vCPUs that share a core. */
static bool shared_vcpu(const struct records *records, struct records_vcpu *vcpu)
{
	const struct hyp_info *info = &records->machine->info;
	const void *shared = vcpu->plan.shared;

	return copy(records, field(shared, 0, 0, info->shared_stats), &vcpu->sched,
		       sizeof(vcpu->sched)) &&
	       copy(records, field(shared, 0, 0, info->shared_limits), &vcpu->limits,
		       sizeof(vcpu->limits)) &&
	       copy(records, field(shared, 0, 0, info->shared_told), &vcpu->told,
		       sizeof(vcpu->told));
}

bool records_vcpu(const struct records *records, unsigned index, struct records_vcpu *vcpu)
{
	const struct hyp_info *info = &records->machine->info;
	const void *array = records->plan.vcpu_records;

	*vcpu = (struct records_vcpu){0};
	return copy(records, field(records->plan.vcpus, index, sizeof(vcpu->plan), 0), &vcpu->plan,
		       sizeof(vcpu->plan)) &&
	       copy(records, field(array, index, info->vcpu_bytes, info->vcpu_state), &vcpu->state,
		       sizeof(vcpu->state)) &&
	       copy(records, field(array, index, info->vcpu_bytes, info->vcpu_exits), vcpu->exits,
		       sizeof(vcpu->exits)) &&
	       (!vcpu->plan.shared || shared_vcpu(records, vcpu));
}

/* Before the CPU has started its ring has no size. */
static struct trace_ring *trace_of(const struct records *records, uint64_t at)
{
	size_t most = records->plan.trace_records;
	struct trace_ring *ring;

	if (most == 0 || most > records->size / sizeof(ring->records[0])) {
		senseless("the plan's traces are larger than it");
		return NULL;
	}
	ring = arena_alloc(1, sizeof(*ring) + most * sizeof(ring->records[0]));
	if (!copy(records, at, ring, sizeof(*ring)))
		return NULL;
	if (ring->next == 0 && ring->mask == 0)
		return ring;
	if (ring->mask != most - 1) {
		senseless("a CPU's trace has not the size that the plan gives it");
		return NULL;
	}
	return copy(records, at + sizeof(*ring), ring->records, most * sizeof(ring->records[0]))
		       ? ring
		       : NULL;
}

/* What the hypervisor keeps only of CPUs that are shared. */
static bool shared_cpu(const struct records *records, struct records_cpu *cpu)
{
	const struct hyp_info *info = &records->machine->info;
	const void *shared = cpu->plan.shared;

	return copy(records, field(shared, 0, 0, info->shared_cpu_since), &cpu->since_ticks,
		       sizeof(cpu->since_ticks)) &&
	       copy(records, field(shared, 0, 0, info->shared_cpu_idle), &cpu->idle_ticks,
		       sizeof(cpu->idle_ticks)) &&
	       copy(records, field(shared, 0, 0, info->shared_cpu_running), &cpu->running,
		       sizeof(cpu->running));
}

/*
 * Size and deepest use of the stack below a CPU's record, down to the page that nothing maps: it
 * holds zeros at the start, so what is not 0 was written.
 */
static bool find_stack(const struct records *records, uint64_t record, struct records_cpu *cpu)
{
	uint64_t from = record - PAGE, word;

	if (records->plan.cpu_stride < 2 * PAGE || record % sizeof(word) != 0)
		return senseless("its stacks are not where the plan should have them");
	while (from > record - records->plan.cpu_stride &&
		page_physical(records, from / PAGE * PAGE))
		from -= PAGE;
	from = (from / PAGE + 1) * PAGE;
	cpu->stack_bytes = record - from;
	cpu->stack_used = 0;
	for (; from < record && cpu->stack_used == 0; from += sizeof(word)) {
		if (!copy(records, from, &word, sizeof(word)))
			return false;
		if (word != 0)
			cpu->stack_used = record - from;
	}
	return true;
}

bool records_cpu(const struct records *records, unsigned index, struct records_cpu *cpu)
{
	const struct hyp_info *info = &records->machine->info;
	const struct plan *plan = &records->plan;
	uint64_t record = field(plan->cpu_records, index, (uint32_t)plan->cpu_stride, 0);

	*cpu = (struct records_cpu){0};
	if (!copy(records, field(plan->cpus, index, sizeof(cpu->plan), 0), &cpu->plan,
		    sizeof(cpu->plan)) ||
		!copy(records, record + info->cpu_boot_ticks, &cpu->boot_ticks,
			sizeof(cpu->boot_ticks)) ||
		!find_stack(records, record, cpu))
		return false;
	if (cpu->plan.shared && !shared_cpu(records, cpu))
		return false;
	cpu->trace = trace_of(records, record + info->cpu_trace);
	return cpu->trace;
}
