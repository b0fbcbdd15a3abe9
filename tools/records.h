/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's memory as a running machine has it: its plan, and the records in which it keeps
 * states, counters and traces.
 */
#ifndef TOOLS_RECORDS_H
#define TOOLS_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/plan.h"
#include "abi/stats.h"
#include "abi/trace.h"
#include "tools/machine.h"
#include "tools/qmp.h"

struct records {
	const struct machine *machine;
	size_t size;
	const uint8_t *memory; /* copied from machine->base on */
	struct plan plan;      /* checked; its pointers are still the hypervisor's */
};

/* How a VM and a vCPU stand, in numbers that the hypervisor may be changing meanwhile. */
struct records_vm {
	struct plan_vm plan;
	uint32_t state, faults, restarts;
};

struct records_vcpu {
	struct plan_vcpu plan;
	uint32_t state;
	uint64_t exits[EXIT_CAUSE_COUNT];

	/* All zeros if plan.shared is NULL. */
	struct sched_stats sched;
	struct records_limits { /* ticks, in force; a task's are those that it was given */
		uint64_t period, capacity, deadline;
	} limits;
	struct records_told { /* by the guest, with HYPERCALL_SCHED_PASS_PARAM */
		uint64_t scheduler, mode;
	} told;
};

/* What came for a VM; all zeros if its plan.comm is NULL. */
struct records_messages {
	uint32_t came, full; /* full: times that one found no room */
};

struct records_port {
	struct plan_port plan;
	struct port_stats stats;
};

struct records_cpu {
	struct plan_cpu plan;
	uint64_t boot_ticks;              /* the counter when it started; 0: it has not */
	uint64_t stack_bytes, stack_used; /* its stack's size, and how deep it ever was */
	struct trace_ring *trace;

	/* Of a CPU that is shared, else 0: abi/image.h tells what they are. */
	uint64_t since_ticks, idle_ticks, running;
};

/* Reads the hypervisor's memory of the machine behind qmp. Returns false after a message. */
bool records_read(struct records *records, struct qmp *qmp, const struct machine *machine);

/* The same for memory that is already here: all but records->plan is set. */
bool records_check(struct records *records);

/* By index in the plan, below its counts. False after a message: the memory makes no sense. */
bool records_vm(const struct records *records, unsigned index, struct records_vm *vm);
bool records_messages(const struct records *records, const struct records_vm *vm,
	struct records_messages *messages);
bool records_vcpu(const struct records *records, unsigned index, struct records_vcpu *vcpu);
bool records_cpu(const struct records *records, unsigned index, struct records_cpu *cpu);

/* All of the plan's ports, as many as it says. */
bool records_ports(const struct records *records, struct records_port *ports);

#endif
