/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes struct plan with all its tables, as the hypervisor reads it: the plan, then one table
 * after the other, in the same page or pages.
 */
#include "tools/plan_image.h"

#include <string.h>

#include "tools/abi_id.h"
#include "tools/arena.h"
#include "tools/schedule.h"

/* The plan being written: bytes are where the plan begins, address is where it will be mapped. */
struct writer {
	const struct hyp_layout *layout;
	uint8_t *bytes;
	uint64_t address, used;
};

/* A pointer of the hypervisor's, which means nothing here. */
static void *hyp_pointer(uint64_t address)
{
	return (void *)(uintptr_t)address;
}

/* What a table takes: the next one starts at a whole word. */
static uint64_t table_bytes(uint64_t count, uint64_t size)
{
	return (count * size + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
}

/* Appends a table; returns its address, 0 for an empty one. */
static void *append(struct writer *writer, const void *table, uint64_t count, uint64_t size)
{
	uint64_t address = writer->address + writer->used;

	if (count == 0)
		return NULL;
	memcpy(writer->bytes + writer->used, table, count * size);
	writer->used += table_bytes(count, size);
	return hyp_pointer(address);
}

/* The next record of shared memory, if there is to be one. */
static void *take_shared(uint64_t *next, bool is_shared, uint32_t record_bytes)
{
	uint64_t address = *next;

	if (!is_shared)
		return NULL;
	*next += hyp_layout_shared_stride(record_bytes);
	return hyp_pointer(address);
}

static void set_window(struct plan_cpu *cpu, const struct hyp_layout *layout, uint64_t window)
{
	const uint64_t entry = (window - HYP_VIRTUAL_BASE) / STAGE2_PAGE;

	cpu->window = hyp_pointer(window);
	cpu->window_entries = hyp_pointer(layout->own_table + entry * sizeof(uint64_t));
}

static void write_cpus(struct writer *writer, struct plan *plan)
{
	const struct hyp_layout *layout = writer->layout;
	const struct board *board = &layout->system->board;
	struct plan_cpu *cpus = arena_alloc(layout->cpu_count, sizeof(*cpus));
	uint64_t shared = layout->shared_cpus;

	for (unsigned i = 0; i < layout->cpu_count; i++) {
		const struct system_cpu *use = &layout->system->cpus[layout->cpus[i]];

		cpus[i].hw_id = board->cpu_hw_ids[layout->cpus[i]];
		cpus[i].intc = hyp_pointer(layout->intc_cpus + i * layout->cpu_pages * STAGE2_PAGE);
		cpus[i].intc_index = board->intc_index[layout->cpus[i]];
		set_window(&cpus[i], layout, layout->windows + i * PLAN_WINDOW_PAGES * STAGE2_PAGE);
		cpus[i].shared =
			take_shared(&shared, use->is_shared, layout->hyp->info.shared_cpu_bytes);
		cpus[i].real_time_share = use->is_shared ? use->real_time_share : 0;
	}
	plan->cpus = append(writer, cpus, layout->cpu_count, sizeof(*cpus));
}

/* The CPUs that a vCPU may run on, as the plan counts them. */
static uint64_t plan_affinity(const struct hyp_layout *layout, const struct vm_vcpu *vcpu)
{
	uint64_t affinity = 0;

	for (unsigned i = 0; i < layout->cpu_count; i++) {
		if (schedule_runs_on(vcpu, layout->cpus[i]))
			affinity |= 1ull << i;
	}
	return affinity;
}

static void fill_vcpu(
	struct plan_vcpu *plan, const struct hyp_layout *layout, unsigned vm, unsigned index)
{
	const struct vm_vcpu *vcpu = &layout->system->vms[vm].vcpus[index];

	plan->hw_id = vm_image_hw_id(index);
	plan->vm = (uint16_t)vm;
	plan->index = (uint16_t)index;
	plan->cpu = (uint16_t)hyp_layout_cpu(layout, vcpu->cpu);
	plan->guest_file = vcpu->guest_file;
	if (!vcpu->is_shared)
		return;
	plan->affinity = plan_affinity(layout, vcpu);
	plan->period_ticks = vcpu->ticks.period;
	plan->capacity_ticks = vcpu->ticks.capacity;
	plan->deadline_ticks = vcpu->ticks.deadline;
}

static void write_vcpus(struct writer *writer, struct plan *plan)
{
	const struct hyp_layout *layout = writer->layout;
	const struct system *system = layout->system;
	struct plan_vcpu *vcpus = arena_alloc(layout->vcpu_count, sizeof(*vcpus)), *next = vcpus;
	uint64_t shared = layout->shared_vcpus;

	for (unsigned vm = 0; vm < system->vm_count; vm++) {
		for (unsigned i = 0; i < system->vms[vm].vcpu_count; i++, next++) {
			fill_vcpu(next, layout, vm, i);
			next->shared = take_shared(&shared, system->vms[vm].vcpus[i].is_shared,
				layout->hyp->info.shared_vcpu_bytes);
		}
	}
	plan->vcpus = append(writer, vcpus, layout->vcpu_count, sizeof(*vcpus));
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The highest host address a VM reaches, for the size of physical addresses. */
static uint64_t host_end(const struct vm *vm)
{
	uint64_t end = 0;

	for (unsigned i = 0; i < vm->memory_count; i++)
		end = max(end, vm->memory[i].host + vm->memory[i].size);
	for (unsigned i = 0; i < vm->comm.tunnel_count; i++)
		end = max(end, vm->comm.tunnels[i].host + vm->comm.tunnels[i].size);
	return max(end, vm->comm.region_host + vm->comm.region_size);
}

static void fill_vm(struct plan_vm *plan, const struct hyp_layout *layout, unsigned index)
{
	const struct vm_image *image = &layout->vms[index];
	const struct vm *vm = image->vm;

	strncpy(plan->name, vm->name, sizeof(plan->name) - 1);
	plan->id = (uint16_t)index;
	plan->vcpu_count = (uint16_t)vm->vcpu_count;
	plan->on_fault = (uint8_t)vm->on_fault;
	plan->on_reset = (uint8_t)vm->on_reset;
	plan->delivery = (uint8_t)vm->delivery;
	plan->stray_access = (uint8_t)vm->stray_access;
	plan->irq_policy = (uint8_t)vm->irq_policy;
	plan->preemptable = vm->is_preemptable;
	plan->own_time = vm->has_own_time;
	plan->task_first = (uint16_t)vm->task_first;
	plan->controllers = vm->controllers;
	plan->fast_interval_ticks = vm->fast_interval_ticks;
	plan->entry = vm->entry;
	plan->boot_argument = vm->device_tree;
	plan->stage2_root_pa = hyp_layout_pa(layout, layout->roots[index]);
	plan->stage2_control = layout->format->control(image->stage2.bits, host_end(vm));
	plan->stage2_root = hyp_pointer(layout->roots[index]);
	plan->stage2_root_entries = image->stage2.root_entries;
	plan->mmio_count = image->mmio_count;
	plan->irq_count = image->irq_count;
	plan->restore_count = image->restore_count;
	plan->irq_banks = hyp_pointer(layout->irq_banks[index]);
	plan->console_irq = vm->console_irq;
	plan->irq_limit = image->irq_limit;
}

static uint64_t comm_bytes(const struct hyp_layout *layout)
{
	const struct system *system = layout->system;
	uint64_t ports = 0, size = 0;

	for (unsigned i = 0; i < system->vm_count; i++) {
		const struct vm_comm *comm = &system->vms[i].comm;

		ports += comm->port_count;
		size += table_bytes(comm->tunnel_count, sizeof(struct plan_tunnel)) +
			table_bytes(layout->vms[i].memory_count, sizeof(struct plan_memory)) +
			table_bytes(comm->virtio_count, sizeof(struct plan_virtio));
	}
	return size + table_bytes(ports, sizeof(struct plan_port));
}

uint64_t plan_image_size(const struct hyp_layout *layout)
{
	const struct system *system = layout->system;
	uint64_t size = sizeof(struct plan) + layout->cpu_count * sizeof(struct plan_cpu) +
			system->vm_count * sizeof(struct plan_vm) +
			layout->vcpu_count * sizeof(struct plan_vcpu);

	for (unsigned i = 0; i < system->vm_count; i++) {
		const struct vm_image *vm = &layout->vms[i];

		size += vm->mmio_count * sizeof(vm->mmio[0]) + vm->irq_count * sizeof(vm->irqs[0]) +
			vm->restore_count * sizeof(vm->restore[0]);
	}
	return size + comm_bytes(layout);
}

static void write_tunnels(struct writer *writer, struct plan_vm *plan, const struct vm_comm *comm)
{
	struct plan_tunnel *tunnels = arena_alloc(comm->tunnel_count + 1, sizeof(*tunnels));

	for (unsigned i = 0; i < comm->tunnel_count; i++) {
		const struct vm_tunnel *tunnel = &comm->tunnels[i];

		strncpy(tunnels[i].name, tunnel->name, sizeof(tunnels[i].name) - 1);
		tunnels[i].base = tunnel->guest;
		tunnels[i].size_bytes = tunnel->size;
		tunnels[i].peer = (uint16_t)tunnel->peer;
		tunnels[i].peer_index = (uint16_t)tunnel->peer_index;
		tunnels[i].is_writable = tunnel->is_writable;
	}
	plan->tunnel_count = comm->tunnel_count;
	plan->tunnels = append(writer, tunnels, comm->tunnel_count, sizeof(*tunnels));
}

static void write_vm_comm(struct writer *writer, struct plan_vm *plan, unsigned index)
{
	const struct hyp_layout *layout = writer->layout;
	const struct vm_image *image = &layout->vms[index];
	const struct vm_comm *comm = &image->vm->comm;

	plan->region = hyp_pointer(layout->regions[index]);
	plan->region_base = comm->region_guest;
	plan->region_bytes = (uint32_t)comm->region_size;
	plan->region_irq = comm->region_irq;
	plan->comm = hyp_pointer(layout->comm_vms[index]);
	plan->message_slots = (uint16_t)comm->message_slots;
	plan->message_bytes = (uint16_t)comm->message_bytes;
	plan->senders = comm->senders;
	plan->packet_port = PLAN_NONE;
	for (unsigned i = 0; i < comm->port_count; i++) {
		if (comm->ports[i].slots == 0)
			continue;
		plan->packet_port = (uint16_t)comm->ports[i].index;
		plan->packet_slots = (uint16_t)comm->ports[i].slots;
	}
	write_tunnels(writer, plan, comm);
	plan->memory_count = image->memory_count;
	plan->memory = append(writer, image->memory, image->memory_count, sizeof(image->memory[0]));
}

static void write_vms(struct writer *writer, struct plan *plan)
{
	const struct hyp_layout *layout = writer->layout;
	unsigned count = layout->system->vm_count;
	struct plan_vm *vms = arena_alloc(count, sizeof(*vms));
	uint16_t vcpu_first = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct vm_image *image = &layout->vms[i];

		fill_vm(&vms[i], layout, i);
		vms[i].vcpu_first = vcpu_first;
		vcpu_first = (uint16_t)(vcpu_first + vms[i].vcpu_count);
		vms[i].mmio =
			append(writer, image->mmio, image->mmio_count, sizeof(image->mmio[0]));
		vms[i].irqs = append(writer, image->irqs, image->irq_count, sizeof(image->irqs[0]));
		vms[i].restore = append(
			writer, image->restore, image->restore_count, sizeof(image->restore[0]));
		write_vm_comm(writer, &vms[i], i);
	}
	plan->vms = append(writer, vms, count, sizeof(*vms));
}

/* A VM's virtio devices, from `first` of the plan on; and its ports in the networks. */
static void write_devices(struct writer *writer, struct plan *plan, struct plan_port *ports,
	struct plan_virtio *virtio, unsigned vm)
{
	const struct vm_comm *comm = &writer->layout->system->vms[vm].comm;

	for (unsigned i = 0; i < comm->port_count; i++) {
		struct plan_port *port = &ports[comm->ports[i].index];

		port->vm = (uint16_t)vm;
		port->network = (uint16_t)comm->ports[i].network;
		port->virtio = PLAN_NONE;
		memcpy(port->mac, comm->ports[i].mac, sizeof(port->mac));
		plan->port_count++;
	}
	for (unsigned i = 0; i < comm->virtio_count; i++) {
		const struct vm_virtio *from = &comm->virtio[i];
		struct plan_virtio *to = &virtio[plan->virtio_count];

		to->vm = (uint16_t)vm;
		to->kind = (uint16_t)from->kind;
		to->irq = from->irq;
		to->is_console = from->is_console;
		to->has_messages = from->has_messages;
		to->state = hyp_pointer(writer->layout->virtio[plan->virtio_count]);
		if (from->kind == PLAN_VIRTIO_NET) {
			to->port = (uint16_t)comm->ports[from->port].index;
			ports[to->port].virtio = plan->virtio_count;
		}
		plan->virtio_count++;
	}
}

static void write_comm(struct writer *writer, struct plan *plan)
{
	const struct hyp_layout *layout = writer->layout;
	const struct system *system = layout->system;
	struct plan_virtio *virtio = arena_alloc(layout->virtio_count + 1, sizeof(*virtio));
	struct plan_port *ports =
		arena_alloc((size_t)system->vm_count * COMM_PORTS, sizeof(*ports));

	for (unsigned i = 0; i < system->vm_count; i++)
		write_devices(writer, plan, ports, virtio, i);
	plan->network_count = (uint16_t)system->network_count;
	plan->networks = hyp_pointer(layout->networks);
	plan->virtio = append(writer, virtio, plan->virtio_count, sizeof(*virtio));
	plan->ports = append(writer, ports, plan->port_count, sizeof(*ports));
}

static void fill_plan(struct plan *plan, const struct hyp_layout *layout)
{
	const struct board *board = &layout->system->board;

	plan->magic = PLAN_MAGIC;
	plan->abi = abi_id;
	plan->size_bytes = (uint32_t)layout->plan_size;
	plan->hyp_build = layout->hyp->info.build;
	plan->cpu_count = (uint16_t)layout->cpu_count;
	plan->vm_count = (uint16_t)layout->system->vm_count;
	plan->vcpu_count = (uint16_t)layout->vcpu_count;
	plan->own_group = board->own_group;
	plan->console = board->console == CONSOLE_UART       ? PLAN_CONSOLE_UART
			: board->console == CONSOLE_DEBUGGER ? PLAN_CONSOLE_DEBUGGER
							     : PLAN_CONSOLE_NONE;
	plan->cpu_records = hyp_pointer(layout->cpu_records);
	plan->cpu_stride = layout->stack_stride;
	plan->vm_records = hyp_pointer(layout->vm_records);
	plan->vcpu_records = hyp_pointer(layout->vcpu_records);
	plan->intc = hyp_pointer(layout->intc);
	plan->irq_limit = board->irq_limit;
	plan->timer_frequency = board->timer_frequency;
	plan->quantum_ticks = layout->system->quantum_ticks;
	plan->spin_ticks = layout->system->spin_ticks;
	plan->switch_ticks = layout->system->switch_ticks;
	plan->masked_ticks = layout->system->masked_ticks;
	plan->sched_common = hyp_pointer(layout->sched_common);
	plan->trace_records = layout->system->trace_records;
	if (board->console == CONSOLE_UART) {
		plan->console_uart = hyp_pointer(layout->console_uart);
		if (board->console_device.irq_count > 0)
			plan->console_irq = board->console_device.irqs[0];
	}
}

void plan_image_write(const struct hyp_layout *layout, uint8_t *bytes)
{
	struct plan plan = {0};
	struct writer writer = {
		.layout = layout, .bytes = bytes, .address = layout->plan, .used = sizeof(plan)};
	uint64_t sum = 0;

	fill_plan(&plan, layout);
	write_cpus(&writer, &plan);
	write_vcpus(&writer, &plan);
	write_vms(&writer, &plan);
	write_comm(&writer, &plan);
	memcpy(bytes, &plan, sizeof(plan));
	for (uint64_t offset = 0; offset < layout->plan_size; offset += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, bytes + offset, sizeof(word));
		sum += word;
	}
	plan.checksum = sum;
	memcpy(bytes, &plan, sizeof(plan));
}
