/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of 64 slots has the least key, kept as the keys change: a tournament of three rounds among
 * four, so that each change costs the same however many slots are in use. Among equals the lower
 * slot wins.
 */
#ifndef LIB_TOURNAMENT_H
#define LIB_TOURNAMENT_H

#include <stdint.h>

#include "lib/bits.h"

#define TOURNAMENT_SLOTS 64u
#define TOURNAMENT_NONE  (BIT(58) - 1) /* the key of a slot that does not take part */

/*
 * Keys are below 2^58 - 1 (as ticks at 1 GHz: nine years); a greater one never
 * comes, and takes no part. A word is the complement of a key with
 * its slot below it, so that one comparison decides, and the greatest wins. A tournament of zeros
 * is one that nobody has joined yet. Four that play each other lie in one line: from words 24 on
 * the slots' own, from 8 on the winners of four, from 4 on those of 16; words[0] wins.
 */
struct tournament {
	uint64_t words[24 + TOURNAMENT_SLOTS];
} __attribute__((aligned(32)));

#define TOURNAMENT_WINNER 0u
#define TOURNAMENT_OF_16  4u
#define TOURNAMENT_OF_4   8u
#define TOURNAMENT_OF_1   24u

/* Enters a word into a round; returns who wins its match. It costs least if the first does. */
static ALWAYS_INLINE uint64_t tournament_play(
	struct tournament *tournament, unsigned round, unsigned place, uint64_t word)
{
	uint64_t *entry = tournament->words + place;
	const uint64_t *line = (const uint64_t *)((uintptr_t)entry & ~(uintptr_t)31);

	entry[round] = word;
	word = line[round];
	for (unsigned i = 1; i < 4; i++)
		word = __builtin_expect(line[round + i] > word, 0) ? line[round + i] : word;
	return word;
}

/* Slot `slot` (0..63) has `key` from now on. */
static ALWAYS_INLINE void tournament_put(struct tournament *tournament, unsigned slot, uint64_t key)
{
	uint64_t word = ~(key * TOURNAMENT_SLOTS + slot);

	word = tournament_play(tournament, TOURNAMENT_OF_1, slot, word);
	word = tournament_play(tournament, TOURNAMENT_OF_4, slot / 4, word);
	word = tournament_play(tournament, TOURNAMENT_OF_16, slot / 16, word);
	tournament->words[TOURNAMENT_WINNER] = word;
}

/* The same by a call, and where the key may be as it was. */
void tournament_set(struct tournament *tournament, unsigned slot, uint64_t key);

/* The slot with the least key, if any takes part. */
static inline unsigned tournament_first(const struct tournament *tournament)
{
	return (unsigned)(~tournament->words[TOURNAMENT_WINNER] % TOURNAMENT_SLOTS);
}

/* The least key, or TOURNAMENT_NONE. */
static inline uint64_t tournament_least(const struct tournament *tournament)
{
	return ~tournament->words[TOURNAMENT_WINNER] / TOURNAMENT_SLOTS;
}

/* The least of two tournaments. */
static inline uint64_t tournament_least_of(const struct tournament *a, const struct tournament *b)
{
	const uint64_t word = a->words[TOURNAMENT_WINNER], other = b->words[TOURNAMENT_WINNER];

	return ~(word > other ? word : other) / TOURNAMENT_SLOTS;
}

#endif
