/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts its second CPU where it cannot run. PSCI lets an implementation know such an address to be
 * bad, or let the CPU run into it, which is then a fault of this VM.
 */
#include "guest/lib/aarch64/board.h"
#include "guest/lib/aarch64/psci.h"
#include "guest/lib/console.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"

#define BAD_WAIT_PER_S 10

static void bad_start(uint64_t entry)
{
	uint64_t end = timer_now() + timer_frequency() / BAD_WAIT_PER_S;

	print("psci-bad-addresses: CPU_ON at 0x%lx; expect INVALID_ADDRESS or this VM to be "
	      "stopped\n",
		entry);
	if (psci_cpu_on(1, entry, 0) == PSCI_INVALID_ADDRESS)
		return;
	while (timer_now() < end)
		__asm__ volatile("yield");
	print("psci-bad-addresses: failed: neither happened\n");
}

int main(uint64_t tree)
{
	(void)tree;
	console_init(CONSOLE_AUTO);
	bad_start(BOARD_RAM_BASE + 2);
	bad_start(BOARD_GICD_BASE);
	bad_start(1ull << 45);
	print("psci-bad-addresses: done\n");
	power_off();
}
