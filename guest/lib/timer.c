/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conversions of time, the same on every architecture.
 */
#include "guest/lib/timer.h"

#define TIMER_NS_PER_S 1000000000ull

uint64_t timer_ticks_to_ns(uint64_t ticks)
{
	uint64_t frequency = timer_frequency();

	/* In two parts, so that the product does not overflow after some minutes. */
	return ticks / frequency * TIMER_NS_PER_S + ticks % frequency * TIMER_NS_PER_S / frequency;
}
