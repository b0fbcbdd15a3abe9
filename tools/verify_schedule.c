/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules for CPUs that several vCPUs share: who may run where, what real-time vCPUs are promised,
 * and that it can be kept.
 */
#include <inttypes.h>

#include "hyp/sched/sched.h"
#include "tools/arena.h"
#include "tools/schedule_admission.h"
#include "tools/schedule_rules.h"
#include "tools/verify_intc.h"

#define PERIOD_LIMIT (1ull << 40) /* ticks (sched.h) */
#define SHARE_ONE    (1ull << 32)

static const char *vcpu_name(const struct verify *verify, const struct plan_vcpu *vcpu)
{
	return arena_text("vCPU %u of %s", vcpu->index, verify_owner(verify, vcpu->vm));
}

static bool is_task(const struct verify *verify, const struct plan_vcpu *vcpu)
{
	return vcpu->index >= verify->vms[vcpu->vm].task_first;
}

static bool is_real_time(const struct verify *verify, const struct plan_vcpu *vcpu)
{
	return vcpu->period_ticks != 0 || is_task(verify, vcpu);
}

/* Of a dedicated vCPU the affinity does not count. */
static bool runs_on(const struct plan_vcpu *vcpu, unsigned cpu)
{
	return vcpu->shared ? vcpu->affinity >> cpu & 1 : vcpu->cpu == cpu;
}

static void check_affinity(const struct verify *verify, const struct plan_vcpu *vcpu)
{
	unsigned count = verify->plan->cpu_count;
	uint64_t all = count < 64 ? (1ull << count) - 1 : UINT64_MAX;
	const char *name = vcpu_name(verify, vcpu);

	if (vcpu->affinity == 0 || (vcpu->affinity & ~all) != 0 ||
		vcpu->cpu != (unsigned)__builtin_ctzll(vcpu->affinity)) {
		verify_complain(verify,
			"%s may run on CPUs 0x%" PRIx64 ", of which %u is not the first that there "
			"is",
			name, vcpu->affinity, vcpu->cpu);
		return;
	}
	if (is_real_time(verify, vcpu) && (vcpu->affinity & (vcpu->affinity - 1)) != 0)
		verify_complain(verify, "%s is real-time and may run on several CPUs", name);
	for (unsigned cpu = 0; cpu < count && cpu < 64; cpu++) {
		if (vcpu->affinity >> cpu & 1 && !verify->cpus[cpu].shared)
			verify_complain(
				verify, "%s may run on CPU %u, which is not shared", name, cpu);
	}
}

static void check_times(const struct verify *verify, const struct plan_vcpu *vcpu)
{
	uint64_t period = vcpu->period_ticks, capacity = vcpu->capacity_ticks;
	bool none = period == 0 && capacity == 0 && vcpu->deadline_ticks == 0;
	bool good = capacity != 0 && capacity <= vcpu->deadline_ticks &&
		    vcpu->deadline_ticks <= period && period <= PERIOD_LIMIT;

	if (is_task(verify, vcpu) ? !none : !none && !good)
		verify_complain(verify,
			"%s has period %" PRIu64 ", capacity %" PRIu64 " and deadline %" PRIu64
			" ticks, which do not go together",
			vcpu_name(verify, vcpu), period, capacity, vcpu->deadline_ticks);
}

static void check_vcpu(const struct verify *verify, const struct plan_vcpu *vcpu)
{
	if (vcpu->shared) {
		check_affinity(verify, vcpu);
		check_times(verify, vcpu);
		return;
	}
	if (verify->cpus[vcpu->cpu].shared || is_task(verify, vcpu))
		verify_complain(verify,
			"%s has no memory for scheduling, on a shared CPU or as a task's",
			vcpu_name(verify, vcpu));
}

/* No two vCPUs have one guest file on a CPU that both may run on. */
static void check_files(const struct verify *verify, unsigned index)
{
	const struct plan_vcpu *vcpu = &verify->vcpus[index];

	for (unsigned i = 0; vcpu->guest_file != 0 && i < index; i++) {
		const struct plan_vcpu *other = &verify->vcpus[i];

		if (other->guest_file != vcpu->guest_file)
			continue;
		for (unsigned cpu = 0; cpu < verify->plan->cpu_count && cpu < 64; cpu++) {
			if (runs_on(vcpu, cpu) && runs_on(other, cpu))
				verify_complain(verify,
					"guest interrupt file %u of CPU %u has two owners: %s and "
					"%s",
					vcpu->guest_file, cpu, vcpu_name(verify, other),
					vcpu_name(verify, vcpu));
		}
	}
}

/* How many vCPUs may run on the CPU; *real_time of them are. */
static unsigned count_on(const struct verify *verify, unsigned cpu, unsigned *real_time)
{
	unsigned count = 0;

	*real_time = 0;
	for (unsigned i = 0; i < verify->plan->vcpu_count; i++) {
		const struct plan_vcpu *vcpu = &verify->vcpus[i];

		if (!runs_on(vcpu, cpu))
			continue;
		count++;
		*real_time += is_real_time(verify, vcpu);
	}
	return count;
}

/* The same test that the tool made of the description, and the hypervisor makes for tasks. */
static void check_admission(const struct verify *verify, unsigned cpu)
{
	struct sched_parameters set[ADMISSION_MOST];
	struct admission admission;
	unsigned count = 0;

	for (unsigned i = 0; i < verify->plan->vcpu_count && count < ADMISSION_MOST; i++) {
		const struct plan_vcpu *vcpu = &verify->vcpus[i];

		if (vcpu->shared && vcpu->period_ticks != 0 && runs_on(vcpu, cpu))
			set[count++] = (struct sched_parameters){
				vcpu->period_ticks, vcpu->capacity_ticks, vcpu->deadline_ticks};
	}
	if (count != 0 &&
		!schedule_admission_test(&admission, set, count, verify->cpus[cpu].real_time_share,
			verify->plan->switch_ticks, verify->plan->masked_ticks))
		verify_complain(verify,
			"CPU %u cannot promise its %u real-time vCPUs their deadlines", cpu, count);
}

static void check_cpu(const struct verify *verify, unsigned cpu)
{
	const struct plan_cpu *plan = &verify->cpus[cpu];
	unsigned real_time, count = count_on(verify, cpu, &real_time);

	if (!plan->shared) {
		if (count > 1)
			verify_complain(
				verify, "CPU %u has %u vCPUs, and no scheduler", cpu, count);
		return;
	}
	if (real_time > SCHED_REAL_TIME_MOST)
		verify_complain(verify, "CPU %u has %u real-time vCPUs", cpu, real_time);
	if (plan->real_time_share > SHARE_ONE)
		verify_complain(
			verify, "real-time vCPUs may take more of CPU %u than there is of it", cpu);
	check_admission(verify, cpu);
}

/* Whether the VM has a vCPU on a shared CPU; with real_time, on one that has real-time vCPUs. */
static bool vm_shares(const struct verify *verify, unsigned vm, bool real_time)
{
	for (unsigned i = 0; i < verify->plan->vcpu_count; i++) {
		const struct plan_vcpu *vcpu = &verify->vcpus[i];

		if (vcpu->vm != vm || !vcpu->shared)
			continue;
		for (unsigned cpu = 0; cpu < verify->plan->cpu_count && cpu < 64; cpu++) {
			unsigned others = 0;

			if (runs_on(vcpu, cpu))
				count_on(verify, cpu, &others);
			if (runs_on(vcpu, cpu) && (!real_time || others != 0))
				return true;
		}
	}
	return false;
}

static void check_vm(const struct verify *verify, unsigned index)
{
	const struct plan_vm *vm = &verify->vms[index];
	const char *name = verify_owner(verify, (int)index);
	uint32_t all = (uint32_t)((1ull << verify->plan->vm_count) - 1);

	if (vm->irq_policy > PLAN_RESET_QUANTUM || vm->preemptable > 1 || vm->own_time > 1)
		verify_complain(verify, "%s has a policy that does not exist", name);
	if (vm->task_first == 0 || vm->task_first > vm->vcpu_count)
		verify_complain(
			verify, "%s has no vCPU before its tasks, or more tasks than vCPUs", name);
	if ((vm->controllers & ~all) != 0 || !(vm->controllers >> index & 1))
		verify_complain(
			verify, "the tasks of %s are started by VMs 0x%x", name, vm->controllers);
	if (vm->own_time && vm->vcpu_count != 1)
		verify_complain(
			verify, "%s has a clock of its own and %u vCPUs", name, vm->vcpu_count);
	if (vm->delivery == PLAN_DIRECT && !verify_intc(verify)->files &&
		vm_shares(verify, index, false))
		verify_complain(verify, "%s takes interrupts directly, on a shared CPU", name);
	if (vm->irq_policy == PLAN_RESET_QUANTUM && vm_shares(verify, index, true))
		verify_complain(verify,
			"interrupts of %s give quanta on a CPU that has real-time vCPUs", name);
}

/* The scheduler has room for so many best-effort vCPUs, and for so many sets of CPUs. */
static void check_best_effort(const struct verify *verify)
{
	uint64_t masks[SCHEDULE_RULES_MASKS];
	unsigned count = 0, mask_count = 0;

	for (unsigned i = 0; i < verify->plan->vcpu_count; i++) {
		const struct plan_vcpu *vcpu = &verify->vcpus[i];
		unsigned known = 0;

		if (!vcpu->shared || is_real_time(verify, vcpu))
			continue;
		count++;
		while (known < mask_count && masks[known] != vcpu->affinity)
			known++;
		if (known == SCHEDULE_RULES_MASKS) {
			verify_complain(verify, "best-effort vCPUs have more than %u sets of CPUs",
				SCHEDULE_RULES_MASKS);
			return;
		}
		masks[known] = vcpu->affinity;
		mask_count += known == mask_count;
	}
	if (count > SCHED_BEST_EFFORT_MOST)
		verify_complain(verify, "%u best-effort vCPUs share CPUs", count);
}

static void check_common(const struct verify *verify)
{
	const struct plan *plan = verify->plan;
	bool shared = false;

	for (unsigned i = 0; i < plan->cpu_count; i++)
		shared = shared || verify->cpus[i].shared;
	if (shared != (plan->sched_common != NULL))
		verify_complain(
			verify, "the scheduler has a common record and no CPU, or a CPU and none");
	if (shared && verify->info->shared_cpu_bytes == 0)
		verify_complain(verify, "CPUs are shared, and this hypervisor has no scheduler");
	if (plan->timer_frequency == 0 || plan->quantum_ticks == 0)
		verify_complain(verify, "the plan has no time: a frequency or quantum of 0");
}

/* True if every vCPU's VM and CPU exist, which all rules here build upon. */
static bool are_sound(const struct verify *verify)
{
	for (unsigned i = 0; i < verify->plan->vcpu_count; i++) {
		const struct plan_vcpu *vcpu = &verify->vcpus[i];

		if (vcpu->vm >= verify->plan->vm_count || vcpu->cpu >= verify->plan->cpu_count)
			return false;
	}
	return verify->plan->vm_count <= 32;
}

void verify_schedule(const struct verify *verify)
{
	if (!are_sound(verify))
		return; /* verify_cpus has said it */
	check_common(verify);
	for (unsigned i = 0; i < verify->plan->vcpu_count; i++) {
		check_vcpu(verify, &verify->vcpus[i]);
		check_files(verify, i);
	}
	for (unsigned i = 0; i < verify->plan->cpu_count; i++)
		check_cpu(verify, i);
	for (unsigned i = 0; i < verify->plan->vm_count; i++)
		check_vm(verify, i);
	check_best_effort(verify);
}
