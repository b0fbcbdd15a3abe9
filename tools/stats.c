/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * orlop stats: the counters of a machine that runs, read out of its memory through QEMU's monitor.
 */
#include "tools/stats.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/arena.h"
#include "tools/link.h"
#include "tools/message.h"

#define VCPUS_ACROSS   6u
#define INTERVAL_MAX_S 3600.0

#define EXIT_CAUSE_WORDS(symbol, words) words,
static const char *const cause_words[] = {EXIT_CAUSES(EXIT_CAUSE_WORDS)};

static const char *const vcpu_states[] = {"off", "starting", "on", "lost"};
static const char *const vm_states[] = {"running", "stopping", "halted", "restoring"};

#define WORD(table, index) \
	((index) < sizeof(table) / sizeof((table)[0]) ? (table)[index] : "in no valid state")

static bool take_cpu(struct stats_cpu *to, const struct records *records, unsigned index)
{
	struct records_cpu cpu;
	uint64_t newest = 0;

	if (!records_cpu(records, index, &cpu))
		return false;
	for (uint64_t i = 0; cpu.trace->mask > 0 && i <= cpu.trace->mask; i++) {
		if (cpu.trace->records[i].stamp >> 16 > newest)
			newest = cpu.trace->records[i].stamp >> 16;
	}
	to->number = index < records->machine->board_cpu_count ? records->machine->board_cpus[index]
							       : index;
	to->accounted = newest > cpu.boot_ticks ? newest - cpu.boot_ticks : 0;
	return true;
}

static bool take_vcpu(struct stats *stats, const struct records *records, unsigned index)
{
	struct records_vcpu *vcpu = &stats->vcpus[index];

	if (!records_vcpu(records, index, vcpu))
		return false;
	if (vcpu->plan.vm < stats->vm_count && vcpu->plan.cpu < stats->cpu_count)
		return true;
	message_error(message_file("plan"), "build the image again", "vCPU %u belongs to no %s",
		index, vcpu->plan.vm < stats->vm_count ? "CPU" : "VM");
	return false;
}

bool stats_take(struct stats *stats, const struct records *records, double seconds)
{
	*stats = (struct stats){
		.seconds = seconds,
		.vm_count = records->plan.vm_count,
		.vcpu_count = records->plan.vcpu_count,
		.cpu_count = records->plan.cpu_count,
		.vms = arena_alloc(records->plan.vm_count, sizeof(*stats->vms)),
		.vcpus = arena_alloc(records->plan.vcpu_count, sizeof(*stats->vcpus)),
		.cpus = arena_alloc(records->plan.cpu_count, sizeof(*stats->cpus)),
	};
	for (unsigned i = 0; i < stats->cpu_count; i++) {
		if (!take_cpu(&stats->cpus[i], records, i))
			return false;
	}
	for (unsigned i = 0; i < stats->vm_count; i++) {
		if (!records_vm(records, i, &stats->vms[i]))
			return false;
	}
	for (unsigned i = 0; i < stats->vcpu_count; i++) {
		if (!take_vcpu(stats, records, i))
			return false;
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

/* The board's CPUs that a vCPU may run on: "0,2". */
static const char *cpus_of(const struct stats *stats, const struct plan_vcpu *vcpu)
{
	const char *list = "";

	for (unsigned i = 0; i < stats->cpu_count && i < 64; i++) {
		if (vcpu->affinity >> i & 1)
			list = arena_text(
				"%s%s%u", list, list[0] ? "," : "", stats->cpus[i].number);
	}
	return list;
}

/* The share of its core's time that a vCPU had, since the start or since earlier; < 0: not known.
 */
static double share_of(const struct stats *stats, const struct stats *earlier, unsigned index)
{
	unsigned cpu = stats->vcpus[index].plan.cpu;
	uint64_t ran = stats->vcpus[index].sched.ran_ticks, all = stats->cpus[cpu].accounted;

	if (earlier) {
		ran -= earlier->vcpus[index].sched.ran_ticks;
		all -= earlier->cpus[cpu].accounted;
	}
	return all ? (double)ran / (double)all : -1;
}

static void print_share(FILE *file, double share)
{
	if (share < 0)
		fprintf(file, "  %11s", "-");
	else
		fprintf(file, "  %9.1f %%", 100 * share);
}

static bool is_real_time(const struct stats *stats, const struct records_vcpu *vcpu)
{
	return vcpu->plan.period_ticks > 0 ||
	       vcpu->plan.index >= stats->vms[vcpu->plan.vm].plan.task_first;
}

static void print_scheduled(
	FILE *file, const struct stats *stats, const struct stats *earlier, unsigned index)
{
	const struct records_vcpu *vcpu = &stats->vcpus[index];
	const struct sched_stats *sched = &vcpu->sched;

	fprintf(file, "  %-22s %-5s",
		arena_text("%.18s/%u", vm_name(stats, vcpu), (unsigned)vcpu->plan.index),
		cpus_of(stats, &vcpu->plan));
	print_share(file, share_of(stats, NULL, index));
	if (earlier)
		print_share(file, share_of(stats, earlier, index));
	fprintf(file, "  %11" PRIu64 " %8" PRIu64, sched->dispatches, sched->fast);
	if (is_real_time(stats, vcpu))
		fprintf(file, " %9" PRIu64 " %8" PRIu64 " %11" PRIu64, sched->jobs, sched->misses,
			sched->budget_ends);
	else
		fprintf(file, "   best effort");
	fprintf(file, "\n");
	if (vcpu->told.scheduler || vcpu->told.mode)
		fprintf(file, "    its guest says: scheduler %" PRIu64 ", mode %" PRIu64 "\n",
			vcpu->told.scheduler, vcpu->told.mode);
}

/* How the vCPUs on shared cores were scheduled; nothing if there are none. */
static void print_scheduling(FILE *file, const struct stats *stats, const struct stats *earlier)
{
	bool first = true;

	for (unsigned i = 0; i < stats->vcpu_count; i++) {
		if (!stats->vcpus[i].plan.shared)
			continue;
		if (first)
			fprintf(file, "%-24s %-5s  %11s%s  %11s %8s %9s %8s %11s\n",
				"on shared cores", "CPU", "of the time",
				earlier ? "     just now" : "", "dispatches", "fast", "jobs",
				"misses", "budget ends");
		first = false;
		print_scheduled(file, stats, earlier, i);
	}
}

void stats_print(FILE *file, const struct stats *stats, const struct stats *earlier)
{
	for (unsigned i = 0; i < stats->vcpu_count; i += VCPUS_ACROSS) {
		unsigned left = stats->vcpu_count - i;

		print_vcpus(
			file, stats, earlier, i, i + (left < VCPUS_ACROSS ? left : VCPUS_ACROSS));
	}
	print_scheduling(file, stats, earlier);
	for (unsigned i = 0; i < stats->vm_count; i++) {
		const struct records_vm *vm = &stats->vms[i];

		fprintf(file, "VM %s: %s, faults: %" PRIu32 ", restarts: %" PRIu32 "\n",
			vm->plan.name, WORD(vm_states, vm->state), vm->faults, vm->restarts);
	}
	fprintf(file, "after %.1f s of the host's time\n", stats->seconds);
}

/* NULL for a vCPU that has its core for itself. */
static json_t *scheduling_json(const struct stats *stats, const struct records_vcpu *vcpu)
{
	const struct sched_stats *sched = &vcpu->sched;

	if (!vcpu->plan.shared)
		return NULL;
	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "real_time",
		is_real_time(stats, vcpu), "of_ticks",
		(json_int_t)stats->cpus[vcpu->plan.cpu].accounted, "ran_ticks",
		(json_int_t)sched->ran_ticks, "dispatches", (json_int_t)sched->dispatches, "fast",
		(json_int_t)sched->fast, "jobs", (json_int_t)sched->jobs, "misses",
		(json_int_t)sched->misses, "budget_ends", (json_int_t)sched->budget_ends,
		"scheduler", (json_int_t)vcpu->told.scheduler, "mode", (json_int_t)vcpu->told.mode);
}

static json_t *vcpu_json(const struct stats *stats, const struct records_vcpu *vcpu)
{
	json_t *exits = json_object();

	for (unsigned cause = 0; cause < EXIT_CAUSE_COUNT; cause++)
		json_object_set_new(
			exits, cause_words[cause], json_integer((json_int_t)vcpu->exits[cause]));
	return json_pack("{s:s, s:i, s:o, s:I, s:o*}", "state", WORD(vcpu_states, vcpu->state),
		"cpu", (int)vcpu->plan.cpu, "exits", exits, "total", (json_int_t)total(vcpu),
		"scheduling", scheduling_json(stats, vcpu));
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

		json_array_append_new(json_object_get(vm, "vcpus"), vcpu_json(stats, vcpu));
	}
	return json_pack("{s:f, s:o}", "seconds", stats->seconds, "vms", vms);
}

static bool take(struct link *link, struct stats *stats)
{
	struct records records;

	return records_read(&records, &link->qmp, &link->machine) &&
	       stats_take(stats, &records, instance_now() - link->instance.started);
}

static bool show_stats(struct link *link, double interval, bool as_json)
{
	struct stats earlier, stats;

	if (interval > 0) {
		if (!take(link, &earlier))
			return false;
		usleep((useconds_t)(interval * 1e6));
	}
	if (!take(link, &stats))
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
	link_close(&link);
	return good ? 0 : 1;
}
