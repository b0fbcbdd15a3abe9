/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Settles who runs where. A CPU is shared if several vCPUs may run on it, or one that may run
 * elsewhere, too, or a task; all other CPUs in use are dedicated.
 */
#include "tools/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "abi/trace.h"
#include "tools/arena.h"
#include "tools/controller.h"
#include "tools/message.h"
#include "tools/number.h"
#include "tools/schedule_admission.h"
#include "tools/vcpus.h"

#define QUANTUM_NS    30000000ull
#define SPIN_NS       1000000ull
#define TURN_MOST_NS  10000000000ull
#define TURN_COSTS    10u /* switches that a turn is at least worth */
#define TRACE_MOST    16384u
#define MILLION       1000000u
#define NS_PER_SECOND 1000000000u

/* A time after which the core may change hands; so long that the change is worth it. */
static uint64_t read_turn(
	const struct system *system, const struct tree *time, const char *what, uint64_t fallback)
{
	uint64_t cost = system->board.costs.switch_ns, least = TURN_COSTS * cost;

	if (!time)
		return fallback;
	if (time->number > TURN_MOST_NS)
		message_error(time->place, "write at most 10s", "a %s of %s is too long", what,
			time->text);
	else if (time->number < least)
		message_error(time->place, arena_text("write at least %s", number_time(least)),
			"a %s of %s is too short: a switch costs %s on this board, more than a "
			"tenth of it",
			what, time->text, number_time(cost));
	else
		vcpus_check_ticks(&system->board, time);
	return time->number;
}

static void read_turns(struct system *system, const struct tree *scheduling)
{
	const struct tree *spin = tree_get(scheduling, "spin");
	bool is_off = spin && strcmp(spin->text, "off") == 0;
	uint64_t frequency = system->board.timer_frequency;

	system->quantum_ns =
		read_turn(system, tree_get(scheduling, "quantum"), "quantum", QUANTUM_NS);
	system->quantum_ticks = number_ticks(system->quantum_ns, frequency);
	system->spin_ticks =
		is_off ? 0 : number_ticks(read_turn(system, spin, "spin", SPIN_NS), frequency);
	system->switch_ticks = number_ticks_up(system->board.costs.switch_ns, frequency);
	system->masked_ticks = number_ticks_up(system->board.costs.masked_ns, frequency);
}

static void read_trace(struct system *system, const struct tree *trace)
{
	uint64_t records = trace ? trace->number : TRACE_RING_RECORDS;

	if (records < TRACE_RING_RECORDS || records > TRACE_MOST ||
		(records & (records - 1)) != 0) {
		message_error(trace->place, "write a power of two from 64 to 16384",
			"the trace cannot have %s records per CPU", trace->text);
		records = TRACE_RING_RECORDS;
	}
	system->trace_records = (unsigned)records;
}

void schedule_read(struct system *system, const struct tree *root)
{
	const struct tree *reserve = tree_get(tree_get(root, "reserve"), "best-effort");

	read_turns(system, tree_get(root, "scheduling"));
	read_trace(system, tree_get(root, "trace"));
	system->reserve_millionths = reserve ? (uint32_t)reserve->number : 0;
}

uint64_t schedule_utilisation(const struct vm_vcpu *vcpu)
{
	unsigned __int128 capacity = (unsigned __int128)vcpu->ticks.capacity << 32;

	if (vcpu->ticks.period == 0)
		return 0;
	return (uint64_t)((capacity + vcpu->ticks.period - 1) / vcpu->ticks.period);
}

bool schedule_runs_on(const struct vm_vcpu *vcpu, unsigned cpu)
{
	if (cpu >= VCPUS_CPU_LIMIT)
		return vcpu->cpu == cpu;
	return vcpu->affinity >> cpu & 1;
}

static bool has_several(const struct vm_vcpu *vcpu)
{
	return (vcpu->affinity & (vcpu->affinity - 1)) != 0;
}

static void count_on(struct system_cpu *cpu, const struct vm_vcpu *vcpu)
{
	bool is_real_time = vcpus_is_real_time(vcpu);

	cpu->vcpu_count++;
	cpu->real_time_count += is_real_time;
	cpu->best_effort_count += !is_real_time;
	cpu->is_shared =
		cpu->is_shared || cpu->vcpu_count > 1 || vcpu->is_task || has_several(vcpu);
}

static void count(struct system *system, const struct vm_vcpu *vcpu)
{
	for (unsigned cpu = 0; cpu < system->board.cpu_count; cpu++)
		if (schedule_runs_on(vcpu, cpu))
			count_on(&system->cpus[cpu], vcpu);
}

/* Whether interrupts of the VM may come while another real-time vCPU has this CPU. */
static bool interrupts_real_time(const struct vm *vm, unsigned cpu)
{
	bool has_irq = vm->console == GUEST_CONSOLE_SHARED || vm->comm.region_size != 0;

	for (unsigned i = 0; i < vm->device_count; i++)
		has_irq = has_irq || vm->devices[i].device.irq_count != 0;
	for (unsigned i = 0; has_irq && i < vm->vcpu_count; i++)
		if (vcpus_is_real_time(&vm->vcpus[i]) && schedule_runs_on(&vm->vcpus[i], cpu))
			return true;
	return false;
}

/*
 * What real-time vCPUs may take of a CPU: what best effort leaves, less what interrupts of
 * real-time VMs cost at their rate. Those of other VMs wait while a real-time vCPU runs.
 */
static uint64_t real_time_share(const struct system *system, unsigned cpu)
{
	const struct system_cpu *use = &system->cpus[cpu];
	uint64_t left = MILLION - (use->best_effort_count ? system->reserve_millionths : 0);
	uint64_t share = left * SCHEDULE_SHARE_ONE / MILLION;

	for (unsigned i = 0; i < system->vm_count; i++) {
		const struct vm *vm = &system->vms[i];
		unsigned __int128 cost = (unsigned __int128)vm->fast_per_second *
					 system->board.costs.interrupt_ns * SCHEDULE_SHARE_ONE;
		uint64_t taken = (uint64_t)((cost + NS_PER_SECOND - 1) / NS_PER_SECOND);

		if (interrupts_real_time(vm, cpu))
			share = share > taken ? share - taken : 0;
	}
	return share;
}

static void add_overhead(struct system *system)
{
	for (unsigned i = 0; i < system->vm_count; i++) {
		struct vm *vm = &system->vms[i];

		for (unsigned n = 0; n < vm->vcpu_count; n++)
			if (vm->vcpus[n].ns.period != 0)
				vm->vcpus[n].ticks.capacity = admission_capacity(
					vm->vcpus[n].ticks.capacity, system->switch_ticks);
	}
}

/* A real-time vCPU whose core the tool chooses. */
struct candidate {
	const struct vm *vm;
	struct vm_vcpu *vcpu;
};

/* The greatest utilisation first; among equals as described. */
static int candidate_order(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	uint64_t x = schedule_utilisation(a->vcpu), y = schedule_utilisation(b->vcpu);

	if (x != y)
		return x > y ? -1 : 1;
	return a->vm != b->vm ? (a->vm > b->vm) - (a->vm < b->vm)
			      : (a->vcpu > b->vcpu) - (a->vcpu < b->vcpu);
}

/* Whether a CPU could keep its promises with one more real-time vCPU, best effort there or not. */
static bool fits(const struct system *system, unsigned cpu, const struct vm_vcpu *vcpu)
{
	struct schedule_set set;
	struct admission admission;

	schedule_admission_collect(&set, system, cpu);
	if (set.count == ADMISSION_MOST)
		return false;
	set.parameters[set.count] = (struct sched_parameters){
		vcpu->ticks.period, vcpu->ticks.capacity, vcpu->ticks.deadline};
	return schedule_admission_test(&admission, set.parameters, set.count + 1,
		real_time_share(system, cpu), system->switch_ticks, system->masked_ticks);
}

/*
 * First fit: the first CPU with room among those that are shared or that the tool has begun to
 * fill, else the first one that nobody uses, where alone it has all it can want. A CPU that one
 * vCPU was given alone is left to it.
 */
static bool choose(const struct system *system, const bool *begun, const struct vm_vcpu *vcpu,
	unsigned *chosen)
{
	for (unsigned opened = 0; opened < 2; opened++) {
		for (unsigned cpu = 0; cpu < system->board.cpu_count && cpu < VCPUS_CPU_LIMIT;
			cpu++) {
			const struct system_cpu *use = &system->cpus[cpu];
			bool open = use->is_shared || begun[cpu];

			if (opened ? use->vcpu_count != 0 : !open || !fits(system, cpu, vcpu))
				continue;
			*chosen = cpu;
			return true;
		}
	}
	return false;
}

static void assign(struct system *system, const struct candidate *candidate, bool *begun)
{
	struct vm_vcpu *vcpu = candidate->vcpu;
	unsigned cpu;

	if (!choose(system, begun, vcpu, &cpu)) {
		message_error(vcpu->place,
			"make its capacity smaller or its period longer, or give others another "
			"CPU",
			"no CPU that is shared or unused has room for %s, which takes %.1f%%",
			vcpus_name(candidate->vm, vcpu),
			(double)schedule_utilisation(vcpu) * 100 / (double)SCHEDULE_SHARE_ONE);
		vcpu->cpu = 0; /* and no affinity: it counts nowhere */
		return;
	}
	begun[cpu] = true;
	vcpu->cpu = cpu;
	vcpu->affinity = 1ull << cpu;
	count(system, vcpu);
}

/* Partitions the real-time vCPUs that name no CPU, the greatest first. */
static void assign_all(struct system *system)
{
	struct candidate *candidates = NULL;
	bool *begun = arena_alloc(system->board.cpu_count, sizeof(*begun));
	unsigned total = 0;

	for (unsigned i = 0; i < system->vm_count; i++) {
		struct vm *vm = &system->vms[i];

		for (unsigned n = 0; n < vm->vcpu_count; n++) {
			struct vm_vcpu *vcpu = &vm->vcpus[n];

			if (vcpu->cpu != VCPUS_ANY) {
				count(system, vcpu);
				continue;
			}
			candidates = arena_grow(candidates, total, sizeof(*candidates));
			candidates[total++] = (struct candidate){vm, vcpu};
		}
	}
	if (total > 1)
		qsort(candidates, total, sizeof(*candidates), candidate_order);
	for (unsigned i = 0; i < total; i++)
		assign(system, &candidates[i], begun);
}

/* The lowest number of a guest file that is free on all CPUs that the vCPU may run on. */
static void give_file(
	const struct system *system, uint64_t *taken, const struct vm *vm, struct vm_vcpu *vcpu)
{
	uint64_t used = 1; /* number 0 is the supervisor's own file */
	unsigned first_full = vcpu->cpu;

	for (unsigned cpu = 0; cpu < system->board.cpu_count; cpu++)
		if (schedule_runs_on(vcpu, cpu))
			used |= taken[cpu];
	vcpu->guest_file = ~used ? (uint16_t)__builtin_ctzll(~used) : UINT16_MAX;
	if (vcpu->guest_file > system->board.guest_files) {
		message_error(vcpu->place,
			"let fewer vCPUs share the CPU (QEMU: aia-guests=63 gives 63 files)",
			"CPU %u has %u guest interrupt files, and none is left for %s", first_full,
			system->board.guest_files, vcpus_name(vm, vcpu));
		return;
	}
	for (unsigned cpu = 0; cpu < system->board.cpu_count; cpu++)
		if (schedule_runs_on(vcpu, cpu))
			taken[cpu] |= 1ull << vcpu->guest_file;
}

static void give_files(struct system *system)
{
	uint64_t *taken = arena_alloc(system->board.cpu_count, sizeof(*taken));

	for (unsigned i = 0; i < system->vm_count; i++) {
		struct vm *vm = &system->vms[i];

		for (unsigned n = 0; vm->delivery != PLAN_UPCALL && n < vm->task_first; n++)
			give_file(system, taken, vm, &vm->vcpus[n]);
	}
}

static void mark_shared(struct system *system)
{
	for (unsigned cpu = 0; cpu < system->board.cpu_count; cpu++) {
		struct system_cpu *use = &system->cpus[cpu];

		use->real_time_share = real_time_share(system, cpu);
		system->is_shared = system->is_shared || use->is_shared;
	}
	for (unsigned i = 0; i < system->vm_count; i++) {
		struct vm *vm = &system->vms[i];

		for (unsigned n = 0; n < vm->vcpu_count; n++)
			vm->vcpus[n].is_shared = system->cpus[vm->vcpus[n].cpu].is_shared;
	}
}

void schedule_plan(struct system *system)
{
	system->cpus = arena_alloc(system->board.cpu_count, sizeof(*system->cpus));
	add_overhead(system);
	assign_all(system);
	mark_shared(system);
	if (system->board.guest_files)
		give_files(system);
}
