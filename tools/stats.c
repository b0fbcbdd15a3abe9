/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes what the hypervisor counted out of its memory, and says whose a core's time was.
 */
#include "tools/stats.h"

#include "tools/arena.h"
#include "tools/message.h"

static uint64_t since_start(uint64_t ticks, const struct records_cpu *cpu)
{
	return ticks > cpu->boot_ticks ? ticks - cpu->boot_ticks : 0;
}

static bool take_cpu(struct stats_cpu *to, const struct records *records, unsigned index)
{
	struct records_cpu cpu;

	if (!records_cpu(records, index, &cpu))
		return false;
	*to = (struct stats_cpu){
		.number = index < records->machine->board_cpu_count
				  ? records->machine->board_cpus[index]
				  : index,
		.stack_bytes = cpu.stack_bytes,
		.stack_used = cpu.stack_used,
		.is_shared = cpu.plan.shared,
		.accounted = since_start(cpu.since_ticks, &cpu),
		.idle = since_start(cpu.idle_ticks, &cpu),
		.running = cpu.running,
	};
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

static bool take_ports(struct stats *stats, const struct records *records)
{
	if (!records_ports(records, stats->ports))
		return false;
	for (unsigned i = 0; i < stats->port_count; i++) {
		if (stats->ports[i].plan.vm >= stats->vm_count) {
			message_error(message_file("plan"), "build the image again",
				"port %u belongs to no VM", i);
			return false;
		}
	}
	return true;
}

bool stats_take(struct stats *stats, const struct records *records, double seconds)
{
	*stats = (struct stats){
		.seconds = seconds,
		.vm_count = records->plan.vm_count,
		.vcpu_count = records->plan.vcpu_count,
		.cpu_count = records->plan.cpu_count,
		.port_count = records->plan.port_count,
		.vms = arena_alloc(records->plan.vm_count, sizeof(*stats->vms)),
		.messages = arena_alloc(records->plan.vm_count, sizeof(*stats->messages)),
		.ports = arena_alloc(records->plan.port_count + 1u, sizeof(*stats->ports)),
		.vcpus = arena_alloc(records->plan.vcpu_count, sizeof(*stats->vcpus)),
		.cpus = arena_alloc(records->plan.cpu_count, sizeof(*stats->cpus)),
	};
	for (unsigned i = 0; i < stats->cpu_count; i++) {
		if (!take_cpu(&stats->cpus[i], records, i))
			return false;
	}
	for (unsigned i = 0; i < stats->vm_count; i++) {
		if (!records_vm(records, i, &stats->vms[i]) ||
			!records_messages(records, &stats->vms[i], &stats->messages[i]))
			return false;
	}
	for (unsigned i = 0; i < stats->vcpu_count; i++) {
		if (!take_vcpu(stats, records, i))
			return false;
	}
	return take_ports(stats, records);
}

uint64_t stats_exits(const struct records_vcpu *vcpu)
{
	uint64_t sum = 0;

	for (unsigned cause = 0; cause < EXIT_CAUSE_COUNT; cause++)
		sum += vcpu->exits[cause];
	return sum;
}

uint64_t stats_accounted(const struct stats *stats, const struct records_vcpu *vcpu)
{
	uint64_t sum = 0, count = 0;

	for (unsigned i = 0; i < stats->cpu_count && i < 64; i++) {
		if (vcpu->plan.affinity >> i & 1) {
			sum += stats->cpus[i].accounted;
			count++;
		}
	}
	return count ? sum / count : 0;
}

/* Whether one of the CPUs is where it runs. */
static bool is_running(const struct stats *stats, const struct records_vcpu *vcpu)
{
	for (unsigned i = 0; i < stats->cpu_count; i++) {
		if (stats->cpus[i].running == (uint64_t)(uintptr_t)vcpu->plan.shared)
			return true;
	}
	return false;
}

/* `ticks` of `all`. If no time was accounted for, nothing was decided: `has` says whose it is. */
static double share_of(uint64_t ticks, uint64_t all, bool has)
{
	if (all == 0)
		return has ? 1 : 0;
	return (double)ticks / (double)all;
}

double stats_share(const struct stats *stats, const struct stats *earlier, unsigned vcpu)
{
	const struct records_vcpu *now = &stats->vcpus[vcpu];
	uint64_t ran = now->sched.ran_ticks, all = stats_accounted(stats, now);

	if (earlier) {
		ran -= earlier->vcpus[vcpu].sched.ran_ticks;
		all -= stats_accounted(earlier, &earlier->vcpus[vcpu]);
	}
	return share_of(ran, all, is_running(stats, now));
}

double stats_idle(const struct stats *stats, const struct stats *earlier, unsigned cpu)
{
	const struct stats_cpu *now = &stats->cpus[cpu];
	uint64_t idle = now->idle, all = now->accounted;

	if (earlier) {
		idle -= earlier->cpus[cpu].idle;
		all -= earlier->cpus[cpu].accounted;
	}
	return share_of(idle, all, now->running == 0);
}
