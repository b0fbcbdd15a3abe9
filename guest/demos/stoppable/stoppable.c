/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest whose second CPU does all it can not to be stopped: interrupts masked, the highest
 * running priority, the group disabled, no instruction that leaves it. Then the first CPU turns the
 * guest off, or with STOPPABLE_RESET resets it: the hypervisor must get the second CPU back. With
 * STOPPABLE_SLEEP that one waits in WFI, where nothing reaches it: the guest must end without it.
 */
#include "guest/lib/aarch64/system.h"
#include "guest/lib/console.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/smp.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"

#define STOPPABLE_WAIT_PER_S 20

static volatile uint64_t stoppable_spins;

static void stoppable_second(void *argument)
{
	(void)argument;
	__asm__ volatile("msr daifset, #0xf");
	system_write(ICC_SRE_EL1, 7);
	system_isb();
	system_write(ICC_IGRPEN0_EL1, 0);
	system_write(ICC_IGRPEN1_EL1, 0);
	system_write(ICC_PMR_EL1, 0);
	system_write(ICC_AP0R0_EL1, 0xffffffff);
	system_write(ICC_AP1R0_EL1, 0xffffffff);
	system_isb();
	for (;;) {
		stoppable_spins = stoppable_spins + 1;
#ifdef STOPPABLE_SLEEP
		__asm__ volatile("dsb sy\n\twfi" ::: "memory");
#endif
	}
}

int main(uint64_t tree)
{
	uint64_t end = timer_now() + timer_frequency() / STOPPABLE_WAIT_PER_S;

	(void)tree;
	console_init(CONSOLE_AUTO);
	if (smp_start(1, stoppable_second, 0) != 0) {
		print("stoppable: failed: there is no second CPU\n");
		power_off();
	}
	while (timer_now() < end || !stoppable_spins)
		__asm__ volatile("yield");
#ifdef STOPPABLE_RESET
	print("stoppable: the second CPU is busy; now reset me\n");
	power_reset();
#else
	print("stoppable: the second CPU is busy; now turn me off\n");
	power_off();
#endif
}
