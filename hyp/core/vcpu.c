/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual CPUs: on and off, and the answer to every exit.
 */
#include "hyp/core/vcpu.h"

#include "arch/include/arch_irq.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/shared.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"

struct vcpu *vcpu_at(unsigned index)
{
	return (struct vcpu *)hyp_plan->vcpu_records + index;
}

/* Its CPU shall look at it. */
void vcpu_kick(struct vcpu *vcpu)
{
	if (vcpu_is_shared(vcpu))
		shared_wake(vcpu);
	else
		arch_irq_kick(vcpu->cpu);
}

enum vcpu_start_result vcpu_start(struct vcpu *vcpu, uint64_t pc, uint64_t argument)
{
	static const enum vcpu_start_result refusals[] = {
		[VCPU_STARTING] = VCPU_ON_PENDING,
		[VCPU_ON] = VCPU_ALREADY_ON,
	};
	enum vcpu_start_result result = VCPU_STARTED;
	struct vm *vm = vcpu->vm;
	uint32_t state;

	lock_take(&vm->lock);
	state = __atomic_load_n(
		&vcpu->state, __ATOMIC_RELAXED); /* its CPU may make it ON just now */
	if (vm->state != VM_RUNNING) {
		result = VCPU_VM_STOPS;
	} else if (state != VCPU_OFF) {
		result = refusals[state];
	} else {
		vcpu->start_pc = pc;
		vcpu->start_argument = argument;
		vm->vcpus_on++;
		__atomic_store_n(&vcpu->state, VCPU_STARTING, __ATOMIC_RELEASE);
	}
	lock_release(&vm->lock);
	if (result == VCPU_STARTED)
		vcpu_kick(vcpu);
	return result;
}

void vcpu_stop(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	bool last, lost;

	arch_vcpu_park(vcpu);
	trace_write(&vcpu->cpu->trace, TRACE_VCPU_STOP, vcpu->number, 0);
	if (vcpu_is_shared(vcpu))
		shared_forget(vcpu);
	lock_take(&vm->lock);
	lost = vcpu->state == VCPU_LOST; /* then the VM is over without it (vm_abandon) */
	__atomic_store_n(&vcpu->state, VCPU_OFF, __ATOMIC_RELEASE);
	last = !lost && --vm->vcpus_on == 0;
	if (last && vm->state == VM_RUNNING) {
		vm->stop_policy = PLAN_HALT;
		__atomic_store_n(&vm->state, VM_STOPPING, __ATOMIC_RELEASE);
	}
	lock_release(&vm->lock);
	if (last)
		vm_left(vm);
}
