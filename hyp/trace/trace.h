/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing and printing the trace. A CPU writes only its own ring, so there is no lock.
 */
#ifndef HYP_TRACE_TRACE_H
#define HYP_TRACE_TRACE_H

#include "abi/trace.h"
#include "arch/include/arch_cpu.h"

#define TRACE_NO_VCPU 0xffu

/* Appends one record of the moment `ticks`; `vcpu` is the plan's vCPU number (below 255) or
 * TRACE_NO_VCPU. */
static inline void trace_write_at(struct trace_ring *ring, uint64_t ticks, enum trace_event event,
	unsigned vcpu, uint64_t value)
{
	struct trace_record *record = &ring->records[ring->next++ & ring->mask];

	record->stamp = (ticks << 16) + ((uint64_t)event << 8) + vcpu;
	record->value = value;
}

/* The same, now. */
static inline void trace_write(
	struct trace_ring *ring, enum trace_event event, unsigned vcpu, uint64_t value)
{
	trace_write_at(ring, arch_cpu_ticks(), event, vcpu, value);
}

/* What a person reads for one of TRACE_SCHED_EVENTS; only a hypervisor with a scheduler has it. */
const char *trace_sched_words(unsigned event);

/* Prints record `index`, counted as ring->next does, by console_print, if the ring still has it. */
void trace_print(const struct trace_ring *ring, uint64_t index);

#endif
