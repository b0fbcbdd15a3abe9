/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Section 10: packets.
 */
#include "conformance.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/packet.h"
#include "guest/lib/print.h"
#include "lib/string.h"

#define PACKETS 40
#define HEAD    14

static uint8_t packet[REGION_PACKET_MAX + 2] __attribute__((aligned(8)));
static uint8_t found[REGION_PACKET_MAX] __attribute__((aligned(8)));
static uint8_t own[PACKET_MAC_BYTES], other[PACKET_MAC_BYTES];

static struct region_packets *device(void)
{
	return region_at(region_get()->packets);
}

static int64_t send_call(void)
{
	return hypercall(HYPERCALL_IO_SEND_PACKETS, 0, 0, 0, 0, 0);
}

static int64_t mac_call(uint64_t address)
{
	return hypercall(HYPERCALL_IO_SEND_MAC, address, 0, 0, 0, 0);
}

/* A packet of that size for an address, numbered. */
static void make(const uint8_t *to, size_t bytes, uint8_t number)
{
	for (size_t i = HEAD; i < bytes; i++)
		packet[i] = (uint8_t)(i + number);
	memcpy(packet, to, PACKET_MAC_BYTES);
	memcpy(packet + PACKET_MAC_BYTES, own, PACKET_MAC_BYTES);
	packet[12] = 0x88; /* a type for experiments (IEEE 802) */
	packet[13] = 0xb5;
}

/* Sends one that the partner sends back, and compares. */
static bool echo(const uint8_t *to, size_t bytes, uint8_t number)
{
	make(to, bytes, number);
	return expect_equal(packet_send(packet, bytes), HYPERCALL_OK, "sending") &&
	       expect_equal(packet_receive(found, sizeof(found), CONFORMANCE_S), (int64_t)bytes,
		       "the size of what came back") &&
	       expect(memcmp(found, own, PACKET_MAC_BYTES) == 0, "its destination") &&
	       expect(memcmp(found + PACKET_MAC_BYTES, other, PACKET_MAC_BYTES) == 0,
		       "its source") &&
	       expect(memcmp(found + HEAD, packet + HEAD, bytes - HEAD) == 0, "its data");
}

static void partner_done(uint64_t count)
{
	struct partner_message answer = {0};

	expect(partner_hear(&answer) && answer.work == PARTNER_PACKETS, "the partner's answer");
	expect_equal((int64_t)answer.value, (int64_t)count, "packets that it got");
}

static void test_exchange(void)
{
	static const uint8_t all[PACKET_MAC_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint16_t sizes[] = {14, 15, 60, 61, 62, 63, 64, 65, 1000, 1513, 1514};
	size_t count = sizeof(sizes) / sizeof(sizes[0]);

	clause("PKT-1");
	partner_tell(PARTNER_PACKETS, count);
	for (size_t i = 0; i < count; i++)
		if (!echo(other, sizes[i], (uint8_t)i))
			break;
	partner_done(count);
	clause("PKT-4");
	partner_tell(PARTNER_PACKETS, 2);
	echo(all, 64, 1);
	echo(other, 64, 2);
	partner_done(2);
	make(own, 64, 3);
	packet_send(packet, 64);
	expect_equal(packet_receive(found, sizeof(found), 0), HYPERCALL_EMPTY, "none of its own");
	clause("PKT-8");
	partner_tell(PARTNER_PACKETS, PACKETS);
	for (unsigned i = 0; i < PACKETS; i++)
		if (!echo(other, 60 + i, (uint8_t)i))
			break;
	partner_done(PACKETS);
}

static void test_calls_of_device(void)
{
	uint32_t written;
	uint64_t address = 0;

	clause("PKT-2");
	expect_equal((int32_t)(device()->send_written - device()->send_read), 0, "all were taken");
	clause("PKT-3");
	expect_equal(send_call(), 0, "nothing to send");
	written = device()->send_written;
	device()->send_written = device()->send_read + device()->slot_count + 1;
	expect_equal(send_call(), HYPERCALL_WRONG_STATE, "a counter that cannot be");
	device()->send_written = written;
	expect_equal((int32_t)(device()->send_read - written), 0, "nothing was taken");
	make(own, 64, 0);
	expect_equal(packet_put(packet, 64), HYPERCALL_OK, "a packet that waits");
	expect_equal(packet_put(packet, 64), HYPERCALL_OK, "and another one");
	expect_equal(packet_flush(), 2, "both are taken");
	clause("PKT-5");
	for (unsigned i = 0; i < 2; i++) {
		struct region_packet *slot =
			region_at(device()->send + device()->send_written % device()->slot_count *
							   REGION_PACKET_SLOT);

		make(other, 64, 0);
		memcpy(slot->data, packet, 64);
		slot->size_bytes = i ? REGION_PACKET_MAX + 1 : 13;
		device()->send_written++;
		expect_equal(packet_flush(), 1, "a packet that is too short, and one too long");
	}
	partner_tell(PARTNER_PACKETS, 1);
	echo(other, 99, 9);
	partner_done(1);
	clause("PKT-9");
	memcpy(&address, own, PACKET_MAC_BYTES);
	expect_equal(mac_call(address | 1), HYPERCALL_INVALID_PARAMETER, "a group's address");
	expect_equal(mac_call(address | 1ull << 48), HYPERCALL_INVALID_PARAMETER, "more bits");
	own[5] ^= 0x55;
	expect_equal(packet_set_mac(own), HYPERCALL_OK, "another address");
	expect(memcmp(device()->mac, own, sizeof(own)) == 0, "which the device shows");
	partner_tell(PARTNER_PACKETS, 1);
	echo(other, 77, 5);
	partner_done(1);
}

static void test_limits(void)
{
	unsigned sent = 0;

	clause("PKT-7");
	region_take(REGION_EVENT_PACKET);
	partner_tell(PARTNER_PACKETS, 1);
	make(other, 64, 0);
	packet_send(packet, 64);
	expect(region_wait(REGION_EVENT_PACKET, CONFORMANCE_S) != 0, "the event");
	expect_equal(packet_receive(found, sizeof(found), CONFORMANCE_S), 64, "and the packet");
	partner_done(1);
	clause("PKT-6");
	partner_tell(PARTNER_SLEEP, 20 * CONFORMANCE_MS);
	for (unsigned i = 0; i < 4 * device()->slot_count; i++) {
		make(other, 64, (uint8_t)i);
		sent += packet_send(packet, 64) == HYPERCALL_OK;
	}
	expect_equal(sent, 4 * device()->slot_count, "the sender does not notice");
	/* Those that had room come; how many that is, is the partner's to find out. */
	partner_tell(PARTNER_PACKETS, device()->slot_count * 4);
	for (sent = 0; packet_receive(found, sizeof(found), 2 * CONFORMANCE_S) == 64; sent++)
		;
	expect(sent >= 1 && sent <= 4 * device()->slot_count, "some came");
	{
		struct partner_message answer = {0};

		expect(partner_hear(&answer) && answer.value == sent, "and the partner had those");
	}
}

void test_packets(void)
{
	uint64_t mac;

	if (!region_get()->packets) {
		print("conformance: no packet device is described\n");
		return;
	}
	packet_get_mac(own);
	mac = partner_ask(PARTNER_SEND_MAC, 0);
	memcpy(other, &mac, PACKET_MAC_BYTES);
	test_exchange();
	test_calls_of_device();
	test_limits();
}
