/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's core on the fake architecture, with guests that send, receive, wait and die as
 * dice decide, one step at a time on a CPU that dice choose.
 */
#include "tests/simulate/messages.h"

#include <string.h>

#include "hyp/core/shared.h"
#include "tests/simulate/random.h"
#include "tests/unit/comm_fixture.h"

#define VMS         4u
#define SLOTS_MOST  64u
#define ALONE       3u /* the first of two CPUs that a vCPU has for itself */
#define MS          1000000ull
#define DRAIN_STEPS 200000u

/* What a VM was sent and has not received. */
struct sent {
	uint64_t number;
	unsigned sender, bytes;
};

static struct {
	struct random random;
	struct messages_result result;
	struct {
		struct sent ring[SLOTS_MOST];
		unsigned first, count, slots, bytes;
		uint32_t senders;
		unsigned life;  /* times that it has restarted */
		unsigned edges; /* of its region's interrupt that it has seen */
		bool asleep;    /* in WFI, by its own will */
	} vms[VMS];
	uint64_t number;
	bool drains;
} world;

static const struct harness_vm vms[VMS] = {
	{"one", 1, false, PLAN_RESTART},
	{"two", 1, false, PLAN_RESTART},
	{"three", 1, false, PLAN_RESTART},
	{"four", 2, false, PLAN_RESTART},
};

static unsigned dice(unsigned sides)
{
	return (unsigned)random_below(&world.random, sides);
}

/* The bytes of a message follow from its number. */
static void make(uint8_t *to, uint64_t number, unsigned bytes)
{
	struct random random = random_begin(number);

	for (unsigned i = 0; i < bytes; i += 8) {
		const uint64_t word = random_next(&random);

		memcpy(to + i, &word, bytes - i < 8 ? bytes - i : 8);
	}
}

static void forget_dead(void)
{
	for (unsigned i = 0; i < VMS; i++) {
		if (vm_state(vm_at(i)) == VM_RUNNING && vm_at(i)->restarts == world.vms[i].life)
			continue;
		world.vms[i].life = vm_at(i)->restarts;
		world.result.died += world.vms[i].count;
		world.vms[i].count = 0;
		world.vms[i].asleep = false;
	}
}

/* What the call must answer, but for waiting. */
static int64_t expect(unsigned from, unsigned to, unsigned bytes)
{
	if (to >= VMS)
		return HYPERCALL_NO_VM;
	if (!(world.vms[to].senders >> from & 1))
		return HYPERCALL_DENIED;
	if (bytes > world.vms[to].bytes)
		return HYPERCALL_TOO_BIG;
	if (vm_state(vm_at(to)) != VM_RUNNING)
		return HYPERCALL_NOT_RUNNING;
	return world.vms[to].count == world.vms[to].slots ? HYPERCALL_FULL : HYPERCALL_OK;
}

static uint64_t some_timeout(void)
{
	return dice(2) ? dice(5) * MS + 1 : 0;
}

static void send(struct vcpu *vcpu)
{
	const unsigned from = vcpu->plan->vm, to = dice(50) ? dice(VMS) : dice(VMS + 3);
	const unsigned most = to < VMS && dice(20) ? world.vms[to].bytes : 64;
	const unsigned bytes = dice(most + 2 > 256 ? 257 : most + 2);
	const int64_t expected = expect(from, to, bytes);
	const uint64_t timeout = some_timeout(); /* for ever, all could wait for each other */
	int64_t result;

	if (bytes <= REGION_OUTBOX_BYTES)
		make(comm_vcpu(from, vcpu->plan->index)->outbox, world.number, bytes);
	result = comm_call(vcpu->number, HYPERCALL_IPC_SEND_MSG, to, bytes, timeout);
	if (expected == HYPERCALL_FULL && timeout && vcpu->shared) {
		assert_int_equal(result, HYPERCALL_WAITED);
		world.result.waits++;
	} else {
		assert_int_equal(result, expected);
	}
	world.result.refused += result != HYPERCALL_OK;
	if (result != HYPERCALL_OK)
		return;
	world.vms[to].ring[(world.vms[to].first + world.vms[to].count++) % SLOTS_MOST] =
		(struct sent){world.number++, from, bytes};
	world.result.accepted++;
}

static void take_one(unsigned vm)
{
	const struct sent *sent = &world.vms[vm].ring[world.vms[vm].first % SLOTS_MOST];
	uint8_t found[REGION_OUTBOX_BYTES], made[REGION_OUTBOX_BYTES + 8];
	unsigned sender;
	const int bytes = comm_take(vm, found, &sender);

	assert_int_equal(bytes >= 0, world.vms[vm].count != 0);
	if (bytes < 0)
		return;
	assert_int_equal(bytes, sent->bytes);
	assert_int_equal(sender, sent->sender);
	make(made, sent->number, sent->bytes);
	assert_memory_equal(found, made, sent->bytes);
	world.vms[vm].first = (world.vms[vm].first + 1) % SLOTS_MOST;
	world.vms[vm].count--;
	world.result.received++;
}

/* As the interface's specification asks: who made room looks whether it is wanted. */
static void take(struct vcpu *vcpu, unsigned most)
{
	const unsigned vm = vcpu->plan->vm;

	for (unsigned i = 0; i < most && world.vms[vm].count != 0; i++)
		take_one(vm);
	while (comm_ring_of(vm)->wanted && world.vms[vm].count < world.vms[vm].slots)
		comm_call(vcpu->number, HYPERCALL_IPC_RECV_MSG, 0, 0, 0);
}

static void receive(struct vcpu *vcpu)
{
	const unsigned vm = vcpu->plan->vm, count = world.vms[vm].count;
	const uint64_t timeout = dice(2) ? HYPERCALL_FOREVER : some_timeout();
	int64_t result;

	if (!comm_region(vm)->ring)
		return;
	result = comm_call(vcpu->number, HYPERCALL_IPC_RECV_MSG, timeout, 0, 0);
	if (count)
		assert_int_equal(result, count);
	else
		assert_int_equal(
			result, timeout && vcpu->shared ? HYPERCALL_WAITED : HYPERCALL_EMPTY);
	world.result.waits += result == HYPERCALL_WAITED;
}

/* WFI, after the events were taken and nothing was found. */
static void sleep(struct vcpu *vcpu)
{
	const unsigned vm = vcpu->plan->vm;

	vcpu->arch.interrupt = false;
	comm_events(vm);
	if (world.vms[vm].count != 0 || vcpu->plan->index != 0)
		return;
	world.vms[vm].asleep = true;
	if (vcpu->shared)
		shared_wait(vcpu, ARCH_NEVER);
}

/* The second vCPU of the last VM is started again after a restart. */
static void start_second(struct vcpu *vcpu)
{
	struct vcpu *second = vm_vcpu(vcpu->vm, 1);

	if (second->state == VCPU_OFF)
		assert_int_equal(vcpu_start(second, 0x1000, 0), VCPU_STARTED);
}

/* One step of a guest. */
static void act(struct vcpu *vcpu)
{
	const unsigned vm = vcpu->plan->vm;

	if (vcpu->plan->index == 0) {
		world.vms[vm].asleep = false;
		vcpu->arch.interrupt = false;
	}
	if (!world.drains && dice(3000) == 0) {
		world.result.restarts++;
		harness_fault(vcpu);
		return;
	}
	if (world.drains || dice(3) == 0)
		take(vcpu, world.drains ? SLOTS_MOST : dice(4));
	switch (dice(8)) {
	case 0:
		receive(vcpu);
		break;
	case 1:
		sleep(vcpu);
		break;
	default:
		if (!world.drains)
			send(vcpu);
		else
			receive(vcpu);
	}
	if (vcpu->vm->plan->vcpu_count == 2 && vcpu->plan->index == 0)
		start_second(vcpu);
	harness_attend(vcpu);
}

/* The regions' interrupts arrive at the VMs' first vCPUs. */
static void interrupt(void)
{
	for (unsigned i = 0; i < VMS; i++) {
		struct vcpu *vcpu = vm_vcpu(vm_at(i), 0);

		if (world.vms[i].edges == vm_at(i)->arch.edges || vm_state(vm_at(i)) != VM_RUNNING)
			continue;
		world.vms[i].edges = vm_at(i)->arch.edges;
		world.vms[i].asleep = false;
		vcpu->arch.interrupt = true;
		fake_become(vcpu->cpu);
		if (vcpu->shared)
			shared_wake(vcpu);
	}
}

static bool is_running(const struct vcpu *vcpu)
{
	return vcpu && vcpu->state == VCPU_ON && vm_state(vcpu->vm) == VM_RUNNING;
}

static bool has_guest(const struct cpu *cpu)
{
	if (cpu->shared)
		return sched_running(&cpu->shared->sched) && is_running(cpu->vcpu);
	return is_running(cpu->vcpu) &&
	       !(world.vms[cpu->vcpu->plan->vm].asleep && cpu->vcpu->plan->index == 0);
}

/* What its guest's exits, or kicks, would let the CPU do. */
static void let_decide(struct cpu *cpu)
{
	struct vcpu *vcpu = cpu->vcpu;

	if (cpu->shared && (dice(10) == 0 || !has_guest(cpu)))
		harness_next(cpu_index(cpu));
	if (cpu->shared || is_running(vcpu))
		return;
	if (vcpu->state == VCPU_ON)
		harness_attend(vcpu);
	else
		harness_next(cpu_index(cpu));
}

static void step(void)
{
	struct cpu *cpu = cpu_at(dice(3) ? 0 : ALONE + dice(2));

	world.result.steps++;
	fake.ticks += dice(20) ? dice(1000) : dice(12) * MS;
	fake.sleep_limit = fake.ticks + 20 * MS;
	let_decide(cpu);
	forget_dead();
	if (has_guest(cpu))
		act(cpu->vcpu);
	forget_dead();
	interrupt();
	for (unsigned i = 0; i <= ALONE + 1; i++)
		fake_take_kick(cpu_at(i));
}

static void begin(void)
{
	struct plan *plan = harness_plan(vms, VMS);
	struct plan_vcpu *real_time;

	comm_plan(plan);
	for (unsigned i = 0; i < VMS; i++) {
		world.vms[i].slots = 1u << dice(5);
		world.vms[i].bytes = 1 + dice(256);
		world.vms[i].senders = dice(3) ? 0xf : 1 + dice(15);
		comm_messages(i, world.vms[i].slots, world.vms[i].bytes, world.vms[i].senders);
	}
	for (unsigned i = 0; i < 3; i++)
		harness_share(i, 1);
	real_time = harness_share(2, 1);
	real_time->period_ticks = real_time->deadline_ticks = 10 * MS;
	real_time->capacity_ticks = 3 * MS;
	fake.ticks = MS;
	comm_boot();
}

/* Whoever runs receives until nothing is left; that takes few steps unless somebody sleeps. */
static void drain(void)
{
	unsigned left = 1;

	world.drains = true;
	for (unsigned i = 0; i < DRAIN_STEPS && left; i++) {
		step();
		left = 0;
		for (unsigned n = 0; n < VMS; n++)
			left += world.vms[n].count + (vm_state(vm_at(n)) != VM_RUNNING);
	}
	assert_int_equal(left, 0);
	for (unsigned i = 0; i < VMS; i++)
		assert_int_equal(comm_take(i, NULL, NULL), -1);
}

struct messages_result messages_run(uint64_t seed, uint64_t goal)
{
	memset(&world, 0, sizeof(world));
	world.random = random_begin(seed);
	begin();
	while (world.result.accepted < goal)
		step();
	drain();
	assert_int_equal(world.result.accepted, world.result.received + world.result.died);
	return world.result;
}
