/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the real-time vCPUs of a CPU can be promised their deadlines: the same test that the
 * hypervisor makes for tasks at run time, and what to change if not.
 */
#include "tools/schedule_admission.h"

#include <inttypes.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/message.h"
#include "tools/number.h"
#include "tools/schedule.h"
#include "tools/vcpus.h"

#define NS_PER_US     1000u
#define DECIMALS_MOST 8 /* of a percentage: a share is a 32-bit fraction */

static void add(struct schedule_set *set, const struct vm *vm, const struct vm_vcpu *vcpu)
{
	if (set->count == ADMISSION_MOST)
		return;
	set->vms[set->count] = vm;
	set->vcpus[set->count] = vcpu;
	set->parameters[set->count++] = (struct sched_parameters){.period = vcpu->ticks.period,
		.capacity = vcpu->ticks.capacity,
		.deadline = vcpu->ticks.deadline};
}

void schedule_admission_collect(struct schedule_set *set, const struct system *system, unsigned cpu)
{
	set->count = 0;
	for (unsigned i = 0; i < system->vm_count; i++) {
		const struct vm *vm = &system->vms[i];

		for (unsigned n = 0; n < vm->vcpu_count; n++) {
			const struct vm_vcpu *vcpu = &vm->vcpus[n];

			if (vcpu->ticks.period != 0 && schedule_runs_on(vcpu, cpu))
				add(set, vm, vcpu);
		}
	}
}

bool schedule_admission_test(struct admission *admission, const struct sched_parameters *set,
	unsigned count, uint64_t share, uint64_t switch_cost, uint64_t masked)
{
	enum admission_result result;

	admission_begin(admission, set, count, share, switch_cost, masked);
	do
		result = admission_step(admission);
	while (result == ADMISSION_MORE);
	return result == ADMISSION_ADMITTED;
}

static bool test(struct admission *admission, const struct system *system,
	const struct schedule_set *set, unsigned cpu)
{
	return schedule_admission_test(admission, set->parameters, set->count,
		system->cpus[cpu].real_time_share, system->switch_ticks, system->masked_ticks);
}

/*
 * The most, in ns, that vCPU `which` of the set could have beside the others; 0 if nothing. Whole
 * us, unless that is too coarse. The test is monotonic: what fits with more fits with less.
 */
static uint64_t fitting_ns(
	const struct system *system, struct schedule_set *set, unsigned which, unsigned cpu)
{
	uint64_t *capacity = &set->parameters[which].capacity, asked = *capacity;
	uint64_t overhead = admission_capacity(0, system->switch_ticks);
	uint64_t low = overhead, high = asked; /* low fits, or is too little to be anything */
	struct admission admission;

	while (high - low > 1) {
		*capacity = low + (high - low) / 2;
		if (test(&admission, system, set, cpu))
			low = *capacity;
		else
			high = *capacity;
	}
	*capacity = asked;

	uint64_t ns = number_ns(low - overhead, system->board.timer_frequency);
	return ns > 10 * NS_PER_US ? ns / NS_PER_US * NS_PER_US : ns;
}

/* The vCPU that has to give up the least part of what it asks for; *ns is what would fit. */
static unsigned choose(
	const struct system *system, struct schedule_set *set, unsigned cpu, uint64_t *ns)
{
	double best = -1;
	unsigned chosen = 0;

	*ns = 0;
	for (unsigned i = 0; i < set->count; i++) {
		uint64_t fitting = fitting_ns(system, set, i, cpu);
		double kept = (double)fitting / (double)set->vcpus[i]->ns.capacity;

		if (kept > best) {
			best = kept;
			chosen = i;
			*ns = fitting;
		}
	}
	return chosen;
}

static double percent(uint64_t share)
{
	return (double)share * 100 / (double)SCHEDULE_SHARE_ONE;
}

static const char *brief(const struct system *system, uint64_t ticks)
{
	return arena_text("%.3f us", (double)ticks * 1e6 / (double)system->board.timer_frequency);
}

/* With as many decimals as it takes to see the difference. */
static const char *compare(uint64_t used, uint64_t share)
{
	const char *take, *have;
	int decimals = 2;

	do {
		take = arena_text("%.*f", decimals, percent(used));
		have = arena_text("%.*f", decimals, percent(share));
	} while (strcmp(take, have) == 0 && ++decimals <= DECIMALS_MOST);
	return arena_text("they take %s%% of it, and %s%% is for them", take, have);
}

static const char *reason(
	const struct system *system, const struct admission *admission, uint64_t used, unsigned cpu)
{
	uint64_t share = system->cpus[cpu].real_time_share;

	switch (admission->reason) {
	case ADMISSION_REASON_PARAMETERS:
		return "one of them does not fit before its own deadline";
	case ADMISSION_REASON_UTILISATION:
		return compare(used, share);
	case ADMISSION_REASON_DEMAND:
		return arena_text("after a moment at which all are released, %s of work is due "
				  "within %s, %s of it time that the hypervisor may take meanwhile "
				  "(they take %.2f%% of the CPU in the long run)",
			brief(system, admission->demand), brief(system, admission->time),
			brief(system, admission->blocking), percent(used));
	default:
		return arena_text("they take %.2f%% of it, so near to all that it cannot be "
				  "decided whether they meet their deadlines",
			percent(used));
	}
}

static void refuse(const struct system *system, struct schedule_set *set,
	const struct admission *admission, unsigned cpu)
{
	uint64_t used = 0, ns;
	unsigned which = choose(system, set, cpu, &ns);
	const char *name = vcpus_name(set->vms[which], set->vcpus[which]);
	const char *mend =
		ns ? arena_text("write capacity: %" PRIu64 "%s for %s, or give it another CPU",
			     ns % NS_PER_US ? ns : ns / NS_PER_US, ns % NS_PER_US ? "ns" : "us",
			     name)
		   : "give several of them another CPU: none of them alone makes enough room";

	for (unsigned i = 0; i < set->count; i++)
		used += schedule_utilisation(set->vcpus[i]);
	message_error(set->vcpus[which]->capacity_place, mend,
		"CPU %u cannot promise its real-time vCPUs their deadlines: %s, two switches for "
		"each job included",
		cpu, reason(system, admission, used, cpu));
}

void schedule_admission_check(const struct system *system)
{
	struct schedule_set set;
	struct admission admission;

	for (unsigned cpu = 0; cpu < system->board.cpu_count; cpu++) {
		if (!system->cpus[cpu].is_shared)
			continue;
		schedule_admission_collect(&set, system, cpu);
		if (set.count != 0 && set.count < ADMISSION_MOST &&
			!test(&admission, system, &set, cpu))
			refuse(system, &set, &admission, cpu);
	}
}
