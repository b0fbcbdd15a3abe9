/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers to ARP and ICMP echo requests, made in place.
 */
#include "neighbour.h"

#include <stdbool.h>

#include "guest/lib/packet.h"
#include "lib/string.h"

#define HEAD       14u /* Ethernet: destination, source, type */
#define TYPE_IP    0x0800u
#define TYPE_ARP   0x0806u
#define ARP_BYTES  28u
#define IP_BYTES   20u
#define ICMP_BYTES 8u

static const uint8_t address[4] = {10, 0, 0, 9};

/* Numbers of the network are the highest byte first. */
static unsigned word_at(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* The sum of RFC 1071 over an even or odd number of bytes, complemented. */
static uint16_t checksum(const uint8_t *data, size_t bytes)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < bytes; i++)
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void return_to_sender(uint8_t *packet)
{
	memcpy(packet, packet + PACKET_MAC_BYTES, PACKET_MAC_BYTES);
	packet_get_mac(packet + PACKET_MAC_BYTES);
}

/* Hardware and protocol types and lengths, operation; then sender's and target's MAC and IP. */
static bool answer_arp(uint8_t *packet, size_t bytes)
{
	static const uint8_t request[] = {0, 1, 8, 0, 6, 4, 0, 1};
	uint8_t *arp = packet + HEAD;

	if (bytes < HEAD + ARP_BYTES || memcmp(arp, request, sizeof(request)) != 0 ||
		memcmp(arp + 24, address, sizeof(address)) != 0)
		return false;
	return_to_sender(packet);
	arp[7] = 2;
	memcpy(arp + 18, arp + 8, 10);
	packet_get_mac(arp + 8);
	memcpy(arp + 14, address, sizeof(address));
	return true;
}

/* Without options and fragments. Source and target change places, so the header's sum stays. */
static bool answer_ping(uint8_t *packet, size_t bytes)
{
	uint8_t *ip = packet + HEAD, *icmp = ip + IP_BYTES, source[4];
	size_t length;
	uint16_t sum;

	if (bytes < HEAD + IP_BYTES + ICMP_BYTES || ip[0] != 0x45 || ip[9] != 1 ||
		(word_at(ip + 6) & 0x3fff) != 0 || icmp[0] != 8 ||
		memcmp(ip + 16, address, sizeof(address)) != 0)
		return false;
	length = word_at(ip + 2);
	if (length < IP_BYTES + ICMP_BYTES || length > bytes - HEAD)
		return false;
	return_to_sender(packet);
	memcpy(source, ip + 12, sizeof(source));
	memcpy(ip + 12, address, sizeof(address));
	memcpy(ip + 16, source, sizeof(source));
	icmp[0] = icmp[2] = icmp[3] = 0;
	sum = checksum(icmp, length - IP_BYTES);
	icmp[2] = (uint8_t)(sum >> 8);
	icmp[3] = (uint8_t)sum;
	return true;
}

enum neighbour_packet neighbour_answer(uint8_t *packet, size_t bytes)
{
	const unsigned type = word_at(packet + 12);

	if (type == TYPE_ARP && answer_arp(packet, bytes))
		return NEIGHBOUR_ARP;
	if (type == TYPE_IP && answer_ping(packet, bytes))
		return NEIGHBOUR_PING;
	return NEIGHBOUR_OTHER;
}
