/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The copying way on RISC-V.
 */
#include "arch/riscv64/regs.h"
#include "hyp/core/vcpu.h"
#include "tests/bench/upcall_copy/copy.h"

uint64_t *copy_registers(struct vcpu *vcpu)
{
	return vcpu->arch.x + 1;
}

/* What SRET in the guest would do. */
void copy_resume(uint64_t pc, uint64_t state)
{
	const uint64_t enable = state & SSTATUS_SPIE ? SSTATUS_SIE : 0;

	csr_write(CSR_SEPC, pc);
	csr_write(CSR_VSSTATUS, (state & ~(SSTATUS_SPP | SSTATUS_SIE)) | SSTATUS_SPIE | enable);
	if (state & SSTATUS_SPP)
		csr_set(CSR_SSTATUS, SSTATUS_SPP);
	else
		csr_clear(CSR_SSTATUS, SSTATUS_SPP);
}
