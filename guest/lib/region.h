/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The communication region (docs/interface.md, sections 6, 7 and 13): finding it, its events, and
 * what the hypervisor decided. Messages, tunnels and packets are in headers of their own.
 *
 * Functions that wait take a timeout in nanoseconds: 0, or REGION_FOREVER, or anything between.
 * They are called with interrupts masked, and take interrupts while they wait (irq_poll), on
 * whatever core the VM has: a shared one goes to others meanwhile. Those for events and messages
 * are for one CPU of the guest at a time.
 */
#ifndef GUEST_LIB_REGION_H
#define GUEST_LIB_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/hypercall.h"
#include "abi/region.h"
#include "guest/lib/smp.h"

#define REGION_FOREVER HYPERCALL_FOREVER

/*
 * Finds the region and enables its interrupt and the timer's, which functions that wait use.
 * irq_init comes before. False: the VM has no region, or of another major version. Memory is from
 * here on as memory_init_cpu leaves it.
 */
bool region_init(void);

/* The same without interrupts, for a guest that has them by upcall (upcall.h). */
bool region_find(void);

/* The region; after region_init. Only to be read, by region_get. */
extern struct region *region_memory;

static inline struct region *region_get(void)
{
	return region_memory;
}

/* A part of the region by its offset. */
static inline void *region_at(uint32_t offset)
{
	return (uint8_t *)region_get() + offset;
}

/* Of any vCPU, or of the one that calls. */
static inline struct region_vcpu *region_vcpu(unsigned index)
{
	return (struct region_vcpu *)region_at(region_get()->vcpus) + (int)index;
}

static inline struct region_vcpu *region_own_vcpu(void)
{
	return region_vcpu(smp_cpu());
}

/* A VM by its number, below region_get()->vm_count; its number by its name, or -1. */
const struct region_vm *region_vm(unsigned vm);
int region_find_vm(const char *name);

/* A VM's state now: enum vm_state. */
uint32_t region_vm_state(unsigned vm);

/*
 * Events that have not been taken, but whose interrupt has been looked for (irq_poll). Only for the
 * library.
 */
extern uint64_t region_polled;

/*
 * Takes those of the events, REGION_EVENT_*, that have happened. What they tell of is to be looked
 * at afterwards, not before.
 */
static inline uint64_t region_take(uint64_t events)
{
	/* Without the atomic operation where there is nothing, which is the usual case. */
	if (!(__atomic_load_n(&region_memory->events, __ATOMIC_RELAXED) & events))
		return 0;
	region_polled &= ~events;
	return __atomic_fetch_and(&region_memory->events, ~events, __ATOMIC_ACQUIRE) & events;
}

/* Waits until one of the events has happened, and takes those; 0: the time is over. */
uint64_t region_wait(uint64_t events, uint64_t timeout_ns);

/* For a timeout of any length; use region_deadline and region_left. */
uint64_t region_deadline_of(uint64_t timeout_ns);
uint64_t region_left_of(uint64_t deadline);

/* The clock (timer_now) when a timeout that begins now is over; 0 and REGION_FOREVER stay. */
static inline uint64_t region_deadline(uint64_t timeout_ns)
{
	return timeout_ns + 1 <= 1 ? timeout_ns : region_deadline_of(timeout_ns);
}

/* What is left of it, in nanoseconds; 0: it is over. */
static inline uint64_t region_left(uint64_t deadline)
{
	return deadline + 1 <= 1 ? deadline : region_left_of(deadline);
}

/* Waits for an interrupt of any kind and takes one, at most until the deadline. */
void region_sleep(uint64_t deadline);

/* What the hypervisor decided for a vCPU; ticks are those of timer_now. */
struct region_decision {
	uint64_t ran_ticks, dispatches, preemptions;
	uint64_t dispatched_ticks, decision_ticks, budget_ticks, deadline_ticks;
};

/* The newest decision, as a whole. */
struct region_decision region_decision(unsigned vcpu);

#endif
