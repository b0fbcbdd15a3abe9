/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of 64 slots has the least key, kept as the keys change: a tournament of fixed depth, three
 * rounds of four, so that each change costs the same however many slots are in use. Among equals
 * the lower slot wins.
 */
#ifndef LIB_TOURNAMENT_H
#define LIB_TOURNAMENT_H

#include <stdint.h>

#define TOURNAMENT_SLOTS 64u
#define TOURNAMENT_NONE  (~0ull) /* the key of a slot that does not take part */

/*
 * Keys are below 2^58 (as ticks at 1 GHz: nine years); a greater one is TOURNAMENT_NONE. A word is
 * a key with its slot below it, so that one comparison decides.
 */
struct tournament {
	uint64_t least; /* of all words */
	uint64_t top[4], middle[16], slots[TOURNAMENT_SLOTS];
};

#define TOURNAMENT_KEY_SHIFT 6
#define TOURNAMENT_OUT       (TOURNAMENT_NONE << TOURNAMENT_KEY_SHIFT)

/* No slot takes part. */
void tournament_init(struct tournament *tournament);

/* Slot `slot` (0..63) has `key` from now on. */
void tournament_set(struct tournament *tournament, unsigned slot, uint64_t key);

/* The slot with the least key; any if none takes part. */
static inline unsigned tournament_first(const struct tournament *tournament)
{
	return (unsigned)(tournament->least % TOURNAMENT_SLOTS);
}

/* The least key, or TOURNAMENT_NONE. */
static inline uint64_t tournament_least(const struct tournament *tournament)
{
	const uint64_t least = tournament->least;

	return least < TOURNAMENT_OUT ? least >> TOURNAMENT_KEY_SHIFT : TOURNAMENT_NONE;
}

#endif
