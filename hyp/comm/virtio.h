/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio devices over MMIO (virtio 1.2, 4.2): the registers, which are the same for every kind.
 * virtio_net.c and virtio_console.c are the kinds. Only what the specification calls modern:
 * VIRTIO_F_VERSION_1, split virtqueues.
 */
#ifndef HYP_COMM_VIRTIO_H
#define HYP_COMM_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/plan.h"
#include "hyp/comm/virtqueue.h"
#include "hyp/core/mmio.h"
#include "lib/bits.h"
#include "lib/lock.h"

struct vcpu;
struct virtio;
struct vm;

/* What plan_virtio.state must hold, whatever its kind. */
#define VIRTIO_STATE_BYTES 2560u

#define VIRTIO_F_VERSION_1 BIT(32)

/* Bits of the device status (2.1). */
#define VIRTIO_ACKNOWLEDGE 1u
#define VIRTIO_DRIVER      2u
#define VIRTIO_DRIVER_OK   4u
#define VIRTIO_FEATURES_OK 8u
#define VIRTIO_NEEDS_RESET 64u
#define VIRTIO_FAILED      128u

/* Bits of InterruptStatus. */
#define VIRTIO_USED_BUFFER   1u
#define VIRTIO_CONFIG_CHANGE 2u

struct virtio_model {
	uint32_t device_id; /* section 5 */
	uint64_t features;

	/* The largest size of queue `index`, below virtio->queue_count; 0: there is none. */
	uint32_t (*queue_most)(const struct virtio *device, unsigned index);

	/*
	 * The guest has put buffers into queue `index`, which is live. device->lock is held, on a
	 * CPU of the guest. MMIO_BUSY: it shall notify again, when this exit has done enough.
	 */
	enum mmio_result (*notify)(struct virtio *device, unsigned index);

	/* Beside what virtio.c resets. device->lock alone is held. */
	void (*reset)(struct virtio *device);

	/* Queue `index` begins anew. device->lock is held. */
	void (*start_queue)(struct virtio *device, unsigned index);

	/* The driver is up, or has broken the rules: after that. device->lock is held; or NULL. */
	void (*start)(struct virtio *device);
	void (*stop)(struct virtio *device);

	/* The guest writes to the configuration; NULL: nothing happens. */
	enum mmio_result (*write_config)(struct virtio *device, struct mmio_access *access);

	/*
	 * After each access, with nothing held: what could not be done under the lock; or NULL.
	 * Returns false if there is more to do than one exit may: if `repeats`, the guest makes the
	 * access again.
	 */
	bool (*settle)(struct virtio *device, bool repeats);
};

/* What all kinds have; at the beginning of their own state. */
struct virtio {
	const struct virtio_model *model;
	const struct plan_virtio *plan;
	struct vm *vm;

	/* Guards everything but what `shared` guards. No other device's lock is taken under it. */
	struct lock lock;

	/*
	 * Guards, inside of `lock`, what others than the VM change: the interrupt, whether the
	 * device is live, and the queues that they fill. The same lock, or NULL: `lock` does.
	 */
	struct lock *shared;

	uint64_t features; /* that the driver has accepted */
	uint32_t device_features_select, driver_features_select, queue_select;
	uint32_t status;    /* VIRTIO_* */
	uint32_t interrupt; /* InterruptStatus; the line is high while it is not 0 */

	unsigned queue_count;
	struct virtqueue *queues;
	const void *config; /* the configuration space */
	unsigned config_bytes;
};

/* Connects the plan's devices to their VMs and ports. At start-up. */
void virtio_init(void);

/* Device `index` of plan.virtio. */
struct virtio *virtio_at(unsigned index);

/* A guest's access to its device's registers; access->address is the offset. */
enum mmio_result virtio_access(
	struct vcpu *vcpu, const struct plan_mmio *region, struct mmio_access *access);

/* The VM has been stopped: its devices are as after a reset. */
void virtio_vm_left(struct vm *vm);

/* For the kinds: */

/* Where the interrupt is guarded. */
void virtio_lock_shared(struct virtio *device);
void virtio_unlock_shared(struct virtio *device);

/* Whether the driver is up and the queue is ready; `shared` or `lock` is held. */
bool virtio_is_live(const struct virtio *device, unsigned queue);

/* Interrupts the guest: a buffer has been used. `shared` is held. */
void virtio_interrupt(struct virtio *device);

/* The guest broke the rules: the device stops, and says so (2.1.2). `shared` is held. */
void virtio_break(struct virtio *device);

#endif
