/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts by upcall: when the hypervisor injects, what it writes, and what a hostile guest gets.
 * The protocol as a whole is proved in tests/model.
 */
#include "tests/unit/comm_fixture.h"

#include <pthread.h>
#include <string.h>

#include "hyp/core/comm.h"
#include "tests/simulate/random.h"

#define ENTRY  0x1234ull
#define PC     0x4000ull
#define IRQ    77u
#define ROUNDS 100000u

/* vCPUs 0 and 1 are those of the VM with upcalls, 2 is the other one's. */
static const struct harness_vm vms[] = {
	{"upcall", 2, false, PLAN_RESTART},
	{"other", 1, false, PLAN_HALT},
};

static void start(void)
{
	comm_plan(harness_plan(vms, 2));
	harness_vm(0)->delivery = PLAN_UPCALL;
	comm_boot();
	vcpu_at(0)->arch.pc = PC;
}

static struct region_vcpu *shown(void)
{
	return comm_vcpu(0, 0);
}

static void set_entry(void)
{
	assert_int_equal(comm_call(0, HYPERCALL_UPCALL_SET, ENTRY, 0, 0), HYPERCALL_OK);
	vcpu_at(0)->arch.pc = PC;
}

/* The guest's return from its handler. */
static void end_upcall(void)
{
	shown()->upcall_any = 0;
	memset(shown()->upcall_pending, 0, sizeof(shown()->upcall_pending));
	shown()->upcall_masked = 0;
	vcpu_at(0)->arch.pc = PC;
}

static void test_calls(void **state)
{
	(void)state;
	start();
	assert_int_equal(comm_call(2, HYPERCALL_UPCALL_SET, ENTRY, 0, 0), HYPERCALL_DENIED);
	assert_int_equal(comm_call(2, HYPERCALL_UPCALL_END, IRQ, 0, 0), HYPERCALL_DENIED);
	assert_int_equal(comm_call(0, HYPERCALL_UPCALL_SET, ENTRY, 0, 0), HYPERCALL_OK);
	assert_int_equal(shown()->upcall_entry, ENTRY);
	assert_int_equal(comm_vcpu(0, 1)->upcall_entry, 0);
	assert_int_equal(comm_call(0, HYPERCALL_UPCALL_END, IRQ, 0, 0), HYPERCALL_OK);
	assert_int_equal(comm_call(0, HYPERCALL_UPCALL_END, FAKE_UPCALL_IRQS, 0, 0),
		HYPERCALL_INVALID_PARAMETER);
	assert_int_equal(
		comm_call(0, HYPERCALL_UPCALL_END, 1ull << 32, 0, 0), HYPERCALL_INVALID_PARAMETER);
	assert_int_equal(comm_call(0, HYPERCALL_UPCALL_SET, 0, 0, 0), HYPERCALL_OK);
	assert_int_equal(shown()->upcall_entry, 0);
}

static void test_record(void **state)
{
	(void)state;
	start();
	assert_false(comm_upcall_waits(vcpu_at(0)));
	assert_true(comm_upcall_record(vcpu_at(0), IRQ));
	assert_true(comm_upcall_waits(vcpu_at(0)));
	assert_int_equal(shown()->upcall_pending[IRQ / 64], 1ull << IRQ % 64);
	assert_false(comm_upcall_record(vcpu_at(0), IRQ)); /* the guest knows */
	assert_true(comm_upcall_record(vcpu_at(0), 255));
	assert_int_equal(shown()->upcall_pending[3], 1ull << 63);
	assert_false(comm_upcall_waits(vcpu_at(1)));
}

static void test_injection(void **state)
{
	(void)state;
	start();
	set_entry();
	comm_upcall(vcpu_at(0));
	assert_int_equal(vcpu_at(0)->arch.upcalls, 0); /* nothing waits */
	comm_upcall_record(vcpu_at(0), IRQ);
	comm_upcall(vcpu_at(0));
	assert_int_equal(vcpu_at(0)->arch.pc, ENTRY);
	assert_int_equal(shown()->upcall_pc, PC);
	assert_int_equal(shown()->upcall_state, FAKE_STATE);
	assert_int_equal(shown()->upcall_masked, REGION_UPCALL_MASKED);
	comm_upcall_record(vcpu_at(0), IRQ + 1);
	comm_upcall(vcpu_at(0));
	assert_int_equal(vcpu_at(0)->arch.upcalls, 1); /* it is masked */
	end_upcall();
	comm_upcall_record(vcpu_at(0), IRQ);
	comm_upcall(vcpu_at(0));
	assert_int_equal(vcpu_at(0)->arch.upcalls, 2);
}

static void test_not_now(void **state)
{
	(void)state;
	start();
	comm_upcall_record(vcpu_at(0), IRQ);
	comm_upcall(vcpu_at(0));
	assert_int_equal(vcpu_at(0)->arch.upcalls, 0); /* there is no entry */
	set_entry();
	assert_int_equal(vcpu_at(0)->arch.upcalls, 0); /* before it attends */
	vcpu_at(0)->arch.closed = true;
	comm_upcall(vcpu_at(0));
	assert_int_equal(vcpu_at(0)->arch.upcalls, 0);
	assert_int_equal(vcpu_at(0)->arch.nudges, 1);
	assert_int_equal(shown()->upcall_masked, 0); /* the guest's handler decides */
	vcpu_at(0)->arch.closed = false;
	shown()->upcall_masked = REGION_UPCALL_MASKED;
	comm_upcall(vcpu_at(0));
	assert_int_equal(vcpu_at(0)->arch.upcalls, 0);
}

/* Whoever raises one sees to it that the vCPU's CPU looks. */
static void test_raise(void **state)
{
	(void)state;
	start();
	set_entry();
	comm_upcall_raise(vcpu_at(0), IRQ);
	assert_true(fake.kicked[0]);
	assert_ptr_equal(harness_attend(vcpu_at(0)), vcpu_at(0));
	assert_int_equal(vcpu_at(0)->arch.upcalls, 1);
	fake_take_kick(cpu_at(0));
	comm_upcall_raise(vcpu_at(0), IRQ); /* it has not taken the first one */
	assert_false(fake.kicked[0]);
}

static void test_restart(void **state)
{
	(void)state;
	start();
	set_entry();
	comm_upcall_record(vcpu_at(0), IRQ);
	shown()->upcall_masked = REGION_UPCALL_MASKED;
	comm_end(0);
	assert_int_equal(shown()->upcall_entry, 0);
	assert_int_equal(shown()->upcall_masked, 0);
	assert_int_equal(shown()->upcall_any, 0);
	assert_int_equal(shown()->upcall_pending[IRQ / 64], 0);
}

static bool over;

static void *scribble(void *argument)
{
	struct random dice = {.state = 7};
	uint64_t *words = (uint64_t *)&shown()->upcall_masked;

	(void)argument;
	while (!__atomic_load_n(&over, __ATOMIC_RELAXED))
		__atomic_store_n(
			&words[random_below(&dice, 8)], random_next(&dice), __ATOMIC_RELAXED);
	return 0;
}

/* Its other vCPU writes there all the time: work is bounded, and nothing else changes. */
static void test_hostile(void **state)
{
	struct region_vcpu before[2];
	pthread_t thread;

	(void)state;
	start();
	before[0] = *comm_vcpu(0, 1);
	before[1] = *comm_vcpu(1, 0);
	over = false;
	assert_int_equal(pthread_create(&thread, 0, scribble, 0), 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		comm_upcall_record(vcpu_at(0), i);
		comm_upcall(vcpu_at(0));
	}
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	pthread_join(thread, 0);
	assert_memory_equal(&before[0], comm_vcpu(0, 1), sizeof(before[0]));
	assert_memory_equal(&before[1], comm_vcpu(1, 0), sizeof(before[1]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_injection),
		cmocka_unit_test(test_not_now),
		cmocka_unit_test(test_raise),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests_name("upcall", tests, NULL, NULL);
}
