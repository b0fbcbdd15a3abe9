/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The copying way on AArch64.
 */
#include "arch/aarch64/regs.h"
#include "hyp/core/vcpu.h"
#include "tests/bench/upcall_copy/copy.h"

#define PSTATE_MODE 0x1full
#define PSTATE_EL1T 0x4ull

uint64_t *copy_registers(struct vcpu *vcpu)
{
	return vcpu->arch.x;
}

/* A repeated call goes on an instruction before ELR_EL2. */
void copy_resume(uint64_t pc, uint64_t state)
{
	const uint64_t mode = state & PSTATE_MODE;

	if (mode != 0 && mode != PSTATE_EL1T && mode != PSTATE_EL1H)
		state = (state & ~PSTATE_MODE) | PSTATE_EL1H;
	sysreg_write(elr_el2, pc + 4);
	sysreg_write(spsr_el2, state);
}
