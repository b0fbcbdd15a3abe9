/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hypervisor counted, for people and for programs.
 */
#ifndef TOOLS_STATS_H
#define TOOLS_STATS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "tools/records.h"

/* A CPU. What follows is_shared is 0 if it is not. */
struct stats_cpu {
	unsigned number;                  /* the board's */
	uint64_t stack_bytes, stack_used; /* the hypervisor's, there */
	bool is_shared;
	uint64_t accounted; /* ticks from its start to the moment until which all is charged */
	uint64_t idle;      /* of these: nobody's; the others are some vCPU's each */
	uint64_t running;   /* plan_vcpu.shared of who has it, or 0 */
};

/* Counters of all VMs and vCPUs at one moment. */
struct stats {
	double seconds; /* since the machine started, of the host's time */
	unsigned vm_count, vcpu_count, cpu_count, port_count;
	struct records_vm *vms;
	struct records_messages *messages; /* of each VM */
	struct records_port *ports;        /* of all networks, each in a VM of the above */
	struct records_vcpu *vcpus;
	struct stats_cpu *cpus;
};

/* Takes the counters out of the hypervisor's memory; false after a message. */
bool stats_take(struct stats *stats, const struct records *records, double seconds);

/* Exits of all causes. */
uint64_t stats_exits(const struct records_vcpu *vcpu);

/* The time that has been accounted for on the vCPU's CPU, in ticks; the mean if it has several. */
uint64_t stats_accounted(const struct stats *stats, const struct records_vcpu *vcpu);

/*
 * Which part of a core's time a vCPU (on shared cores) had, or nobody on a CPU, since the start, or
 * since `earlier` if that is not NULL. For a group of CPUs and the vCPUs that run nowhere else it
 * is 1 for each CPU in all.
 */
double stats_share(const struct stats *stats, const struct stats *earlier, unsigned vcpu);
double stats_idle(const struct stats *stats, const struct stats *earlier, unsigned cpu);

/*
 * Prints the table: exits by cause, in all and per second, for each vCPU; how those that share a
 * core were scheduled; messages and packets; then each VM's state. earlier: counters of a moment
 * ago, for the present rate; or NULL.
 */
void stats_print(FILE *file, const struct stats *stats, const struct stats *earlier);

/* The same as a JSON object. */
json_t *stats_json(const struct stats *stats);

/* orlop stats [NAME]. Returns the exit status. */
int stats_command(int argc, char **argv);

#endif
