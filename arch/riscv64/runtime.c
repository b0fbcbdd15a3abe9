/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What compilers call for where the instruction set has no instruction (rv64imac without Zbb).
 * Their own library cannot serve: it uses t0-t6, which are the guest's (arch.mk).
 */
#include <stdint.h>

int __ctzdi2(uint64_t word);
uint32_t __bswapsi2(uint32_t word);

/*
 * Number of the lowest bit that is set; `word` must not be 0. That bit times a de Bruijn sequence
 * is the sequence shifted, and each window of six of its bits stands at one place only.
 */
int __ctzdi2(uint64_t word)
{
	static const uint8_t places[64] = {0, 1, 48, 2, 57, 49, 28, 3, 61, 58, 50, 42, 38, 29, 17,
		4, 62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12, 5, 63, 47, 56, 27,
		60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11, 46, 26, 40, 15, 34, 20, 31, 10, 25,
		14, 19, 9, 13, 8, 7, 6};

	return places[(word & -word) * 0x03f79d71b4cb0a89u >> 58];
}

/* The bytes in the other order. */
uint32_t __bswapsi2(uint32_t word)
{
	uint32_t swapped = 0;

	for (unsigned i = 0; i < 4; i++, word >>= 8)
		swapped = swapped << 8 | (word & 0xff);
	return swapped;
}
