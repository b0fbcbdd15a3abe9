/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decodes loads and stores. The ISA manual's chapters "RV32I/RV64I" and "C" give the formats.
 */
#include "arch/riscv64/exit.h"

#include "lib/bits.h"

#define OPCODE_LOAD  0x03u
#define OPCODE_STORE 0x23u

/* An instruction of 32 bits, or what a compressed one stands for. */
static bool decode_wide(uint32_t instruction, unsigned length, struct access *access)
{
	const unsigned opcode = instruction & 0x7f, funct3 = (unsigned)bits_get(instruction, 12, 3);

	access->length = (uint8_t)length;
	access->size = (uint8_t)(1u << (funct3 & 3));
	access->is_signed = !(funct3 & 4);
	if (opcode == OPCODE_LOAD && funct3 != 7) {
		access->is_write = false;
		access->reg = (uint8_t)bits_get(instruction, 7, 5);
		return true;
	}
	if (opcode == OPCODE_STORE && funct3 < 4) {
		access->is_write = true;
		access->reg = (uint8_t)bits_get(instruction, 20, 5);
		return true;
	}
	return false;
}

/*
 * Bit 0 tells a transformed instruction from the codes of implicit accesses; bit 1 is 0 if it was
 * compressed. Bits 19:15 hold the offset of a part of a misaligned access: none is emulated.
 */
bool access_decode_transformed(uint64_t htinst, struct access *access)
{
	if (!(htinst & 1) || bits_get(htinst, 15, 5) != 0)
		return false;
	return decode_wide((uint32_t)htinst | 2, htinst & 2 ? 4 : 2, access);
}

/* Of C the loads and stores of words and doublewords, and of Zcb those of less. */
static bool decode_compressed(uint32_t instruction, struct access *access)
{
	const unsigned quadrant = instruction & 3, funct3 = (unsigned)bits_get(instruction, 13, 3);
	const bool by_stack = quadrant == 2;
	const unsigned later = funct3 & 3; /* 2: word, 3: doubleword */

	*access = (struct access){.length = 2, .is_signed = true};
	if (quadrant == 1)
		return false;
	if (later >= 2) {
		access->size = later == 2 ? 4 : 8;
		access->is_write = funct3 & 4;
		if (!by_stack)
			access->reg = (uint8_t)(8 + bits_get(instruction, 2, 3));
		else
			access->reg = (uint8_t)bits_get(instruction, access->is_write ? 2 : 7, 5);
		return true;
	}
	if (quadrant != 0 || funct3 != 4 || bits_get(instruction, 12, 1))
		return false;
	access->reg = (uint8_t)(8 + bits_get(instruction, 2, 3));
	access->size = bits_get(instruction, 10, 1) ? 2 : 1;
	access->is_write = bits_get(instruction, 11, 1);
	access->is_signed = !access->is_write && access->size == 2 && bits_get(instruction, 6, 1);
	return true;
}

bool access_decode(uint32_t instruction, struct access *access)
{
	if ((instruction & 3) == 3)
		return decode_wide(instruction, 4, access);
	return decode_compressed(instruction, access);
}
