/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tunnels: memory that two VMs share, with doorbells (docs/interface.md, section 9); after
 * region_init. ring.h and latest.h are what can be built on such memory. How one waits is in
 * region.h.
 */
#ifndef GUEST_LIB_TUNNEL_H
#define GUEST_LIB_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/lib/region.h"

struct tunnel {
	void *memory;
	size_t size_bytes;
	const struct region_tunnel *entry; /* what the hypervisor says of it */
	unsigned index;                    /* in the region's table */
	uint32_t seen;                     /* doorbells that tunnel_wait has told of */
};

/*
 * Opens this side of the tunnel of that name, with any VM: 0. HYPERCALL_DENIED: the VM has no such
 * tunnel.
 */
int64_t tunnel_open(struct tunnel *tunnel, const char *name);

/* Whether the other side is open; waits until it is. */
bool tunnel_is_connected(const struct tunnel *tunnel);
bool tunnel_wait_connected(const struct tunnel *tunnel, uint64_t timeout_ns);

/*
 * Rings the doorbell: what was written before is seen by who has heard it. 0, or
 * HYPERCALL_NOT_RUNNING: the other side is not open. Real-time tasks can call it. Nobody limits how
 * often the other side does: who must not be disturbed masks the region's interrupt (irq_disable).
 */
int64_t tunnel_ring(const struct tunnel *tunnel);

/* How often the other side has rung since the last tunnel_wait or tunnel_heard. */
static inline uint32_t tunnel_heard(struct tunnel *tunnel)
{
	uint32_t rings = __atomic_load_n(&tunnel->entry->rings, __ATOMIC_ACQUIRE);
	uint32_t heard = rings - tunnel->seen;

	if (heard)
		tunnel->seen = rings;
	return heard;
}

/* For a timeout of either kind; use tunnel_wait. */
void tunnel_wait_forever(struct tunnel *tunnel);
bool tunnel_wait_until(struct tunnel *tunnel, uint64_t deadline);

/* Waits until it has rung; false: not within the timeout. */
static inline bool tunnel_wait(struct tunnel *tunnel, uint64_t timeout_ns)
{
	if (timeout_ns != REGION_FOREVER)
		return tunnel_wait_until(tunnel, region_deadline(timeout_ns));
	tunnel_wait_forever(tunnel);
	return true;
}

#endif
