/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks that a guest makes of the machine it runs on, counted and summed up in one line.
 */
#ifndef GUEST_LIB_CHECK_H
#define GUEST_LIB_CHECK_H

#include <stdbool.h>
#include <stdint.h>

/* Names the guest in all lines that follow. */
void check_init(const char *guest);

/* Counts a check; prints a line if it failed. Returns `good`. */
bool check(bool good, const char *what);

/* The same for a value that must equal another, and shows both. */
bool check_equal(uint64_t value, uint64_t expected, const char *what);

/* The same for (value & mask) == expected. */
bool check_bits(uint64_t value, uint64_t mask, uint64_t expected, const char *what);

/* Prints "GUEST: N passed, N failed". */
void check_report(void);

#endif
