/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of 64 slots has the least key, kept as the keys change: a tournament of six rounds, so that
 * each change costs the same however many slots are in use. Among equals the lower slot wins.
 */
#ifndef LIB_TOURNAMENT_H
#define LIB_TOURNAMENT_H

#include <stdbool.h>
#include <stdint.h>

#define TOURNAMENT_SLOTS    64u
#define TOURNAMENT_KEY_BITS 58u
#define TOURNAMENT_NONE     (~0ull) /* the key of a slot that does not take part */

/*
 * Keys are below 2^58 - 1 (as ticks at 1 GHz: nine years), and one from 2^58 on takes no part, as
 * it never comes. A word is the complement of a key with
 * its slot below it, so that one comparison decides, and the greatest wins: 0 does not take part,
 * and a tournament of zeros is one that nobody has joined yet. words[1] is the winner, the children
 * of word n are 2n and 2n + 1, and the slots' own are the last 64.
 */
struct tournament {
	uint64_t words[2 * TOURNAMENT_SLOTS];
};

/* Slot `slot` (0..63) has `key` from now on. */
void tournament_set(struct tournament *tournament, unsigned slot, uint64_t key);

/* The slot with the least key, if any takes part. */
static inline unsigned tournament_first(const struct tournament *tournament)
{
	return (unsigned)(~tournament->words[1] % TOURNAMENT_SLOTS);
}

/* The least key, or TOURNAMENT_NONE. */
static inline uint64_t tournament_least(const struct tournament *tournament)
{
	const uint64_t winner = tournament->words[1];

	return winner == 0 ? TOURNAMENT_NONE : ~winner / TOURNAMENT_SLOTS;
}

/* Whether a slot has a key of `limit` (below 2^58 - 1) or less. */
static inline bool tournament_reaches(const struct tournament *tournament, uint64_t limit)
{
	return tournament->words[1] >= -((limit + 1) * TOURNAMENT_SLOTS);
}

#endif
