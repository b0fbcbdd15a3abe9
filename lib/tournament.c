/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tournament of 64 slots.
 */
#include "lib/tournament.h"

static unsigned better(const struct tournament *tournament, unsigned low, unsigned high)
{
	return tournament->key[high] < tournament->key[low] ? high : low;
}

void tournament_init(struct tournament *tournament)
{
	for (unsigned i = 0; i < TOURNAMENT_SLOTS; i++)
		tournament->key[i] = TOURNAMENT_NONE;
	for (unsigned i = TOURNAMENT_SLOTS - 1; i >= TOURNAMENT_SLOTS / 2; i--)
		tournament->winner[i] = (uint8_t)(2 * i - TOURNAMENT_SLOTS);
	for (unsigned i = TOURNAMENT_SLOTS / 2 - 1; i > 0; i--)
		tournament->winner[i] = tournament->winner[2 * i];
}

void tournament_set(struct tournament *tournament, unsigned slot, uint64_t key)
{
	unsigned i = (slot + TOURNAMENT_SLOTS) / 2;

	tournament->key[slot] = key;
	tournament->winner[i] = (uint8_t)better(tournament, slot & ~1u, slot | 1u);
	for (i /= 2; i > 0; i /= 2)
		tournament->winner[i] = (uint8_t)better(
			tournament, tournament->winner[2 * i], tournament->winner[2 * i + 1]);
}
