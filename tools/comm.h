/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Communication between VMs: reads the keys messages, message-ports, tunnels, networks and region,
 * checks that what two VMs say of each other agrees, and gives all of it memory, addresses and
 * interrupts.
 */
#ifndef TOOLS_COMM_H
#define TOOLS_COMM_H

#include "tools/tree.h"

/* At most: slots of a ring, tunnels and network ports of a VM, networks of a system. */
#define COMM_SLOTS    1024u
#define COMM_TUNNELS  16u
#define COMM_PORTS    8u
#define COMM_NETWORKS 16u

/*
 * Reads the keys of all VMs, maps[i] being those of VM i, and decides who has a region and which
 * virtio devices. All VMs have been read, and which of them take upcalls is known.
 */
void comm_read(struct system *system, const struct tree *const *maps);

/*
 * Finds host memory and guest addresses for regions, tunnels and virtio devices. All other memory
 * has been placed. Guest addresses lie behind the main memory, where the VM has nothing else and
 * the board no device.
 */
void comm_place(struct system *system);

/* Bytes of a VM's region, whole pages, with all that it has. */
uint64_t comm_region_bytes(const struct system *system, const struct vm *vm);

/* "02:00:00:00:00:01" */
const char *comm_mac_text(const uint8_t mac[6]);

/* The parts of comm_read. */
void comm_tunnels_read(struct system *system, unsigned vm, const struct tree *map);
void comm_tunnels_pair(struct system *system, const struct tree *const *maps);
void comm_networks_read(struct system *system, unsigned vm, const struct tree *list);
void comm_networks_settle(struct system *system);

#endif
