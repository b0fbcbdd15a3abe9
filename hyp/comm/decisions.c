/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hypervisor decided, for the guests that it concerns: written into their regions when a
 * vCPU gets its core, so that nobody has to ask.
 */
#include "hyp/comm/region.h"
#include "hyp/core/comm.h"
#include "hyp/core/shared_types.h"

static void add_one(uint64_t *counter)
{
	__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

static void show(uint64_t *to, uint64_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELAXED);
}

static void show_decision(
	struct region_vcpu *to, const struct shared_vcpu *record, uint64_t now, uint64_t until)
{
	const bool real_time = record->parameters.period != 0;
	const struct edf_entity *edf = &record->entity.edf;

	show(&to->ran_ticks, record->entity.stats.ran_ticks);
	show(&to->dispatches, record->entity.stats.dispatches);
	show(&to->dispatched_ticks, now);
	show(&to->decision_ticks, until);
	show(&to->budget_ticks, real_time ? edf->budget.first.amount : 0);
	show(&to->deadline_ticks, real_time ? edf->deadline : 0);
}

/*
 * A reader that finds an odd sequence, or another one after than before, reads again. It is read
 * back from the region: a guest that writes there confuses its own reading.
 */
void comm_dispatched(struct vcpu *from, struct vcpu *vcpu, uint64_t now, uint64_t until)
{
	struct region_vcpu *lost = from ? region_vcpu_of(from) : 0;
	struct region_vcpu *to = region_vcpu_of(vcpu);
	uint32_t sequence;

	if (lost && from->shared->entity.state > SCHED_ASLEEP)
		add_one(&lost->preemptions);
	if (!to)
		return;
	region_stops_waiting(vcpu);
	sequence = __atomic_load_n(&to->sequence, __ATOMIC_RELAXED) | 1;
	__atomic_store_n(&to->sequence, sequence, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	show_decision(to, vcpu->shared, now, until);
	__atomic_store_n(&to->sequence, sequence + 1, __ATOMIC_RELEASE);
}
