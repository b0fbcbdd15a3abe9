/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vCPUs of shared CPUs that leave: their VM is being stopped, or their task was deleted. That is
 * work which nobody else has accounted for, so it is done in steps, each in the time of the vCPU
 * that leaves or in what real time leaves over.
 */
#include "arch/include/arch_cpu.h"
#include "hyp/core/comm.h"
#include "hyp/core/console.h"
#include "hyp/core/cpu.h"
#include "hyp/core/shared.h"
#include "hyp/core/shared_types.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

/* No other CPU picks it meanwhile, and it has nothing left to do. */
static bool may_stop_at_once(const struct vcpu *vcpu)
{
	const struct shared_vcpu *record = vcpu->shared;

	return !record->migrates && !record->reports && !vm_is_empty(vcpu->vm);
}

void shared_add_leaver(struct cpu *cpu, struct vcpu *vcpu)
{
	struct shared_vcpu *record = vcpu->shared;

	if (record->leaves || !may_stop_at_once(vcpu))
		return;
	record->leaves = true;
	record->next_leaver = cpu->shared->leavers;
	cpu->shared->leavers = record;
}

/* One that has left in its own turn may even run again by now. */
void shared_stop_leaver(struct cpu *cpu)
{
	struct shared_vcpu *record = cpu->shared->leavers;
	struct vcpu *vcpu = record->vcpu;

	cpu->shared->leavers = record->next_leaver;
	record->leaves = false;
	if (__atomic_load_n(&vcpu->state, __ATOMIC_ACQUIRE) != VCPU_OFF &&
		shared_is_leaving(vcpu->vm, vcpu->shared) && may_stop_at_once(vcpu))
		vcpu_stop(vcpu);
}

/* The VM's first vCPU goes off again before the last step, which may be the last of all. */
static void empty(struct vcpu *vcpu)
{
	if (vm_state(vcpu->vm) == VM_HALTED) {
		shared_forget(vcpu);
		__atomic_store_n(&vcpu->state, VCPU_OFF, __ATOMIC_RELEASE);
	}
	vm_end(vcpu->vm);
}

void shared_leave(struct cpu *cpu, struct vcpu *vcpu)
{
	struct shared_vcpu *record = vcpu->shared;

	if (!console_make_room())
		return; /* most steps say something */
	if (record->reports)
		record->reports = vm_report(vcpu, &record->report, record->report_line++);
	else if (vm_state(vcpu->vm) == VM_RESTORING)
		vm_restore(vcpu->vm, cpu);
	else if (vm_is_empty(vcpu->vm))
		empty(vcpu);
	else
		vcpu_stop(vcpu);
}

void shared_fault(struct vcpu *vcpu, const struct fault_report *report)
{
	vcpu->shared->report = *report;
	vcpu->shared->report_line = 0;
	vcpu->shared->reports = true;
}

void shared_forget(struct vcpu *vcpu)
{
	struct shared_vcpu *record = vcpu->shared;

	if (record->known)
		sched_remove(&vcpu->cpu->shared->sched, &record->entity, arch_cpu_ticks());
	if (HYP_COMM && (record->special & SHARED_TOLD))
		comm_vcpu_left(vcpu);
	record->known = false;
	record->special |= SHARED_NOT_READY;
	record->stopped_ticks = 0;
	record->reports = false;
	vcpu->time_offset = 0;
	if (vcpu->cpu->vcpu == vcpu)
		vcpu->cpu->vcpu = 0;
	__atomic_store_n(&record->loaded, 0, __ATOMIC_RELEASE);
	if (shared_is_task(vcpu))
		realtime_off(vcpu);
}
