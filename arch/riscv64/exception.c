/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions that the hypervisor gives a guest, as the hardware would take them to VS-mode: priv,
 * "Trap Entry" of the hypervisor extension.
 */
#include "arch/riscv64/exit.h"
#include "arch/riscv64/regs.h"
#include "hyp/core/cpu.h"
#include "hyp/core/vcpu.h"
#include "hyp/trace/trace.h"

/* The direct base of stvec: exceptions are never vectored. */
static uint64_t handler(void)
{
	return csr_read(CSR_VSTVEC) & ~3ull;
}

void exception_inject(struct vcpu *vcpu, unsigned cause, uint64_t value)
{
	uint64_t status = csr_read(CSR_VSSTATUS) & ~(SSTATUS_SPP | SSTATUS_SPIE);

	trace_write(&vcpu->cpu->trace, TRACE_EXCEPTION, vcpu->number, cause);
	status |= csr_read(CSR_SSTATUS) & SSTATUS_SPP;
	if (status & SSTATUS_SIE)
		status |= SSTATUS_SPIE;
	csr_write(CSR_VSSTATUS, status & ~SSTATUS_SIE);
	csr_write(CSR_VSCAUSE, cause);
	csr_write(CSR_VSTVAL, value);
	csr_write(CSR_VSEPC, csr_read(CSR_SEPC));
	csr_write(CSR_SEPC, handler());
	csr_set(CSR_SSTATUS, SSTATUS_SPP); /* it goes on in VS-mode */
}
