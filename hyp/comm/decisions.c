/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hypervisor decided, for the guests that it concerns: written into their regions when a
 * vCPU gets its core, so that nobody has to ask.
 */
#include "hyp/comm/region.h"
#include "hyp/core/comm.h"
#include "hyp/core/shared_types.h"
#include "lib/bits.h"

/* A plain store: for an atomic one some compilers take an exchange. */
static ALWAYS_INLINE void show(volatile uint64_t *to, uint64_t value)
{
	*to = value;
}

/*
 * A reader that finds an odd sequence, or another one after than before, reads again. It is read
 * back from the region: a guest that writes there confuses its own reading.
 */
static ALWAYS_INLINE void show_decision(
	struct region_vcpu *to, const struct shared_vcpu *record, uint64_t now, uint64_t until)
{
	volatile uint32_t *shown = &to->sequence;
	const uint32_t sequence = *shown | 1;

	*shown = sequence;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	show(&to->ran_ticks, record->entity.stats.ran_ticks);
	show(&to->dispatches, record->entity.stats.dispatches);
	show(&to->dispatched_ticks, now);
	show(&to->decision_ticks, until);
	if (record->parameters.period != 0) {
		show(&to->budget_ticks, record->entity.edf.budget.first.amount);
		show(&to->deadline_ticks, record->entity.edf.deadline);
	}
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*shown = sequence + 1;
}

void comm_goes_on(struct vcpu *vcpu)
{
	vcpu->shared->receives = false;
	region_stops_waiting(vcpu);
}

void comm_dispatched(struct vcpu *from, struct vcpu *vcpu, uint64_t now, uint64_t until)
{
	struct shared_vcpu *record = vcpu->shared;
	struct region_vcpu *lost = from ? from->region : 0;

	if (lost && from->shared->entity.state > SCHED_ASLEEP)
		show(&lost->preemptions, __atomic_load_n(&lost->preemptions, __ATOMIC_RELAXED) + 1);
	if (vcpu->region)
		show_decision(vcpu->region, record, now, until);
}
