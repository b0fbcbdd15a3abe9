/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a VM, by its own wish or by its mistake, and its new beginning.
 */
#include "hyp/core/vm.h"

#include "arch/include/arch_cpu.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/console.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/vcpu.h"
#include "hyp/trace/trace.h"
#include "lib/string.h"

#define FAULT_TRACE_RECORDS 8u

struct vm *vm_at(unsigned index)
{
	return (struct vm *)hyp_plan->vm_records + index;
}

struct vcpu *vm_vcpu(const struct vm *vm, unsigned index)
{
	return vcpu_at(vm->plan->vcpu_first + index);
}

void vm_stop(struct vm *vm, enum plan_policy policy)
{
	bool first;

	lock_take(&vm->lock);
	first = vm->state == VM_RUNNING;
	if (first) {
		vm->stop_policy = policy;
		__atomic_store_n(&vm->state, VM_STOPPING, __ATOMIC_RELEASE);
	}
	lock_release(&vm->lock);
	if (!first)
		return;
	if (policy == PLAN_STOP_SYSTEM) {
		console_print("%s stops the system", vm->plan->name);
		arch_system_off();
	}
	arch_vm_cut(vm);
	for (unsigned i = 0; i < vm->plan->vcpu_count; i++)
		arch_irq_kick(vm_vcpu(vm, i)->cpu);
}

static void report_fault(const struct vcpu *vcpu, const struct fault *fault)
{
	static const char *const ends[] = {
		[PLAN_HALT] = "the VM is halted",
		[PLAN_RESTART] = "the VM is restarted",
		[PLAN_STOP_SYSTEM] = "the system is stopped",
	};
	const struct vm *vm = vcpu->vm;

	console_print("fault in %s, vCPU %u: %s", vm->plan->name, (unsigned)vcpu->plan->index,
		fault->what);
	console_print("  pc 0x%lx", arch_vcpu_pc(vcpu));
	if (fault->address != ADDRESS_NONE)
		console_print("  address 0x%lx", fault->address);
	console_print("  syndrome 0x%lx", fault->syndrome);
	trace_print(&vcpu->cpu->trace, FAULT_TRACE_RECORDS);
	console_print("  %s (on-fault)", ends[vm->plan->on_fault]);
}

struct vcpu *vm_fault(struct vcpu *vcpu, const struct fault *fault)
{
	struct vm *vm = vcpu->vm;

	trace_write(&vcpu->cpu->trace, TRACE_FAULT, vcpu->number, fault->syndrome);
	vcpu->exits[EXIT_CAUSE_FAULT]++;
	__atomic_fetch_add(&vm->faults, 1, __ATOMIC_RELAXED);
	console_vm_flush(vm);
	report_fault(vcpu, fault);
	vm_stop(vm, vm->plan->on_fault);
	return cpu_attend(vcpu);
}

/* Fills `size` bytes of memory at `target` with zeros, or with those at `source` if that is not 0.
 */
static void restore_piece(struct cpu *cpu, const struct plan_restore *piece)
{
	const unsigned most = PLAN_WINDOW_PAGES / 2;

	for (uint64_t at = 0; at < piece->size_bytes; at += most * PLAN_PAGE_SIZE) {
		uint64_t left = (piece->size_bytes - at) / PLAN_PAGE_SIZE;
		unsigned count = left < most ? (unsigned)left : most;
		void *target = arch_window_open(cpu, 0, piece->target_pa + at, count);

		if (piece->source_pa) {
			memcpy(target, arch_window_open(cpu, 1, piece->source_pa + at, count),
				count * PLAN_PAGE_SIZE);
			arch_window_close(cpu, 1, count);
		} else {
			memset(target, 0, count * PLAN_PAGE_SIZE);
		}
		arch_window_close(cpu, 0, count);
	}
}

static void restart(struct vm *vm, struct cpu *cpu)
{
	const struct plan_vm *plan = vm->plan;

	for (uint32_t i = 0; i < plan->restore_count; i++)
		restore_piece(cpu, &plan->restore[i]);
	uart_reset(&vm->uart);
	arch_vm_reset_irqs(vm);
	arch_vm_join(vm);
	vm->restarts++;
	trace_write(&cpu->trace, TRACE_VM_RESTART, TRACE_NO_VCPU, vm->restarts);
	console_print("%s restarts", plan->name);
	lock_take(&vm->lock);
	__atomic_store_n(&vm->state, VM_RUNNING, __ATOMIC_RELEASE);
	lock_release(&vm->lock);
	vcpu_start(vm_vcpu(vm, 0), plan->entry, plan->boot_argument);
}

static void halt(struct vm *vm)
{
	arch_vm_reset_irqs(vm);
	console_print("%s is halted", vm->plan->name);
	__atomic_store_n(&vm->state, VM_HALTED, __ATOMIC_SEQ_CST);
	console_vm_halted(vm);
	for (unsigned i = 0; i < hyp_plan->vm_count; i++) {
		if (__atomic_load_n(&vm_at(i)->state, __ATOMIC_SEQ_CST) != VM_HALTED)
			return;
	}
	console_print("every VM is halted: power off");
	arch_system_off();
}

static bool is_being_left(const struct vm *vm)
{
	return vm->state == VM_STOPPING && vm->vcpus_on != 0;
}

bool vm_waits(struct vm *vm)
{
	bool waits;

	lock_take(&vm->lock);
	waits = is_being_left(vm);
	lock_release(&vm->lock);
	return waits;
}

void vm_abandon(struct vm *vm, struct cpu *cpu)
{
	bool first;

	lock_take(&vm->lock);
	first = is_being_left(vm);
	for (unsigned i = 0; first && i < vm->plan->vcpu_count; i++) {
		if (vm_vcpu(vm, i)->state != VCPU_OFF)
			__atomic_store_n(&vm_vcpu(vm, i)->state, VCPU_LOST, __ATOMIC_RELEASE);
	}
	if (first)
		vm->vcpus_on = 0;
	lock_release(&vm->lock);
	if (!first)
		return; /* they came after all, or another CPU was here before */
	console_print("%s: a vCPU sleeps out of reach, the VM ends without it", vm->plan->name);
	vm->stop_policy = PLAN_HALT;
	vm_left(vm, cpu);
}

void vm_left(struct vm *vm, struct cpu *cpu)
{
	console_vm_flush(vm);
	if (vm->stop_policy == PLAN_RESTART)
		restart(vm, cpu);
	else
		halt(vm);
}
