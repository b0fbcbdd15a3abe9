/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing and printing the trace. A CPU writes only its own ring, so there is no lock.
 */
#ifndef HYP_TRACE_TRACE_H
#define HYP_TRACE_TRACE_H

#include "abi/trace.h"
#include "arch/include/arch_cpu.h"

#define TRACE_NO_VCPU 0xffu

/* Appends one record; `vcpu` is the plan's vCPU number (below 255) or TRACE_NO_VCPU. */
static inline void trace_write(
	struct trace_ring *ring, enum trace_event event, unsigned vcpu, uint64_t value)
{
	struct trace_record *record = &ring->records[ring->next++ % TRACE_RING_RECORDS];

	record->stamp = arch_cpu_ticks() << 16 | (vcpu + ((unsigned)event << 8));
	record->value = value;
}

/*
 * Prints the newest `count` (0..TRACE_RING_RECORDS) records of `ring` by console_print, oldest
 * first.
 */
void trace_print(const struct trace_ring *ring, unsigned count);

#endif
