/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was posted to a shared CPU and has not been done yet. Each decision does some of it, so that
 * no post makes another vCPU wait for all of them, and real time's come first.
 */
#include "arch/include/arch_irq.h"
#include "hyp/core/cpu.h"
#include "hyp/core/shared.h"
#include "hyp/core/shared_types.h"
#include "hyp/core/vcpu.h"

/* In shared_cpu.posted, behind all records: what is kept in the queues is as if it stood there. */
static char kept;
#define KEPT ((struct shared_vcpu *)(void *)&kept)

bool shared_is_suspended(const struct vcpu *vcpu)
{
	const volatile struct shared_vcpu *record = vcpu->shared; /* its own CPU writes it */

	return record->suspended && record->entity.state <= SCHED_ASLEEP;
}

bool shared_waits(const struct vcpu *vcpu)
{
	return !sched_wants(&vcpu->shared->entity);
}

static void append(struct shared_queue *queue, const struct shared_queue *newer)
{
	if (!newer->first)
		return;
	if (queue->first)
		queue->last->next_posted = newer->first;
	else
		queue->first = newer->first;
	queue->last = newer->last;
}

/* What was posted stands in the other order. */
void shared_sort_posts(struct shared_cpu *cpu)
{
	struct shared_vcpu *record = __atomic_exchange_n(&cpu->posted, 0, __ATOMIC_ACQUIRE);
	struct shared_queue urgent = {0, 0}, others = {0, 0};

	while (record && record != KEPT) {
		struct shared_vcpu *next = record->next_posted;
		struct shared_queue *queue = record->parameters.period != 0 ? &urgent : &others;

		if (!queue->first)
			queue->last = record;
		record->next_posted = queue->first;
		queue->first = record;
		record = next;
	}
	append(&cpu->urgent, &urgent);
	append(&cpu->others, &others);
}

void shared_keep_posts(struct shared_cpu *cpu)
{
	struct shared_vcpu *none = 0;

	if (cpu->urgent.first || cpu->others.first)
		__atomic_compare_exchange_n(
			&cpu->posted, &none, KEPT, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* While a real-time vCPU runs that nobody may disturb, the others' wait as if just posted. */
void shared_attend_soon(const struct cpu *cpu)
{
	const struct shared_cpu *shared = cpu->shared;

	if (shared->urgent.first ||
		(shared->others.first && shared->filter != IRQ_FILTER_REAL_TIME))
		arch_irq_kick(cpu);
}
