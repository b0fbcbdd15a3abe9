/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies the interrupted context to the region (the vCPU's outbox, which holds it exactly), and
 * back.
 */
#include "tests/bench/upcall_copy/copy.h"

#include "abi/hypercall.h"
#include "arch/include/arch_vcpu.h"
#include "hyp/comm/region.h"
#include "hyp/comm/upcall.h"
#include "hyp/core/hypercall.h"
#include "hyp/core/vcpu.h"
#include "lib/string.h"

bool copy_upcall(struct vcpu *vcpu, uint64_t entry, uint64_t *pc, uint64_t *state);
int64_t copy_upcall_set(struct vcpu *vcpu, uint64_t entry);

_Static_assert(8 * COPY_WORDS <= REGION_OUTBOX_BYTES, "the outbox holds the context");

bool copy_upcall(struct vcpu *vcpu, uint64_t entry, uint64_t *pc, uint64_t *state)
{
	if (!arch_vcpu_upcall(vcpu, entry, pc, state))
		return false;
	memcpy(region_vcpu_of(vcpu)->outbox, copy_registers(vcpu), 8 * COPY_WORDS);
	return true;
}

int64_t upcall_set(struct vcpu *vcpu, uint64_t entry)
{
	const struct region_vcpu *shown = region_vcpu_of(vcpu);

	if (entry != COPY_RETURN)
		return copy_upcall_set(vcpu, entry);
	memcpy(copy_registers(vcpu), shown->outbox, 8 * COPY_WORDS);
	copy_resume(shown->upcall_pc, shown->upcall_state);
	return HYPERCALL_REPEAT;
}
