/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counters in words: a table for people, JSON for programs.
 */
#include <inttypes.h>

#include "tools/arena.h"
#include "tools/stats.h"

#define VCPUS_ACROSS 6u

#define EXIT_CAUSE_WORDS(symbol, words) words,
static const char *const cause_words[] = {EXIT_CAUSES(EXIT_CAUSE_WORDS)};

static const char *const vcpu_states[] = {"off", "starting", "on", "lost"};
static const char *const vm_states[] = {"running", "stopping", "halted", "restoring"};

#define WORD(table, index) \
	((index) < sizeof(table) / sizeof((table)[0]) ? (table)[index] : "in no valid state")

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
		fprintf(file, " %13" PRIu64, stats_exits(&stats->vcpus[i]));
	fprintf(file, "\n%-24s", "per second");
	for (unsigned i = first; i < end; i++)
		print_rate(file, stats_exits(&stats->vcpus[i]), stats->seconds);
	if (earlier)
		fprintf(file, "\n%-24s", "per second, just now");
	for (unsigned i = first; earlier && i < end; i++)
		print_rate(file, stats_exits(&stats->vcpus[i]) - stats_exits(&earlier->vcpus[i]),
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

static bool is_real_time(const struct stats *stats, const struct records_vcpu *vcpu)
{
	return vcpu->plan.period_ticks > 0 ||
	       vcpu->plan.index >= stats->vms[vcpu->plan.vm].plan.task_first;
}

/* A task's number, by which its guest knows it, stands beside that of its vCPU. */
static const char *scheduled_name(const struct stats *stats, const struct records_vcpu *vcpu)
{
	const unsigned index = vcpu->plan.index;
	const unsigned first = stats->vms[vcpu->plan.vm].plan.task_first;

	if (index < first)
		return arena_text("%.18s/%u", vm_name(stats, vcpu), index);
	return arena_text("%.10s/%u, task %u", vm_name(stats, vcpu), index, index - first);
}

static void print_scheduled(
	FILE *file, const struct stats *stats, const struct stats *earlier, unsigned index)
{
	const struct records_vcpu *vcpu = &stats->vcpus[index];
	const struct sched_stats *sched = &vcpu->sched;

	fprintf(file, "  %-22s %-5s", scheduled_name(stats, vcpu), cpus_of(stats, &vcpu->plan));
	fprintf(file, "  %9.1f %%", 100 * stats_share(stats, NULL, index));
	if (earlier)
		fprintf(file, "  %9.1f %%", 100 * stats_share(stats, earlier, index));
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

static void print_idle(
	FILE *file, const struct stats *stats, const struct stats *earlier, unsigned cpu)
{
	fprintf(file, "  %-22s %-5u  %9.1f %%", "nobody", stats->cpus[cpu].number,
		100 * stats_idle(stats, NULL, cpu));
	if (earlier)
		fprintf(file, "  %9.1f %%", 100 * stats_idle(stats, earlier, cpu));
	fprintf(file, "\n");
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
	for (unsigned i = 0; i < stats->cpu_count; i++) {
		if (stats->cpus[i].is_shared)
			print_idle(file, stats, earlier, i);
	}
}

static void print_stacks(FILE *file, const struct stats *stats)
{
	fprintf(file, "hypervisor's stacks, deepest use so far:");
	for (unsigned i = 0; i < stats->cpu_count; i++)
		fprintf(file, "%s CPU %u: %" PRIu64 " of %" PRIu64 " bytes", i ? "," : "",
			stats->cpus[i].number, stats->cpus[i].stack_used,
			stats->cpus[i].stack_bytes);
	fprintf(file, "\n");
}

/* Messages that came for VMs that take any. */
static void print_messages(FILE *file, const struct stats *stats)
{
	bool first = true;

	for (unsigned i = 0; i < stats->vm_count; i++) {
		const struct records_messages *messages = &stats->messages[i];

		if (stats->vms[i].plan.message_slots == 0)
			continue;
		if (first)
			fprintf(file, "%-24s %13s %13s\n", "messages for", "came", "found no room");
		first = false;
		fprintf(file, "  %-22s %13" PRIu32 " %13" PRIu32 "\n", stats->vms[i].plan.name,
			messages->came, messages->full);
	}
}

static void print_packets(FILE *file, const struct stats *stats)
{
	if (stats->port_count > 0)
		fprintf(file, "%-24s %13s %13s %13s\n", "packets of VM, network", "sent", "came",
			"lost");
	for (unsigned i = 0; i < stats->port_count; i++) {
		const struct records_port *port = &stats->ports[i];

		fprintf(file, "  %-22s %13" PRIu64 " %13" PRIu64 " %13" PRIu64 "\n",
			arena_text("%.18s, %u", stats->vms[port->plan.vm].plan.name,
				(unsigned)port->plan.network),
			port->stats.sent, port->stats.received, port->stats.lost);
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
	print_messages(file, stats);
	print_packets(file, stats);
	for (unsigned i = 0; i < stats->vm_count; i++) {
		const struct records_vm *vm = &stats->vms[i];

		fprintf(file, "VM %s: %s, faults: %" PRIu32 ", restarts: %" PRIu32 "\n",
			vm->plan.name, WORD(vm_states, vm->state), vm->faults, vm->restarts);
	}
	print_stacks(file, stats);
	fprintf(file, "after %.1f s of the host's time\n", stats->seconds);
}

/* NULL for a vCPU that has its core for itself. */
static json_t *scheduling_json(const struct stats *stats, const struct records_vcpu *vcpu)
{
	const struct sched_stats *sched = &vcpu->sched;

	if (!vcpu->plan.shared)
		return NULL;
	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "real_time",
		is_real_time(stats, vcpu), "of_ticks", (json_int_t)stats_accounted(stats, vcpu),
		"ran_ticks", (json_int_t)sched->ran_ticks, "dispatches",
		(json_int_t)sched->dispatches, "fast", (json_int_t)sched->fast, "jobs",
		(json_int_t)sched->jobs, "misses", (json_int_t)sched->misses, "budget_ends",
		(json_int_t)sched->budget_ends, "scheduler", (json_int_t)vcpu->told.scheduler,
		"mode", (json_int_t)vcpu->told.mode);
}

static json_t *vcpu_json(const struct stats *stats, const struct records_vcpu *vcpu)
{
	json_t *exits = json_object();

	for (unsigned cause = 0; cause < EXIT_CAUSE_COUNT; cause++)
		json_object_set_new(
			exits, cause_words[cause], json_integer((json_int_t)vcpu->exits[cause]));
	return json_pack("{s:s, s:i, s:o, s:I, s:o*}", "state", WORD(vcpu_states, vcpu->state),
		"cpu", (int)vcpu->plan.cpu, "exits", exits, "total", (json_int_t)stats_exits(vcpu),
		"scheduling", scheduling_json(stats, vcpu));
}

/* CPUs that are shared. */
static json_t *cpus_json(const struct stats *stats)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < stats->cpu_count; i++) {
		const struct stats_cpu *cpu = &stats->cpus[i];

		if (cpu->is_shared)
			json_array_append_new(
				list, json_pack("{s:i, s:I, s:I}", "cpu", (int)cpu->number,
					      "of_ticks", (json_int_t)cpu->accounted, "idle_ticks",
					      (json_int_t)cpu->idle));
	}
	return list;
}

static json_t *stacks_json(const struct stats *stats)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < stats->cpu_count; i++) {
		const struct stats_cpu *cpu = &stats->cpus[i];

		json_array_append_new(list,
			json_pack("{s:i, s:I, s:I}", "cpu", (int)cpu->number, "bytes",
				(json_int_t)cpu->stack_bytes, "used", (json_int_t)cpu->stack_used));
	}
	return list;
}

static json_t *ports_json(const struct stats *stats)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < stats->port_count; i++) {
		const struct records_port *port = &stats->ports[i];

		json_array_append_new(
			list, json_pack("{s:s, s:i, s:I, s:I, s:I}", "vm",
				      stats->vms[port->plan.vm].plan.name, "network",
				      (int)port->plan.network, "sent", (json_int_t)port->stats.sent,
				      "received", (json_int_t)port->stats.received, "lost",
				      (json_int_t)port->stats.lost));
	}
	return list;
}

/* NULL for a VM that takes no messages. */
static json_t *messages_json(const struct stats *stats, unsigned vm)
{
	if (stats->vms[vm].plan.message_slots == 0)
		return NULL;
	return json_pack("{s:i, s:i}", "came", (int)stats->messages[vm].came, "full",
		(int)stats->messages[vm].full);
}

json_t *stats_json(const struct stats *stats)
{
	json_t *vms = json_object();

	for (unsigned i = 0; i < stats->vm_count; i++) {
		const struct records_vm *vm = &stats->vms[i];

		json_object_set_new(vms, vm->plan.name,
			json_pack("{s:s, s:i, s:i, s:o*, s:[]}", "state",
				WORD(vm_states, vm->state), "faults", (int)vm->faults, "restarts",
				(int)vm->restarts, "messages", messages_json(stats, i), "vcpus"));
	}
	for (unsigned i = 0; i < stats->vcpu_count; i++) {
		const struct records_vcpu *vcpu = &stats->vcpus[i];
		json_t *vm = json_object_get(vms, vm_name(stats, vcpu));

		json_array_append_new(json_object_get(vm, "vcpus"), vcpu_json(stats, vcpu));
	}
	return json_pack("{s:f, s:o, s:o, s:o, s:o}", "seconds", stats->seconds, "vms", vms,
		"shared_cpus", cpus_json(stats), "stacks", stacks_json(stats), "ports",
		ports_json(stats));
}
