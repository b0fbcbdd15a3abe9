/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts by upcall. What Kennady and Pandithurai ("An Embedded Approach to Hypervisor-Oriented
 * Interruption Virtualization Operation", step 3) give to a service thread of each guest domain is
 * comm_upcall_record here: a function, as it is six instructions of work that wait for nothing. The
 * protocol is proved in tests/model/upcall.pml, whose steps have the names of these functions.
 *
 * All of it lies in memory that the guest may write at any time. Nothing that is read there decides
 * about more than whether and where this guest itself goes on.
 */
#include "hyp/comm/upcall.h"

#include "abi/hypercall.h"
#include "abi/region.h"
#include "arch/include/arch_irq.h"
#include "arch/include/arch_vcpu.h"
#include "hyp/comm/region.h"
#include "hyp/core/comm.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "lib/bits.h"

bool comm_upcall_record(struct vcpu *vcpu, uint32_t irq)
{
	struct region_vcpu *shown = region_vcpu_of(vcpu);
	const uint64_t bit = BIT(irq % 64);
	const uint64_t before =
		region_set_bits(&shown->upcall_pending[irq / 64 % (REGION_UPCALL_LIMIT / 64)], bit);

	/* The guest clears upcall_any before it takes the words: set after the bit, it is seen. */
	__atomic_store_n(&shown->upcall_any, 1, __ATOMIC_SEQ_CST);
	return !(before & bit);
}

void comm_upcall_raise(struct vcpu *vcpu, uint32_t irq)
{
	if (comm_upcall_record(vcpu, irq))
		vcpu_kick(vcpu);
}

static bool is_any(const struct region_vcpu *shown)
{
	return __atomic_load_n(&shown->upcall_any, __ATOMIC_ACQUIRE) != 0;
}

bool comm_upcall_waits(const struct vcpu *vcpu)
{
	return is_any(region_vcpu_of(vcpu));
}

/*
 * The flag is read and set while the vCPU does not run, so that nothing comes between. What is
 * masked is left to the guest, which looks at upcall_any after it has cleared the flag.
 */
void comm_upcall(struct vcpu *vcpu)
{
	struct region_vcpu *shown = region_vcpu_of(vcpu);
	uint64_t entry;

	if (!is_any(shown) ||
		(__atomic_load_n(&shown->upcall_masked, __ATOMIC_RELAXED) & REGION_UPCALL_MASKED))
		return;
	entry = __atomic_load_n(&shown->upcall_entry, __ATOMIC_RELAXED);
	if (!entry || !arch_vcpu_upcall(vcpu, entry, &shown->upcall_pc, &shown->upcall_state))
		return;
	__atomic_store_n(&shown->upcall_masked, REGION_UPCALL_MASKED, __ATOMIC_RELAXED);
}

int64_t upcall_set(struct vcpu *vcpu, uint64_t entry)
{
	if (!vm_has_upcalls(vcpu->vm))
		return HYPERCALL_DENIED;
	__atomic_store_n(&region_vcpu_of(vcpu)->upcall_entry, entry, __ATOMIC_RELAXED);
	return HYPERCALL_OK;
}

int64_t upcall_end(struct vcpu *vcpu, uint64_t irq)
{
	if (!vm_has_upcalls(vcpu->vm))
		return HYPERCALL_DENIED;
	if (irq >= REGION_UPCALL_LIMIT || !arch_vcpu_upcall_end(vcpu, (uint32_t)irq))
		return HYPERCALL_INVALID_PARAMETER;
	return HYPERCALL_OK;
}
