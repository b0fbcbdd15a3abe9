/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace: one ring of 16-byte records per CPU, written by the hypervisor, read by the host tool
 * and by the fault report. All event ids come from TRACE_EVENTS.
 */
#ifndef ABI_TRACE_H
#define ABI_TRACE_H

#include <stdint.h>

/* X(symbol, what a person reads before the record's value in hexadecimal) */
#define TRACE_EVENTS(X)                                        \
	X(NONE, "-")                                           \
	X(CPU_START, "CPU started")                            \
	X(VCPU_START, "vCPU starts at")                        \
	X(VCPU_STOP, "vCPU stopped")                           \
	X(HYPERCALL, "hypercall")                              \
	X(FIRMWARE, "firmware call")                           \
	X(MMIO_READ, "emulated read of")                       \
	X(MMIO_WRITE, "emulated write to")                     \
	X(SYSTEM, "system register access, syndrome")          \
	X(IPI, "IPI request")                                  \
	X(INJECT, "interrupt injected")                        \
	X(OWN, "hypervisor's interrupt")                       \
	X(EXCEPTION, "exception given to the guest, syndrome") \
	X(FAULT, "fault, syndrome")                            \
	X(VM_RESTART, "VM restarted, times")

#define TRACE_EVENT_ENUM(symbol, words) TRACE_##symbol,
enum trace_event { TRACE_EVENTS(TRACE_EVENT_ENUM) TRACE_EVENT_COUNT };

#define TRACE_RING_RECORDS 64u /* a power of two */

struct trace_record {
	uint64_t stamp; /* bits 63..16: counter ticks; 15..8: event; 7..0: vCPU (0xff: none) */
	uint64_t value;
};

struct trace_ring {
	uint64_t
		next; /* records written so far; the newest is at (next - 1) % TRACE_RING_RECORDS */
	struct trace_record records[TRACE_RING_RECORDS];
};

#endif
