/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests that measure what sharing a core costs. Each notes the counter, which is one for all VMs,
 * where it loses the core and where it has it again, and prints that when all is over; who followed
 * whom is found out by tests/bench/shared.py.
 */
#ifndef SHARED_H
#define SHARED_H

#include <stdint.h>

#define SHARED_NS_PER_MS 1000000ull

/* Everybody is quiet before, measures until the end and prints after that; by the common clock. */
#define SHARED_BEGIN_NS (100 * SHARED_NS_PER_MS)
#define SHARED_END_NS   (500 * SHARED_NS_PER_MS)
#define SHARED_PRINT_NS (600 * SHARED_NS_PER_MS)

struct shared_gap {
	uint64_t left, came;
};

/* The clock in nanoseconds since the machine's start. */
uint64_t shared_clock(void);

/* Ticks of the clock; `ns` is a multiple of 1000 that takes less than an hour. */
uint64_t shared_ticks(uint64_t ns);

/* Prints "sample KIND LEFT CAME" for each, in hexadecimal. */
void shared_print(const char *kind, const struct shared_gap *gaps, unsigned count);

/* What a guest of this folder can be; variants.mk chooses. */
void role_hog(void);      /* never gives the core away */
void role_switch(void);   /* gives it away in turns with another of its kind */
void role_sleeper(void);  /* never wants it */
void role_dispatch(void); /* a real-time VM whose tasks do almost nothing */
void role_load(void);     /* a real-time VM whose tasks use nearly all that they may */

#endif
