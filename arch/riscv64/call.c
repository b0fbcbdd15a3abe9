/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Orlop's own calls by the SBI's convention: a0 and a1 are error and result.
 */
#include "arch/riscv64/call.h"

#include "abi/hypercall.h"
#include "arch/riscv64/context.h"
#include "arch/riscv64/firmware.h"
#include "arch/riscv64/regs.h"
#include "hyp/core/hypercall.h"
#include "hyp/core/vcpu.h"

static int64_t sbi_error_of(int64_t result)
{
	switch (result) {
	case HYPERCALL_NOT_SUPPORTED:
		return SBI_NOT_SUPPORTED;
	case HYPERCALL_DENIED:
		return SBI_DENIED;
	case HYPERCALL_INVALID_PARAMETER:
		return SBI_INVALID_PARAM;
	default:
		return SBI_FAILED;
	}
}

bool call_handle(struct vcpu *vcpu)
{
	uint64_t *x = vcpu->arch.x;
	int64_t result;

	if (x[17] != HYPERCALL_EXTENSION)
		return false;
	if (vcpu->shared)
		context_note_run(vcpu);
	result = hypercall_handle(vcpu, x[16], &x[10]);
	if (result == HYPERCALL_REPEAT)
		return true;
	csr_write(CSR_SEPC, csr_read(CSR_SEPC) + 4);
	x[10] = result < 0 ? (uint64_t)sbi_error_of(result) : SBI_SUCCESS;
	x[11] = (uint64_t)result;
	return true;
}
