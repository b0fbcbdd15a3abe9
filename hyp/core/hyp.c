/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start-up: the plan is checked, its records are filled in, the other CPUs are started.
 */
#include "hyp/core/hyp.h"

#include <stddef.h>

#include "abi/image.h"
#include "arch/include/arch_cpu.h"
#include "arch/include/arch_irq.h"
#include "arch/include/arch_vcpu.h"
#include "hyp/comm/network.h"
#include "hyp/comm/region.h"
#include "hyp/comm/virtio.h"
#include "hyp/core/comm.h"
#include "hyp/core/console.h"
#include "hyp/core/cpu.h"
#include "hyp/core/extent.h"
#include "hyp/core/shared.h"
#include "hyp/core/shared_types.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"

/* The build says them (make/target.mk); tests on the host need none. */
#ifndef HYP_BUILD
#define HYP_BUILD 0
#define ABI_ID    0
#endif

const struct plan *hyp_plan;

/* What the host tool reads from the ELF file to lay out memory, and `orlop stats` to find counters.
 */
__attribute__((section(".orlop.info"), used)) const struct hyp_info hyp_info = {
	.magic = IMAGE_MAGIC,
	.build = HYP_BUILD,
	.abi = ABI_ID,
	.machine = ARCH_ELF_MACHINE,
	.cpu_bytes = sizeof(struct cpu),
	.vm_bytes = sizeof(struct vm),
	.vcpu_bytes = sizeof(struct vcpu),
	.irq_bank_bytes = ARCH_IRQ_BANK_BYTES,
	/* The system tests see to it that no way of theirs takes half of it (orlop stats). */
	.stack_bytes = 2816,
	.shared_cpu_bytes = HYP_SHARED ? sizeof(struct shared_cpu) : 0,
	.shared_vcpu_bytes = HYP_SHARED ? sizeof(struct shared_vcpu) : 0,
	.sched_common_bytes = HYP_SHARED ? sizeof(struct sched_common) : 0,
	.shared_stats = offsetof(struct shared_vcpu, entity.stats),
	.shared_limits = offsetof(struct shared_vcpu, parameters),
	.shared_told = offsetof(struct shared_vcpu, scheduler),
	.shared_cpu_since = offsetof(struct shared_cpu, sched.since),
	.shared_cpu_idle = offsetof(struct shared_cpu, sched.idle_ticks),
	.shared_cpu_running = offsetof(struct shared_cpu, sched.running),
	.comm_vm_bytes = HYP_COMM ? sizeof(struct comm_vm) : 0,
	.virtio_bytes = HYP_COMM ? VIRTIO_STATE_BYTES : 0,
	.network_bytes = HYP_COMM ? sizeof(struct network) : 0,
	.comm_messages = offsetof(struct comm_vm, written),
	.comm_before = offsetof(struct comm_vm, before),
	.comm_full = offsetof(struct comm_vm, full),
	.network_ports = offsetof(struct network, ports),
	.port_bytes = sizeof(struct port),
	.port_stats = offsetof(struct port, stats),
	.cpu_trace = offsetof(struct cpu, trace),
	.vcpu_exits = offsetof(struct vcpu, exits),
	.vcpu_state = offsetof(struct vcpu, state),
	.vm_state = offsetof(struct vm, state),
	.vm_faults = offsetof(struct vm, faults),
	.vm_restarts = offsetof(struct vm, restarts),
	.cpu_boot_ticks = offsetof(struct cpu, boot_ticks),
};

static void check_plan(const struct plan *plan)
{
	const uint64_t *words = (const uint64_t *)plan;
	uint64_t sum = 0;

	REQUIRE(plan->magic == PLAN_MAGIC && plan->hyp_build == HYP_BUILD,
		"the image's plan was made for another hypervisor; build the image again");
	REQUIRE(plan->size_bytes <= HYP_VIRTUAL_SIZE,
		"the image's plan is damaged; load the image again");
	for (uint32_t i = 0; i < plan->size_bytes / sizeof(*words); i++)
		sum += words[i];
	REQUIRE(sum == 2 * plan->checksum, "the image's plan is damaged; load the image again");
	REQUIRE(!plan->sched_common || !arch_timer_frequency() ||
			arch_timer_frequency() == plan->timer_frequency,
		"the board's counter has another frequency: mend 'timer-frequency' in board.yaml");
}

/* mmio.c looks at a first region without asking whether there is one. */
static void find_regions(struct vcpu *vcpu, const struct plan_vm *vm)
{
	static const struct plan_mmio none;

	vcpu->mmio = vm->mmio_count ? vm->mmio : &none;
	vcpu->mmio_end = vcpu->mmio + (vm->mmio_count ? vm->mmio_count : 1);
}

static void init_records(const struct plan *plan)
{
	for (unsigned i = 0; i < plan->cpu_count; i++) {
		cpu_at(i)->plan = &plan->cpus[i];
		cpu_at(i)->trace.mask = plan->trace_records - 1;
	}
	for (unsigned i = 0; i < plan->vm_count; i++)
		vm_at(i)->plan = &plan->vms[i];
	for (unsigned i = 0; i < plan->vcpu_count; i++) {
		struct vcpu *vcpu = vcpu_at(i);

		vcpu->plan = &plan->vcpus[i];
		vcpu->number = i;
		vcpu->vm = vm_at(vcpu->plan->vm);
		vcpu->cpu = cpu_at(vcpu->plan->cpu);
		find_regions(vcpu, &plan->vms[vcpu->plan->vm]);
		if (!vcpu->plan->shared)
			vcpu->cpu->vcpu = vcpu;
	}
	if (HYP_SHARED)
		shared_init();
	for (unsigned i = 0; i < plan->vm_count; i++) {
		uart_reset(&vm_at(i)->uart);
		arch_vm_reset_irqs(vm_at(i), 0, plan->vms[i].vcpu_count);
	}
	if (HYP_COMM)
		comm_init();
}

_Noreturn static void run(struct cpu *cpu)
{
	cpu->boot_ticks = arch_cpu_ticks();
	trace_write(&cpu->trace, TRACE_CPU_START, TRACE_NO_VCPU, cpu_index(cpu));
	arch_vcpu_enter(cpu_next(cpu));
}

_Noreturn void hyp_start(const struct plan *plan)
{
	hyp_plan = plan;
	console_init();
	check_plan(plan);
	arch_irq_init();
	init_records(plan);
	arch_cpu_init(cpu_at(0));
	console_start_input();
	for (unsigned i = 0; i < plan->vm_count; i++)
		vcpu_start(vm_vcpu(vm_at(i), 0), plan->vms[i].entry, plan->vms[i].boot_argument);
	for (unsigned i = 1; i < plan->cpu_count; i++)
		REQUIRE(arch_cpu_start(cpu_at(i)) == 0,
			"the firmware does not start a CPU of the plan");
	run(cpu_at(0));
}

_Noreturn void hyp_start_secondary(unsigned index)
{
	struct cpu *cpu = cpu_at(index);

	arch_cpu_init(cpu);
	run(cpu);
}

_Noreturn void hyp_panic(const char *file, unsigned line, const char *why)
{
	console_break_lock();
	console_print("stopped at %s:%u: %s", file, line, why);
	console_send_all();
	arch_cpu_halt();
}
