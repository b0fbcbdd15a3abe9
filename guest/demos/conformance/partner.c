/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The partner: what it does, and how the tester asks for it.
 */
#include "conformance.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/message.h"
#include "guest/lib/packet.h"
#include "guest/lib/power.h"
#include "guest/lib/timer.h"
#include "guest/lib/tunnel.h"
#include "lib/string.h"

#define PARTNER_PATIENCE (5 * CONFORMANCE_S)
#define PARTNER_MAX      256

/* The tester's side. */

int partner_vm(void)
{
	return region_find_vm(PARTNER_NAME);
}

bool partner_is_there(void)
{
	return partner_vm() >= 0 && region_get()->ring &&
	       region_vm((unsigned)partner_vm())->may_send;
}

bool partner_hear(struct partner_message *message)
{
	uint8_t data[PARTNER_MAX];
	unsigned sender;
	int64_t bytes = message_receive(&sender, data, sizeof(data), PARTNER_PATIENCE);

	if (bytes < (int64_t)sizeof(*message) || (int)sender != partner_vm())
		return false;
	memcpy(message, data, sizeof(*message));
	return true;
}

bool partner_wait_hello(void)
{
	struct partner_message message;

	return partner_hear(&message) && message.work == PARTNER_HELLO;
}

int64_t partner_tell(enum partner_work work, uint64_t value)
{
	struct partner_message message = {work, 0, value};

	return message_send((unsigned)partner_vm(), &message, sizeof(message), PARTNER_PATIENCE);
}

uint64_t partner_ask(enum partner_work work, uint64_t value)
{
	struct partner_message answer;

	if (partner_tell(work, value) != HYPERCALL_OK || !partner_hear(&answer) ||
		answer.work != work)
		return UINT64_MAX;
	return answer.value;
}

/* The partner's side. */

static struct {
	unsigned tester;
	uint64_t noted;
	bool has_tunnel, has_read_only;
	struct tunnel tunnel, read_only;
} partner;

static void partner_answer(enum partner_work work, uint32_t number, uint64_t value)
{
	struct partner_message message = {work, number, value};

	message_send(partner.tester, &message, sizeof(message), REGION_FOREVER);
}

static void partner_sleep(uint64_t ns)
{
	uint64_t deadline = region_deadline(ns);

	while (region_left(deadline))
		region_sleep(deadline);
}

static void partner_spin(uint64_t ns)
{
	uint64_t end = region_deadline(ns);

	while (timer_now() < end)
		;
}

static void partner_burst(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		partner_answer(PARTNER_BURST, (uint32_t)i, i * 0x0101010101010101u);
}

static uint64_t partner_add(uint64_t value)
{
	volatile uint64_t *words = partner.tunnel.memory;

	for (size_t i = 0; i < partner.tunnel.size_bytes / 8; i++)
		words[i] = words[i] + value;
	tunnel_ring(&partner.tunnel);
	return partner.tunnel.size_bytes;
}

/* Sends packets back with source and destination exchanged; answers how many that were. */
static uint64_t partner_packets(uint64_t count)
{
	static uint8_t packet[REGION_PACKET_MAX] __attribute__((aligned(8)));
	uint8_t mac[PACKET_MAC_BYTES];
	uint64_t done = 0;

	packet_get_mac(mac);
	for (; done < count; done++) {
		int64_t bytes = packet_receive(packet, sizeof(packet), CONFORMANCE_S);

		if (bytes < 0)
			break;
		memcpy(packet, packet + PACKET_MAC_BYTES, PACKET_MAC_BYTES);
		memcpy(packet + PACKET_MAC_BYTES, mac, PACKET_MAC_BYTES);
		packet_send(packet, (size_t)bytes);
	}
	return done;
}

static uint64_t partner_mac(void)
{
	uint64_t mac = 0;

	return packet_get_mac((uint8_t *)&mac) == HYPERCALL_OK ? mac : 0;
}

static uint64_t partner_rings(uint64_t count)
{
	uint64_t done = 0;

	while (done < count && tunnel_ring(&partner.tunnel) == HYPERCALL_OK)
		done++;
	return done;
}

static uint64_t partner_heard(void)
{
	uint32_t before = partner.tunnel.seen;

	tunnel_wait(&partner.tunnel, CONFORMANCE_S);
	return partner.tunnel.seen - before;
}

static uint64_t partner_count(const struct partner_message *message)
{
	uint64_t noted = partner.noted;

	if (message->work == PARTNER_NOTE) {
		partner.noted += message->value == noted;
		return 0;
	}
	partner.noted = 0;
	return noted;
}

static void partner_write_read_only(void)
{
	*(volatile uint64_t *)partner.read_only.memory = 0xbad;
}

/* What ends in an answer. */
static void partner_work(const struct partner_message *message)
{
	uint64_t value = message->value;

	switch (message->work) {
	case PARTNER_NOTED:
		value = partner_count(message);
		break;
	case PARTNER_RING:
		value = partner_rings(value);
		break;
	case PARTNER_WAIT_RING:
		value = partner_heard();
		break;
	case PARTNER_ADD:
		value = partner_add(value);
		break;
	case PARTNER_SEND_MAC:
		value = partner_mac();
		break;
	case PARTNER_PACKETS:
		value = partner_packets(value);
		break;
	case PARTNER_READS:
		value = *(volatile uint64_t *)partner.read_only.memory;
		break;
	default:
		break;
	}
	partner_answer(message->work, message->number, value);
}

static void partner_do(const struct partner_message *message, const void *data, size_t bytes)
{
	switch (message->work) {
	case PARTNER_ECHO:
		message_send(partner.tester, data, bytes, REGION_FOREVER);
		break;
	case PARTNER_SLEEP:
		partner_sleep(message->value);
		break;
	case PARTNER_SPIN:
		partner_spin(message->value);
		break;
	case PARTNER_BURST:
		partner_burst(message->value);
		break;
	case PARTNER_NOTE:
		partner_count(message);
		break;
	case PARTNER_WRITES:
		partner_write_read_only();
		break;
	case PARTNER_RESET:
		power_reset();
	case PARTNER_OFF:
		power_off();
	default:
		partner_work(message);
	}
}

/* The tester is the VM that the partner may send to. */
static unsigned partner_find_tester(void)
{
	for (unsigned vm = 0; vm < region_get()->vm_count; vm++)
		if (region_vm(vm)->may_send)
			return vm;
	return region_get()->vm;
}

void partner_run(void)
{
	uint8_t data[PARTNER_MAX];
	struct partner_message message;
	unsigned sender;

	partner.tester = partner_find_tester();
	if (region_get()->tunnel_count) {
		partner.has_tunnel = tunnel_open(&partner.tunnel, PARTNER_TUNNEL) == HYPERCALL_OK;
		partner.has_read_only =
			tunnel_open(&partner.read_only, PARTNER_READ_ONLY) == HYPERCALL_OK;
	}
	partner_answer(PARTNER_HELLO, 0, 0);
	for (;;) {
		int64_t bytes = message_receive(&sender, data, sizeof(data), REGION_FOREVER);

		if (bytes < (int64_t)sizeof(message))
			continue;
		memcpy(&message, data, sizeof(message));
		partner_do(&message, data, (size_t)bytes);
	}
}
