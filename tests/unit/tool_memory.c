/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of tool_memory.h, made from an image that is built as any other.
 */
#include "tests/unit/tool_memory.h"

#include <string.h>

struct image image;
struct machine machine;
struct records records;

void *memory_at(uint64_t address)
{
	return image.memory + (hyp_layout_pa(&image.layout, address) - image.layout.base_pa);
}

uint64_t *memory_exits(unsigned vcpu)
{
	return memory_at(image.layout.vcpu_records + vcpu * machine.info.vcpu_bytes + EXITS_AT);
}

struct plan *memory_plan(void)
{
	return memory_at(image.layout.plan);
}

struct plan_vm *memory_vm(unsigned index)
{
	return (struct plan_vm *)memory_at((uint64_t)(uintptr_t)memory_plan()->vms) + index;
}

struct plan_vcpu *memory_vcpu(unsigned index)
{
	return (struct plan_vcpu *)memory_at((uint64_t)(uintptr_t)memory_plan()->vcpus) + index;
}

struct trace_ring *memory_ring(unsigned cpu)
{
	return memory_at(image.layout.cpu_records + cpu * image.layout.stack_stride + TRACE_AT);
}

void memory_event(unsigned cpu, uint64_t ticks, unsigned event, unsigned vcpu, uint64_t value)
{
	struct trace_ring *ring = memory_ring(cpu);

	ring->mask = TRACE_RING_RECORDS - 1;
	ring->records[ring->next++ & ring->mask] =
		(struct trace_record){ticks << 16 | event << 8 | vcpu, value};
}

uint64_t memory_shared_vcpu(unsigned index)
{
	return image.layout.vcpu_records + index * machine.info.vcpu_bytes + SHARED_AT;
}

struct sched_stats *memory_share(unsigned index)
{
	memory_vcpu(index)->shared = (void *)(uintptr_t)memory_shared_vcpu(index);
	memory_vcpu(index)->affinity = 1ull << memory_vcpu(index)->cpu;
	return memory_at(memory_shared_vcpu(index) + SCHED_AT);
}

void memory_share_cpu(unsigned index, uint64_t since, uint64_t idle, uint64_t running)
{
	const uint64_t record = image.layout.cpu_records + index * image.layout.stack_stride;
	struct plan_cpu *plans = memory_at((uint64_t)(uintptr_t)memory_plan()->cpus);

	plans[index].shared = (void *)(uintptr_t)(record + SHARING_AT);
	*(uint64_t *)memory_at(record + SHARING_AT + SINCE_AT) = since;
	*(uint64_t *)memory_at(record + SHARING_AT + IDLE_AT) = idle;
	*(uint64_t *)memory_at(record + SHARING_AT + RUNNING_AT) = running;
}

int memory_prepare(void **state)
{
	struct fixture_hyp hyp = fixture_hyp();
	const char *path = fixture_path("stats");
	uint8_t *bytes;
	size_t size;

	(void)state;
	hyp.info.cpu_trace = TRACE_AT;
	hyp.info.vcpu_exits = EXITS_AT;
	hyp.info.vcpu_state = STATE_AT;
	hyp.info.vm_state = STATE_AT;
	hyp.info.vm_faults = FAULTS_AT;
	hyp.info.vm_restarts = RESTART_AT;
	hyp.info.cpu_boot_ticks = BOOT_AT;
	hyp.info.shared_stats = SCHED_AT;
	hyp.info.shared_limits = LIMITS_AT;
	hyp.info.shared_told = TOLD_AT;
	hyp.info.shared_cpu_since = SINCE_AT;
	hyp.info.shared_cpu_idle = IDLE_AT;
	hyp.info.shared_cpu_running = RUNNING_AT;
	hyp.info.comm_messages = MESSAGES_AT;
	hyp.info.comm_before = BEFORE_AT;
	hyp.info.comm_full = FULL_AT;
	hyp.info.network_ports = PORTS_AT;
	hyp.info.port_bytes = PORT_BYTES;
	hyp.info.port_stats = PORT_STATS_AT;
	bytes = fixture_hyp_bytes(&hyp, &size);
	assert_true(image_build(&image, fixture_system(), fixture_file("hyp.elf", bytes, size)));
	assert_true(image_write(&image, path));
	assert_true(machine_read(&machine, path));
	machine.info.network_bytes = NETWORK_BYTES; /* the image has no communication */
	records =
		(struct records){.machine = &machine, .size = machine.size, .memory = image.memory};
	memory_plan()->trace_records = TRACE_RING_RECORDS;
	memory_plan()->timer_frequency = 62500000;
	for (unsigned i = 0; i < 2; i++)
		memory_vm(i)->task_first = memory_vm(i)->vcpu_count;
	return 0;
}

void assert_says(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("'%s' is not in:\n%s", words, text);
}
