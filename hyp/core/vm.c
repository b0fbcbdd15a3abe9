/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a VM, by its own wish or by its mistake, and its new beginning.
 */
#include "hyp/core/vm.h"

#include "arch/include/arch_cpu.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/comm.h"
#include "hyp/core/console.h"
#include "hyp/core/cpu.h"
#include "hyp/core/extent.h"
#include "hyp/core/hyp.h"
#include "hyp/core/shared.h"
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

/* After a change of vm->state. */
static void tell_state(struct vm *vm)
{
	if (HYP_COMM)
		comm_vm_state(vm);
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
		console_send_all();
		arch_system_off();
	}
	tell_state(vm);
	arch_vm_cut(vm);
	for (unsigned i = 0; i < vm->plan->vcpu_count; i++)
		vcpu_kick(vm_vcpu(vm, i));
}

bool vm_report(const struct vcpu *vcpu, const struct fault_report *report, unsigned line)
{
	static const char *const ends[] = {
		[PLAN_HALT] = "the VM is halted",
		[PLAN_RESTART] = "the VM is restarted",
		[PLAN_STOP_SYSTEM] = "the system is stopped",
	};
	struct vm *vm = vcpu->vm;

	switch (line) {
	case 0:
		console_vm_flush(vm);
		console_print("fault in %s, vCPU %u: %s", vm->plan->name,
			(unsigned)vcpu->plan->index, report->fault.what);
		return true;
	case 1:
		console_print("  pc 0x%lx", report->pc);
		return true;
	case 2:
		if (report->fault.address != ADDRESS_NONE)
			console_print("  address 0x%lx", report->fault.address);
		return true;
	case 3:
		console_print("  syndrome 0x%lx", report->fault.syndrome);
		return true;
	default:
		if (line - 4 < FAULT_TRACE_RECORDS) {
			trace_print(&vcpu->cpu->trace,
				report->trace_end + line - 4 - FAULT_TRACE_RECORDS);
			return true;
		}
		console_print("  %s (on-fault)", ends[vm->plan->on_fault]);
		return false;
	}
}

/* Where several share the CPU, the report is said in the guest's own time, line by line. */
struct vcpu *vm_fault(struct vcpu *vcpu, const struct fault *fault)
{
	struct vm *vm = vcpu->vm;
	struct fault_report report = {.fault = *fault, .pc = arch_vcpu_pc(vcpu)};

	trace_write(&vcpu->cpu->trace, TRACE_FAULT, vcpu->number, fault->syndrome);
	report.trace_end = vcpu->cpu->trace.next;
	vcpu->exits[EXIT_CAUSE_FAULT]++;
	__atomic_fetch_add(&vm->faults, 1, __ATOMIC_RELAXED);
	if (vcpu_is_shared(vcpu) && vm->plan->on_fault != PLAN_STOP_SYSTEM) {
		shared_fault(vcpu, &report);
	} else {
		for (unsigned line = 0; vm_report(vcpu, &report, line); line++)
			;
	}
	vm_stop(vm, vm->plan->on_fault);
	return cpu_attend(vcpu);
}

/*
 * Fills up to `count` pages of the VM with zeros, or with those at `source_pa` if that is not 0.
 */
static void restore_pages(struct cpu *cpu, uint64_t target_pa, uint64_t source_pa, unsigned count)
{
	void *target = arch_window_open(cpu, 0, target_pa, count);

	if (source_pa) {
		memcpy(target, arch_window_open(cpu, 1, source_pa, count), count * PLAN_PAGE_SIZE);
		arch_window_close(cpu, 1, count);
	} else {
		memset(target, 0, count * PLAN_PAGE_SIZE);
	}
	arch_window_close(cpu, 0, count);
}

/*
 * The VM's first vCPU is the one whose time the restoring takes: on a CPU that several share, its
 * place among the others is its own also while it has no memory.
 */
static void begin_restart(struct vm *vm)
{
	struct vcpu *first = vm_vcpu(vm, 0);

	vm->restore_piece = 0;
	vm->restore_bytes = 0;
	first->start_pc = vm->plan->entry;
	first->start_argument = vm->plan->boot_argument;
	lock_take(&vm->lock);
	vm->vcpus_on = 1;
	__atomic_store_n(&vm->state, VM_RESTORING, __ATOMIC_RELEASE);
	lock_release(&vm->lock);
	tell_state(vm);
	__atomic_store_n(&first->state, VCPU_STARTING, __ATOMIC_RELEASE);
	vcpu_kick(first);
}

static void end_restart(struct vm *vm, struct cpu *cpu)
{
	uart_reset(&vm->uart);
	arch_vm_reset_irqs(vm);
	arch_vm_join(vm);
	vm->restarts++;
	trace_write(&cpu->trace, TRACE_VM_RESTART, TRACE_NO_VCPU, vm->restarts);
	console_print("%s restarts", vm->plan->name);
	lock_take(&vm->lock);
	__atomic_store_n(&vm->state, VM_RUNNING, __ATOMIC_RELEASE);
	lock_release(&vm->lock);
	tell_state(vm);
}

/* On a CPU that several share, others wait for each step. */
void vm_restore(struct vm *vm, struct cpu *cpu)
{
	const struct plan_restore *piece = &vm->plan->restore[vm->restore_piece];
	const uint64_t most = cpu_is_shared(cpu) ? 1 : PLAN_WINDOW_PAGES / 2;
	uint64_t left, count;

	if (vm->restore_piece == vm->plan->restore_count) {
		end_restart(vm, cpu);
		return;
	}
	left = (piece->size_bytes - vm->restore_bytes) / PLAN_PAGE_SIZE;
	count = left < most ? left : most;
	restore_pages(cpu, piece->target_pa + vm->restore_bytes,
		piece->source_pa ? piece->source_pa + vm->restore_bytes : 0, (unsigned)count);
	vm->restore_bytes += count * PLAN_PAGE_SIZE;
	if (count < left)
		return;
	vm->restore_piece++;
	vm->restore_bytes = 0;
}

static void halt(struct vm *vm)
{
	arch_vm_reset_irqs(vm);
	console_print("%s is halted", vm->plan->name);
	__atomic_store_n(&vm->state, VM_HALTED, __ATOMIC_SEQ_CST);
	tell_state(vm);
	console_vm_halted(vm);
	for (unsigned i = 0; i < hyp_plan->vm_count; i++) {
		if (__atomic_load_n(&vm_at(i)->state, __ATOMIC_SEQ_CST) != VM_HALTED)
			return;
	}
	console_print("every VM is halted: power off");
	console_send_all();
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
	waits = is_being_left(vm) && vm->plan->delivery == PLAN_DIRECT;
	lock_release(&vm->lock);
	return waits;
}

void vm_abandon(struct vm *vm)
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
	vm_left(vm);
}

void vm_left(struct vm *vm)
{
	console_vm_flush(vm);
	if (HYP_SHARED)
		shared_vm_left(vm);
	if (HYP_COMM)
		comm_vm_left(vm);
	if (vm->stop_policy == PLAN_RESTART)
		begin_restart(vm);
	else
		halt(vm);
}
