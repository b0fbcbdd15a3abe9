/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A code is a sign (8) and three bits of the difference to the predicted sample in units of a
 * quarter of the step size, which follows the codes.
 */
#include "adpcm.h"

#define INDEX_MOST  88
#define SAMPLE_MOST 32767
#define SIGN        8

static const int16_t steps[INDEX_MOST + 1] = {7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25,
	28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190,
	209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060,
	1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428,
	4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818,
	18500, 20350, 22385, 24623, 27086, 29794, 32767};

static const int8_t index_changes[SIGN] = {-1, -1, -1, -1, 2, 4, 6, 8};

static int32_t between(int32_t low, int32_t value, int32_t high)
{
	if (value < low)
		return low;
	return value > high ? high : value;
}

/* What the code says of the next sample; coder and decoder do this alike. */
static void follow(struct adpcm *state, unsigned code)
{
	int32_t step = steps[state->index], difference = step >> 3;

	if (code & 4)
		difference += step;
	if (code & 2)
		difference += step >> 1;
	if (code & 1)
		difference += step >> 2;
	state->predicted = between(-SAMPLE_MOST - 1,
		state->predicted + (code & SIGN ? -difference : difference), SAMPLE_MOST);
	state->index = between(0, state->index + index_changes[code & 7], INDEX_MOST);
}

static unsigned encode_one(struct adpcm *state, int16_t sample)
{
	int32_t difference = sample - state->predicted, step = steps[state->index];
	unsigned code = 0;

	if (difference < 0) {
		code = SIGN;
		difference = -difference;
	}
	for (unsigned bit = 4; bit; bit >>= 1, step >>= 1) {
		if (difference >= step) {
			code |= bit;
			difference -= step;
		}
	}
	follow(state, code);
	return code;
}

void adpcm_encode(struct adpcm *state, const int16_t *samples, uint8_t *codes, size_t count)
{
	for (size_t i = 0; i < count; i += 2) {
		unsigned low = encode_one(state, samples[i]);

		codes[i / 2] = (uint8_t)(low | encode_one(state, samples[i + 1]) << 4);
	}
}

void adpcm_decode(struct adpcm *state, const uint8_t *codes, int16_t *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		follow(state, codes[i / 2] >> (i % 2 * 4) & 15);
		samples[i] = (int16_t)state->predicted;
	}
}
