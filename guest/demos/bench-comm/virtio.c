/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets between two virtio network devices: the client sends them one by one and counts the
 * instructions of each notification, which is all of the hypervisor's work; the server has a buffer
 * for each of them and sleeps. A driver no longer than that needs (virtio 1.2, 4.2 and 5.1).
 */
#include "comm.h"
#include "guest/lib/memory.h"
#include "guest/lib/print.h"
#include "guest/lib/region.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"
#include "lib/string.h"
#include "machine.h"

#define PACKETS      128u /* in all; as many as the queue has entries */
#define HEADER       12u
#define LARGEST      1514u
#define BUFFER       1536u
#define DEVICE_ALIGN 0x40000000ull /* docs/description.md: registers of virtio devices */

enum { FEATURES = 0x20, FEATURES_SELECT = 0x24, SELECT = 0x30, SIZE = 0x38, READY = 0x44 };
enum { NOTIFY = 0x50, STATUS = 0x70, ADDRESSES = 0x80 };

struct descriptor {
	uint64_t address;
	uint32_t bytes;
	uint16_t flags, next;
};

static struct {
	struct descriptor descriptors[PACKETS];
	struct {
		uint16_t flags, index, ring[PACKETS];
	} available __attribute__((aligned(64)));
	struct {
		uint16_t flags, index;
		struct {
			uint32_t id, bytes;
		} ring[PACKETS];
	} used __attribute__((aligned(64)));
} queue __attribute__((aligned(4096)));

static uint8_t buffers[PACKETS][BUFFER] __attribute__((aligned(64)));

static volatile uint32_t *at(uint32_t offset)
{
	uintptr_t device = ((uintptr_t)&main | (DEVICE_ALIGN - 1)) + 1;

	return (volatile uint32_t *)(device + offset);
}

static void write_address(uint32_t offset, const volatile void *address)
{
	*at(offset) = (uint32_t)(uintptr_t)address;
	*at(offset + 4) = (uint32_t)((uintptr_t)address >> 32);
}

/* The driver is up with one queue, about which it does not want interrupts. */
static void bring_up(uint32_t index)
{
	*at(STATUS) = 0;
	*at(STATUS) = 3;
	*at(FEATURES_SELECT) = 1;
	*at(FEATURES) = 1; /* VERSION_1 */
	*at(STATUS) = 11;
	*at(SELECT) = index;
	*at(SIZE) = PACKETS;
	write_address(ADDRESSES, queue.descriptors);
	write_address(ADDRESSES + 0x10, &queue.available);
	write_address(ADDRESSES + 0x20, &queue.used);
	queue.available.flags = 1;
	*at(READY) = 1;
	*at(STATUS) = 15;
}

static void offer(unsigned index, uint32_t bytes, uint16_t flags)
{
	queue.descriptors[index] =
		(struct descriptor){(uintptr_t)buffers[index], HEADER + bytes, flags, 0};
	queue.available.ring[index] = (uint16_t)index;
	__atomic_store_n(&queue.available.index, (uint16_t)(index + 1), __ATOMIC_SEQ_CST);
}

static uint16_t used(void)
{
	return __atomic_load_n(&queue.used.index, __ATOMIC_ACQUIRE);
}

void comm_virtio_server(void)
{
	memory_init_cpu();
	bring_up(0);
	for (unsigned i = 0; i < PACKETS; i++)
		offer(i, LARGEST, 2); /* the device writes there */
	while (used() < PACKETS)
		region_sleep(region_deadline(50000000));
	print("comm: all packets came\n");
}

static void send(unsigned index, uint32_t bytes)
{
	static const uint8_t head[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};
	uint64_t before;

	memcpy(buffers[index] + HEADER, head, sizeof(head));
	offer(index, bytes, 0);
	before = machine_count();
	*at(NOTIFY) = 1;
	comm_sample(bytes == LARGEST ? "packet1514" : "packet60", before, machine_count());
	if (used() != index + 1)
		print("comm: failed: packet %u was not sent\n", index);
}

/* The server needs some time to come up. */
void comm_virtio_client(void)
{
	memory_init_cpu();
	bring_up(1);
	region_sleep(region_deadline(100000000));
	for (unsigned i = 0; i < PACKETS; i++)
		send(i, i < PACKETS / 2 ? 60 : LARGEST);
}
