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
#define RESETS_AT_ONCE      4u /* vCPUs whose interrupts are reset in one step */

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
	if (HYP_SHARED && hyp_plan->sched_common) {
		shared_stop(vm);
		return;
	}
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
		return true;
	case 1:
		console_print("fault in %s, vCPU %u: %s", vm->plan->name,
			(unsigned)vcpu->plan->index, report->fault.what);
		return true;
	case 2:
		console_print("  pc 0x%lx", report->pc);
		return true;
	case 3:
		if (report->fault.address != ADDRESS_NONE)
			console_print("  address 0x%lx", report->fault.address);
		return true;
	case 4:
		console_print("  syndrome 0x%lx", report->fault.syndrome);
		return true;
	default:
		if (line - 5 < FAULT_TRACE_RECORDS) {
			trace_print(&vcpu->cpu->trace,
				report->trace_end + line - 5 - FAULT_TRACE_RECORDS);
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
 * Fills `bytes` bytes of the VM, whole pages or a part of one, with zeros, or with those at
 * `source_pa` if that is not 0; both begin at the same place of a page.
 */
static void restore_bytes(struct cpu *cpu, uint64_t target_pa, uint64_t source_pa, uint64_t bytes)
{
	const uint64_t offset = target_pa % PLAN_PAGE_SIZE;
	const unsigned count = (unsigned)((bytes - 1) / PLAN_PAGE_SIZE + 1);
	char *target = (char *)arch_window_open(cpu, 0, target_pa - offset, count) + offset;

	if (source_pa) {
		const char *source = arch_window_open(cpu, 1, source_pa - offset, count);

		memcpy(target, source + offset, bytes);
		arch_window_close(cpu, 1, count, 0, 0);
	} else {
		memset(target, 0, bytes);
	}
	arch_window_close(cpu, 0, count, target, bytes);
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
	vm->end_step = 0;
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

/* Returns whether there are more of them. */
static bool reset_some_irqs(struct vm *vm)
{
	const unsigned first = vm->end_step * RESETS_AT_ONCE;
	const unsigned left = vm->plan->vcpu_count - first;

	arch_vm_reset_irqs(vm, first, left < RESETS_AT_ONCE ? left : RESETS_AT_ONCE);
	vm->end_step++;
	return left > RESETS_AT_ONCE;
}

static void end_restart(struct vm *vm, struct cpu *cpu)
{
	vm->restarts++;
	trace_write(&cpu->trace, TRACE_VM_RESTART, TRACE_NO_VCPU, vm->restarts);
	console_print("%s restarts", vm->plan->name);
	lock_take(&vm->lock);
	vm->is_empty = false;
	__atomic_store_n(&vm->state, VM_RUNNING, __ATOMIC_RELEASE);
	lock_release(&vm->lock);
	tell_state(vm);
}

static void restore_memory(struct vm *vm, struct cpu *cpu)
{
	const struct plan_restore *piece = &vm->plan->restore[vm->restore_piece];
	const uint64_t left = piece->size_bytes - vm->restore_bytes;
	const uint64_t most =
		cpu_is_shared(cpu) ? PLAN_PAGE_SIZE / 2 : PLAN_WINDOW_PAGES / 2 * PLAN_PAGE_SIZE;
	const uint64_t bytes = left < most ? left : most;

	restore_bytes(cpu, piece->target_pa + vm->restore_bytes,
		piece->source_pa ? piece->source_pa + vm->restore_bytes : 0, bytes);
	vm->restore_bytes += bytes;
	if (bytes < left)
		return;
	vm->restore_piece++;
	vm->restore_bytes = 0;
}

/* On a CPU that several share, others wait for each step. */
void vm_restore(struct vm *vm, struct cpu *cpu)
{
	if (vm->restore_piece < vm->plan->restore_count) {
		restore_memory(vm, cpu);
	} else if (vm->end_step * RESETS_AT_ONCE < vm->plan->vcpu_count) {
		reset_some_irqs(vm);
	} else {
		uart_reset(&vm->uart);
		arch_vm_join(vm);
		end_restart(vm, cpu);
	}
}

static void power_off_after_last(void)
{
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

/* The steps of vm_end; ENDS_RESETTING as often as there are vCPUs' interrupts to reset. */
enum end_stage {
	ENDS_CONSOLE,
	ENDS_TASKS,
	ENDS_COMM,
	ENDS_MEMORY,
	ENDS_RESETTING,
	ENDS_SAYING,
	ENDS_HALTED,
	ENDS_POWER
};

bool vm_end(struct vm *vm)
{
	switch (vm->end_stage) {
	case ENDS_CONSOLE:
		console_vm_flush(vm);
		break;
	case ENDS_TASKS:
		if (HYP_SHARED)
			shared_vm_left(vm);
		break;
	case ENDS_COMM:
		if (HYP_COMM)
			comm_vm_left(vm);
		break;
	case ENDS_MEMORY:
		if (vm->stop_policy != PLAN_RESTART)
			break;
		begin_restart(vm);
		return false;
	case ENDS_RESETTING:
		if (reset_some_irqs(vm))
			return true;
		break;
	case ENDS_SAYING:
		console_print("%s is halted", vm->plan->name);
		break;
	case ENDS_HALTED:
		__atomic_store_n(&vm->state, VM_HALTED, __ATOMIC_SEQ_CST);
		tell_state(vm);
		console_vm_halted(vm);
		break;
	default:
		vm->is_empty = false;
		power_off_after_last();
		return false;
	}
	vm->end_stage++;
	return true;
}

/*
 * Others wait for the CPU of a shared vCPU, so that it is done step by step in the first one's
 * time; but one that is lost (vm_abandon) has none any more.
 */
void vm_left(struct vm *vm)
{
	struct vcpu *first = vm_vcpu(vm, 0);

	vm->end_stage = ENDS_CONSOLE;
	vm->end_step = 0;
	vm->is_empty = true;
	if (vcpu_is_shared(first) && first->state == VCPU_OFF) {
		__atomic_store_n(&first->state, VCPU_STARTING, __ATOMIC_RELEASE);
		vcpu_kick(first);
		return;
	}
	while (vm_end(vm))
		;
}
