/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMs with virtio devices on the fake architecture.
 */
#include "tests/unit/virtio_world.h"

#include <stdio.h>
#include <string.h>

#define VM_PAGES    16u
#define REGION_SIZE 0x4000u
#define DEVICES     2u
#define BUSY_MOST   1000u

static const struct harness_vm vms[WORLD_VMS] = {
	{"alpha", 1, false, PLAN_RESTART},
	{"beta", 1, false, PLAN_RESTART},
	{"gamma", 1, false, PLAN_HALT},
};

static struct plan_mmio mmio[WORLD_VMS][2 + DEVICES];
static struct plan_memory memory[WORLD_VMS][3];
static struct plan_virtio virtio[WORLD_VMS * DEVICES];
static struct plan_port ports[WORLD_VMS];
static uint8_t states[WORLD_VMS * DEVICES][VIRTIO_STATE_BYTES] __attribute__((aligned(64)));
static uint8_t regions[WORLD_VMS][REGION_SIZE] __attribute__((aligned(64)));
static struct comm_vm comms[WORLD_VMS];
static struct network network;

unsigned world_busy;
uint16_t world_has_messages = 1;

static uint64_t page_pa(unsigned vm, unsigned page)
{
	return FAKE_RAM_BASE + (vm * VM_PAGES + page) * PLAN_PAGE_SIZE;
}

/* The far piece lies below the near one in the machine's memory. */
static void add_memory(unsigned vm)
{
	memory[vm][0] = (struct plan_memory){
		WORLD_RAM, page_pa(vm, WORLD_FAR_PAGES), WORLD_RAM_PAGES * PLAN_PAGE_SIZE, 1, 0};
	memory[vm][1] = (struct plan_memory){
		WORLD_FAR, page_pa(vm, 0), WORLD_FAR_PAGES * PLAN_PAGE_SIZE, 1, 0};
	memory[vm][2] =
		(struct plan_memory){WORLD_ROM, page_pa(vm, VM_PAGES - 1), PLAN_PAGE_SIZE, 0, 0};
}

static void add_device(unsigned vm, enum world_device device)
{
	const unsigned index = vm * DEVICES + device;

	mmio[vm][device] = (struct plan_mmio){
		WORLD_MMIO + device * PLAN_PAGE_SIZE, PLAN_PAGE_SIZE, PLAN_MMIO_VIRTIO, index};
	virtio[index] = (struct plan_virtio){
		.vm = (uint16_t)vm,
		.kind = device == WORLD_NET ? PLAN_VIRTIO_NET : PLAN_VIRTIO_CONSOLE,
		.irq = WORLD_IRQ + device,
		.port = (uint16_t)vm,
		.is_console = 1,
		.has_messages = world_has_messages,
		.state = states[index],
	};
}

static void add_vm(unsigned vm, unsigned count)
{
	struct plan_vm *plan = harness_vm(vm);

	add_memory(vm);
	add_device(vm, WORLD_NET);
	add_device(vm, WORLD_CONSOLE);
	ports[vm] = (struct plan_port){.vm = (uint16_t)vm,
		.network = 0,
		.virtio = (uint16_t)(vm * DEVICES),
		.mac = {2, 0, 0, 0, 0, (uint8_t)vm}};
	plan->mmio = mmio[vm];
	plan->mmio_count = DEVICES;
	plan->memory = memory[vm];
	plan->memory_count = ARRAY_LENGTH(memory[vm]);
	plan->region = regions[vm];
	plan->region_bytes = REGION_SIZE;
	plan->comm = &comms[vm];
	plan->message_slots = WORLD_SLOTS;
	plan->message_bytes = WORLD_BYTES;
	plan->senders = ((1u << count) - 1) & ~(1u << vm);
	plan->packet_port = PLAN_NONE;
}

void world_start(unsigned count)
{
	struct plan *plan = harness_plan(vms, count);

	memset(states, 0, sizeof(states));
	memset(regions, 0, sizeof(regions));
	memset(comms, 0, sizeof(comms));
	memset(&network, 0, sizeof(network));
	world_busy = 0;
	for (unsigned i = 0; i < count; i++)
		add_vm(i, count);
	plan->virtio = virtio;
	plan->virtio_count = (uint16_t)(count * DEVICES);
	plan->ports = ports;
	plan->port_count = (uint16_t)count;
	plan->networks = &network;
	plan->network_count = 1;
	harness_boot_all();
}

enum mmio_result world_access(unsigned vm, enum world_device device, uint32_t offset, uint8_t size,
	bool is_write, uint64_t *value)
{
	struct mmio_access access = {
		.address = WORLD_MMIO + device * PLAN_PAGE_SIZE + offset,
		.value = *value,
		.size = size,
		.is_write = is_write,
	};
	struct vcpu *vcpu = vm_vcpu(vm_at(vm), 0);
	enum mmio_result result;

	fake_become(vcpu->cpu);
	result = mmio_dispatch(vcpu, &access);
	*value = access.value;
	world_check_idle();
	return result;
}

static uint64_t access_done(
	unsigned vm, enum world_device device, uint32_t offset, bool is_write, uint64_t value)
{
	enum mmio_result result;

	for (unsigned i = 0; i < BUSY_MOST; i++) {
		result = world_access(vm, device, offset, 4, is_write, &value);
		if (result != MMIO_BUSY)
			break;
		world_busy++;
	}
	assert_int_equal(result, MMIO_DONE);
	return value;
}

uint32_t world_read(unsigned vm, enum world_device device, uint32_t offset)
{
	return (uint32_t)access_done(vm, device, offset, false, 0);
}

void world_write(unsigned vm, enum world_device device, uint32_t offset, uint32_t value)
{
	access_done(vm, device, offset, true, value);
}

uint8_t *world_at(unsigned vm, uint64_t address)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(memory[vm]); i++) {
		const struct plan_memory *piece = &memory[vm][i];

		if (address - piece->base < piece->size_bytes)
			return fake_ram_at(piece->host_pa + (address - piece->base));
	}
	fail_msg("VM %u has no memory at 0x%lx", vm, (unsigned long)address);
	return NULL;
}

void world_negotiate(unsigned vm, enum world_device device, uint64_t features)
{
	features |= VIRTIO_F_VERSION_1;
	world_write(vm, device, REG_STATUS, 0);
	world_write(vm, device, REG_STATUS, STATUS_DRIVER);
	world_write(vm, device, REG_DRIVER_FEATURES_SELECT, 0);
	world_write(vm, device, REG_DRIVER_FEATURES, (uint32_t)features);
	world_write(vm, device, REG_DRIVER_FEATURES_SELECT, 1);
	world_write(vm, device, REG_DRIVER_FEATURES, (uint32_t)(features >> 32));
	world_write(vm, device, REG_STATUS, STATUS_FEATURES);
}

void world_live(unsigned vm, enum world_device device)
{
	world_write(vm, device, REG_STATUS, STATUS_LIVE);
}

static void write_address(const struct world_queue *queue, uint32_t offset, uint64_t address)
{
	world_write(queue->vm, queue->device, offset, (uint32_t)address);
	world_write(queue->vm, queue->device, offset + 4, (uint32_t)(address >> 32));
}

struct world_queue world_queue(
	unsigned vm, enum world_device device, unsigned index, unsigned size, uint64_t page)
{
	struct world_queue queue = {
		.vm = vm, .device = device, .index = index, .size = size, .descriptors = page};

	queue.driver = page + 16 * size;
	queue.used = (queue.driver + 6 + 2 * size + 3) & ~3ull;
	for (uint64_t at = page; at < queue.used + 6 + 8 * size; at++)
		*world_at(vm, at) = 0;
	world_write(vm, device, REG_QUEUE_SELECT, index);
	world_write(vm, device, REG_QUEUE_SIZE, size);
	write_address(&queue, REG_DESCRIPTORS, queue.descriptors);
	write_address(&queue, REG_DRIVER, queue.driver);
	write_address(&queue, REG_DEVICE, queue.used);
	world_write(vm, device, REG_QUEUE_READY, 1);
	return queue;
}

static void store16(unsigned vm, uint64_t address, uint16_t value)
{
	memcpy(world_at(vm, address), &value, sizeof(value));
}

static uint32_t load32(unsigned vm, uint64_t address)
{
	uint16_t low, high; /* as an entry of the used ring may lie in two pages */

	memcpy(&low, world_at(vm, address), sizeof(low));
	memcpy(&high, world_at(vm, address + 2), sizeof(high));
	return (uint32_t)high << 16 | low;
}

void world_describe(struct world_queue *queue, uint16_t index, struct world_piece piece,
	uint16_t more_flags, uint16_t next)
{
	const uint64_t words[2] = {
		piece.address, piece.bytes | (uint64_t)(uint16_t)(piece.flags | more_flags) << 32 |
				       (uint64_t)next << 48};

	memcpy(world_at(queue->vm, queue->descriptors + 16ull * index), words, sizeof(words));
}

void world_offer(struct world_queue *queue, uint16_t head)
{
	store16(queue->vm, queue->driver + 4 + 2 * (queue->available % queue->size), head);
	store16(queue->vm, queue->driver + 2, ++queue->available);
}

uint16_t world_add(struct world_queue *queue, const struct world_piece *pieces, unsigned count)
{
	const uint16_t head = (uint16_t)(queue->next_descriptor % queue->size);

	for (unsigned i = 0; i < count; i++) {
		const uint16_t index = (uint16_t)(queue->next_descriptor++ % queue->size);

		world_describe(queue, index, pieces[i], i + 1 < count ? DESC_NEXT : 0,
			(uint16_t)((index + 1) % queue->size));
	}
	world_offer(queue, head);
	return head;
}

void world_notify(const struct world_queue *queue)
{
	world_write(queue->vm, queue->device, REG_NOTIFY, queue->index);
}

bool world_take(struct world_queue *queue, uint32_t *head, uint32_t *written)
{
	const uint64_t entry = queue->used + 4 + 8ull * (queue->seen % queue->size);

	if ((load32(queue->vm, queue->used) >> 16) == queue->seen)
		return false;
	queue->seen++;
	*head = load32(queue->vm, entry);
	*written = load32(queue->vm, entry + 4);
	return true;
}

uint16_t *world_flags(const struct world_queue *queue)
{
	return (uint16_t *)(void *)world_at(queue->vm, queue->driver);
}

uint16_t *world_used_flags(const struct world_queue *queue)
{
	return (uint16_t *)(void *)world_at(queue->vm, queue->used);
}

bool world_line(unsigned vm, enum world_device device)
{
	return vm_at(vm)->arch.lines >> (WORLD_IRQ + device) & 1;
}

static void check_lock(const struct lock *lock)
{
	assert_int_equal(lock->next, lock->serving);
}

void world_check_idle(void)
{
	for (unsigned i = 0; i < FAKE_CPUS; i++)
		assert_int_equal(fake.window_pages[i], 0);
	for (unsigned i = 0; i < hyp_plan->virtio_count; i++)
		check_lock(&virtio_at(i)->lock);
	for (unsigned i = 0; i < hyp_plan->port_count; i++)
		check_lock(&network_port(i)->lock);
	for (unsigned i = 0; i < hyp_plan->vm_count; i++)
		check_lock(&comm_vm_at(i)->lock);
	check_lock(&network.lock);
}

struct virtio_net *world_net(unsigned vm)
{
	return (struct virtio_net *)states[vm * DEVICES];
}

struct virtio_console *world_console(unsigned vm)
{
	return (struct virtio_console *)states[vm * DEVICES + 1];
}
