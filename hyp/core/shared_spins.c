/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vCPUs of a VM that spin for each other on one core.
 */
#include "arch/include/arch_cpu.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/shared.h"
#include "hyp/core/shared_types.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

/* Another vCPU of the same VM that waits for the same core, the next by number; or NULL. */
static struct vcpu *sibling_of(const struct vcpu *vcpu)
{
	const unsigned count = vcpu->vm->plan->vcpu_count;

	for (unsigned i = 1; i < count; i++) {
		struct vcpu *other = vm_vcpu(vcpu->vm, (vcpu->plan->index + i) % count);

		if (other->shared && other->shared->known && other->cpu == vcpu->cpu &&
			sched_wants(&other->shared->entity))
			return other;
	}
	return 0;
}

void shared_spins(struct vcpu *vcpu)
{
	const struct vcpu *other = sibling_of(vcpu);

	if (other)
		sched_yield_to(&vcpu->cpu->shared->sched, &other->shared->entity, arch_cpu_ticks());
}

/* The two share their quanta in smaller pieces, which costs a switch each and no more. */
uint64_t shared_watch_spinning(struct shared_vcpu *record, uint64_t now)
{
	if (&record->entity != sched_running(&record->vcpu->cpu->shared->sched) ||
		!sibling_of(record->vcpu))
		return ARCH_NEVER;
	if (now - record->began_ticks < hyp_plan->spin_ticks)
		return record->began_ticks + hyp_plan->spin_ticks;
	record->began_ticks = now;
	shared_spins(record->vcpu);
	return now;
}
