/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The communication region.
 */
#include "guest/lib/region.h"

#include "guest/lib/hypercall.h"
#include "guest/lib/irq.h"
#include "guest/lib/memory.h"
#include "guest/lib/timer.h"

#define REGION_NS_PER_S 1000000000ull

struct region *region_memory;
uint64_t region_polled;

/* What happened is in the region, or by the clock: interrupts only wake. */
static void region_timed_out(unsigned irq, uint64_t arrival)
{
	(void)irq;
	(void)arrival;
	timer_disarm();
}

bool region_find(void)
{
	int64_t address;

	memory_init_cpu();
	address = hypercall(HYPERCALL_INFO_GET_REGION, 0, 0, 0, 0, 0);
	if (address <= 0)
		return false;
	region_memory = (struct region *)(uintptr_t)address;
	return region_memory->magic == REGION_MAGIC &&
	       region_memory->version >> 16 == HYPERCALL_INTERFACE_VERSION >> 16;
}

bool region_init(void)
{
	if (!region_find())
		return false;
	irq_set_handler(timer_irq(), region_timed_out);
	irq_enable(timer_irq());
	if (region_memory->interrupt)
		irq_enable(region_memory->interrupt); /* it needs no handler */
	return true;
}

const struct region_vm *region_vm(unsigned vm)
{
	return (const struct region_vm *)region_at(region_memory->vms) + vm;
}

static bool region_is_name(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

int region_find_vm(const char *name)
{
	for (unsigned vm = 0; vm < region_memory->vm_count; vm++)
		if (region_is_name(region_vm(vm)->name, name))
			return (int)vm;
	return -1;
}

uint32_t region_vm_state(unsigned vm)
{
	return __atomic_load_n(&region_vm(vm)->state, __ATOMIC_ACQUIRE);
}

/* Rounds up, and does not overflow. */
static uint64_t region_ticks(uint64_t ns)
{
	uint64_t frequency = timer_frequency(), s = ns / REGION_NS_PER_S;

	if (s > UINT64_MAX / 4 / frequency)
		return UINT64_MAX / 4;
	return s * frequency +
	       (ns % REGION_NS_PER_S * frequency + REGION_NS_PER_S - 1) / REGION_NS_PER_S;
}

uint64_t region_deadline_of(uint64_t timeout_ns)
{
	return timer_now() + region_ticks(timeout_ns);
}

uint64_t region_left_of(uint64_t deadline)
{
	uint64_t now = timer_now();

	return now < deadline ? timer_ticks_to_ns(deadline - now) + 1 : 0;
}

void region_sleep(uint64_t deadline)
{
	if (deadline != REGION_FOREVER)
		timer_arm(deadline);
	irq_wait();
	irq_poll();
	if (deadline != REGION_FOREVER)
		timer_disarm();
}

uint64_t region_wait(uint64_t events, uint64_t timeout_ns)
{
	uint64_t deadline = region_deadline(timeout_ns), found;

	while (!(found = region_take(events)) && region_left(deadline))
		region_sleep(deadline);
	return found;
}

struct region_decision region_decision(unsigned index)
{
	const struct region_vcpu *vcpu = region_vcpu(index);
	struct region_decision found;
	uint32_t before;

	do {
		before = __atomic_load_n(&vcpu->sequence, __ATOMIC_ACQUIRE);
		found = (struct region_decision){
			.ran_ticks = __atomic_load_n(&vcpu->ran_ticks, __ATOMIC_RELAXED),
			.dispatches = __atomic_load_n(&vcpu->dispatches, __ATOMIC_RELAXED),
			.preemptions = __atomic_load_n(&vcpu->preemptions, __ATOMIC_RELAXED),
			.dispatched_ticks =
				__atomic_load_n(&vcpu->dispatched_ticks, __ATOMIC_RELAXED),
			.decision_ticks = __atomic_load_n(&vcpu->decision_ticks, __ATOMIC_RELAXED),
			.budget_ticks = __atomic_load_n(&vcpu->budget_ticks, __ATOMIC_RELAXED),
			.deadline_ticks = __atomic_load_n(&vcpu->deadline_ticks, __ATOMIC_RELAXED),
		};
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (before % 2 || before != __atomic_load_n(&vcpu->sequence, __ATOMIC_RELAXED));
	return found;
}
