/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the roles have in common.
 */
#include "shared.h"

#include "guest/lib/console.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"
#include "machine.h"

#ifndef SHARED_ROLE
#define SHARED_ROLE role_hog
#endif

uint64_t shared_clock(void)
{
	return timer_ticks_to_ns(timer_now());
}

uint64_t shared_ticks(uint64_t ns)
{
	return ns / 1000 * timer_frequency() / 1000000;
}

void shared_print(const char *kind, const struct shared_gap *gaps, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		print("sample %s %lx %lx\n", kind, gaps[i].left, gaps[i].came);
}

int main(uint64_t tree)
{
	(void)tree;
	console_init(CONSOLE_AUTO);
	SHARED_ROLE();
	print("shared: done\n");
	power_off();
}
