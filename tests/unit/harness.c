/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plan in memory and the hypervisor's core on the fake architecture.
 */
#include "tests/unit/harness.h"

#include <stdio.h>
#include <string.h>

#include "abi/image.h"

extern const struct hyp_info hyp_info;

/* As the tool lays it out: the plan's tables behind it in one piece, the records apart. */
static struct {
	struct plan plan;
	struct plan_cpu cpus[FAKE_CPUS];
	struct plan_vm vms[HARNESS_VMS];
	struct plan_vcpu vcpus[FAKE_CPUS];
	struct plan_mmio mmio[HARNESS_VMS][3];
} block;

static struct {
	union {
		struct cpu cpu;
		char bytes[sizeof(struct cpu)];
	};
	struct trace_record records[TRACE_RING_RECORDS]; /* of the ring that ends the record */
} __attribute__((aligned(64))) cpu_records[FAKE_CPUS];
static struct vm vm_records[HARNESS_VMS];
static struct vcpu vcpu_records[FAKE_CPUS];
static struct shared_cpu shared_cpus[FAKE_CPUS];
static struct shared_vcpu shared_vcpus[FAKE_CPUS];
static struct sched_common sched_common;
static size_t said; /* how much of the UART's text harness_said has returned */

struct plan_vm *harness_vm(unsigned index)
{
	return &block.vms[index];
}

static void add_vm(const struct harness_vm *from, unsigned index)
{
	struct plan_mmio *mmio = block.mmio[index];
	struct plan_vm *vm = &block.vms[index];

	mmio[0] = (struct plan_mmio){HARNESS_INTC, 0x10000, PLAN_MMIO_INTC, 0};
	mmio[1] = (struct plan_mmio){
		HARNESS_INTC_N, 0x20000 * (uint64_t)from->vcpus, PLAN_MMIO_INTC_CPUS, 0};
	mmio[2] = (struct plan_mmio){HARNESS_UART, 0x1000, PLAN_MMIO_UART, 0};
	*vm = (struct plan_vm){
		.id = (uint16_t)index,
		.vcpu_first = block.plan.vcpu_count,
		.vcpu_count = (uint16_t)from->vcpus,
		.task_first = (uint16_t)from->vcpus,
		.controllers = 1u << index,
		.preemptable = 1,
		.on_fault = (uint8_t)from->on_fault,
		.on_reset = PLAN_RESTART,
		.entry = HARNESS_ENTRY + index,
		.boot_argument = 0x1000 + index,
		.mmio = mmio,
		.mmio_count = from->console ? 3 : 2,
		.console_irq = from->console ? 100 + index : 0,
	};
	snprintf(vm->name, sizeof(vm->name), "%s", from->name);
	for (unsigned i = 0; i < from->vcpus; i++) {
		uint16_t number = block.plan.vcpu_count++;

		block.vcpus[number] = (struct plan_vcpu){
			.hw_id = i, .vm = (uint16_t)index, .index = (uint16_t)i, .cpu = number};
		block.cpus[number] = (struct plan_cpu){.hw_id = number};
	}
}

struct plan *harness_plan(const struct harness_vm *vms, unsigned count)
{
	fake_reset();
	memset(&block, 0, sizeof(block));
	memset(cpu_records, 0, sizeof(cpu_records));
	memset(vm_records, 0, sizeof(vm_records));
	memset(vcpu_records, 0, sizeof(vcpu_records));
	memset(shared_cpus, 0, sizeof(shared_cpus));
	memset(shared_vcpus, 0, sizeof(shared_vcpus));
	memset(&sched_common, 0, sizeof(sched_common));
	said = 0;
	block.plan = (struct plan){
		.magic = PLAN_MAGIC,
		.vm_count = (uint16_t)count,
		.console = PLAN_CONSOLE_UART,
		.console_uart = &fake,
		.console_irq = HARNESS_UART_IRQ,
		.cpus = block.cpus,
		.vms = block.vms,
		.vcpus = block.vcpus,
		.cpu_records = cpu_records,
		.cpu_stride = sizeof(cpu_records[0]),
		.vm_records = vm_records,
		.vcpu_records = vcpu_records,
		.timer_frequency = 1000000000,
		.trace_records = TRACE_RING_RECORDS,
	};
	for (unsigned i = 0; i < count; i++)
		add_vm(&vms[i], i);
	block.plan.cpu_count = block.plan.vcpu_count;
	return &block.plan;
}

struct plan_vcpu *harness_share(unsigned vcpu, uint64_t affinity)
{
	struct plan_vcpu *plan = &block.vcpus[vcpu];

	block.plan.sched_common = &sched_common;
	block.plan.quantum_ticks = HARNESS_QUANTUM;
	plan->affinity = affinity;
	plan->cpu = (uint16_t)__builtin_ctzll(affinity);
	plan->shared = &shared_vcpus[vcpu];
	for (uint64_t cpus = affinity; cpus; cpus &= cpus - 1) {
		unsigned cpu = (unsigned)__builtin_ctzll(cpus);

		block.cpus[cpu].shared = &shared_cpus[cpu];
		block.cpus[cpu].real_time_share = 1ull << 32;
	}
	return plan;
}

void harness_seal(void)
{
	const uint64_t *words = (const uint64_t *)&block;
	uint64_t sum = 0;

	block.plan.hyp_build = hyp_info.build;
	block.plan.size_bytes = sizeof(block);
	block.plan.checksum = 0;
	for (size_t i = 0; i < sizeof(block) / sizeof(*words); i++)
		sum += words[i];
	block.plan.checksum = sum;
}

static void boot(void *plan)
{
	hyp_start(plan);
}

static void boot_secondary(void *cpu)
{
	hyp_start_secondary(cpu_index(cpu));
}

enum fake_end harness_boot(void)
{
	return fake_run(boot, &block.plan);
}

void harness_start(const struct harness_vm *vms, unsigned count)
{
	harness_plan(vms, count);
	harness_boot_all();
}

void harness_boot_all(void)
{
	harness_seal();
	assert_int_equal(harness_boot(), FAKE_ENTERED);
	for (unsigned i = 1; i < block.plan.cpu_count; i++) {
		enum fake_end end = fake_run(boot_secondary, cpu_at(i));

		assert_int_equal(end, block.vcpus[i].index == 0 ? FAKE_ENTERED : FAKE_IDLE);
	}
	for (unsigned i = 0; i < block.plan.cpu_count; i++)
		fake_take_kick(cpu_at(i));
	harness_said();
}

const char *harness_said(void)
{
	size_t from = said;

	said = fake.uart.length;
	return fake.uart.text + from;
}

void harness_say(unsigned vm, const char *text)
{
	while (*text != '\0')
		console_vm_put(vm_at(vm), *text++);
}

/* What a CPU is let do, and the vCPU that comes of it. */
struct task {
	struct cpu *cpu;
	struct vcpu *vcpu;
	const struct fault *fault;
};

static struct vcpu *perform(void (*body)(void *), struct task task)
{
	fake_become(task.cpu);
	return fake_run(body, &task) == FAKE_RETURNED ? task.vcpu : NULL;
}

static void next(void *context)
{
	struct task *task = context;

	task->vcpu = cpu_next(task->cpu);
}

struct vcpu *harness_next(unsigned index)
{
	return perform(next, (struct task){cpu_at(index), NULL, NULL});
}

static void attend(void *context)
{
	struct task *task = context;

	task->vcpu = cpu_attend(task->vcpu);
}

struct vcpu *harness_attend(struct vcpu *vcpu)
{
	return perform(attend, (struct task){vcpu->cpu, vcpu, NULL});
}

static void make_fault(void *context)
{
	struct task *task = context;

	task->vcpu = vm_fault(task->vcpu, task->fault);
}

struct vcpu *harness_fault_of(struct vcpu *vcpu, const struct fault *fault)
{
	return perform(make_fault, (struct task){vcpu->cpu, vcpu, fault});
}

struct vcpu *harness_fault(struct vcpu *vcpu)
{
	static const struct fault fault = {
		.what = "jump to nowhere", .syndrome = 0x82000005, .address = 0xdead000};

	return harness_fault_of(vcpu, &fault);
}
