/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What compilers call for where the instruction set has no instruction (rv64imac without Zbb).
 * Their own library cannot serve: it uses t0-t6, which are the guest's (arch.mk).
 */
#include <stdint.h>

int __ctzdi2(uint64_t word);
uint32_t __bswapsi2(uint32_t word);

/* Number of the lowest bit that is set; `word` must not be 0. */
int __ctzdi2(uint64_t word)
{
	int bit = 0;

	for (unsigned width = 32; width > 0; width /= 2) {
		if (word << (64 - width) == 0) {
			word >>= width;
			bit += (int)width;
		}
	}
	return bit;
}

/* The bytes in the other order. */
uint32_t __bswapsi2(uint32_t word)
{
	uint32_t swapped = 0;

	for (unsigned i = 0; i < 4; i++, word >>= 8)
		swapped = swapped << 8 | (word & 0xff);
	return swapped;
}
