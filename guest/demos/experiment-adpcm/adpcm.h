/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IMA ADPCM: speech in 4 bits a sample (Interactive Multimedia Association, Recommended Practices
 * for Enhancing Digital Audio Compatibility, 1992, section 6).
 */
#ifndef ADPCM_H
#define ADPCM_H

#include <stddef.h>
#include <stdint.h>

/* What coder and decoder know of the samples so far; both begin with zeros. */
struct adpcm {
	int32_t predicted; /* -32768..32767 */
	int32_t index;     /* into the step sizes, 0..88 */
};

/* Two samples go into a byte, the first into its low half; `count` is even. */
void adpcm_encode(struct adpcm *state, const int16_t *samples, uint8_t *codes, size_t count);
void adpcm_decode(struct adpcm *state, const uint8_t *codes, int16_t *samples, size_t count);

#endif
