/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report's part on time. What it says of real-time vCPUs is the admission test's own view:
 * capacities with the hypervisor's work for them, as the plan has them.
 */
#include "tools/report_schedule.h"

#include <inttypes.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/number.h"
#include "tools/report_text.h"
#include "tools/response.h"
#include "tools/schedule.h"
#include "tools/schedule_admission.h"
#include "tools/vcpus.h"

#define RULES         "%-23s %-21s %-21s %-15s %s\n"
#define DEVICES_WIDTH 21u
#define SHARE_MILLION 1000000u

#define COLUMNS "%-18s %10s %10s %10s %13s %7s"

static const char *name_of(const struct vm *vm, const struct vm_vcpu *vcpu)
{
	return arena_text("%s/%u", vm->name, (unsigned)(vcpu - vm->vcpus));
}

/* Ticks as a time, to six digits. */
static const char *time_text(const struct system *system, uint64_t ticks)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	double value = (double)number_ns(ticks, system->board.timer_frequency);
	unsigned unit = 0;

	while (unit < 3 && value >= 1000) {
		value /= 1000;
		unit++;
	}
	return arena_text("%.6g%s", value, units[unit]);
}

static const char *percent(uint64_t share)
{
	return arena_text("%.2f%%", (double)share * 100 / (double)SCHEDULE_SHARE_ONE);
}

/* All vCPUs that may run on a CPU and are real-time with parameters, tasks', or best effort. */
enum kind { REAL_TIME, TASK, BEST_EFFORT };

static enum kind kind_of(const struct vm_vcpu *vcpu)
{
	if (vcpu->is_task)
		return TASK;
	return vcpu->ns.period ? REAL_TIME : BEST_EFFORT;
}

static const char *list_of(const struct system *system, unsigned cpu, enum kind kind)
{
	const char *list = "";

	for (unsigned i = 0; i < system->vm_count; i++) {
		const struct vm *vm = &system->vms[i];

		for (unsigned n = 0; n < vm->vcpu_count; n++) {
			if (schedule_runs_on(&vm->vcpus[n], cpu) && kind_of(&vm->vcpus[n]) == kind)
				list = report_list(list, name_of(vm, &vm->vcpus[n]));
		}
	}
	return list;
}

/* How long a vCPU may have to wait for all of its capacity, and how much earlier than asked. */
static void print_response(
	FILE *out, const struct system *system, const struct schedule_set *set, unsigned index)
{
	uint64_t deadline = set->parameters[index].deadline;
	uint64_t worst = response_worst(
		set->parameters, set->count, index, system->switch_ticks, system->masked_ticks);

	if (worst == RESPONSE_UNKNOWN)
		fprintf(out, " %10s %10s\n", arena_text("<=%s", time_text(system, deadline)), "?");
	else
		fprintf(out, " %10s %10s\n", time_text(system, worst),
			worst <= deadline ? time_text(system, deadline - worst) : "none");
}

static void print_real_time(FILE *out, const struct system *system, const struct schedule_set *set)
{
	const char *preemptable = "";

	fprintf(out, "    " COLUMNS " %10s %10s\n", "real-time vCPU", "period", "deadline",
		"capacity", "with switches", "share", "response", "slack");
	for (unsigned i = 0; i < set->count; i++) {
		const struct vm_vcpu *vcpu = set->vcpus[i];
		const char *name = name_of(set->vms[i], vcpu);

		fprintf(out, "    " COLUMNS, name, time_text(system, vcpu->ticks.period),
			time_text(system, vcpu->ticks.deadline), number_time(vcpu->ns.capacity),
			time_text(system, vcpu->ticks.capacity),
			percent(schedule_utilisation(vcpu)));
		print_response(out, system, set, i);
		if (set->vms[i]->is_preemptable)
			preemptable = report_list(preemptable, name);
	}
	if (preemptable[0])
		report_wrapped(out, "    not guaranteed      ",
			arena_text("%s: preemptable, and what others' fast interrupts take of the "
				   "budgets is not counted above",
				preemptable));
}

static uint64_t sum_of(const struct schedule_set *set)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < set->count; i++)
		sum += schedule_utilisation(set->vcpus[i]);
	return sum;
}

/*
 * What best effort is sure of beside the described real-time vCPUs: response_best_effort_lag, with
 * the work for interrupts that the admission leaves room for taken off.
 */
static const char *promise_words(const struct system *system, uint64_t reserve, uint64_t room,
	const struct schedule_set *set)
{
	uint64_t lag = response_best_effort_lag(set->parameters, set->count, system->masked_ticks);
	uint64_t stretch;
	const char *words =
		arena_text("In every stretch of time they have at least %s of it less %s",
			percent(reserve + room), time_text(system, lag));

	if (!room || !reserve)
		return words;
	stretch = (uint64_t)(((unsigned __int128)lag * SCHEDULE_SHARE_ONE + room - 1) / room);
	return arena_text("%s, so the reserve is kept in any of %s or more", words,
		time_text(system, stretch));
}

/* With a real-time vCPU the reserve is what its like leave; with none, all of the CPU. */
static void print_best_effort(
	FILE *out, const struct system *system, unsigned cpu, const struct schedule_set *set)
{
	const struct system_cpu *use = &system->cpus[cpu];
	uint64_t reserve =
		(uint64_t)system->reserve_millionths * SCHEDULE_SHARE_ONE / SHARE_MILLION;
	uint64_t sum = sum_of(set),
		 room = use->real_time_share > sum ? use->real_time_share - sum : 0;
	const char *words = arena_text("%s: round robin, a quantum of %s each.",
		list_of(system, cpu, BEST_EFFORT), number_time(system->quantum_ns));

	if (use->real_time_count)
		words = arena_text(
			"%s %s of the CPU are reserved for them.", words, percent(reserve));
	if (set->count)
		words = arena_text("%s %s.", words, promise_words(system, reserve, room, set));
	if (list_of(system, cpu, TASK)[0])
		words = arena_text(
			"%s A task of capacity C takes C / P of the CPU, and once in any "
			"stretch up to C + C * D / P + %s more.",
			words, time_text(system, system->masked_ticks));
	report_wrapped(out, "    best effort         ", words);
}

static void print_shared(FILE *out, const struct system *system, unsigned cpu)
{
	const struct system_cpu *use = &system->cpus[cpu];
	const char *tasks = list_of(system, cpu, TASK);
	struct schedule_set set;
	uint64_t sum;

	schedule_admission_collect(&set, system, cpu);
	sum = sum_of(&set);
	fprintf(out, "  CPU %u, shared by %u vCPU%s\n", cpu, use->vcpu_count,
		use->vcpu_count == 1 ? ", which may run elsewhere, too" : "s");
	if (set.count)
		print_real_time(out, system, &set);
	if (use->real_time_count)
		fprintf(out,
			"    utilisation          %s of the %s that real-time vCPUs may take\n",
			percent(sum), percent(use->real_time_share));
	if (tasks[0])
		report_wrapped(out, "    tasks               ",
			arena_text("%s: they say their periods and capacities at run time; %s of "
				   "the CPU are left for them",
				tasks,
				percent(use->real_time_share > sum ? use->real_time_share - sum
								   : 0)));
	if (use->best_effort_count)
		print_best_effort(out, system, cpu, &set);
}

/* Whose interrupts the VM has besides its timers and IPIs, or which of those are fast. */
static const char *devices_of(const struct vm *vm, bool fast)
{
	const char *list = "";

	for (unsigned i = 0; i < vm->device_count; i++) {
		if (vm->devices[i].device.irq_count && (vm->devices[i].is_fast || !fast))
			list = report_list(list, vm->devices[i].said);
	}
	if (vm->console == GUEST_CONSOLE_SHARED && (vm->is_console_fast || !fast))
		list = report_list(list, "its console");
	return report_or_none(list);
}

/* What does not fit into the table's column is said below it. */
static const char *column_of(const char *devices)
{
	return strlen(devices) <= DEVICES_WIDTH ? devices : "see below";
}

static bool has_real_time(const struct vm *vm)
{
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		if (kind_of(&vm->vcpus[i]) != BEST_EFFORT)
			return true;
	}
	return false;
}

static bool has_best_effort(const struct vm *vm)
{
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		if (vm->vcpus[i].is_shared && kind_of(&vm->vcpus[i]) == BEST_EFFORT)
			return true;
	}
	return false;
}

/* Other VMs that have real-time vCPUs on a CPU, preemptable ones or not. */
static const char *real_time_vms(
	const struct system *system, const struct vm *vm, unsigned cpu, bool preemptable)
{
	const char *list = "";

	for (unsigned i = 0; i < system->vm_count; i++) {
		const struct vm *other = &system->vms[i];
		bool is_there = false;

		for (unsigned n = 0; n < other->vcpu_count; n++)
			is_there = is_there || (schedule_runs_on(&other->vcpus[n], cpu) &&
						       kind_of(&other->vcpus[n]) != BEST_EFFORT);
		if (is_there && other != vm && other->is_preemptable == preemptable)
			list = report_list(list, other->name);
	}
	return list;
}

/* How long a best-effort vCPU waits for its turn when it has something to do. */
static const char *turn_words(const struct system *system, unsigned cpu)
{
	unsigned others = system->cpus[cpu].best_effort_count - 1;

	if (others == 0)
		return "waits until no real-time vCPU runs";
	return arena_text("waits for its turn, behind up to %u quantum%s of %s%s", others,
		others == 1 ? "" : "s", number_time(system->quantum_ns),
		system->cpus[cpu].real_time_count ? " and real time" : "");
}

/* What becomes of the fast interrupts of a VM. */
static const char *fast_words(const struct system *system, const struct vm *vm, unsigned cpu)
{
	const char *real_time = real_time_vms(system, vm, cpu, true);
	const char *words = arena_text("A fast one takes the core at once, %s, at most %" PRIu64
				       " times a second.",
		vm->irq_policy == PLAN_RESET_QUANTUM
			? arena_text("for a whole quantum of %s", number_time(system->quantum_ns))
			: "for what is left of the quantum of the one that it interrupts",
		vm->fast_per_second);

	if (real_time[0])
		words = arena_text("%s It also takes it from real-time vCPUs of %s, on their "
				   "budgets: deadlines may be missed there.",
			words, real_time);
	return words;
}

static const char *sentence(const char *words, const char *more)
{
	return arena_text("%s%s%s", words, words[0] != '\0' ? " " : "", more);
}

/* What the rules of the VM mean for it, and for others. */
static const char *rules_words(const struct system *system, const struct vm *vm, unsigned cpu)
{
	const char *protected = real_time_vms(system, vm, cpu, false), *words = "";

	if (has_best_effort(vm))
		words = sentence(words,
			arena_text("An interrupt that comes while another vCPU has the core %s.",
				turn_words(system, cpu)));
	if (has_best_effort(vm) && vm->irq_policy != PLAN_DEFER)
		words = sentence(words, fast_words(system, vm, cpu));
	if (protected[0] && !has_real_time(vm))
		words = sentence(words,
			arena_text("While a real-time vCPU of %s runs, none of its interrupts is "
				   "even taken: they wait in the hardware, and cost that one "
				   "nothing.",
				protected));
	if (has_real_time(vm))
		words = sentence(words,
			"An interrupt for a real-time vCPU wakes it; it runs by its "
			"deadline, within its budget.");
	if (!vm->is_preemptable)
		words = sentence(words, "Nobody else's interrupt takes the core from it.");
	if (vm->has_own_time)
		words = sentence(words, "Its clock stands while it waits for the core.");
	return words;
}

static void print_rules_of(FILE *out, const struct system *system, const struct vm *vm)
{
	const char *devices = devices_of(vm, false), *words = "";

	if (strlen(devices) > DEVICES_WIDTH)
		words = arena_text("It has the interrupts of %s; fast are those of: %s.", devices,
			devices_of(vm, true));
	report_wrapped(out, arena_text("    %s:", vm->name),
		sentence(words, rules_words(system, vm, vcpus_shared(vm)->cpu)));
}

static void print_rules(FILE *out, const struct system *system)
{
	static const char *const policies[] = {[PLAN_DEFER] = "defer",
		[PLAN_RECYCLE_QUANTUM] = "recycle-quantum",
		[PLAN_RESET_QUANTUM] = "reset-quantum"};

	fprintf(out, "  interrupts while others run\n    " RULES, "VM", "interrupts of its own",
		"fast ones of", "delivery", "preemptable");
	for (unsigned i = 0; i < system->vm_count; i++) {
		const struct vm *vm = &system->vms[i];

		if (vcpus_shared(vm))
			fprintf(out, "    " RULES, vm->name, column_of(devices_of(vm, false)),
				column_of(devices_of(vm, true)), policies[vm->irq_policy],
				vm->is_preemptable ? "yes" : "no");
	}
	for (unsigned i = 0; i < system->vm_count; i++) {
		if (vcpus_shared(&system->vms[i]))
			print_rules_of(out, system, &system->vms[i]);
	}
}

/* One line for the CPUs that the scheduler has nothing to do with. */
static void print_dedicated(FILE *out, const struct system *system)
{
	const char *list = "";

	for (unsigned cpu = 0; cpu < system->board.cpu_count; cpu++) {
		if (system->cpus[cpu].vcpu_count && !system->cpus[cpu].is_shared)
			list = report_list(list, arena_text("%u", cpu));
	}
	if (list[0])
		report_wrapped(out, "  dedicated CPUs        ",
			arena_text("%s: one vCPU has each, and nobody else any of its time", list));
}

void report_schedule_print(FILE *out, const struct system *system)
{
	if (!system->is_shared)
		return;
	fprintf(out, "\nScheduling\n");
	fprintf(out, "  a tick of the counter  %.6g ns\n",
		1e9 / (double)system->board.timer_frequency);
	report_wrapped(out, "  a change of vCPU      ",
		arena_text("%s at most: each job pays for two of them, and may have to wait for "
			   "one of each other real-time vCPU",
			time_text(system, system->switch_ticks)));
	report_wrapped(out, "  without a decision    ",
		arena_text("%s at most: each job may have to wait for that once, and once for each "
			   "real-time vCPU, which may be in the hypervisor when its budget ends",
			time_text(system, system->masked_ticks)));
	if (*system->board.costs.assumed)
		report_wrapped(out, "  assumed, not measured ",
			arena_text("%s: the board does not say under `costs` what they are",
				system->board.costs.assumed));
	print_dedicated(out, system);
	for (unsigned cpu = 0; cpu < system->board.cpu_count; cpu++) {
		if (system->cpus[cpu].is_shared)
			print_shared(out, system, cpu);
	}
	print_rules(out, system);
}
