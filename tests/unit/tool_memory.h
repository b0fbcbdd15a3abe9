/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hypervisor's memory as orlop reads it from a machine that runs: an image of two VMs with three
 * vCPUs, in which tests play the hypervisor.
 */
#ifndef TESTS_UNIT_TOOL_MEMORY_H
#define TESTS_UNIT_TOOL_MEMORY_H

#include "tests/unit/tool_fixture.h"
#include "tools/image.h"
#include "tools/machine.h"
#include "tools/records.h"

/* Where the records have what; those of sharing are put into the records of their CPU or vCPU. */
#define EXITS_AT   64u
#define STATE_AT   8u
#define FAULTS_AT  16u
#define RESTART_AT 20u
#define BOOT_AT    24u
#define SHARING_AT 32u
#define TRACE_AT   128u
#define SCHED_AT   16u
#define LIMITS_AT  80u
#define TOLD_AT    104u
#define SHARED_AT  400u
#define SINCE_AT   0u
#define IDLE_AT    8u
#define RUNNING_AT 16u

/* Of communication: in a VM's record of it, in a network's, and in a port's. */
#define MESSAGES_AT   4u
#define BEFORE_AT     8u
#define FULL_AT       12u
#define NETWORK_BYTES 128u
#define PORTS_AT      16u
#define PORT_BYTES    40u
#define PORT_STATS_AT 8u

extern struct image image;
extern struct machine machine;
extern struct records records;

/* A new memory, for cmocka: the machine has stood still since power-on. */
int memory_prepare(void **state);

/* A place in it by the hypervisor's address. */
void *memory_at(uint64_t address);

struct plan *memory_plan(void);
struct plan_vm *memory_vm(unsigned index);
struct plan_vcpu *memory_vcpu(unsigned index);
uint64_t *memory_exits(unsigned vcpu);
struct trace_ring *memory_ring(unsigned cpu);

/* Writes an event as the hypervisor does. */
void memory_event(unsigned cpu, uint64_t ticks, unsigned event, unsigned vcpu, uint64_t value);

/* Makes it a vCPU of a shared core; returns its record of how it ran. */
struct sched_stats *memory_share(unsigned index);

/* Where such a vCPU has what the plan calls `shared`: the hypervisor's address. */
uint64_t memory_shared_vcpu(unsigned index);

/* Makes it a shared CPU, whose time until `since` is charged, `idle` of it to nobody. */
void memory_share_cpu(unsigned index, uint64_t since, uint64_t idle, uint64_t running);

/* The words are somewhere in the text. */
void assert_says(const char *text, const char *words);

#endif
