/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's clock and its timer. Time is counted in ticks of timer_frequency() per second.
 */
#ifndef GUEST_LIB_TIMER_H
#define GUEST_LIB_TIMER_H

#include <stdint.h>

/* Ticks per second. */
uint64_t timer_frequency(void);

/* The clock now, in ticks. */
uint64_t timer_now(void);

/* Lets the timer's interrupt be raised once the clock is at or past `deadline`. */
void timer_arm(uint64_t deadline);

/* Takes the interrupt back; a level-triggered timer is quiet only after this or timer_arm. */
void timer_disarm(void);

/* Number of the timer's interrupt, for irq_enable and irq_set_handler. */
unsigned timer_irq(void);

/* Converts a duration; rounds down to whole nanoseconds. */
uint64_t timer_ticks_to_ns(uint64_t ticks);

#endif
