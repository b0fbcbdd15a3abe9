/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tournament of 64 slots.
 */
#include "lib/tournament.h"

#include "lib/bits.h"

static ALWAYS_INLINE uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static ALWAYS_INLINE uint64_t least_of_four(const uint64_t *words)
{
	return lesser(lesser(words[0], words[1]), lesser(words[2], words[3]));
}

void tournament_init(struct tournament *tournament)
{
	for (unsigned i = 0; i < TOURNAMENT_SLOTS; i++)
		tournament->slots[i] = TOURNAMENT_OUT | i;
	for (unsigned i = 0; i < 16; i++)
		tournament->middle[i] = least_of_four(&tournament->slots[4 * i]);
	for (unsigned i = 0; i < 4; i++)
		tournament->top[i] = least_of_four(&tournament->middle[4 * i]);
	tournament->least = least_of_four(tournament->top);
}

void tournament_set(struct tournament *tournament, unsigned slot, uint64_t key)
{
	const uint64_t most = TOURNAMENT_NONE >> TOURNAMENT_KEY_SHIFT;

	tournament->slots[slot] = lesser(key, most) << TOURNAMENT_KEY_SHIFT | slot;
	tournament->middle[slot / 4] = least_of_four(&tournament->slots[slot / 4 * 4]);
	tournament->top[slot / 16] = least_of_four(&tournament->middle[slot / 16 * 4]);
	tournament->least = least_of_four(tournament->top);
}
