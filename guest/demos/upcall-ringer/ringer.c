/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings the doorbell of the guest that tries upcalls, and waits each time until that has answered.
 */
#include "guest/lib/irq.h"
#include "guest/lib/print.h"
#include "guest/lib/region.h"
#include "guest/lib/start.h"
#include "guest/lib/tunnel.h"

#ifndef UPCALL_COUNT
#define UPCALL_COUNT 20000
#endif
#define PATIENCE_NS 60000000000ull

int main(uint64_t tree)
{
	struct tunnel tunnel;
	const volatile uint64_t *answered;
	uint64_t rung = 0;

	(void)tree;
	irq_init();
	if (!region_init() || tunnel_open(&tunnel, "doorbell") != 0 ||
		!tunnel_wait_connected(&tunnel, REGION_FOREVER)) {
		print("upcall-ringer: FAILED: there is no tunnel\n");
		return 1;
	}
	answered = tunnel.memory;
	while (rung < UPCALL_COUNT && tunnel_ring(&tunnel) == 0) {
		rung++;
		while (__atomic_load_n(answered, __ATOMIC_ACQUIRE) < rung) {
			if (!tunnel_wait(&tunnel, PATIENCE_NS)) {
				print("upcall-ringer: FAILED: no answer to ring %lu\n", rung);
				return 1;
			}
		}
	}
	print("upcall-ringer: done: %lu\n", rung);
	return 0;
}
