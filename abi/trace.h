/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace: one ring of 16-byte records per CPU, written by the hypervisor, read by the host tool
 * and by the fault report. All event ids come from TRACE_EVENTS.
 */
#ifndef ABI_TRACE_H
#define ABI_TRACE_H

#include <stdint.h>

/*
 * X(symbol, what a person reads before the record's value in hexadecimal). Those from SWITCH on are
 * the scheduler's: their stamp is the moment that it decided for, times in them are ticks.
 */
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

/* The scheduler's. */
#define TRACE_SCHED_EVENTS(X)                                    \
	X(SWITCH, "runs, after vCPU")                            \
	X(IDLE, "nothing to run until")                          \
	X(WAKE, "wants to run")                                  \
	X(BLOCK, "waits until")                                  \
	X(RELEASE, "job released, deadline")                     \
	X(JOB_END, "job done, next release")                     \
	X(DEADLINE_MISS, "deadline missed")                      \
	X(BUDGET_END, "budget used up until")                    \
	X(QUANTUM_END, "quantum used up")                        \
	X(TURN, "runs, as the quantum is used up of vCPU")       \
	X(ARRIVED, "interrupt for one that does not run")        \
	X(FAST, "takes the core by a fast interrupt, from vCPU") \
	X(DEADLINE_SET, "its guest says that its job is due at")

#define TRACE_EVENT_ENUM(symbol, words) TRACE_##symbol,
enum trace_event {
	TRACE_EVENTS(TRACE_EVENT_ENUM) TRACE_SCHED_EVENTS(TRACE_EVENT_ENUM) TRACE_EVENT_COUNT
};

#define TRACE_RING_RECORDS 64u /* of a CPU, unless the description asks for more */

struct trace_record {
	uint64_t stamp; /* bits 63..16: counter ticks; 15..8: event; 7..0: vCPU (0xff: none) */
	uint64_t value;
};

struct trace_ring {
	uint64_t next; /* records written so far; the newest is at (next - 1) & mask */
	uint64_t mask; /* number of records - 1 */
	struct trace_record records[];
};

#endif
