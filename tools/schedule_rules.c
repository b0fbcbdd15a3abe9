/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules that shared CPUs have to keep.
 */
#include "tools/schedule_rules.h"

#include <string.h>

#include "hyp/sched/sched.h"
#include "tools/arena.h"
#include "tools/message.h"
#include "tools/number.h"
#include "tools/schedule.h"
#include "tools/schedule_admission.h"
#include "tools/vcpus.h"

/* A CPU that cannot be shared has no bit in the masks. */
static void check_index(const struct system *system, unsigned cpu, const struct vm_vcpu *vcpu)
{
	if (system->cpus[cpu].is_shared && cpu >= VCPUS_CPU_LIMIT)
		message_error(vcpu->place, "use a CPU below 64",
			"CPU %u cannot be shared: the scheduler counts CPUs from 0 to 63", cpu);
}

/* The scheduler has a slot for each. */
static void check_counts(const struct system *system, const struct vm *vm,
	const struct vm_vcpu *vcpu, unsigned *real_time, unsigned *best_effort)
{
	if (vcpus_is_real_time(vcpu) && ++real_time[vcpu->cpu] == SCHED_REAL_TIME_MOST + 1)
		message_error(vcpu->place, "move some to another CPU",
			"%s is one too many: a CPU has at most %u real-time vCPUs and tasks",
			vcpus_name(vm, vcpu), SCHED_REAL_TIME_MOST);
	if (!vcpus_is_real_time(vcpu) && ++*best_effort == SCHED_BEST_EFFORT_MOST + 1)
		message_error(vcpu->place, "give some a CPU of their own",
			"%s is one too many: all shared CPUs together have at most %u best-effort "
			"vCPUs",
			vcpus_name(vm, vcpu), SCHED_BEST_EFFORT_MOST);
	check_index(system, vcpu->cpu, vcpu);
}

static void check_mask(
	const struct vm *vm, const struct vm_vcpu *vcpu, uint64_t *masks, unsigned *count)
{
	for (unsigned i = 0; i < *count && i < SCHEDULE_RULES_MASKS; i++)
		if (masks[i] == vcpu->affinity)
			return;
	if (*count < SCHEDULE_RULES_MASKS)
		masks[*count] = vcpu->affinity;
	else if (*count == SCHEDULE_RULES_MASKS)
		message_error(vcpu->place, "let some vCPUs have the same CPUs",
			"%s has the ninth set of CPUs: best-effort vCPUs on shared CPUs have at "
			"most %u different ones",
			vcpus_name(vm, vcpu), SCHEDULE_RULES_MASKS);
	++*count;
}

static void check_vcpus(const struct system *system)
{
	unsigned *real_time = arena_alloc(system->board.cpu_count, sizeof(*real_time));
	unsigned best_effort = 0, mask_count = 0;
	uint64_t masks[SCHEDULE_RULES_MASKS];

	for (unsigned i = 0; i < system->vm_count; i++) {
		const struct vm *vm = &system->vms[i];

		for (unsigned n = 0; n < vm->vcpu_count; n++) {
			const struct vm_vcpu *vcpu = &vm->vcpus[n];

			if (!vcpu->is_shared)
				continue;
			check_counts(system, vm, vcpu, real_time, &best_effort);
			if (!vcpus_is_real_time(vcpu))
				check_mask(vm, vcpu, masks, &mask_count);
		}
	}
}

/* A VM's own time is one clock; each vCPU would have another one. */
static void check_time(const struct vm *vm)
{
	if (vm->has_own_time && vm->vcpu_count > 1)
		message_error(vm->place, "write time: absolute, or give it one vCPU and no tasks",
			"VM '%s' has time: own and %u vCPUs, tasks included: each waits for its "
			"core at other times, and their clocks would run apart",
			vm->name, vm->vcpu_count);
}

static bool has_reserve(const struct tree *root)
{
	for (const struct tree *key = root->first; key; key = key->next)
		if (strcmp(key->key, "reserve") == 0)
			return true;
	return false;
}

/* With nothing said, real-time vCPUs might leave the others nothing, or be refused for it. */
static void check_reserve(const struct system *system, const struct tree *root)
{
	for (unsigned cpu = 0; cpu < system->board.cpu_count; cpu++) {
		const struct system_cpu *use = &system->cpus[cpu];

		if (!use->is_shared || !use->real_time_count || !use->best_effort_count ||
			has_reserve(root))
			continue;
		message_error(root->place,
			"add reserve: { best-effort: 20% }, or 0% if they may get nothing",
			"CPU %u has %u real-time and %u best-effort vCPUs, and the description "
			"does not say what is reserved for the latter",
			cpu, use->real_time_count, use->best_effort_count);
		return;
	}
}

/* Said once, as it is about the board. */
static void warn_of_rounding(const struct system *system, const struct tree *root)
{
	uint64_t frequency = system->board.timer_frequency;
	bool has_times = false;

	for (unsigned cpu = 0; cpu < system->board.cpu_count; cpu++)
		has_times = has_times || system->cpus[cpu].real_time_count != 0;
	if (has_times && number_grain(frequency) > VCPUS_GRAIN_MOST)
		message_warning(root->place, "take a tick more or less into account",
			"hardly any time is a whole number of ticks of the board's counter, which "
			"runs at %llu Hz: capacities are rounded up to the next tick, periods, "
			"deadlines and the quantum down",
			(unsigned long long)frequency);
}

void schedule_rules_check(const struct system *system, const struct tree *root)
{
	check_vcpus(system);
	for (unsigned i = 0; i < system->vm_count; i++)
		check_time(&system->vms[i]);
	check_reserve(system, root);
	warn_of_rounding(system, root);
	schedule_admission_check(system);
}
