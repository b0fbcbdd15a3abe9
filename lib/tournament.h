/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of 64 slots has the least key, kept as the keys change: a tournament of fixed depth, so
 * that each change costs the same however many slots are in use. Among equals the lower slot wins.
 */
#ifndef LIB_TOURNAMENT_H
#define LIB_TOURNAMENT_H

#include <stdbool.h>
#include <stdint.h>

#define TOURNAMENT_SLOTS 64u
#define TOURNAMENT_NONE  (~0ull) /* the key of a slot that does not take part */

/* winner[1] is the slot with the least key; the children of match n are 2n and 2n + 1. */
struct tournament {
	uint64_t key[TOURNAMENT_SLOTS];
	uint8_t winner[TOURNAMENT_SLOTS];
};

/* No slot takes part. */
void tournament_init(struct tournament *tournament);

/* Slot `slot` (0..63) has `key` from now on. */
void tournament_set(struct tournament *tournament, unsigned slot, uint64_t key);

/* The slot with the least key; any if none takes part. */
static inline unsigned tournament_first(const struct tournament *tournament)
{
	return tournament->winner[1];
}

/* The least key, or TOURNAMENT_NONE. */
static inline uint64_t tournament_least(const struct tournament *tournament)
{
	return tournament->key[tournament->winner[1]];
}

#endif
