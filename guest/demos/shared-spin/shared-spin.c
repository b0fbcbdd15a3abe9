/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Never gives its core away and watches the clock: where that jumps, somebody else had the core.
 * Each tenth of a second it says how often and how long that was.
 */
#include "guest/lib/console.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"

#ifndef SPIN_TENTHS
#define SPIN_TENTHS 10
#endif
#define SPIN_TENTHS_PER_S 10
#define SPIN_LOOPS        500   /* between two looks; the emulator is slow at reading the clock */
#define SPIN_GAP_PER_S    20000 /* longer than 50 us: not an exit, but a turn of another one */

struct spin {
	uint64_t begin, last;   /* ticks */
	uint64_t gap_least;     /* what counts as a gap */
	uint64_t lost, longest; /* ticks in gaps */
	uint64_t gaps;
};

static uint64_t spin_us(uint64_t ticks)
{
	return timer_ticks_to_ns(ticks) / 1000;
}

static void spin_look(struct spin *spin)
{
	uint64_t now, passed;

	for (unsigned i = 0; i < SPIN_LOOPS; i++)
		__asm__ volatile("");
	now = timer_now();
	passed = now - spin->last;
	if (passed >= spin->gap_least) {
		spin->gaps++;
		spin->lost += passed;
		if (passed > spin->longest)
			spin->longest = passed;
	}
	spin->last = now;
}

static void spin_say(struct spin *spin, const char *what)
{
	print("shared-spin: %s: had %lu of %lu us; others: %lu times, %lu us, at most %lu us\n",
		what, spin_us(spin->last - spin->begin - spin->lost),
		spin_us(spin->last - spin->begin), spin->gaps, spin_us(spin->lost),
		spin_us(spin->longest));
}

int main(uint64_t tree)
{
	struct spin spin = {.gap_least = timer_frequency() / SPIN_GAP_PER_S};
	uint64_t tenth = timer_frequency() / SPIN_TENTHS_PER_S;

	(void)tree;
	console_init(CONSOLE_AUTO);
	print("shared-spin: begins\n");
	spin.begin = spin.last = timer_now();
	for (unsigned i = 1; SPIN_TENTHS == 0 || i <= SPIN_TENTHS; i++) {
		while (spin.last - spin.begin < i * tenth)
			spin_look(&spin);
		spin_say(&spin, "goes on");
	}
	spin_say(&spin, "done");
	power_off();
}
