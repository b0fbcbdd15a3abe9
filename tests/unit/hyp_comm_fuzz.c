/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile VM writes anything into its region at any time, and calls with anything. Nothing of
 * other VMs' regions changes but by what the interface says, and they go on as if nothing were.
 */
#include "tests/unit/comm_fixture.h"

#include <string.h>

#include "tests/simulate/random.h"

#define ROUNDS 30000u
#define SLOTS  8u

static const struct harness_vm vms[] = {
	{"hostile", 1, false, PLAN_RESTART},
	{"honest", 1, false, PLAN_HALT},
	{"third", 1, false, PLAN_HALT},
};

static struct random dice;

static unsigned roll(unsigned sides)
{
	return (unsigned)random_below(&dice, sides);
}

static uint64_t any(void)
{
	static const uint64_t values[] = {0, 1, 2, 7, 8, 255, 256, 257, 1ull << 31, 1ull << 32,
		1ull << 63, ~0ull, ~0u, 0x7fffffff};

	return roll(3) ? values[roll(ARRAY_LENGTH(values))] : random_next(&dice) >> roll(64);
}

static void start(bool shared)
{
	comm_plan(harness_plan(vms, 3));
	for (unsigned i = 0; i < 3; i++) {
		comm_messages(i, SLOTS, 40, 7);
		comm_packets(i, 0, SLOTS, i + 1);
		if (shared)
			harness_share(i, 1);
	}
	comm_tunnel(0, 1, "t", true);
	comm_tunnel(2, 0, "u", false);
	fake.ticks = 1000000;
	comm_boot();
	for (unsigned i = 0; shared && i < 9; i++) {
		fake.ticks += HARNESS_QUANTUM;
		harness_attend(cpu_at(0)->vcpu);
	}
}

/* A few words, at the places where something stands or anywhere. */
static void scribble(void)
{
	uint8_t *region = (uint8_t *)comm_region(0);
	const uint32_t bytes = harness_vm(0)->region_bytes;

	for (unsigned i = roll(8); i > 0; i--) {
		const uint64_t value = any();
		const unsigned size = 1u << roll(4);
		const uint32_t at = roll(roll(2) ? bytes : 1024) & ~(size - 1);

		memcpy(region + at, &value, size);
	}
	if (roll(200) == 0)
		memset(region, (int)any(), bytes);
}

/* Where it lets others believe that there is something: the counters. */
static void scribble_counters(void)
{
	const struct comm_vm *comm = comm_vm_of(vm_at(0));

	comm->ring->read = roll(2) ? comm->written - roll(SLOTS + 2) : (uint32_t)any();
	comm->packets->send_written =
		roll(2) ? comm->packets_sent + roll(SLOTS + 2) : (uint32_t)any();
	comm->packets->receive_read =
		roll(2) ? comm->packets_received - roll(SLOTS + 2) : (uint32_t)any();
}

static void call_anything(void)
{
	const uint64_t number = roll(4) ? HYPERCALL_COMM_FIRST + roll(8) : roll(5);
	const uint64_t a = roll(3) ? roll(4) : any(), b = roll(3) ? roll(60) : any();

	if (number == HYPERCALL_CONSOLE_WRITE)
		return;
	comm_call(0, number, a, b, roll(3) ? 0 : any());
}

/* The honest ones: what they send to each other arrives; what came from the hostile one is legal.
 */
static unsigned check_ring(unsigned vm, unsigned other, uint64_t *expected)
{
	uint8_t bytes[REGION_OUTBOX_BYTES];
	unsigned sender, count = 0;
	uint64_t number;
	int size;

	while ((size = comm_take(vm, bytes, &sender)) >= 0) {
		assert_true(size <= 40 && sender < 3);
		if (sender == other) {
			assert_int_equal(size, sizeof(number));
			memcpy(&number, bytes, sizeof(number));
			assert_int_equal(number, (*expected)++);
		}
		count++;
	}
	assert_true(count <= SLOTS);
	comm_call(vm, HYPERCALL_IPC_RECV_MSG, 0, 0, 0);
	return count;
}

static void check_packets(unsigned vm)
{
	struct region_packets *packets = comm_packets_of(vm);

	assert_true(packets->receive_written - packets->receive_read <= SLOTS);
	for (; packets->receive_read != packets->receive_written; packets->receive_read++) {
		const uint32_t size = comm_slot(vm, true, packets->receive_read)->size_bytes;

		assert_true(size >= NETWORK_HEADER_BYTES && size <= NETWORK_PACKET_MOST);
	}
}

/* What stands in the honest ones' regions and never changes. */
static void check_constants(unsigned vm, const struct region *header)
{
	struct region now = *comm_region(vm);

	now.events = header->events;
	assert_memory_equal(&now, header, sizeof(now));
	assert_int_equal(comm_ring_of(vm)->slot_count, SLOTS);
	assert_int_equal(comm_tunnel_of(vm, 0)->peer, 0);
	assert_true(comm_vm(vm, 0)->state <= VM_RESTORING);
}

static void fuzz(bool shared)
{
	uint64_t sent[3] = {0}, expected[3] = {0};
	struct region headers[3];

	start(shared);
	for (unsigned i = 1; i < 3; i++)
		headers[i] = *comm_region(i);
	for (unsigned round = 0; round < ROUNDS; round++) {
		const unsigned vm = 1 + roll(2), other = 3 - vm;

		scribble();
		if (roll(2))
			scribble_counters();
		call_anything();
		if (!shared && roll(500) == 0)
			comm_end(0);
		if (comm_send(vm, other, &sent[vm], sizeof(sent[vm])) == HYPERCALL_OK)
			sent[vm]++;
		comm_send(vm, 0, &sent[vm], 8);
		comm_call(vm, HYPERCALL_IPC_CREATE_TUNNEL, 0, 0, 0);
		comm_call(vm, HYPERCALL_IPC_RING, 0, 0, 0);
		if (roll(2))
			scribble();
		check_ring(other, vm, &expected[vm]);
		check_packets(other);
		check_constants(vm, &headers[vm]);
	}
	check_ring(1, 2, &expected[2]);
	check_ring(2, 1, &expected[1]);
	assert_int_equal(expected[1], sent[1]);
	assert_int_equal(expected[2], sent[2]);
	assert_true(sent[1] > ROUNDS / 4);
}

static void test_dedicated(void **state)
{
	(void)state;
	dice = random_begin(1);
	fuzz(false);
}

/* On one core, where a call may also wait; here time does not pass in between. */
static void test_shared(void **state)
{
	(void)state;
	dice = random_begin(2);
	start(true);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct vcpu *vcpu =
			sched_running(&cpu_at(0)->shared->sched) ? cpu_at(0)->vcpu : NULL;

		if (vcpu == vcpu_at(0)) {
			scribble();
			scribble_counters();
			call_anything();
		} else if (vcpu) {
			comm_call(vcpu->number, HYPERCALL_IPC_SEND_MSG, roll(3), 8, roll(2));
			comm_call(vcpu->number, HYPERCALL_IPC_RECV_MSG, 0, 0, 0);
			check_packets(vcpu->number);
			while (comm_take(vcpu->number, (uint8_t[256]){0}, NULL) >= 0)
				;
		}
		fake.ticks += roll(2000000);
		fake.sleep_limit = fake.ticks + 100 * HARNESS_QUANTUM;
		if (vcpu)
			harness_attend(vcpu);
		else
			harness_next(0);
		if (!sched_running(&cpu_at(0)->shared->sched))
			vcpu_kick(vcpu_at(1 + roll(2)));
	}
	assert_int_equal(vm_at(1)->faults + vm_at(2)->faults, 0);
	assert_true(comm_vcpu(1, 0)->dispatches > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dedicated),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests_name("comm_fuzz", tests, NULL, NULL);
}
