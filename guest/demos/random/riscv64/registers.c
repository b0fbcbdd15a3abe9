/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random instructions of the opcode SYSTEM: reads and writes of control and status registers over
 * their whole encoding space, and what else is there, written into memory and executed. Left out is
 * what would take the guest's own feet away, or make it sleep.
 */
#include <stdbool.h>
#include <stddef.h>

#include "guest/lib/smp.h"
#include "machine.h"
#include "random.h"

#define OPCODE_SYSTEM 0x73u
#define REGISTER_A0   10u
#define REGISTER_A1   11u
#define RETURN        0x00008067u /* jalr zero, (ra) */

#define INSTRUCTION_ECALL   0x00000073u
#define INSTRUCTION_SRET    0x10200073u
#define INSTRUCTION_WFI     0x10500073u
#define INSTRUCTION_WRS_NTO 0x00d00073u
#define INSTRUCTION_WRS_STO 0x01d00073u

/* As many as are written before the instruction stream is synchronised, each followed by RETURN. */
#define BATCH 256

static struct batch {
	uint32_t code[BATCH][2];
	unsigned left;
} batches[RANDOM_CPUS] __attribute__((aligned(4096)));

static bool is_own(uint32_t csr)
{
	return csr == 0x105 || csr == 0x180; /* stvec, satp */
}

/* Half of them where a supervisor's and a hypervisor's registers are. */
static uint32_t random_csr(void)
{
	static const uint16_t groups[] = {0x000, 0x100, 0x140, 0x150, 0x180, 0x200, 0x240, 0x5a0,
		0x600, 0x640, 0x680, 0xc00, 0xe10, 0x300, 0x340, 0xdb0};

	if (random_below(2))
		return (uint32_t)random_below(4096);
	return groups[random_below(sizeof(groups) / sizeof(groups[0]))] +
	       (uint32_t)random_below(32);
}

static uint32_t csr_instruction(void)
{
	uint32_t csr, kind = 1 + (uint32_t)random_below(7), source = REGISTER_A0;

	do
		csr = random_csr();
	while (is_own(csr));
	if (random_below(4) == 0)
		source = 0; /* CSRRS and CSRRC only read then */
	return csr << 20 | source << 15 | kind << 12 | REGISTER_A1 << 7 | OPCODE_SYSTEM;
}

/* Fences, HLV, HSV, MRET and so on, with registers where they have such. */
static uint32_t other_instruction(void)
{
	uint32_t instruction;

	do
		instruction = (uint32_t)random_below(1 << 7) << 25 |
			      (random_below(2) ? 0 : (uint32_t)random_below(32)) << 20 |
			      (random_below(2) ? 0 : REGISTER_A0) << 15 |
			      (random_below(2) ? 4u : 0) << 12 |
			      (random_below(2) ? 0 : REGISTER_A1) << 7 | OPCODE_SYSTEM;
	while (instruction == INSTRUCTION_ECALL || instruction == INSTRUCTION_SRET ||
		instruction == INSTRUCTION_WFI || instruction == INSTRUCTION_WRS_NTO ||
		instruction == INSTRUCTION_WRS_STO);
	return instruction;
}

static void fill(struct batch *batch)
{
	for (unsigned i = 0; i < BATCH; i++) {
		batch->code[i][0] = random_below(8) ? csr_instruction() : other_instruction();
		batch->code[i][1] = RETURN;
	}
	__asm__ volatile("fence.i" ::: "memory");
	batch->left = BATCH;
}

void random_system(void)
{
	struct batch *batch = &batches[smp_cpu()];
	register uint64_t a0 __asm__("a0") = random_value();
	register uint64_t a1 __asm__("a1") = 0;
	const uint32_t *code;

	if (batch->left == 0) {
		fill(batch);
		a0 = random_value();
	}
	code = batch->code[--batch->left];
	__asm__ volatile("jalr %2" : "+r"(a0), "+r"(a1) : "r"(code) : "ra", "memory");
}
