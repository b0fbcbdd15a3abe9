/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of virtio over MMIO, version 2 (virtio 1.2, 4.2.2).
 */
#include "hyp/comm/virtio.h"

#include <stddef.h>

#include "arch/include/arch_irq.h"
#include "hyp/comm/virtio_console.h"
#include "hyp/comm/virtio_net.h"
#include "hyp/core/hyp.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "lib/string.h"

#define MAGIC   0x74726976u /* "virt" */
#define VERSION 2u
#define VENDOR  0x4c4f5250u /* of our own choosing */

/* Registers, by offset. */
#define MAGIC_VALUE            0x000u
#define VERSION_NUMBER         0x004u
#define DEVICE_ID              0x008u
#define VENDOR_ID              0x00cu
#define DEVICE_FEATURES        0x010u
#define DEVICE_FEATURES_SELECT 0x014u
#define DRIVER_FEATURES        0x020u
#define DRIVER_FEATURES_SELECT 0x024u
#define QUEUE_SELECT           0x030u
#define QUEUE_SIZE_MOST        0x034u
#define QUEUE_SIZE             0x038u
#define QUEUE_READY            0x044u
#define QUEUE_NOTIFY           0x050u
#define INTERRUPT_STATUS       0x060u
#define INTERRUPT_ACKNOWLEDGE  0x064u
#define STATUS                 0x070u
#define QUEUE_DESCRIPTORS      0x080u /* low half, high half; so are the next two */
#define QUEUE_DRIVER           0x090u
#define QUEUE_DEVICE           0x0a0u
#define SHARED_MEMORY_LENGTH   0x0b0u
#define SHARED_MEMORY_BASE     0x0b8u
#define CONFIG                 0x100u

#define FROM_DRIVER \
	(VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_DRIVER_OK | VIRTIO_FEATURES_OK | VIRTIO_FAILED)

struct virtio *virtio_at(unsigned index)
{
	return hyp_plan->virtio[index].state;
}

void virtio_lock_shared(struct virtio *device)
{
	if (device->shared)
		lock_take(device->shared);
}

void virtio_unlock_shared(struct virtio *device)
{
	if (device->shared)
		lock_release(device->shared);
}

bool virtio_is_live(const struct virtio *device, unsigned queue)
{
	const uint32_t wanted = VIRTIO_DRIVER_OK | VIRTIO_FEATURES_OK;
	const uint32_t status = __atomic_load_n(&device->status, __ATOMIC_RELAXED);

	return (status & (wanted | VIRTIO_NEEDS_RESET)) == wanted && queue < device->queue_count &&
	       device->queues[queue].ready;
}

/* The line follows InterruptStatus. */
static void set_interrupt(struct virtio *device, uint32_t events)
{
	const bool before = device->interrupt != 0;

	device->interrupt = events;
	if (before != (events != 0))
		arch_virq_set_line(device->vm, device->plan->irq, events != 0);
}

/*
 * A line that stays high is told again: where the hypervisor is not asked at the guest's end of
 * interrupt, it would not be noticed otherwise.
 */
static void acknowledge(struct virtio *device, uint32_t events)
{
	set_interrupt(device, device->interrupt & ~events);
	if (device->interrupt)
		arch_virq_set_line(device->vm, device->plan->irq, true);
}

void virtio_interrupt(struct virtio *device)
{
	set_interrupt(device, device->interrupt | VIRTIO_USED_BUFFER);
}

/* A driver that is not up yet is not interrupted (2.1.2). */
void virtio_break(struct virtio *device)
{
	const uint32_t status = device->status;

	__atomic_store_n(&device->status, status | VIRTIO_NEEDS_RESET, __ATOMIC_RELAXED);
	if (status & VIRTIO_DRIVER_OK)
		set_interrupt(device, device->interrupt | VIRTIO_CONFIG_CHANGE);
	if (device->model->stop)
		device->model->stop(device);
}

/* `lock` and `shared` are held. */
static void reset_registers(struct virtio *device)
{
	device->features = 0;
	device->device_features_select = device->driver_features_select = device->queue_select = 0;
	__atomic_store_n(&device->status, 0, __ATOMIC_RELAXED);
	memset(device->queues, 0, device->queue_count * sizeof(*device->queues));
	set_interrupt(device, 0);
}

static void reset(struct virtio *device)
{
	device->model->reset(device);
	virtio_lock_shared(device);
	reset_registers(device);
	virtio_unlock_shared(device);
}

/* The driver may accept what is offered, and must accept VERSION_1 (6.1). */
static bool accepts(const struct virtio *device)
{
	return (device->features & ~device->model->features) == 0 &&
	       (device->features & VIRTIO_F_VERSION_1);
}

/* Bits are set one after the other, and cleared by a reset only (2.1.1). */
static void write_status(struct virtio *device, uint32_t value)
{
	uint32_t status = device->status | (value & FROM_DRIVER);
	bool is_start;

	if (!(device->status & VIRTIO_FEATURES_OK) && !accepts(device))
		status &= ~VIRTIO_FEATURES_OK;
	is_start = status & ~device->status & VIRTIO_DRIVER_OK;
	__atomic_store_n(&device->status, status, __ATOMIC_RELAXED);
	if (is_start && device->model->start)
		device->model->start(device);
}

static struct virtqueue *selected(const struct virtio *device)
{
	return device->queue_select < device->queue_count ? &device->queues[device->queue_select]
							  : NULL;
}

static uint32_t selected_most(const struct virtio *device)
{
	return selected(device) ? device->model->queue_most(device, device->queue_select) : 0;
}

static void write_features(struct virtio *device, uint32_t value)
{
	const uint32_t select = device->driver_features_select;

	if (device->status & VIRTIO_FEATURES_OK)
		return;
	if (select < 2)
		device->features = (device->features & ~(0xffffffffull << 32 * select)) |
				   (uint64_t)value << 32 * select;
	else if (value)
		device->features |= ~(device->model->features); /* there are no such: refused */
}

static void write_ready(struct virtio *device, uint32_t value)
{
	struct virtqueue *queue = selected(device);
	const uint32_t most = selected_most(device);

	if (most == 0)
		return;
	if (!(value & 1))
		queue->ready = false;
	else if (!queue->ready && !virtqueue_start(queue, most))
		virtio_break(device);
	else
		device->model->start_queue(device, device->queue_select);
}

static void write_half(uint64_t *address, uint32_t offset, uint32_t value)
{
	const unsigned shift = offset & 4 ? 32 : 0;

	*address = (*address & ~(0xffffffffull << shift)) | (uint64_t)value << shift;
}

/* The description of the selected queue; while it is ready it stands (4.2.2.2). */
static void write_queue(struct virtio *device, uint32_t offset, uint32_t value)
{
	struct virtqueue *queue = selected(device);

	if (!queue || queue->ready)
		return;
	switch (offset) {
	case QUEUE_SIZE:
		queue->size = value > UINT16_MAX ? 0 : (uint16_t)value;
		break;
	case QUEUE_DESCRIPTORS:
	case QUEUE_DESCRIPTORS + 4:
		write_half(&queue->descriptors, offset, value);
		break;
	case QUEUE_DRIVER:
	case QUEUE_DRIVER + 4:
		write_half(&queue->driver, offset, value);
		break;
	case QUEUE_DEVICE:
	case QUEUE_DEVICE + 4:
		write_half(&queue->device, offset, value);
		break;
	}
}

static void write_register(struct virtio *device, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case DEVICE_FEATURES_SELECT:
		device->device_features_select = value;
		break;
	case DRIVER_FEATURES:
		write_features(device, value);
		break;
	case DRIVER_FEATURES_SELECT:
		device->driver_features_select = value;
		break;
	case QUEUE_SELECT:
		device->queue_select = value;
		break;
	case QUEUE_READY:
		write_ready(device, value);
		break;
	case INTERRUPT_ACKNOWLEDGE:
		acknowledge(device, value);
		break;
	case STATUS:
		write_status(device, value);
		break;
	default:
		write_queue(device, offset, value);
	}
}

static uint32_t read_features(const struct virtio *device)
{
	const uint32_t select = device->device_features_select;

	return select < 2 ? (uint32_t)(device->model->features >> 32 * select) : 0;
}

/* What is not there, or only to be written, reads as 0; no shared memory has all bits set. */
static uint32_t read_register(const struct virtio *device, uint32_t offset)
{
	switch (offset) {
	case MAGIC_VALUE:
		return MAGIC;
	case VERSION_NUMBER:
		return VERSION;
	case DEVICE_ID:
		return device->model->device_id;
	case VENDOR_ID:
		return VENDOR;
	case DEVICE_FEATURES:
		return read_features(device);
	case QUEUE_SIZE_MOST:
		return selected_most(device);
	case QUEUE_READY:
		return selected(device) && selected(device)->ready;
	case INTERRUPT_STATUS:
		return device->interrupt;
	case STATUS:
		return device->status;
	case SHARED_MEMORY_LENGTH:
	case SHARED_MEMORY_LENGTH + 4:
	case SHARED_MEMORY_BASE:
	case SHARED_MEMORY_BASE + 4:
		return 0xffffffff;
	default:
		return 0;
	}
}

/* By bytes, at any width; behind its end there are zeros. */
static void read_config(const struct virtio *device, struct mmio_access *access)
{
	const uint64_t offset = access->address - CONFIG;

	access->value = 0;
	for (unsigned i = 0; i < access->size; i++) {
		if (offset + i < device->config_bytes)
			access->value |= (uint64_t)((const uint8_t *)device->config)[offset + i]
					 << 8 * i;
	}
}

static enum mmio_result access_config(struct virtio *device, struct mmio_access *access)
{
	if (!access->is_write)
		read_config(device, access);
	else if (device->model->write_config)
		return device->model->write_config(device, access);
	return MMIO_DONE;
}

static enum mmio_result access_locked(struct virtio *device, struct mmio_access *access)
{
	const uint32_t offset = (uint32_t)access->address, value = (uint32_t)access->value;

	if (offset >= CONFIG)
		return access_config(device, access);
	if (access->is_write && offset == QUEUE_NOTIFY)
		return virtio_is_live(device, value) ? device->model->notify(device, value)
						     : MMIO_DONE;
	if (access->is_write && offset == STATUS && value == 0) {
		reset(device);
		return MMIO_DONE;
	}
	virtio_lock_shared(device);
	if (access->is_write)
		write_register(device, offset, value);
	else
		access->value = read_register(device, offset);
	virtio_unlock_shared(device);
	return MMIO_DONE;
}

static bool settle(struct virtio *device, bool repeats)
{
	return !device->model->settle || device->model->settle(device, repeats);
}

/* Notifications and resets do no more when they are made again. */
static bool is_repeatable(const struct mmio_access *access)
{
	return access->is_write &&
	       (access->address == QUEUE_NOTIFY ||
		       (access->address == STATUS && (uint32_t)access->value == 0));
}

/* Registers are aligned words, and the driver reads and writes whole ones (4.2.2.2). */
enum mmio_result virtio_access(
	struct vcpu *vcpu, const struct plan_mmio *region, struct mmio_access *access)
{
	struct virtio *device = virtio_at(region->index);
	enum mmio_result result;

	(void)vcpu;
	if (access->address < CONFIG && (access->size != 4 || access->address % 4 != 0))
		return MMIO_DENIED;
	lock_take(&device->lock);
	result = access_locked(device, access);
	lock_release(&device->lock);
	return settle(device, is_repeatable(access)) || !is_repeatable(access) ? result : MMIO_BUSY;
}

void virtio_vm_left(struct vm *vm)
{
	for (unsigned i = 0; i < hyp_plan->virtio_count; i++) {
		struct virtio *device = virtio_at(i);

		if (device->vm != vm)
			continue;
		lock_take(&device->lock);
		reset(device);
		lock_release(&device->lock);
		settle(device, false);
	}
}

void virtio_init(void)
{
	for (unsigned i = 0; i < hyp_plan->virtio_count; i++) {
		const struct plan_virtio *plan = &hyp_plan->virtio[i];
		struct virtio *device = plan->state;

		device->plan = plan;
		device->vm = vm_at(plan->vm);
		if (plan->kind == PLAN_VIRTIO_NET)
			virtio_net_init(device);
		else
			virtio_console_init(device);
	}
}
