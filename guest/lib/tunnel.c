/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tunnels.
 */
#include "guest/lib/tunnel.h"

#include "guest/lib/hypercall.h"
#include "guest/lib/irq.h"
#include "lib/string.h"

static const struct region_tunnel *tunnel_table(void)
{
	return region_at(region_get()->tunnels);
}

static bool tunnel_is_called(const struct region_tunnel *entry, const char *name)
{
	size_t length = 0;

	while (name[length])
		length++;
	return length < REGION_NAME_SIZE && memcmp(entry->name, name, length + 1) == 0;
}

/* Which of the tunnels with the same VM an entry is. */
static unsigned tunnel_rank(unsigned index)
{
	unsigned rank = 0;

	for (unsigned i = 0; i < index; i++)
		rank += tunnel_table()[i].peer == tunnel_table()[index].peer;
	return rank;
}

int64_t tunnel_open(struct tunnel *tunnel, const char *name)
{
	const struct region_tunnel *table = tunnel_table();
	int64_t result;

	for (unsigned i = 0; i < region_get()->tunnel_count; i++) {
		if (!tunnel_is_called(&table[i], name))
			continue;
		result = hypercall(
			HYPERCALL_IPC_CREATE_TUNNEL, table[i].peer, tunnel_rank(i), 0, 0, 0);
		if (result < 0)
			return result;
		*tunnel = (struct tunnel){.memory = (void *)(uintptr_t)table[i].address,
			.size_bytes = (size_t)table[i].size_bytes,
			.entry = &table[i],
			.index = (unsigned)result};
		return HYPERCALL_OK;
	}
	return HYPERCALL_DENIED;
}

bool tunnel_is_connected(const struct tunnel *tunnel)
{
	return __atomic_load_n(&tunnel->entry->flags, __ATOMIC_ACQUIRE) & REGION_TUNNEL_PEER_OPEN;
}

bool tunnel_wait_connected(const struct tunnel *tunnel, uint64_t timeout_ns)
{
	uint64_t deadline = region_deadline(timeout_ns);

	for (;;) {
		region_take(REGION_EVENT_STATE);
		if (tunnel_is_connected(tunnel))
			return true;
		if (region_left(deadline) == 0)
			return false;
		region_sleep(deadline);
	}
}

int64_t tunnel_ring(const struct tunnel *tunnel)
{
	return hypercall1(HYPERCALL_IPC_RING, tunnel->index);
}

/* Without a clock to look at: this is what the latency of a doorbell is made of. */
void tunnel_wait_forever(struct tunnel *tunnel)
{
	do {
		/* What rings after this raises the interrupt, so it is not slept over. */
		region_take(REGION_EVENT_RING);
		if (tunnel_heard(tunnel))
			return;
		irq_wait();
		irq_poll();
	} while (!tunnel_heard(tunnel));
}

bool tunnel_wait_until(struct tunnel *tunnel, uint64_t deadline)
{
	do {
		region_take(REGION_EVENT_RING);
		if (tunnel_heard(tunnel))
			return true;
		if (region_left(deadline) == 0)
			return false;
		region_sleep(deadline);
	} while (!tunnel_heard(tunnel));
	return true;
}
