/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random numbers that are the same everywhere: splitmix64.
 */
#ifndef TESTS_SIMULATE_RANDOM_H
#define TESTS_SIMULATE_RANDOM_H

#include <math.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

static inline struct random random_begin(uint64_t seed)
{
	return (struct random){seed * 0x9e3779b97f4a7c15ull + 1};
}

static inline uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* 0..limit - 1; limit is not 0. */
static inline uint64_t random_below(struct random *random, uint64_t limit)
{
	return random_next(random) % limit;
}

/* The n-th root of a number between 0 and 1; 0 if n is 0. */
static inline double random_root(struct random *random, unsigned n)
{
	const double number = (double)(random_next(random) >> 11) / 9007199254740992.0;

	return n == 0 ? 0 : pow(number, 1.0 / n);
}

#endif
