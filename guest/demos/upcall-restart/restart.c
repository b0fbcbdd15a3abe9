/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks for a reset in the middle of upcalls, with some pending and masked, again and again: each
 * life must begin without any.
 */
#include "guest/lib/check.h"
#include "guest/lib/power.h"
#include "guest/lib/region.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"
#include "guest/lib/upcall.h"

#define TICKS   100
#define TICK_NS 50000

static volatile unsigned ticks;

static void arm(void)
{
	timer_arm(timer_now() + timer_frequency() / (1000000000 / TICK_NS));
}

static void tick(unsigned irq)
{
	(void)irq;
	ticks++;
	arm();
}

static void check_fresh(void)
{
	const struct region_vcpu *record;

	check(region_find(), "there is a region");
	record = region_own_vcpu();
	check_equal(record->upcall_entry, 0, "no entry is registered");
	check_equal(record->upcall_masked, 0, "the flag is clear");
	check_equal(record->upcall_any, 0, "nothing is pending");
	for (unsigned word = 0; word < REGION_UPCALL_LIMIT / 64; word++)
		check_equal(record->upcall_pending[word], 0, "no bit is set");
}

int main(uint64_t tree)
{
	(void)tree;
	check_init("upcall-restart");
	check_fresh();
	check_equal((uint64_t)upcall_init(), 0, "the entry is registered");
	upcall_set_handler(upcall_timer_irq(), tick);
	upcall_unmask();
	upcall_open();
	arm();
	while (ticks < TICKS)
		;
	upcall_mask();
	while (!__atomic_load_n(&region_own_vcpu()->upcall_any, __ATOMIC_RELAXED))
		;
	check_report();
	power_reset();
}
