/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMs with virtio devices on the fake architecture, and the driver's side of a virtqueue, for the
 * tests of hyp/comm/virtio*.c. Every VM has a network device in one network, and a console device;
 * each VM may send messages to each other one.
 */
#ifndef TESTS_VIRTIO_WORLD_H
#define TESTS_VIRTIO_WORLD_H

#include "tests/unit/harness.h"

#include "hyp/comm/network.h"
#include "hyp/comm/virtio_console.h"
#include "hyp/comm/virtio_messages.h"
#include "hyp/comm/virtio_net.h"

#define WORLD_VMS 3u

/* A VM's memory: two pieces that lie elsewhere, and a page that it may only read. */
#define WORLD_RAM       0x40000000ull
#define WORLD_RAM_PAGES 9u
#define WORLD_FAR       0x40100000ull
#define WORLD_FAR_PAGES 6u
#define WORLD_ROM       0x40200000ull

#define WORLD_MMIO  0x0a000000ull /* of the network device; the console's lies a page behind */
#define WORLD_IRQ   48u           /* the same way */
#define WORLD_SLOTS 8u            /* of a ring for messages */
#define WORLD_BYTES 64u           /* the longest message */

enum world_device { WORLD_NET, WORLD_CONSOLE };

/* Registers. */
enum {
	REG_MAGIC = 0x0,
	REG_VERSION = 0x4,
	REG_DEVICE_ID = 0x8,
	REG_VENDOR_ID = 0xc,
	REG_DEVICE_FEATURES = 0x10,
	REG_DEVICE_FEATURES_SELECT = 0x14,
	REG_DRIVER_FEATURES = 0x20,
	REG_DRIVER_FEATURES_SELECT = 0x24,
	REG_QUEUE_SELECT = 0x30,
	REG_QUEUE_MOST = 0x34,
	REG_QUEUE_SIZE = 0x38,
	REG_QUEUE_READY = 0x44,
	REG_NOTIFY = 0x50,
	REG_INTERRUPT = 0x60,
	REG_ACKNOWLEDGE = 0x64,
	REG_STATUS = 0x70,
	REG_DESCRIPTORS = 0x80,
	REG_DRIVER = 0x90,
	REG_DEVICE = 0xa0,
	REG_GENERATION = 0xfc,
	REG_CONFIG = 0x100,
};

#define DESC_NEXT     1u
#define DESC_WRITE    2u
#define DESC_INDIRECT 4u

#define STATUS_DRIVER   3u  /* ACKNOWLEDGE, DRIVER */
#define STATUS_FEATURES 11u /* and FEATURES_OK */
#define STATUS_LIVE     15u /* and DRIVER_OK */

/* Whether the next machine's consoles have ports for messages. */
extern uint16_t world_has_messages;

/* A machine with `vms` VMs; their devices are as after a reset. */
void world_start(unsigned vms);

/* A VM's vCPU makes an access; how it ended. A read's value is in *value. */
enum mmio_result world_access(unsigned vm, enum world_device device, uint32_t offset, uint8_t size,
	bool is_write, uint64_t *value);

/* The same, of a register, made again as long as it is MMIO_BUSY; world_busy counts that. */
uint32_t world_read(unsigned vm, enum world_device device, uint32_t offset);
void world_write(unsigned vm, enum world_device device, uint32_t offset, uint32_t value);
extern unsigned world_busy;

/* Bytes of a VM's memory, by guest-physical address; not across pages. */
uint8_t *world_at(unsigned vm, uint64_t address);

/* The driver's side of a queue. */
struct world_queue {
	unsigned vm;
	enum world_device device;
	unsigned index, size;
	uint64_t descriptors, driver, used; /* guest-physical */
	uint16_t next_descriptor, available, seen;
};

/* A buffer, or a piece of one. */
struct world_piece {
	uint64_t address;
	uint32_t bytes;
	uint16_t flags; /* DESC_WRITE */
};

/* Negotiates `features` (and VERSION_1) up to FEATURES_OK; sets the driver up. */
void world_negotiate(unsigned vm, enum world_device device, uint64_t features);
void world_live(unsigned vm, enum world_device device);

/* Describes queue `index` with rings in the page at `page` and makes it ready. */
struct world_queue world_queue(
	unsigned vm, enum world_device device, unsigned index, unsigned size, uint64_t page);

/* Writes a descriptor as it is. */
void world_describe(struct world_queue *queue, uint16_t index, struct world_piece piece,
	uint16_t more_flags, uint16_t next);

/* Makes a chain available, without notification; returns its head. */
uint16_t world_add(struct world_queue *queue, const struct world_piece *pieces, unsigned count);

/* Makes `head` available, whatever is there. */
void world_offer(struct world_queue *queue, uint16_t head);
void world_notify(const struct world_queue *queue);

/* Whether a buffer has been used that was not seen yet: its head and how much was written. */
bool world_take(struct world_queue *queue, uint32_t *head, uint32_t *written);

/* 16 bits in the rings. */
uint16_t *world_flags(const struct world_queue *queue);      /* of the available ring */
uint16_t *world_used_flags(const struct world_queue *queue); /* of the used ring */

/* Whether the device's interrupt line is high. */
bool world_line(unsigned vm, enum world_device device);

/* Nothing of a guest's memory is mapped, and no lock is held. */
void world_check_idle(void);

struct virtio_net *world_net(unsigned vm);
struct virtio_console *world_console(unsigned vm);

#endif
