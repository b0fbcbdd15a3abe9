/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a VM's interrupts reach it, and what they may do to others: the key interrupts.
 */
#include "tools/interrupts.h"

#include <string.h>

#include "tools/arena.h"
#include "tools/board.h"
#include "tools/controller.h"
#include "tools/message.h"
#include "tools/number.h"
#include "tools/schedule.h"
#include "tools/vcpus.h"

#define RATE      1000u
#define RATE_MOST 1000000u

/*
 * On a shared CPU a GIC's interrupts go to the hypervisor, which has to know for whom they are; AIA
 * has a guest file for each vCPU, which other vCPUs do not disturb.
 */
static bool can_be_direct(const struct board *board, const struct vm *vm)
{
	return board->own_group && (board->guest_files != 0 || !vcpus_shared(vm));
}

/* The guest counts them by the bits of its region, of which the last two are not devices'. */
static void check_upcall_irq(
	const struct vm *vm, uint32_t irq, const char *what, const struct tree *route)
{
	if (irq >= INTERRUPTS_UPCALL)
		message_error(route->place, "write another route, or remove the device",
			"upcalls are for interrupts below %u, and VM '%s' has %u, of %s",
			INTERRUPTS_UPCALL, vm->name, irq, what);
}

static void check_upcall(const struct board *board, struct vm *vm, const struct tree *route)
{
	if (vm->os == GUEST_LINUX)
		message_error(route->place, "write another route, or leave it out",
			"VM '%s' is os: linux, which knows nothing of upcalls", vm->name);
	for (unsigned i = 0; i < vm->device_count; i++) {
		const struct board_device *device = &vm->devices[i].device;

		if (device->irq_count != 0 && board->guest_files != 0)
			message_error(route->place, "write route: direct, or remove the device",
				"with AIA, a VM whose interrupts come by upcall has no device's, "
				"and VM '%s' has '%s'",
				vm->name, vm->devices[i].said);
		for (unsigned n = 0; n < device->irq_count && board->guest_files == 0; n++)
			check_upcall_irq(vm, controller_guest_irq(board, vm, device->irqs[n]),
				vm->devices[i].said, route);
	}
}

static void settle_route(const struct board *board, struct vm *vm, const struct tree *route)
{
	bool asks_direct = route && strcmp(route->text, "direct") == 0;
	const char *mend = "write route: injected, or leave it out";

	if (vm->delivery == PLAN_UPCALL) {
		check_upcall(board, vm, route);
		return;
	}
	if (asks_direct && !board->controller->direct)
		message_error(route->place, mend,
			"board %s has a %s, whose interrupts no guest gets directly", board->name,
			board->controller->name);
	else if (asks_direct && !board->own_group)
		message_error(route->place, mend,
			"board %s leaves Group 0 to firmware: direct interrupts are not possible",
			board->name);
	else if (asks_direct && !can_be_direct(board, vm))
		message_error(route->place, arena_text("%s, or give it a CPU of its own", mend),
			"%s shares CPU %u, where interrupts cannot go to a VM directly",
			vcpus_name(vm, vcpus_shared(vm)), vcpus_shared(vm)->cpu);
	else if (route && !asks_direct && !board->controller->injected)
		message_error(route->place, "write route: direct, or leave it out",
			"board %s has %s: every guest gets its interrupts directly", board->name,
			board->controller->name);
	vm->delivery =
		can_be_direct(board, vm) && (!route || asks_direct) ? PLAN_DIRECT : PLAN_INJECTED;
}

static const char *device_names(const struct vm *vm)
{
	const char *names = "";

	for (unsigned i = 0; i < vm->device_count; i++)
		names = arena_text("%s%s%s", names, *names ? " " : "", vm->devices[i].said);
	return names;
}

static void mark_fast(const struct board *board, struct vm *vm, const struct tree *said)
{
	int node = board_find(board, said->text);
	const char *names = device_names(vm);

	for (unsigned i = 0; i < vm->device_count; i++) {
		if (node < 0 || vm->devices[i].device.node != node)
			continue;
		vm->devices[i].is_fast = true;
		if (vm->devices[i].device.irq_count == 0)
			message_error(
				said->place, "remove it", "'%s' has no interrupt", said->text);
		return;
	}
	message_error(said->place,
		*names ? arena_text("name a device from access: %s", names)
		       : "add the device to access, or remove it here",
		"VM '%s' does not own '%s', whose interrupts are to be fast", vm->name, said->text);
}

static void read_fast(const struct board *board, struct vm *vm, const struct tree *fast)
{
	bool all = fast && fast->kind == TREE_TEXT;

	vm->comm.is_fast = all;
	vm->is_console_fast = all && vm->console == GUEST_CONSOLE_SHARED;
	for (unsigned i = 0; i < vm->device_count; i++)
		vm->devices[i].is_fast = all;
	for (const struct tree *said = fast && !all ? fast->first : NULL; said; said = said->next)
		if (!said->bad)
			mark_fast(board, vm, said);
}

/* The first CPU on which the VM meets a real-time vCPU, its own included; or -1. */
static int real_time_cpu(const struct system *system, const struct vm *vm)
{
	for (unsigned cpu = 0; cpu < system->board.cpu_count; cpu++) {
		const struct system_cpu *use = &system->cpus[cpu];

		for (unsigned i = 0; use->is_shared && use->real_time_count && i < vm->vcpu_count;
			i++)
			if (schedule_runs_on(&vm->vcpus[i], cpu))
				return (int)cpu;
	}
	return -1;
}

static void read_policy(struct vm *vm, const struct tree *interrupts)
{
	const struct tree *delivery = tree_get(interrupts, "delivery");
	const char *word = delivery ? delivery->text : "defer";

	vm->irq_policy = strcmp(word, "recycle-quantum") == 0 ? PLAN_RECYCLE_QUANTUM
			 : strcmp(word, "reset-quantum") == 0 ? PLAN_RESET_QUANTUM
							      : PLAN_DEFER;
	if (vm->irq_policy != PLAN_DEFER && !tree_get(interrupts, "fast"))
		message_error(delivery->place, "add fast: all, or the devices that it is for",
			"delivery: %s is about fast interrupts, and VM '%s' has none", word,
			vm->name);
}

static void check_policy(
	const struct system *system, const struct vm *vm, const struct tree *interrupts)
{
	const struct tree *delivery = tree_get(interrupts, "delivery");
	int cpu = real_time_cpu(system, vm);

	if (vm->irq_policy == PLAN_RESET_QUANTUM && cpu >= 0)
		message_error(delivery->place, "write delivery: recycle-quantum or defer",
			"CPU %d, where VM '%s' runs, has real-time vCPUs: a quantum of its own for "
			"each interrupt would be time that their budgets do not know of",
			cpu, vm->name);
}

static bool has_real_time(const struct vm *vm)
{
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		if (vcpus_is_real_time(&vm->vcpus[i]))
			return true;
	return false;
}

static void read_preemptable(struct vm *vm, const struct tree *preemptable)
{
	bool real_time = has_real_time(vm);

	vm->is_preemptable = preemptable ? strcmp(preemptable->text, "yes") == 0 : !real_time;
	if (vm->is_preemptable && real_time)
		message_warning(preemptable->place,
			"write preemptable: no, unless the VM bears missed deadlines",
			"VM '%s' has real-time vCPUs and is preemptable: other VMs' fast "
			"interrupts run on its budgets, and its deadlines are not guaranteed",
			vm->name);
}

static void read_rate(const struct board *board, struct vm *vm, const struct tree *rate)
{
	vm->fast_per_second = rate ? rate->number : RATE;
	if (rate && (rate->number == 0 || rate->number > RATE_MOST)) {
		message_error(rate->place, "write a number from 1 to 1000000, per second",
			"a rate of %s is not possible", rate->text);
		vm->fast_per_second = RATE;
	}
	vm->fast_interval_ticks =
		(board->timer_frequency + vm->fast_per_second - 1) / vm->fast_per_second;
}

void interrupts_read(const struct system *system, struct vm *vm, const struct tree *interrupts)
{
	if (strcmp(tree_text(interrupts, "route", ""), "upcall") == 0)
		vm->delivery = PLAN_UPCALL;
	read_fast(&system->board, vm, tree_get(interrupts, "fast"));
	read_policy(vm, interrupts);
	read_preemptable(vm, tree_get(interrupts, "preemptable"));
	read_rate(&system->board, vm, tree_get(interrupts, "rate"));
}

void interrupts_settle(const struct system *system, struct vm *vm, const struct tree *interrupts)
{
	settle_route(&system->board, vm, tree_get(interrupts, "route"));
	check_policy(system, vm, interrupts);
}
