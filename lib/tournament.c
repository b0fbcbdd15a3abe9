/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tournament of 64 slots.
 */
#include "lib/tournament.h"

#include "lib/bits.h"

/* Word `i` is `word` now; the winner of its match moves up. */
static ALWAYS_INLINE uint64_t play(uint64_t *words, unsigned i, uint64_t word)
{
	const uint64_t other = words[i ^ 1];

	word = other > word ? other : word;
	words[i / 2] = word;
	return word;
}

void tournament_set(struct tournament *tournament, unsigned slot, uint64_t key)
{
	uint64_t *words = tournament->words;
	uint64_t word = key >> TOURNAMENT_KEY_BITS ? 0 : ~(key * TOURNAMENT_SLOTS + slot);
	const unsigned i = TOURNAMENT_SLOTS + slot;

	if (words[i] == word)
		return;
	words[i] = word;
	word = play(words, i, word);
	word = play(words, i / 2, word);
	word = play(words, i / 4, word);
	word = play(words, i / 8, word);
	word = play(words, i / 16, word);
	play(words, i / 32, word);
}
