/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packet device.
 */
#include "guest/lib/packet.h"

#include "guest/lib/hypercall.h"
#include "lib/string.h"

static struct region_packets *packet_device(void)
{
	return region_get()->packets ? region_at(region_get()->packets) : NULL;
}

/* A slot of one of the rings. */
static struct region_packet *packet_slot(uint32_t slots, uint32_t index)
{
	return region_at(slots + index % packet_device()->slot_count * REGION_PACKET_SLOT);
}

int64_t packet_set_mac(const uint8_t mac[PACKET_MAC_BYTES])
{
	uint64_t address = 0;

	for (unsigned i = 0; i < PACKET_MAC_BYTES; i++)
		address |= (uint64_t)mac[i] << (8 * i);
	return hypercall(HYPERCALL_IO_SEND_MAC, address, 0, 0, 0, 0);
}

int64_t packet_get_mac(uint8_t mac[PACKET_MAC_BYTES])
{
	if (!packet_device())
		return HYPERCALL_DENIED;
	memcpy(mac, packet_device()->mac, PACKET_MAC_BYTES);
	return HYPERCALL_OK;
}

int64_t packet_put(const void *data, size_t bytes)
{
	struct region_packets *device = packet_device();
	struct region_packet *slot;

	if (!device)
		return HYPERCALL_DENIED;
	if (bytes < PACKET_LEAST || bytes > REGION_PACKET_MAX)
		return HYPERCALL_INVALID_PARAMETER;
	/* Acquire: the hypervisor is done with the slot. */
	if (device->send_written - __atomic_load_n(&device->send_read, __ATOMIC_ACQUIRE) >=
		device->slot_count)
		return HYPERCALL_FULL;
	slot = packet_slot(device->send, device->send_written);
	slot->size_bytes = (uint32_t)bytes;
	memcpy(slot->data, data, bytes);
	__atomic_store_n(&device->send_written, device->send_written + 1, __ATOMIC_RELEASE);
	return HYPERCALL_OK;
}

int64_t packet_flush(void)
{
	const struct region_packets *device = packet_device();
	int64_t taken, all = 0;

	if (!device)
		return HYPERCALL_DENIED;
	while (__atomic_load_n(&device->send_read, __ATOMIC_ACQUIRE) != device->send_written) {
		taken = hypercall(HYPERCALL_IO_SEND_PACKETS, 0, 0, 0, 0, 0);
		if (taken < 0)
			return taken;
		all += taken;
	}
	return all;
}

int64_t packet_send(const void *data, size_t bytes)
{
	int64_t result = packet_put(data, bytes);

	if (result == HYPERCALL_OK)
		result = packet_flush();
	return result < 0 ? result : HYPERCALL_OK;
}

int64_t packet_receive(void *data, size_t room, uint64_t timeout_ns)
{
	uint64_t deadline = region_deadline(timeout_ns);
	struct region_packets *device = packet_device();
	const struct region_packet *slot;
	uint32_t bytes;

	if (!device)
		return HYPERCALL_DENIED;
	while (__atomic_load_n(&device->receive_written, __ATOMIC_ACQUIRE) ==
		device->receive_read) {
		if (region_take(REGION_EVENT_PACKET))
			continue;
		if (region_left(deadline) == 0)
			return HYPERCALL_EMPTY;
		region_sleep(deadline);
	}
	slot = packet_slot(device->receive, device->receive_read);
	bytes = slot->size_bytes;
	if (bytes > room)
		return HYPERCALL_TOO_BIG;
	memcpy(data, slot->data, bytes);
	__atomic_store_n(&device->receive_read, device->receive_read + 1, __ATOMIC_RELEASE);
	return bytes;
}
