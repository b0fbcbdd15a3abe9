/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the trace rings in a hypervisor's memory to one list of events, for a person or a file.
 */
#include "tools/recording.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/link.h"
#include "tools/message.h"

#define TRACE_EVENT_WORDS(symbol, words) words,
static const char *const event_words[] = {
	TRACE_EVENTS(TRACE_EVENT_WORDS) TRACE_SCHED_EVENTS(TRACE_EVENT_WORDS)};

struct recording_cpu *recording_add_cpu(struct recording *recording)
{
	recording->cpus =
		arena_grow(recording->cpus, recording->cpu_count, sizeof(recording->cpus[0]));
	return &recording->cpus[recording->cpu_count++];
}

struct recording_vcpu *recording_add_vcpu(struct recording *recording)
{
	recording->vcpus =
		arena_grow(recording->vcpus, recording->vcpu_count, sizeof(recording->vcpus[0]));
	return &recording->vcpus[recording->vcpu_count++];
}

void recording_add_event(struct recording *recording, const struct recording_event *event)
{
	size_t index = recording->event_count++;

	recording->events = arena_grow(recording->events, index, sizeof(recording->events[0]));
	recording->events[index] = *event;
	recording->events[index].order = (uint32_t)index;
}

/*
 * A CPU counts a record before it writes it. Where the machine was stopped in between, what stands
 * in the newest one's place was written a lap before, just before the oldest of all others.
 */
static bool is_torn(const struct trace_ring *ring, uint64_t first)
{
	const struct trace_record *newest = &ring->records[(ring->next - 1) & ring->mask];
	const struct trace_record *oldest = &ring->records[first & ring->mask];

	return first > 0 && newest->stamp >> 16 <= oldest->stamp >> 16;
}

/* In the first lap a record that is not there yet is zeros. */
static void take_ring(struct recording *recording, unsigned cpu, const struct trace_ring *ring)
{
	uint64_t first = ring->next > ring->mask ? ring->next - ring->mask - 1 : 0;
	uint64_t end = is_torn(ring, first) ? ring->next - 1 : ring->next;

	recording->cpus[cpu].lost = first;
	for (uint64_t i = first; i < end; i++) {
		const struct trace_record *record = &ring->records[i & ring->mask];

		if (record->stamp != 0)
			recording_add_event(
				recording, &(struct recording_event){.ticks = record->stamp >> 16,
						   .value = record->value,
						   .cpu = (uint16_t)cpu,
						   .kind = (uint8_t)(record->stamp >> 8),
						   .vcpu = (uint8_t)record->stamp});
	}
}

static bool take_vcpu(struct recording *recording, const struct records *records, unsigned index)
{
	struct recording_vcpu *vcpu = recording_add_vcpu(recording);
	struct records_vcpu from;
	struct records_vm vm;

	if (!records_vcpu(records, index, &from))
		return false;
	if (from.plan.vm >= records->plan.vm_count) {
		message_error(message_file("plan"), "build the image again",
			"vCPU %u belongs to no VM", index);
		return false;
	}
	if (!records_vm(records, from.plan.vm, &vm))
		return false;
	*vcpu = (struct recording_vcpu){
		.vm = arena_text("%s", vm.plan.name),
		.index = from.plan.index,
		.is_shared = from.plan.shared,
		.affinity = from.plan.shared ? from.plan.affinity : 1ull << from.plan.cpu % 64,
		.period = from.limits.period,
		.capacity = from.limits.capacity,
		.deadline = from.limits.deadline,
	};
	if (from.plan.index >= vm.plan.task_first)
		vcpu->class = RECORDING_TASK;
	else if (from.plan.period_ticks > 0)
		vcpu->class = RECORDING_REAL_TIME;
	return true;
}

static bool take_cpu(struct recording *recording, const struct records *records, unsigned index)
{
	struct recording_cpu *to = recording_add_cpu(recording);
	struct records_cpu cpu;

	if (!records_cpu(records, index, &cpu))
		return false;
	to->number = index < records->machine->board_cpu_count ? records->machine->board_cpus[index]
							       : index;
	to->is_shared = cpu.plan.shared;
	take_ring(recording, index, cpu.trace);
	return true;
}

bool recording_take(struct recording *recording, const struct records *records)
{
	*recording = (struct recording){
		.name = records->machine->name,
		.frequency = records->plan.timer_frequency,
		.quantum = records->plan.quantum_ticks,
	};
	for (unsigned i = 0; i < records->plan.vcpu_count; i++) {
		if (!take_vcpu(recording, records, i))
			return false;
	}
	for (unsigned i = 0; i < records->plan.cpu_count; i++) {
		if (!take_cpu(recording, records, i))
			return false;
	}
	recording_sort(recording);
	return true;
}

static int compare_events(const void *left, const void *right)
{
	const struct recording_event *a = left, *b = right;

	if (a->ticks != b->ticks)
		return a->ticks < b->ticks ? -1 : 1;
	if (a->cpu != b->cpu)
		return a->cpu < b->cpu ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

void recording_sort(struct recording *recording)
{
	if (recording->event_count > 0)
		qsort(recording->events, recording->event_count, sizeof(recording->events[0]),
			compare_events);
}

const char *recording_name(const struct recording *recording, unsigned vcpu)
{
	if (vcpu >= recording->vcpu_count)
		return "-";
	return arena_text("%s/%u", recording->vcpus[vcpu].vm, recording->vcpus[vcpu].index);
}

/* Some values are vCPUs or moments, which read better as such. */
static void print_event(
	FILE *file, const struct recording *recording, const struct recording_event *event)
{
	const char *words =
		event->kind < TRACE_EVENT_COUNT ? event_words[event->kind] : "in no valid state";

	switch (event->kind) {
	case TRACE_SWITCH:
	case TRACE_TURN:
	case TRACE_FAST:
		fprintf(file, "%s %s\n", words, recording_name(recording, (unsigned)event->value));
		break;
	case TRACE_IDLE:
	case TRACE_BLOCK:
	case TRACE_RELEASE:
	case TRACE_JOB_END:
	case TRACE_BUDGET_END:
	case TRACE_DEADLINE_SET:
		if (event->value == UINT64_MAX)
			fprintf(file, "%s for ever\n", words);
		else
			fprintf(file, "%s %" PRIu64 "\n", words, event->value);
		break;
	default:
		fprintf(file, "%s 0x%" PRIx64 "\n", words, event->value);
	}
}

void recording_print(FILE *file, const struct recording *recording)
{
	fprintf(file, "%16s  %-5s  %-16s  %s\n", "ticks", "CPU", "VM/vCPU", "event");
	for (size_t i = 0; i < recording->event_count; i++) {
		const struct recording_event *event = &recording->events[i];

		fprintf(file, "%16" PRIu64 "  CPU %u  %-16s  ", event->ticks,
			recording->cpus[event->cpu].number, recording_name(recording, event->vcpu));
		print_event(file, recording, event);
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: orlop trace [--save FILE] [NAME]\n"
			"  The newest trace events of every CPU of the running machine NAME.\n"
			"  --save FILE  write them to FILE instead, for orlop timeline\n");
	return 2;
}

static bool save(const struct recording *recording, const char *path)
{
	FILE *file = fopen(path, "w");
	bool good = file;

	if (file) {
		recording_save(file, recording);
		good = !ferror(file);
		good = fclose(file) == 0 && good;
	}
	if (good)
		return true;
	message_error(message_file(path), "check the folder and the room on its disk",
		"cannot be written: %s", strerror(errno));
	return false;
}

int recording_command(int argc, char **argv)
{
	static const struct option options[] = {{"save", required_argument, NULL, 's'}, {0}};
	struct recording recording;
	struct records records;
	const char *path = NULL;
	struct link link;
	int option;
	bool good;

	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 's')
			return usage();
		path = optarg;
	}
	if (argc - optind > 1)
		return usage();
	if (!link_open(&link, argv[optind]))
		return 1;
	good = link_read_still(&link, &records) && recording_take(&recording, &records);
	link_close(&link);
	if (!good)
		return 1;
	if (path)
		return save(&recording, path) ? 0 : 1;
	recording_print(stdout, &recording);
	return 0;
}
