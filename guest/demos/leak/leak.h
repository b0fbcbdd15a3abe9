/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guests that plant and look know of the machine: its registers, and a way to wait.
 */
#ifndef DEMO_LEAK_H
#define DEMO_LEAK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A register that a guest might have, or a piece of one. `allowed` are the bits that may hold
 * anything without an effect on the guest; the others stay as they are. Both functions may end in
 * an exception; leak_attempt survives that. A write returns anything.
 */
struct leak_register {
	const char *name;
	uint64_t allowed;
	uint64_t (*read)(uint64_t unused);
	uint64_t (*write)(uint64_t value);
};

extern const struct leak_register leak_registers[];
extern const unsigned leak_register_count;
#define LEAK_REGISTERS_MOST 256

/* Switches on what the registers need, floating point for one. Interrupts are masked. */
void leak_begin(void);

/* Calls function(argument); returns false if that ended in an exception. */
bool leak_attempt(uint64_t (*function)(uint64_t argument), uint64_t argument, uint64_t *value);

/*
 * Fills the general registers with numbers made of `seed` and lets time pass: gives the core away
 * (HYPERCALL_SCHED_YIELD, for `amount` ns at most), or goes round a loop `amount` times. Returns
 * false if one of them has changed.
 */
bool leak_wait(uint64_t seed, bool yield, uint64_t amount);

#endif
