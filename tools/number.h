/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the numbers of a description: plain ones, sizes, times and shares.
 */
#ifndef TOOLS_NUMBER_H
#define TOOLS_NUMBER_H

#include <stdint.h>

enum number_kind {
	NUMBER_PLAIN, /* decimal, or 0x and hexadecimal */
	NUMBER_SIZE,  /* bytes: the same, with K, M or G for 2^10, 2^20, 2^30 */
	NUMBER_TIME,  /* decimal, with ns, us, ms or s; the value is in ns */
	NUMBER_SHARE, /* 0% to 100%, with up to 4 decimals; the value is in millionths */
};

enum number_error { NUMBER_OK, NUMBER_NEGATIVE, NUMBER_SYNTAX, NUMBER_OVERFLOW };

/* Sets *value if it returns NUMBER_OK. NUMBER_OVERFLOW: more than 64 bits, or than 100 %. */
enum number_error number_read(const char *text, enum number_kind kind, uint64_t *value);

/* What the kind is called, and how one is written. */
const char *number_words(enum number_kind kind);
const char *number_mend(enum number_kind kind);

/* A time in the largest unit in which it is whole, as it is read: "30ms". */
const char *number_time(uint64_t ns);

/*
 * The counter's ticks in so many ns, rounded down or up. frequency: Hz. Saturates at UINT64_MAX.
 * number_ns is the reverse, rounded down.
 */
uint64_t number_ticks(uint64_t ns, uint64_t frequency);
uint64_t number_ticks_up(uint64_t ns, uint64_t frequency);
uint64_t number_ns(uint64_t ticks, uint64_t frequency);

/* The shortest time, ns, that is whole ticks; of all such times it is a divisor. */
uint64_t number_grain(uint64_t frequency);

#endif
