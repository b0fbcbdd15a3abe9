/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tournament of 64 slots.
 */
#include "lib/tournament.h"

void tournament_set(struct tournament *tournament, unsigned slot, uint64_t key)
{
	key = key < TOURNAMENT_NONE ? key : TOURNAMENT_NONE;
	if (tournament->words[TOURNAMENT_OF_1 + slot] != ~(key * TOURNAMENT_SLOTS + slot))
		tournament_put(tournament, slot, key);
}
