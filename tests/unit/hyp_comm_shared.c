/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Communication on a core that several vCPUs share: waiting for messages and for room, handing the
 * core over, and what the hypervisor shows of its decisions.
 */
#include "tests/unit/comm_fixture.h"

#include <string.h>

#include "hyp/core/shared.h"

#define MS 1000000ull

static const struct harness_vm vms[] = {
	{"a", 1, false, PLAN_RESTART},
	{"b", 1, false, PLAN_RESTART},
	{"c", 1, false, PLAN_RESTART},
};

/*
 * Three vCPUs on CPU 0, that of the third real-time if `real_time`. Each has a ring of two for the
 * others. All have begun, and the first has the core.
 */
static void start(bool real_time)
{
	comm_plan(harness_plan(vms, 3));
	for (unsigned i = 0; i < 3; i++) {
		harness_share(i, 1);
		comm_messages(i, 2, 32, 7);
	}
	if (real_time) {
		struct plan_vcpu *third = harness_share(2, 1);

		third->period_ticks = 10 * MS;
		third->capacity_ticks = 2 * MS;
		third->deadline_ticks = 10 * MS;
	}
	comm_tunnel(0, 1, "t", true);
	comm_seal();
	fake.ticks = MS;
	harness_seal();
	assert_int_equal(harness_boot(), FAKE_ENTERED);
	for (unsigned i = 0; i < 3; i++) {
		fake.ticks += HARNESS_QUANTUM;
		harness_attend(cpu_at(0)->vcpu);
	}
	while (cpu_at(0)->vcpu != vcpu_at(0)) {
		fake.ticks += HARNESS_QUANTUM;
		harness_attend(cpu_at(0)->vcpu);
	}
	fake_take_kick(cpu_at(0));
}

static struct vcpu *running(void)
{
	return sched_running(&cpu_at(0)->shared->sched) ? cpu_at(0)->vcpu : NULL;
}

/* A call of the vCPU that has the core, and the decision after it. */
static int64_t call(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	struct vcpu *vcpu = running();
	const int64_t result = comm_call(vcpu->number, number, a, b, c);

	harness_attend(vcpu);
	return result;
}

static int64_t receive(uint64_t timeout)
{
	return call(HYPERCALL_IPC_RECV_MSG, timeout, 0, 0);
}

static int64_t send(unsigned to, uint64_t timeout)
{
	return call(HYPERCALL_IPC_SEND_MSG, to, 16, timeout);
}

static void pass_time(uint64_t ticks)
{
	fake.ticks += ticks;
	harness_attend(cpu_at(0)->vcpu);
}

/* All but the first wait for messages; the first has the core. */
static void let_others_wait(void)
{
	start(false);
	pass_time(HARNESS_QUANTUM);
	assert_ptr_equal(running(), vcpu_at(1));
	assert_int_equal(receive(HYPERCALL_FOREVER), HYPERCALL_WAITED);
	assert_ptr_equal(running(), vcpu_at(2));
	assert_int_equal(receive(HYPERCALL_FOREVER), HYPERCALL_WAITED);
	assert_ptr_equal(running(), vcpu_at(0));
}

static void test_hand_over(void **state)
{
	(void)state;
	let_others_wait();
	fake_take_kick(cpu_at(0));
	assert_int_equal(send(2, 0), HYPERCALL_OK);
	assert_ptr_equal(running(), vcpu_at(2)); /* at once, and not the one before it */
	assert_false(fake_take_kick(cpu_at(0)));
	assert_int_equal(comm_ring_of(2)->written, 1);
	assert_int_equal(comm_take(2, (uint8_t[32]){0}, NULL), 16);
	assert_int_equal(receive(HYPERCALL_FOREVER), HYPERCALL_WAITED);
	assert_ptr_equal(running(), vcpu_at(0)); /* whose quantum it was */
}

/* One that wants the core anyway has its turn, and no other one's. */
static void test_no_hand_over(void **state)
{
	(void)state;
	start(false);
	assert_int_equal(send(2, 0), HYPERCALL_OK);
	assert_ptr_equal(running(), vcpu_at(0));
	pass_time(HARNESS_QUANTUM);
	assert_ptr_equal(running(), vcpu_at(1));
}

static void test_no_wait(void **state)
{
	(void)state;
	start(false);
	assert_int_equal(receive(0), HYPERCALL_EMPTY);
	assert_ptr_equal(running(), vcpu_at(0));
	send(0, 0);
	assert_int_equal(receive(HYPERCALL_FOREVER), 1); /* there is one */
	assert_ptr_equal(running(), vcpu_at(0));
	comm_take(0, (uint8_t[32]){0}, NULL);
	vcpu_at(0)->arch.interrupt = true; /* ends the wait before it begins */
	assert_int_equal(receive(HYPERCALL_FOREVER), HYPERCALL_WAITED);
	assert_ptr_equal(running(), vcpu_at(0));
	vcpu_at(0)->arch.interrupt = false;
}

static void test_timeout(void **state)
{
	(void)state;
	start(false);
	assert_int_equal(receive(3 * MS), HYPERCALL_WAITED);
	assert_ptr_equal(running(), vcpu_at(1));
	assert_int_equal(receive(HYPERCALL_FOREVER), HYPERCALL_WAITED);
	assert_ptr_equal(running(), vcpu_at(2));
	assert_int_equal(receive(HYPERCALL_FOREVER), HYPERCALL_WAITED);
	assert_ptr_equal(running(), vcpu_at(0)); /* with nobody else: time went on */
	assert_true(fake.ticks >= 3 * MS);
	/* Durations beyond all time are that. */
	fake.sleep_limit = fake.ticks + 1000000 * MS;
	assert_int_equal(comm_call(0, HYPERCALL_IPC_RECV_MSG, HYPERCALL_FOREVER - 1, 0, 0),
		HYPERCALL_WAITED);
	assert_null(harness_attend(vcpu_at(0)));
}

static void fill(unsigned to)
{
	while (send(to, 0) == HYPERCALL_OK)
		;
}

static void test_wait_for_room(void **state)
{
	uint8_t taken[32];

	(void)state;
	start(false);
	fill(1);
	assert_int_equal(send(1, HYPERCALL_FOREVER), HYPERCALL_WAITED);
	assert_ptr_equal(running(), vcpu_at(1));
	assert_int_equal(comm_ring_of(1)->wanted, 1);
	assert_int_equal(comm_take(1, taken, NULL), 16);
	assert_int_equal(receive(0), 1);
	assert_int_equal(comm_ring_of(1)->wanted, 0);
	assert_int_equal(comm_events(0), REGION_EVENT_ROOM);
	assert_ptr_equal(running(), vcpu_at(1)); /* it goes on, the sender wants the core */
	assert_true(sched_wants(&vcpu_at(0)->shared->entity));
	while (running() != vcpu_at(0))
		pass_time(HARNESS_QUANTUM);
	assert_int_equal(send(1, HYPERCALL_FOREVER), HYPERCALL_OK);
}

static void test_wait_for_room_in_vain(void **state)
{
	(void)state;
	start(false);
	fill(1);
	assert_int_equal(send(1, 2 * MS), HYPERCALL_WAITED);
	assert_false(sched_wants(&vcpu_at(0)->shared->entity));
	pass_time(2 * MS);
	assert_true(sched_wants(&vcpu_at(0)->shared->entity));
	while (running() != vcpu_at(0))
		pass_time(HARNESS_QUANTUM);
	assert_int_equal(send(1, 0), HYPERCALL_FULL);
}

/* Who waits for room in a VM's ring learns that the VM ends. */
static void test_receiver_ends(void **state)
{
	(void)state;
	start(false);
	fill(1);
	assert_int_equal(send(1, HYPERCALL_FOREVER), HYPERCALL_WAITED);
	assert_ptr_equal(running(), vcpu_at(1));
	harness_fault(vcpu_at(1));
	assert_true(sched_wants(&vcpu_at(0)->shared->entity));
	while (running() != vcpu_at(0))
		pass_time(HARNESS_QUANTUM);
	assert_int_equal(comm_events(0), REGION_EVENT_STATE);
	for (unsigned i = 0; vm_at(1)->restarts == 0; i++) {
		assert_true(i < 100);
		if (running() == vcpu_at(0) && vm_state(vm_at(1)) != VM_RUNNING)
			assert_int_equal(send(1, 0), HYPERCALL_NOT_RUNNING);
		pass_time(HARNESS_QUANTUM);
	}
	while (running() != vcpu_at(0))
		pass_time(HARNESS_QUANTUM);
	assert_int_equal(send(1, 0), HYPERCALL_OK);
	assert_int_equal(comm_ring_of(1)->written, 1);
}

/* A vCPU that waits ends with its VM; whoever sends to it after that wakes nobody. */
static void test_waiter_ends(void **state)
{
	(void)state;
	let_others_wait();
	vm_stop(vm_at(1), PLAN_HALT);
	for (unsigned i = 0; i < 3; i++)
		pass_time(HARNESS_QUANTUM);
	assert_int_equal(vm_state(vm_at(1)), VM_HALTED);
	assert_int_equal(comm_vm_of(vm_at(1))->receivers, 0);
	while (running() != vcpu_at(0))
		pass_time(HARNESS_QUANTUM);
	assert_int_equal(send(1, 0), HYPERCALL_NOT_RUNNING);
	assert_ptr_equal(running(), vcpu_at(0));
}

/* Up to four waiting VMs are told in a call; here two, in one. */
static void test_several_wait_for_room(void **state)
{
	uint8_t taken[32];

	(void)state;
	start(false);
	fill(2);
	pass_time(HARNESS_QUANTUM);
	assert_ptr_equal(running(), vcpu_at(1));
	fill(2);
	pass_time(HARNESS_QUANTUM);
	assert_ptr_equal(running(), vcpu_at(2));
	comm_take(2, taken, NULL);
	assert_int_equal(receive(0), 1);
	assert_int_equal(comm_events(0), REGION_EVENT_ROOM);
	assert_int_equal(comm_events(1), REGION_EVENT_ROOM);
	assert_int_equal(comm_ring_of(2)->wanted, 0);
}

/* Real time is woken and comes by its own right. */
static void test_real_time_receiver(void **state)
{
	(void)state;
	start(true);
	while (running() != vcpu_at(2))
		pass_time(MS);
	assert_int_equal(receive(HYPERCALL_FOREVER), HYPERCALL_WAITED);
	while (running() != vcpu_at(0))
		pass_time(HARNESS_QUANTUM);
	pass_time(20 * MS);
	while (running() != vcpu_at(0))
		pass_time(HARNESS_QUANTUM);
	assert_int_equal(send(2, 0), HYPERCALL_OK);
	assert_ptr_equal(running(), vcpu_at(2));
	assert_int_equal(comm_ring_of(2)->written, 1);
	assert_int_equal(comm_vcpu(2, 0)->budget_ticks, 2 * MS);
	assert_int_equal(comm_vcpu(2, 0)->deadline_ticks, fake.ticks + 10 * MS);
}

static void test_decisions(void **state)
{
	const struct region_vcpu *shown;
	uint64_t ran, sequence;

	(void)state;
	start(false);
	shown = comm_vcpu(1, 0);
	assert_int_equal(shown->is_shared, 1);
	pass_time(HARNESS_QUANTUM);
	assert_ptr_equal(running(), vcpu_at(1));
	assert_int_equal(shown->sequence % 2, 0);
	assert_int_equal(shown->dispatched_ticks, fake.ticks);
	assert_int_equal(shown->decision_ticks, fake.ticks + HARNESS_QUANTUM);
	assert_int_equal(shown->dispatches, vcpu_at(1)->shared->entity.stats.dispatches);
	assert_int_equal(shown->budget_ticks, 0);
	ran = shown->ran_ticks;
	sequence = shown->sequence;
	assert_int_equal(shown->preemptions, shown->dispatches - 1);
	pass_time(HARNESS_QUANTUM); /* it loses the core while it wants it */
	assert_int_equal(shown->preemptions, shown->dispatches);
	pass_time(HARNESS_QUANTUM);
	pass_time(HARNESS_QUANTUM);
	assert_ptr_equal(running(), vcpu_at(1));
	assert_int_equal(shown->ran_ticks, ran + HARNESS_QUANTUM);
	assert_int_equal(shown->sequence, sequence + 2);
	receive(HYPERCALL_FOREVER); /* and now by its own will */
	assert_int_equal(shown->preemptions, shown->dispatches - 1);
}

/*
 * One that slept while nobody else wanted the core, and goes on: it was given the core again, and
 * waits for no message any more.
 */
static void test_alone(void **state)
{
	const struct region_vcpu *shown;
	uint64_t dispatches;

	(void)state;
	let_others_wait();
	shown = comm_vcpu(0, 0);
	dispatches = shown->dispatches;
	comm_events(0);
	assert_int_equal(receive(3 * MS), HYPERCALL_WAITED);
	assert_ptr_equal(running(), vcpu_at(0));
	assert_int_equal(shown->dispatches, dispatches + 1);
	assert_int_equal(shown->dispatched_ticks, fake.ticks);
	assert_int_equal(comm_vm_of(vm_at(0))->receivers, 0);
	send(0, 0);
	assert_int_equal(comm_events(0), REGION_EVENT_MESSAGE);
}

/* A message is told once: by the end of a wait, or by an event. */
static void test_told_once(void **state)
{
	(void)state;
	let_others_wait();
	comm_events(1);
	send(1, 0);
	assert_int_equal(comm_events(1), 0);
	assert_int_equal(vm_at(1)->arch.edges, 0);
	assert_ptr_equal(running(), vcpu_at(1));
	send(1, 0);
	assert_int_equal(comm_events(1), REGION_EVENT_MESSAGE);
	assert_int_equal(vm_at(1)->arch.edges, 1);
}

/* Who gave its core away by sending has it back for the answer. */
static void test_hand_back(void **state)
{
	(void)state;
	let_others_wait();
	assert_int_equal(send(1, 0), HYPERCALL_OK);
	assert_ptr_equal(running(), vcpu_at(1));
	assert_int_equal(send(0, 0), HYPERCALL_OK);
	assert_ptr_equal(running(), vcpu_at(0));
	assert_int_equal(comm_events(0), REGION_EVENT_MESSAGE); /* it does not wait for it */
	assert_int_equal(send(1, 0), HYPERCALL_OK);
	assert_ptr_equal(running(), vcpu_at(1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hand_over),
		cmocka_unit_test(test_no_hand_over),
		cmocka_unit_test(test_no_wait),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_wait_for_room),
		cmocka_unit_test(test_wait_for_room_in_vain),
		cmocka_unit_test(test_receiver_ends),
		cmocka_unit_test(test_waiter_ends),
		cmocka_unit_test(test_several_wait_for_room),
		cmocka_unit_test(test_real_time_receiver),
		cmocka_unit_test(test_decisions),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_told_once),
		cmocka_unit_test(test_hand_back),
	};

	return cmocka_run_group_tests_name("comm_shared", tests, NULL, NULL);
}
