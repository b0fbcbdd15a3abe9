/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUs as threads: vCPUs of one VM start, stop, fault and reset it at once, again and again, while
 * someone types. Meant for the thread sanitizer too.
 */
#include "tests/unit/harness.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define RESTARTS 60u
#define WITNESS  2u /* the VM that does nothing wrong */

static const struct harness_vm vms[] = {
	{"wild", 3, true, PLAN_RESTART},
	{"mad", 2, true, PLAN_RESTART},
	{"witness", 1, true, PLAN_HALT},
};

static unsigned wild_ones; /* VMs that have not been restarted often enough */
static bool counted[2];    /* by their index: no longer in wild_ones */

/* Only a vCPU of the VM itself may look at its `restarts` without a lock. */
static bool is_done(const struct vm *vm)
{
	if (vm->restarts < RESTARTS)
		return false;
	if (!__atomic_exchange_n(&counted[vm->plan->id], true, __ATOMIC_RELAXED))
		__atomic_fetch_sub(&wild_ones, 1, __ATOMIC_RELAXED);
	return true;
}

static struct vcpu *switch_off(struct vcpu *vcpu)
{
	vcpu_stop(vcpu);
	return cpu_next(vcpu->cpu);
}

static struct vcpu *say(struct vcpu *vcpu, const char *text)
{
	for (; *text != '\0'; text++) {
		struct mmio_access access = {HARNESS_UART, (unsigned char)*text, 1, true};

		assert_int_equal(mmio_dispatch(vcpu, &access), MMIO_DONE);
	}
	return vcpu;
}

static struct vcpu *make_fault(struct vcpu *vcpu)
{
	const struct fault fault = {"a wild one", 1, ADDRESS_NONE};

	return vm_fault(vcpu, &fault);
}

static struct vcpu *reset(struct vcpu *vcpu)
{
	vm_stop(vcpu->vm, PLAN_RESTART);
	return cpu_attend(vcpu);
}

static struct vcpu *start_another(struct vcpu *vcpu, unsigned which)
{
	struct vcpu *other = vm_vcpu(vcpu->vm, which % vcpu->vm->plan->vcpu_count);
	enum vcpu_start_result result = vcpu_start(other, 0x5000, which);

	if (other == vcpu)
		assert_true(result == VCPU_ALREADY_ON || result == VCPU_VM_STOPS);
	return vcpu;
}

static struct vcpu *witness(struct vcpu *vcpu)
{
	if (__atomic_load_n(&wild_ones, __ATOMIC_RELAXED) == 0)
		return switch_off(vcpu);
	sched_yield();
	return vcpu->exits[EXIT_CAUSE_DEVICE] < 2000 ? say(vcpu, "tick\n") : vcpu;
}

/* One step of a guest. A VM that has been restarted often enough switches its vCPUs off. */
static struct vcpu *step(struct vcpu *vcpu)
{
	static _Thread_local unsigned seed;
	unsigned choice = (unsigned)rand_r(&seed) % 64;

	seed += vcpu->number;
	if (vcpu->plan->vm == WITNESS)
		return witness(vcpu);
	if (is_done(vcpu->vm))
		return switch_off(vcpu);
	if (choice == 0)
		return make_fault(vcpu);
	if (choice == 1)
		return reset(vcpu);
	if (choice < 4 && vcpu->plan->index != 0)
		return switch_off(vcpu);
	if (choice < 60)
		return start_another(vcpu, choice);
	return say(vcpu, choice < 63 ? "?" : "said\r\n");
}

/*
 * Each line has a speaker, and only one. (Two vCPUs of a VM can make a CR and another character of
 * what they say at once: then the name stands there again.)
 */
static void check_lines(const char *said)
{
	while (*said != '\0') {
		const char *end = strstr(said, "\r\n");
		unsigned opened = 0;

		assert_non_null(end);
		assert_int_equal(*said, '[');
		for (; said < end; said++)
			opened += *said == '[' && (opened == 0 || said[-1] != '\r');
		assert_int_equal(opened, 1);
		said = end + 2;
	}
}

static void test_everything_at_once(void **state)
{
	static char typed[4096];

	(void)state;
	for (unsigned i = 0; i < sizeof(typed) - 1; i++)
		typed[i] = i % 16 == 0 ? CONSOLE_ESCAPE_KEY : 'k';
	harness_plan(vms, ARRAY_LENGTH(vms));
	harness_seal();
	fake.threads = true;
	fake.guest = step;
	fake.typed = typed;
	wild_ones = 2;
	memset(counted, 0, sizeof(counted));
	harness_boot();
	assert_int_equal(fake_join(), FAKE_OFF);
	for (unsigned i = 0; i < ARRAY_LENGTH(vms); i++) {
		assert_int_equal(vm_at(i)->vcpus_on, 0);
		assert_int_equal(vm_at(i)->state, VM_HALTED);
		assert_int_equal(vm_at(i)->restarts, i == WITNESS ? 0 : RESTARTS);
	}
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(vcpu_at(i)->state, VCPU_OFF);
		assert_int_equal(vcpu_at(i)->arch.parks >= vcpu_at(i)->arch.starts, true);
	}
	assert_int_equal(vm_at(WITNESS)->faults, 0);
	check_lines(harness_said());
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_everything_at_once)};

	return cmocka_run_group_tests_name("races", tests, NULL, NULL);
}
