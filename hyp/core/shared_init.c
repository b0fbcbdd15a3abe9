/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of shared CPUs and vCPUs, as the plan says.
 */
#include "hyp/core/comm.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/shared.h"
#include "hyp/core/shared_types.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

/* Whether another best-effort vCPU of the VM may share a CPU with this one. */
static bool has_sibling(const struct vcpu *vcpu)
{
	for (unsigned i = 0; i < vcpu->vm->plan->task_first; i++) {
		const struct plan_vcpu *other = &hyp_plan->vcpus[vcpu->vm->plan->vcpu_first + i];

		if (other != vcpu->plan && other->shared && other->period_ticks == 0 &&
			(other->affinity & vcpu->plan->affinity))
			return true;
	}
	return false;
}

/* Of real-time vCPUs slots are counted per CPU, of best-effort ones over all CPUs. */
static void set_slot(struct vcpu *vcpu, uint8_t *best_effort)
{
	struct shared_cpu *cpu = vcpu->cpu->shared;

	if (vcpu->plan->period_ticks == 0 && vcpu->plan->index < vcpu->vm->plan->task_first) {
		vcpu->shared->slot = (*best_effort)++;
		return;
	}
	vcpu->shared->slot = (uint8_t)cpu->real_time_count;
	cpu->real_time[cpu->real_time_count++] = vcpu->shared;
}

static void init_vcpu(struct vcpu *vcpu, uint8_t *best_effort)
{
	struct shared_vcpu *record = vcpu->plan->shared;

	vcpu->shared = record;
	set_slot(vcpu, best_effort);
	record->vcpu = vcpu;
	record->migrates = (vcpu->plan->affinity & (vcpu->plan->affinity - 1)) != 0;
	record->has_clock = vcpu->vm->plan->own_time;
	record->may_spin = hyp_plan->spin_ticks && vcpu->plan->period_ticks == 0 &&
			   vcpu->plan->index < vcpu->vm->plan->task_first && has_sibling(vcpu);
	record->special = record->migrates || record->has_clock || record->may_spin ||
					  vm_has_upcalls(vcpu->vm)
				  ? SHARED_NOT_READY | SHARED_SPECIAL
				  : SHARED_NOT_READY;
	if (vcpu->vm->plan->comm)
		record->special |= SHARED_TOLD;
	record->parameters = (struct sched_parameters){
		.period = vcpu->plan->period_ticks,
		.capacity = vcpu->plan->capacity_ticks,
		.deadline = vcpu->plan->deadline_ticks,
	};
}

void shared_init(void)
{
	struct sched_common *common = hyp_plan->sched_common;
	uint8_t best_effort = 0;

	if (!common)
		return;
	sched_common_init(common, hyp_plan->quantum_ticks, hyp_plan->switch_ticks);
	for (unsigned i = 0; i < hyp_plan->cpu_count; i++) {
		struct cpu *cpu = cpu_at(i);

		cpu->shared = cpu->plan->shared;
		if (cpu->shared)
			sched_cpu_init(&cpu->shared->sched, common, i, &cpu->trace);
	}
	for (unsigned i = 0; i < hyp_plan->vcpu_count; i++) {
		if (hyp_plan->vcpus[i].shared)
			init_vcpu(vcpu_at(i), &best_effort);
	}
}
