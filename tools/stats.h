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

/* A CPU: until when its scheduler has accounted for the time. */
struct stats_cpu {
	unsigned number;    /* the board's */
	uint64_t accounted; /* ticks from its start to the newest event of its trace */
};

/* Counters of all VMs and vCPUs at one moment. */
struct stats {
	double seconds; /* since the machine started, of the host's time */
	unsigned vm_count, vcpu_count, cpu_count;
	struct records_vm *vms;
	struct records_vcpu *vcpus;
	struct stats_cpu *cpus;
};

/* Takes the counters out of the hypervisor's memory; false after a message. */
bool stats_take(struct stats *stats, const struct records *records, double seconds);

/*
 * Prints the table: exits by cause, in all and per second, for each vCPU; how those that share a
 * core were scheduled; then each VM's state. earlier: counters of a moment ago, for the present
 * rate; or NULL.
 */
void stats_print(FILE *file, const struct stats *stats, const struct stats *earlier);

/* The same as a JSON object. */
json_t *stats_json(const struct stats *stats);

/* orlop stats [NAME]. Returns the exit status. */
int stats_command(int argc, char **argv);

#endif
