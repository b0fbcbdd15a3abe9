/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vCPUs that share CPUs, for the tests of what is done with them.
 */
#include "tests/unit/sharing.h"

#include "hyp/core/hypercall.h"
#include "hyp/core/shared.h"

#define MS SHARING_MS

const struct harness_vm sharing_two[2] = {
	{"one", 1, false, PLAN_HALT}, {"two", 1, false, PLAN_RESTART}};

const struct harness_vm sharing_with_tasks[2] = {
	{"control", 3, false, PLAN_RESTART}, {"other", 1, false, PLAN_HALT}};

void sharing_all(unsigned count, uint64_t affinity)
{
	for (unsigned i = 0; i < count; i++)
		harness_share(i, affinity);
}

struct vcpu *sharing_boot(void)
{
	enum fake_end end;

	fake.ticks = MS;
	harness_seal();
	end = harness_boot();
	assert_true(end == FAKE_ENTERED || end == FAKE_IDLE);
	console_send_all(); /* also of the machine before */
	harness_said();
	return sched_running(&cpu_at(0)->shared->sched) ? cpu_at(0)->vcpu : NULL;
}

struct vcpu *sharing_boot_two(void)
{
	harness_plan(sharing_two, 2);
	sharing_all(2, 1);
	return sharing_boot();
}

struct vcpu *sharing_after(struct vcpu *vcpu, uint64_t ticks)
{
	fake.ticks += ticks;
	return harness_attend(vcpu);
}

struct call {
	struct vcpu *vcpu;
	uint64_t number;
	uint64_t args[6];
	int64_t result;
};

static void make_call(void *context)
{
	struct call *call = context;

	call->result = hypercall_handle(call->vcpu, call->args, call->number);
}

int64_t sharing_call(struct vcpu *vcpu, uint64_t number, uint64_t a, uint64_t b, uint64_t c,
	uint64_t d, uint64_t e)
{
	struct call made = {vcpu, number, {a, b, c, d, e}, 0};

	fake_become(vcpu->cpu);
	do {
		assert_int_equal(fake_run(make_call, &made), FAKE_RETURNED);
	} while (made.result == HYPERCALL_REPEAT);
	return made.result;
}

static void wait(void *vcpu)
{
	shared_wait(vcpu, ARCH_NEVER);
}

struct vcpu *sharing_wait(struct vcpu *vcpu)
{
	fake_become(vcpu->cpu);
	assert_int_equal(fake_run(wait, vcpu), FAKE_RETURNED);
	return harness_attend(vcpu);
}

int64_t sharing_create(struct vcpu *vcpu, uint64_t period, uint64_t capacity, uint64_t deadline)
{
	return sharing_call(
		vcpu, HYPERCALL_RT_CREATE_APP, 0x40001000, 0x40009000, period, capacity, deadline);
}

void sharing_real_time(unsigned index)
{
	struct plan_vcpu *plan = harness_share(index, 1);

	plan->period_ticks = plan->deadline_ticks = 10 * MS;
	plan->capacity_ticks = 2 * MS;
	harness_vm(plan->vm)->preemptable = 0;
}
