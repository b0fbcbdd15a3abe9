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

/* Counters of all VMs and vCPUs at one moment. */
struct stats {
	double seconds; /* since the machine started, of the host's time */
	unsigned vm_count, vcpu_count;
	struct records_vm *vms;
	struct records_vcpu *vcpus;
};

/* Takes the counters out of the hypervisor's memory; false after a message. */
bool stats_take(struct stats *stats, const struct records *records, double seconds);

/*
 * Prints the table: exits by cause, in all and per second, for each vCPU; then each VM's state.
 * earlier: counters of a moment ago, for the present rate; or NULL.
 */
void stats_print(FILE *file, const struct stats *stats, const struct stats *earlier);

/* The same as a JSON object. */
json_t *stats_json(const struct stats *stats);

/* Prints the trace events that the hypervisor's memory still holds, of all CPUs, oldest first. */
bool stats_print_trace(FILE *file, const struct records *records);

/* Commands: orlop stats [NAME], orlop trace [NAME]. Return the exit status. */
int stats_command(int argc, char **argv);
int stats_trace_command(int argc, char **argv);

#endif
