/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in for shared.c and console_queue.c where every vCPU has a CPU for itself.
 */
#include "hyp/core/shared.h"

#include "abi/hypercall.h"
#include "hyp/core/console_queue.h"
#include "hyp/core/hyp.h"
#include "hyp/trace/trace.h"

void shared_init(void)
{
	REQUIRE(!hyp_plan->sched_common,
		"this hypervisor has no scheduler, and the image's system needs it; build the "
		"image again");
}

struct vcpu *shared_next(struct cpu *cpu)
{
	(void)cpu;
	return 0;
}

void shared_wait(struct vcpu *vcpu, uint64_t until)
{
	(void)vcpu;
	(void)until;
}

bool shared_wait_for(struct vcpu *vcpu, uint64_t ns)
{
	(void)vcpu;
	(void)ns;
	return false;
}

void shared_spins(struct vcpu *vcpu)
{
	(void)vcpu;
}

void shared_hand_over(struct vcpu *from, struct vcpu *to)
{
	(void)from;
	(void)to;
}

void shared_hand_over_interrupted(struct vcpu *from, struct vcpu *to)
{
	(void)from;
	(void)to;
}

void shared_wake(struct vcpu *vcpu)
{
	(void)vcpu;
}

void shared_arrived(struct vcpu *vcpu, uint32_t irq, bool fast)
{
	(void)vcpu;
	(void)irq;
	(void)fast;
}

void shared_fault(struct vcpu *vcpu, const struct fault_report *report)
{
	(void)vcpu;
	(void)report;
}

void shared_forget(struct vcpu *vcpu)
{
	(void)vcpu;
}

void shared_vm_left(struct vm *vm)
{
	(void)vm;
}

uint32_t console_queue_count;

size_t console_queue_put(const char *text, size_t count)
{
	(void)text;
	(void)count;
	return 0;
}

bool console_queue_send(void)
{
	return false;
}

void console_queue_tell(void)
{
}

bool console_queue_has_room(void)
{
	return true;
}

const char *trace_sched_words(unsigned event)
{
	(void)event;
	return "";
}

int64_t shared_hypercall(struct vcpu *vcpu, uint64_t number, const uint64_t *args)
{
	(void)vcpu;
	(void)number;
	(void)args;
	return HYPERCALL_NOT_SUPPORTED;
}
