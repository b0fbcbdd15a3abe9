/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The little of the Internet protocols that a ping needs.
 */
#ifndef NEIGHBOUR_H
#define NEIGHBOUR_H

#include <stddef.h>
#include <stdint.h>

enum neighbour_packet { NEIGHBOUR_OTHER, NEIGHBOUR_ARP, NEIGHBOUR_PING };

/*
 * Turns an ARP request (RFC 826) or an ICMP echo request (RFC 792) for this host into its answer,
 * of as many bytes; says which it was.
 */
enum neighbour_packet neighbour_answer(uint8_t *packet, size_t bytes);

#endif
