/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plans of VMs that communicate.
 */
#include "tests/unit/comm_fixture.h"

#include <stdlib.h>
#include <string.h>

static struct plan *plan;
static struct comm_vm records[HARNESS_VMS];
static struct plan_tunnel tunnels[HARNESS_VMS][COMM_TUNNELS];
static struct plan_port ports[HARNESS_VMS + COMM_PORTS];
static struct network networks[2];
static void *regions[HARNESS_VMS];

void comm_plan(struct plan *of)
{
	plan = of;
	memset(records, 0, sizeof(records));
	memset(networks, 0, sizeof(networks));
	plan->port_count = 0;
	plan->ports = ports;
	plan->networks = networks;
	plan->network_count = ARRAY_LENGTH(networks);
	for (unsigned i = 0; i < plan->vm_count; i++) {
		struct plan_vm *vm = harness_vm(i);

		vm->comm = &records[i];
		vm->region_irq = COMM_IRQ + i;
		vm->region_base = COMM_BASE;
		vm->tunnels = tunnels[i];
		vm->packet_port = PLAN_NONE;
	}
}

void comm_messages(unsigned to, unsigned slots, unsigned bytes, uint32_t senders)
{
	struct plan_vm *vm = harness_vm(to);

	vm->message_slots = (uint16_t)slots;
	vm->message_bytes = (uint16_t)bytes;
	vm->senders = senders;
}

static void add_tunnel(
	unsigned vm, unsigned peer, unsigned peer_index, const char *name, bool writes)
{
	struct plan_tunnel *tunnel = &tunnels[vm][harness_vm(vm)->tunnel_count];

	*tunnel = (struct plan_tunnel){
		.base = 0x60000000 + 0x10000 * harness_vm(vm)->tunnel_count,
		.size_bytes = 0x4000,
		.peer = (uint16_t)peer,
		.peer_index = (uint16_t)peer_index,
		.is_writable = writes,
	};
	strcpy(tunnel->name, name);
}

void comm_tunnel(unsigned a, unsigned b, const char *name, bool both)
{
	add_tunnel(a, b, harness_vm(b)->tunnel_count, name, true);
	add_tunnel(b, a, harness_vm(a)->tunnel_count, name, both);
	harness_vm(a)->tunnel_count++;
	harness_vm(b)->tunnel_count++;
}

void comm_packets(unsigned vm, unsigned network, unsigned slots, unsigned last)
{
	harness_vm(vm)->packet_port = plan->port_count;
	harness_vm(vm)->packet_slots = (uint16_t)slots;
	ports[plan->port_count++] = (struct plan_port){
		.vm = (uint16_t)vm,
		.network = (uint16_t)network,
		.virtio = PLAN_NONE,
		.mac = {2, 0, 0, 0, 0, (uint8_t)last},
	};
}

void comm_dead_ports(unsigned network, unsigned count)
{
	for (; count > 0; count--)
		ports[plan->port_count++] = (struct plan_port){
			.network = (uint16_t)network,
			.virtio = PLAN_NONE,
			.mac = {2, 1, 0, 0, 0, (uint8_t)count},
		};
}

/* Regions are exactly as large as they must be, so that whoever leaves one is caught. */
static void lay_out(struct plan_vm *vm, void **memory)
{
	const struct region_parts parts = {
		.vcpu_count = vm->vcpu_count,
		.vm_count = plan->vm_count,
		.slot_count = vm->message_slots,
		.message_bytes = vm->message_bytes,
		.tunnel_count = vm->tunnel_count,
		.packet_slots = vm->packet_port == PLAN_NONE ? 0 : vm->packet_slots,
	};
	struct region ignored;

	vm->region_bytes = (uint32_t)region_place(&parts, &ignored);
	free(*memory);
	assert_int_equal(posix_memalign(memory, 64, vm->region_bytes), 0);
	memset(*memory, 0, vm->region_bytes);
	vm->region = *memory;
}

void comm_seal(void)
{
	for (unsigned i = 0; i < plan->vm_count; i++)
		lay_out(harness_vm(i), &regions[i]);
}

static void boot_secondary(void *cpu)
{
	hyp_start_secondary(cpu_index(cpu));
}

void comm_boot(void)
{
	comm_seal();
	harness_seal();
	assert_int_equal(harness_boot(), FAKE_ENTERED);
	for (unsigned i = 1; i < plan->cpu_count; i++)
		fake_run(boot_secondary, cpu_at(i));
	for (unsigned i = 0; i < plan->cpu_count; i++)
		fake_take_kick(cpu_at(i));
	harness_said();
}

struct region *comm_region(unsigned vm)
{
	return regions[vm];
}

static void *part(unsigned vm, uint32_t offset)
{
	assert_true(offset != 0 && offset < comm_region(vm)->size_bytes);
	return (char *)regions[vm] + offset;
}

struct region_ring *comm_ring_of(unsigned vm)
{
	return part(vm, comm_region(vm)->ring);
}

struct region_vcpu *comm_vcpu(unsigned vm, unsigned index)
{
	return (struct region_vcpu *)part(vm, comm_region(vm)->vcpus) + index;
}

struct region_vm *comm_vm(unsigned vm, unsigned other)
{
	return (struct region_vm *)part(vm, comm_region(vm)->vms) + other;
}

struct region_tunnel *comm_tunnel_of(unsigned vm, unsigned index)
{
	return (struct region_tunnel *)part(vm, comm_region(vm)->tunnels) + index;
}

struct region_packets *comm_packets_of(unsigned vm)
{
	return part(vm, comm_region(vm)->packets);
}

struct region_packet *comm_slot(unsigned vm, bool receive, uint32_t index)
{
	const struct region_packets *packets = comm_packets_of(vm);

	index &= packets->slot_count - 1;
	return part(vm, (receive ? packets->receive : packets->send) + index * REGION_PACKET_SLOT);
}

uint64_t comm_events(unsigned vm)
{
	return __atomic_exchange_n(&comm_region(vm)->events, 0, __ATOMIC_SEQ_CST);
}

struct call {
	struct vcpu *vcpu;
	uint64_t number, args[7];
	int64_t result;
};

static void perform(void *context)
{
	struct call *call = context;

	do
		call->result = hypercall_handle(call->vcpu, call->args, call->number);
	while (call->result == HYPERCALL_REPEAT);
}

int64_t comm_call(unsigned vcpu, uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	struct call call = {.vcpu = vcpu_at(vcpu), .number = number, .args = {a, b, c}};

	fake_become(call.vcpu->cpu);
	assert_int_equal(fake_run(perform, &call), FAKE_RETURNED);
	return call.result;
}

int64_t comm_send(unsigned vcpu, unsigned to, const void *bytes, size_t count)
{
	struct vcpu *sender = vcpu_at(vcpu);

	assert_true(count <= REGION_OUTBOX_BYTES);
	memcpy(comm_vcpu(sender->plan->vm, sender->plan->index)->outbox, bytes, count);
	return comm_call(vcpu, HYPERCALL_IPC_SEND_MSG, to, count, 0);
}

int comm_take(unsigned vm, void *bytes, unsigned *sender)
{
	struct region_ring *ring = comm_ring_of(vm);
	const struct region_message *message;
	uint32_t index;

	if (__atomic_load_n(&ring->written, __ATOMIC_ACQUIRE) == ring->read)
		return -1;
	index = ring->read & (ring->slot_count - 1);
	message = part(vm, ring->slots + index * ring->slot_bytes);
	assert_true(message->size_bytes <= ring->message_bytes);
	memcpy(bytes, message->data, message->size_bytes);
	if (sender)
		*sender = message->sender;
	index = message->size_bytes;
	__atomic_store_n(&ring->read, ring->read + 1, __ATOMIC_SEQ_CST);
	return (int)index;
}

void comm_end(unsigned vm)
{
	struct vcpu *first = vm_vcpu(vm_at(vm), 0);

	harness_fault(first);
	for (unsigned i = 1; i < harness_vm(vm)->vcpu_count; i++)
		harness_attend(vm_vcpu(vm_at(vm), i));
	harness_next(cpu_index(first->cpu));
	for (unsigned i = 0; i < plan->cpu_count; i++)
		fake_take_kick(cpu_at(i));
}
