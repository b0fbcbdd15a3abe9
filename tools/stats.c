/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * orlop stats and orlop trace: the counters and the trace of a machine that runs, read out of its
 * memory through QEMU's monitor.
 */
#include "tools/stats.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/arena.h"
#include "tools/instance.h"
#include "tools/message.h"

#define VCPUS_ACROSS   6u
#define QMP_TIMEOUT_MS 10000u
#define INTERVAL_MAX_S 3600.0

#define EXIT_CAUSE_WORDS(symbol, words) words,
static const char *const cause_words[] = {EXIT_CAUSES(EXIT_CAUSE_WORDS)};

#define TRACE_EVENT_WORDS(symbol, words) words,
static const char *const event_words[] = {TRACE_EVENTS(TRACE_EVENT_WORDS)};

static const char *const vcpu_states[] = {"off", "starting", "on", "lost"};
static const char *const vm_states[] = {"running", "stopping", "halted"};

#define WORD(table, index) \
	((index) < sizeof(table) / sizeof((table)[0]) ? (table)[index] : "in no valid state")

bool stats_take(struct stats *stats, const struct records *records, double seconds)
{
	*stats = (struct stats){
		.seconds = seconds,
		.vm_count = records->plan.vm_count,
		.vcpu_count = records->plan.vcpu_count,
		.vms = arena_alloc(records->plan.vm_count, sizeof(*stats->vms)),
		.vcpus = arena_alloc(records->plan.vcpu_count, sizeof(*stats->vcpus)),
	};
	for (unsigned i = 0; i < stats->vm_count; i++) {
		if (!records_vm(records, i, &stats->vms[i]))
			return false;
	}
	for (unsigned i = 0; i < stats->vcpu_count; i++) {
		if (!records_vcpu(records, i, &stats->vcpus[i]))
			return false;
		if (stats->vcpus[i].plan.vm >= stats->vm_count) {
			message_error(message_file("plan"), "build the image again",
				"vCPU %u belongs to no VM", i);
			return false;
		}
	}
	return true;
}

static uint64_t total(const struct records_vcpu *vcpu)
{
	uint64_t sum = 0;

	for (unsigned cause = 0; cause < EXIT_CAUSE_COUNT; cause++)
		sum += vcpu->exits[cause];
	return sum;
}

static const char *vm_name(const struct stats *stats, const struct records_vcpu *vcpu)
{
	return stats->vms[vcpu->plan.vm].plan.name;
}

static void print_rate(FILE *file, uint64_t count, double seconds)
{
	fprintf(file, " %13.1f", seconds > 0 ? (double)count / seconds : 0.0);
}

/* The table's columns for vCPUs first..end-1. */
static void print_vcpus(FILE *file, const struct stats *stats, const struct stats *earlier,
	unsigned first, unsigned end)
{
	fprintf(file, "%-24s", "exits of VM/vCPU");
	for (unsigned i = first; i < end; i++)
		fprintf(file, " %13s",
			arena_text("%.10s/%u", vm_name(stats, &stats->vcpus[i]),
				(unsigned)stats->vcpus[i].plan.index));
	for (unsigned cause = 0; cause < EXIT_CAUSE_COUNT; cause++) {
		fprintf(file, "\n  %-22s", cause_words[cause]);
		for (unsigned i = first; i < end; i++)
			fprintf(file, " %13" PRIu64, stats->vcpus[i].exits[cause]);
	}
	fprintf(file, "\n%-24s", "in all");
	for (unsigned i = first; i < end; i++)
		fprintf(file, " %13" PRIu64, total(&stats->vcpus[i]));
	fprintf(file, "\n%-24s", "per second");
	for (unsigned i = first; i < end; i++)
		print_rate(file, total(&stats->vcpus[i]), stats->seconds);
	if (earlier)
		fprintf(file, "\n%-24s", "per second, just now");
	for (unsigned i = first; earlier && i < end; i++)
		print_rate(file, total(&stats->vcpus[i]) - total(&earlier->vcpus[i]),
			stats->seconds - earlier->seconds);
	fprintf(file, "\n%-24s", "state");
	for (unsigned i = first; i < end; i++)
		fprintf(file, " %13s", WORD(vcpu_states, stats->vcpus[i].state));
	fprintf(file, "\n");
}

void stats_print(FILE *file, const struct stats *stats, const struct stats *earlier)
{
	for (unsigned i = 0; i < stats->vcpu_count; i += VCPUS_ACROSS) {
		unsigned left = stats->vcpu_count - i;

		print_vcpus(
			file, stats, earlier, i, i + (left < VCPUS_ACROSS ? left : VCPUS_ACROSS));
	}
	for (unsigned i = 0; i < stats->vm_count; i++) {
		const struct records_vm *vm = &stats->vms[i];

		fprintf(file, "VM %s: %s, faults: %" PRIu32 ", restarts: %" PRIu32 "\n",
			vm->plan.name, WORD(vm_states, vm->state), vm->faults, vm->restarts);
	}
	fprintf(file, "after %.1f s of the host's time\n", stats->seconds);
}

static json_t *vcpu_json(const struct records_vcpu *vcpu)
{
	json_t *exits = json_object();

	for (unsigned cause = 0; cause < EXIT_CAUSE_COUNT; cause++)
		json_object_set_new(
			exits, cause_words[cause], json_integer((json_int_t)vcpu->exits[cause]));
	return json_pack("{s:s, s:i, s:o, s:I}", "state", WORD(vcpu_states, vcpu->state), "cpu",
		(int)vcpu->plan.cpu, "exits", exits, "total", (json_int_t)total(vcpu));
}

json_t *stats_json(const struct stats *stats)
{
	json_t *vms = json_object();

	for (unsigned i = 0; i < stats->vm_count; i++) {
		const struct records_vm *vm = &stats->vms[i];

		json_object_set_new(vms, vm->plan.name,
			json_pack("{s:s, s:i, s:i, s:[]}", "state", WORD(vm_states, vm->state),
				"faults", (int)vm->faults, "restarts", (int)vm->restarts, "vcpus"));
	}
	for (unsigned i = 0; i < stats->vcpu_count; i++) {
		const struct records_vcpu *vcpu = &stats->vcpus[i];
		json_t *vm = json_object_get(vms, vm_name(stats, vcpu));

		json_array_append_new(json_object_get(vm, "vcpus"), vcpu_json(vcpu));
	}
	return json_pack("{s:f, s:o}", "seconds", stats->seconds, "vms", vms);
}

/* A record and the CPU that wrote it. */
struct event {
	struct trace_record record;
	unsigned cpu;
};

static int compare_events(const void *left, const void *right)
{
	const struct event *a = left, *b = right;
	uint64_t time_a = a->record.stamp >> 16, time_b = b->record.stamp >> 16;

	if (time_a != time_b)
		return time_a < time_b ? -1 : 1;
	return a->cpu < b->cpu ? -1 : a->cpu > b->cpu;
}

static void print_event(FILE *file, const struct event *event, const struct stats *stats)
{
	unsigned kind = event->record.stamp >> 8 & 0xff, vcpu = event->record.stamp & 0xff;
	const char *who = "-";

	if (vcpu < stats->vcpu_count)
		who = arena_text("%s/%u", vm_name(stats, &stats->vcpus[vcpu]),
			(unsigned)stats->vcpus[vcpu].plan.index);
	fprintf(file, "%16" PRIu64 "  CPU %u  %-16s  %s 0x%" PRIx64 "\n", event->record.stamp >> 16,
		event->cpu, who, WORD(event_words, kind), event->record.value);
}

bool stats_print_trace(FILE *file, const struct records *records)
{
	struct event *events =
		arena_alloc((size_t)records->plan.cpu_count * TRACE_RING_RECORDS, sizeof(*events));
	size_t count = 0;
	struct stats stats;

	if (!stats_take(&stats, records, 0))
		return false;
	for (unsigned cpu = 0; cpu < records->plan.cpu_count; cpu++) {
		struct trace_ring ring;

		if (!records_trace(records, cpu, &ring))
			return false;
		for (unsigned i = 0; i < TRACE_RING_RECORDS; i++) {
			if (ring.records[i].stamp != 0)
				events[count++] = (struct event){ring.records[i], cpu};
		}
	}
	qsort(events, count, sizeof(*events), compare_events);
	fprintf(file, "%16s  %-5s  %-16s  %s\n", "ticks", "CPU", "VM/vCPU", "event");
	for (size_t i = 0; i < count; i++)
		print_event(file, &events[i], &stats);
	return true;
}

/* A running machine, and how to reach it. */
struct link {
	struct instance instance;
	struct machine machine;
	struct qmp qmp;
};

static bool link_open(struct link *link, const char *name)
{
	if (!instance_find(&link->instance, name) ||
		!machine_read(&link->machine, link->instance.image))
		return false;
	if (qmp_open(&link->qmp, link->instance.qmp, QMP_TIMEOUT_MS))
		return true;
	message_error(message_file(link->instance.qmp), "wait until the other one has finished",
		"QEMU does not answer: another orlop stats may be talking to it");
	return false;
}

static bool link_take(struct link *link, struct stats *stats)
{
	struct records records;

	return records_read(&records, &link->qmp, &link->machine) &&
	       stats_take(stats, &records, instance_now() - link->instance.started);
}

static bool show_stats(struct link *link, double interval, bool as_json)
{
	struct stats earlier, stats;

	if (interval > 0) {
		if (!link_take(link, &earlier))
			return false;
		usleep((useconds_t)(interval * 1e6));
	}
	if (!link_take(link, &stats))
		return false;
	if (as_json) {
		json_dumpf(stats_json(&stats), stdout, JSON_INDENT(2));
		printf("\n");
	} else {
		stats_print(stdout, &stats, interval > 0 ? &earlier : NULL);
	}
	return true;
}

static int stats_usage(void)
{
	fprintf(stderr,
		"usage: orlop stats [--interval SECONDS] [--json] [NAME]\n"
		"  Exits by cause of the running machine NAME, which may be left out if it is\n"
		"  the only one. The present rate is taken over SECONDS (default: 1; 0: none).\n");
	return 2;
}

/* Seconds, 0 to INTERVAL_MAX_S; negative if text is something else. */
static double parse_interval(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	return end != text && *end == '\0' && value >= 0 && value <= INTERVAL_MAX_S ? value : -1;
}

int stats_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"interval", required_argument, NULL, 'i'}, {"json", no_argument, NULL, 'j'}, {0}};
	double interval = 1;
	bool as_json = false, good;
	struct link link;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'i')
			interval = parse_interval(optarg);
		else if (option == 'j')
			as_json = true;
		else
			return stats_usage();
	}
	if (interval < 0 || argc - optind > 1)
		return stats_usage();
	if (!link_open(&link, argv[optind]))
		return 1;
	good = show_stats(&link, as_json ? 0 : interval, as_json);
	qmp_close(&link.qmp);
	return good ? 0 : 1;
}

int stats_trace_command(int argc, char **argv)
{
	struct records records;
	struct link link;
	bool good;

	if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
		fprintf(stderr,
			"usage: orlop trace [NAME]\n"
			"  The newest trace events of every CPU of the running machine NAME.\n");
		return 2;
	}
	if (!link_open(&link, argc == 2 ? argv[1] : NULL))
		return 1;
	good = records_read(&records, &link.qmp, &link.machine) &&
	       stats_print_trace(stdout, &records);
	qmp_close(&link.qmp);
	return good ? 0 : 1;
}
