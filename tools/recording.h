/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a hypervisor's trace rings held at one moment, with all that is needed to understand it:
 * read out of a machine, or out of a file that was written then.
 */
#ifndef TOOLS_RECORDING_H
#define TOOLS_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "abi/trace.h"
#include "tools/records.h"

#define RECORDING_NO_VCPU 0xffu

enum recording_class { RECORDING_BEST_EFFORT, RECORDING_REAL_TIME, RECORDING_TASK };

struct recording_vcpu {
	const char *vm;
	unsigned index; /* within the VM */
	bool is_shared; /* its core is: the scheduler's events tell when it ran */
	enum recording_class class;
	uint64_t affinity;                   /* CPUs of the plan, a bit for each */
	uint64_t period, capacity, deadline; /* ticks; 0: not real-time, or a task's */
};

struct recording_cpu {
	unsigned number; /* the board's */
	bool is_shared;
	uint64_t lost; /* records that had been overwritten */
};

struct recording_event {
	uint64_t ticks, value;
	uint32_t order;     /* among those of its CPU */
	uint16_t cpu;       /* index in cpus: whose ring it was in */
	uint8_t kind, vcpu; /* enum trace_event, index in vcpus or RECORDING_NO_VCPU */
};

struct recording {
	const char *name;   /* of the system */
	uint64_t frequency; /* of ticks, Hz */
	uint64_t quantum;   /* ticks */
	struct recording_cpu *cpus;
	struct recording_vcpu *vcpus;
	struct recording_event *events; /* by ticks; of one CPU and moment as they were written */
	unsigned cpu_count, vcpu_count;
	size_t event_count;
};

/* Takes the rings out of the hypervisor's memory; false after a message. */
bool recording_take(struct recording *recording, const struct records *records);

/* A text file with all of it, one event to a line, that recording_load reads again. */
void recording_save(FILE *file, const struct recording *recording);
bool recording_load(struct recording *recording, const char *path);

/* One more CPU, vCPU or event; an event's place among its CPU's (order) is set. */
struct recording_cpu *recording_add_cpu(struct recording *recording);
struct recording_vcpu *recording_add_vcpu(struct recording *recording);
void recording_add_event(struct recording *recording, const struct recording_event *event);

/* Brings the events into order, once all are there. */
void recording_sort(struct recording *recording);

/* "VM/index", or "-" if there is no such vCPU. */
const char *recording_name(const struct recording *recording, unsigned vcpu);

/* Prints the events for a person, oldest first. */
void recording_print(FILE *file, const struct recording *recording);

/* orlop trace [--save FILE] [NAME]. Returns the exit status. */
int recording_command(int argc, char **argv);

#endif
