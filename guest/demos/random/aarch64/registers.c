/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random system instructions: MRS, MSR, SYS and SYSL over their whole encoding space (Arm ARM
 * C5.1), written into memory and executed. Left out is what would take the guest's own feet away.
 */
#include <stdbool.h>
#include <stddef.h>

#include "guest/lib/aarch64/mmu.h"
#include "guest/lib/smp.h"
#include "machine.h"
#include "random.h"

#define SYSTEM_READ  0xd5200000u
#define SYSTEM_WRITE 0xd5000000u
#define SYSTEM_RET   0xd65f03c0u
#define SYSTEM_ZERO  31 /* register number of XZR */

/* op0, op1, CRn, CRm, op2 as they stand in the instruction, without L and Rt. */
#define ENCODING(op0, op1, crn, crm, op2) \
	((uint32_t)(op0) << 19 | (op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)
#define ENCODING_OP0(encoding) ((encoding) >> 19 & 3)
#define ENCODING_CRN(encoding) ((encoding) >> 12 & 15)

/* As many as are written before caches are synchronised, each followed by RET. */
#define SYSTEM_BATCH 256

struct system_operation {
	uint32_t code[2];
};

static struct system_batch {
	struct system_operation operations[SYSTEM_BATCH];
	unsigned left;
} system_batches[RANDOM_CPUS] __attribute__((aligned(4096)));

static bool system_is_own(uint32_t encoding)
{
	static const uint32_t own[] = {
		ENCODING(3, 0, 1, 0, 0),  /* SCTLR_EL1: MMU, byte order */
		ENCODING(3, 0, 1, 0, 3),  /* SCTLR2_EL1 */
		ENCODING(3, 0, 4, 2, 0),  /* SPSel */
		ENCODING(3, 0, 12, 0, 0), /* VBAR_EL1 */
		ENCODING(3, 0, 12, 0, 2), /* RMR_EL1: resets where there is no EL2 */
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (encoding == own[i])
			return true;
	return false;
}

/* Half of them where most registers are: op0 3, op1 0 and 3, small CRn or the GIC's. */
static uint32_t system_encoding(void)
{
	static const uint8_t crn[] = {0, 1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 9, 12};

	if (random_below(2))
		return ENCODING(3, random_below(2) * 3, crn[random_below(sizeof(crn))],
			random_below(16), random_below(8));
	return ENCODING(random_below(3) + 1, random_below(8), random_below(16), random_below(16),
		random_below(8));
}

static uint32_t system_instruction(void)
{
	uint32_t encoding, rt = (uint32_t)random_below(RANDOM_REGISTERS + 1);
	bool read = random_below(2);

	do
		encoding = system_encoding();
	while (!read && system_is_own(encoding));
	if (rt == RANDOM_REGISTERS)
		rt = SYSTEM_ZERO;
	return (read ? SYSTEM_READ : SYSTEM_WRITE) | encoding | rt;
}

static void system_fill(struct system_batch *batch)
{
	for (unsigned i = 0; i < SYSTEM_BATCH; i++) {
		batch->operations[i].code[0] = system_instruction();
		batch->operations[i].code[1] = SYSTEM_RET;
	}
	mmu_sync_code(batch->operations, sizeof(batch->operations));
	batch->left = SYSTEM_BATCH;
}

/*
 * Bits that a value for this register may have. QEMU 10.0.2 itself ends by an assertion when a
 * binary point above 7 is written, and writes outside its tables when an LPI is ended that there
 * cannot be.
 */
static uint64_t system_value_mask(uint32_t encoding)
{
	switch (encoding) {
	case ENCODING(3, 0, 12, 8, 3):  /* ICC_BPR0_EL1 */
	case ENCODING(3, 0, 12, 12, 3): /* ICC_BPR1_EL1 */
		return 7;
	case ENCODING(3, 0, 12, 8, 1):  /* ICC_EOIR0_EL1 */
	case ENCODING(3, 0, 12, 12, 1): /* ICC_EOIR1_EL1 */
		return 0x1ff;
	default:
		return UINT64_MAX;
	}
}

/* Cache operations by address, of which one writes zeros. */
static bool system_wants_address(uint32_t instruction)
{
	return ENCODING_OP0(instruction) == 1 && ENCODING_CRN(instruction) == 7;
}

static uint64_t system_operand(uint32_t instruction)
{
	if (system_wants_address(instruction))
		return random_scratch() + random_below(RANDOM_SCRATCH_BYTES);
	return random_value() & system_value_mask(instruction & ENCODING(3, 7, 15, 15, 7));
}

void random_system(void)
{
	struct system_batch *batch = &system_batches[smp_cpu()];
	uint64_t registers[RANDOM_REGISTERS];
	const uint32_t *code;

	if (batch->left == 0)
		system_fill(batch);
	code = batch->operations[--batch->left].code;
	for (unsigned i = 0; i < RANDOM_REGISTERS; i++)
		registers[i] = system_operand(code[0]);
	if (system_wants_address(code[0]) && (code[0] & 31) == SYSTEM_ZERO)
		return; /* address 0 */
	random_execute(code, registers);
}
