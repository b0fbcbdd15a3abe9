/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Identification registers: what a guest reads is the CPU's value with only those fields that the
 * hypervisor knows and supports. A CPU that has nothing else is read without a trap.
 */
#include "arch/aarch64/exit.h"
#include "arch/aarch64/regs.h"
#include "lib/bits.h"

#define KEY(crm, op2) ((crm) << 3 | (op2))

/* ID register `key` of op0 = 3, op1 = 0, CRn = 0, KEY(1, 0) to KEY(7, 7): exit.S has them all. */
uint64_t idregs_physical(unsigned key);

#define FIELD(low) (0xfull << (low))

/* Fields that a guest sees, for the AArch64 registers; those of AArch32 (CRm 1..3) it sees whole.
 */
static const struct {
	uint8_t key;
	uint64_t fields;
} visible[] = {
	/* PFR0: without RAS, MPAM, AMU, secure EL2, realms */
	{KEY(4, 0), (0xffffffff & ~FIELD(28)) | FIELD(32) | FIELD(48) | FIELD(56) | FIELD(60)},
	/* PFR1: BT, SSBS, MTE, CSV2_frac; without SME, MPAM, NMI */
	{KEY(4, 1), FIELD(0) | FIELD(4) | FIELD(8) | FIELD(32)},
	{KEY(4, 4), ~0ull}, /* ZFR0: SVE's instructions */
	/* DFR0: DebugVer, PMUVer, BRPs, WRPs, CTX_CMPs, DoubleLock; without trace, SPE, BRBE */
	{KEY(5, 0), FIELD(0) | FIELD(8) | FIELD(12) | FIELD(20) | FIELD(28) | FIELD(36)},
	{KEY(6, 0), ~FIELD(24)},                         /* ISAR0: without TME */
	{KEY(6, 1), ~(FIELD(56) | FIELD(60))},           /* ISAR1: XS and LS64 need HCRX_EL2 */
	{KEY(6, 2), ~FIELD(16) & 0x00000000ffffffffull}, /* ISAR2: MOPS needs HCRX_EL2 */
	{KEY(7, 0), ~FIELD(56)},                         /* MMFR0: without fine-grained traps */
	{KEY(7, 1), ~(FIELD(40) | FIELD(8))},            /* MMFR1: without HCX and VHE */
	{KEY(7, 2), ~FIELD(24)},                         /* MMFR2: without nested virtualization */
};

static uint64_t visible_fields(unsigned key)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(visible); i++) {
		if (visible[i].key == key)
			return visible[i].fields;
	}
	return key < KEY(4, 0) ? ~0ull : 0;
}

uint64_t idregs_read(unsigned crm, unsigned op2)
{
	const unsigned key = KEY(crm, op2);

	return idregs_physical(key) & visible_fields(key);
}

bool idregs_must_trap(void)
{
	for (unsigned key = KEY(4, 0); key <= KEY(7, 7); key++) {
		if (idregs_physical(key) & ~visible_fields(key))
			return true;
	}
	return false;
}
