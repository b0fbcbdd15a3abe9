/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads a VM's vCPUs and tasks: where they may run, and what real-time ones may have of their core.
 */
#include "tools/vcpus.h"

#include <inttypes.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/message.h"
#include "tools/number.h"

#define PERIOD_LIMIT (1ull << 40) /* ticks; hyp/sched/sched.h counts on it */

const char *vcpus_name(const struct vm *vm, const struct vm_vcpu *vcpu)
{
	return arena_text("%s %u of VM '%s'", vcpu->is_task ? "the task vCPU" : "vCPU",
		(unsigned)(vcpu - vm->vcpus), vm->name);
}

const struct vm_vcpu *vcpus_shared(const struct vm *vm)
{
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		if (vm->vcpus[i].is_shared)
			return &vm->vcpus[i];
	return NULL;
}

static bool has_key(const struct tree *map, const char *key)
{
	for (const struct tree *child = map->first; child; child = child->next)
		if (strcmp(child->key, key) == 0)
			return true;
	return false;
}

static bool cpu_exists(const struct board *board, const struct tree *cpu)
{
	if (cpu->number < board->cpu_count)
		return true;
	message_error(cpu->place, arena_text("choose a CPU from 0 to %u", board->cpu_count - 1),
		"board %s has no CPU %s", board->name, cpu->text);
	return false;
}

static void add_cpu(struct vm_vcpu *vcpu, uint64_t cpu)
{
	if (cpu < vcpu->cpu)
		vcpu->cpu = (unsigned)cpu;
	if (cpu < VCPUS_CPU_LIMIT)
		vcpu->affinity |= 1ull << cpu;
}

static bool read_cpu_list(const struct board *board, struct vm_vcpu *vcpu, const struct tree *list)
{
	if (!list->first)
		message_error(tree_place(list), "name the CPUs, for example cpus: [ 0, 1 ]",
			"the vCPU may run on no CPU");
	for (const struct tree *item = list->first; item; item = item->next) {
		if (item->bad || !cpu_exists(board, item))
			return false;
		if (item->number >= VCPUS_CPU_LIMIT) {
			message_error(item->place, "choose CPUs below 64",
				"CPU %s cannot be shared", item->text);
			return false;
		}
		if (vcpu->affinity >> item->number & 1) {
			message_error(item->place, "remove one of them", "CPU %s is named twice",
				item->text);
			return false;
		}
		add_cpu(vcpu, item->number);
	}
	return list->first != NULL;
}

static bool read_cpus(const struct board *board, struct vm_vcpu *vcpu, const struct tree *item)
{
	const struct tree *cpu = tree_get(item, "cpu"), *cpus = tree_get(item, "cpus");
	bool is_real_time = has_key(item, "period");

	vcpu->cpu = VCPUS_ANY;
	if ((!cpu && has_key(item, "cpu")) || (!cpus && has_key(item, "cpus")))
		return false; /* a message has said why */
	if (cpu && cpus) {
		message_error(
			cpu->key_place, "keep one of the two", "a vCPU has either cpu or cpus");
		return false;
	}
	if (cpus && is_real_time) {
		message_error(cpus->key_place, "name one by cpu, or write cpu: any",
			"a real-time vCPU runs on one CPU: its guarantee is one of that CPU");
		return false;
	}
	if (cpus)
		return read_cpu_list(board, vcpu, cpus);
	if ((!cpu || strcmp(cpu->text, "any") == 0) && is_real_time) {
		vcpu->is_assigned = true;
		return true;
	}
	if (!cpu || strcmp(cpu->text, "any") == 0) {
		message_error(cpu ? cpu->place : item->place,
			"name its CPU by cpu: 0, or several by cpus: [ 0, 1 ]",
			"only for a real-time vCPU the tool chooses a CPU");
		return false;
	}
	if (!cpu_exists(board, cpu))
		return false;
	add_cpu(vcpu, cpu->number);
	return true;
}

bool vcpus_check_ticks(const struct board *board, const struct tree *time)
{
	uint64_t grain = number_grain(board->timer_frequency);
	uint64_t below = time->number / grain * grain;
	const char *near =
		below ? arena_text("%" PRIu64 "ns or %" PRIu64 "ns", below, below + grain)
		      : arena_text("%" PRIu64 "ns", below + grain);

	if (grain > VCPUS_GRAIN_MOST || below == time->number)
		return true;
	message_error(time->place, arena_text("write %s, the nearest that are", near),
		"%s is not a whole number of ticks of the board's counter, which runs at %" PRIu64
		" Hz",
		time->text, board->timer_frequency);
	return false;
}

/* Reads one of the three times; 0 ns after a message. */
static uint64_t read_time(
	const struct board *board, const struct tree *item, const char *key, struct place *place)
{
	const struct tree *time = tree_get(item, key);

	if (!time)
		return 0;
	*place = time->place;
	if (time->number == 0) {
		message_error(time->place, "write a time, as 200us", "a %s of 0", key);
		return 0;
	}
	if (number_ticks(time->number, board->timer_frequency) > PERIOD_LIMIT) {
		message_error(time->place,
			arena_text("write at most %" PRIu64 "s",
				number_ns(PERIOD_LIMIT, board->timer_frequency) / 1000000000u),
			"a %s of %s is too long", key, time->text);
		return 0;
	}
	return vcpus_check_ticks(board, time) ? time->number : 0;
}

/* Capacity and deadline mean nothing without a period, nor a period without a capacity. */
static bool keys_fit(const struct tree *item)
{
	bool period = has_key(item, "period"), capacity = has_key(item, "capacity");

	if (period && !capacity)
		message_error(item->place, "add it, for example capacity: 200us",
			"a real-time vCPU needs the key 'capacity'");
	else if (!period && (capacity || has_key(item, "deadline")))
		message_error(item->place,
			"add the period, for example period: 1ms, or remove capacity and deadline",
			"a vCPU without the key 'period' is best effort, and has no %s",
			capacity ? "capacity" : "deadline");
	else
		return true;
	return false;
}

static bool check_order(const struct vm_vcpu *vcpu)
{
	const struct vm_time *ns = &vcpu->ns;

	if (ns->deadline > ns->period)
		message_error(vcpu->deadline_place,
			arena_text("write at most %s", number_time(ns->period)),
			"the deadline, %s, is later than the period, %s", number_time(ns->deadline),
			number_time(ns->period));
	else if (ns->capacity > ns->deadline)
		message_error(vcpu->capacity_place,
			arena_text("write less than %s", number_time(ns->deadline)),
			"the capacity, %s, does not fit before the deadline, %s",
			number_time(ns->capacity), number_time(ns->deadline));
	else
		return true;
	return false;
}

/* Where the counter's frequency leaves no other way (schedule_rules.c says so): the capacity up,
 * the others down. */
static void fill_ticks(const struct board *board, struct vm_vcpu *vcpu)
{
	vcpu->ticks = (struct vm_time){
		.period = number_ticks(vcpu->ns.period, board->timer_frequency),
		.capacity = number_ticks_up(vcpu->ns.capacity, board->timer_frequency),
		.deadline = number_ticks(vcpu->ns.deadline, board->timer_frequency),
	};
}

static bool read_times(const struct board *board, struct vm_vcpu *vcpu, const struct tree *item)
{
	struct vm_time *ns = &vcpu->ns;

	if (!keys_fit(item))
		return false;
	if (!has_key(item, "period"))
		return true;
	ns->period = read_time(board, item, "period", &vcpu->period_place);
	ns->capacity = read_time(board, item, "capacity", &vcpu->capacity_place);
	ns->deadline = has_key(item, "deadline")
			       ? read_time(board, item, "deadline", &vcpu->deadline_place)
			       : ns->period;
	if (!ns->period || !ns->capacity || !ns->deadline || !check_order(vcpu))
		return false;
	fill_ticks(board, vcpu);
	return true;
}

static void add(struct vm *vm, const struct vm_vcpu *vcpu)
{
	vm->vcpus = arena_grow(vm->vcpus, vm->vcpu_count, sizeof(*vm->vcpus));
	vm->vcpus[vm->vcpu_count++] = *vcpu;
}

static void read_list(const struct system *system, struct vm *vm, const struct tree *vcpus)
{
	if (vcpus && !vcpus->first)
		message_error(tree_place(vcpus), "give it one, for example vcpus: [ { cpu: 0 } ]",
			"VM '%s' has no vCPU", vm->name);
	for (const struct tree *item = vcpus ? vcpus->first : NULL; item; item = item->next) {
		struct vm_vcpu vcpu = {.place = item->place};

		if (item->bad)
			continue;
		if (vm->vcpu_count == VCPUS_MOST) {
			message_error(item->place, "remove some", "VM '%s' has more than %u vCPUs",
				vm->name, VCPUS_MOST);
			return;
		}
		bool good = read_cpus(&system->board, &vcpu, item);
		if (read_times(&system->board, &vcpu, item) && good)
			add(vm, &vcpu);
	}
}

static void read_tasks(const struct system *system, struct vm *vm, const struct tree *tasks)
{
	const struct tree *count = tree_get(tasks, "count"), *cpu = tree_get(tasks, "cpu");
	struct vm_vcpu vcpu = {.cpu = VCPUS_ANY, .is_task = true};

	if (!tasks)
		return;
	vcpu.place = tree_place(tasks);
	if (vm->os != GUEST_REALTIME)
		message_error(tasks->key_place, "write os: realtime, or remove tasks",
			"only a VM with os: realtime has tasks");
	if (!count || !cpu || !cpu_exists(&system->board, cpu))
		return;
	if (count->number == 0 || vm->vcpu_count + count->number > VCPUS_MOST) {
		message_error(count->place,
			arena_text("write a number from 1 to %u", VCPUS_MOST - vm->vcpu_count),
			"%s tasks and %u other vCPUs; a VM has at most %u vCPUs in all, and a task "
			"takes one",
			count->text, vm->vcpu_count, VCPUS_MOST);
		return;
	}
	add_cpu(&vcpu, cpu->number);
	for (uint64_t i = 0; i < count->number; i++)
		add(vm, &vcpu);
}

void vcpus_read(const struct system *system, struct vm *vm, const struct tree *map)
{
	read_list(system, vm, tree_get(map, "vcpus"));
	vm->task_first = vm->vcpu_count;
	read_tasks(system, vm, tree_get(map, "tasks"));
}
