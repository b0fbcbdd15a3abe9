/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI's hart state management for guests (SBI 2.0, chapter 9).
 */
#include "arch/include/arch_cpu.h"
#include "arch/riscv64/context.h"
#include "arch/riscv64/exit.h"
#include "arch/riscv64/irq.h"
#include "arch/riscv64/sbi.h"
#include "hyp/core/cpu.h"
#include "hyp/core/shared.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

/* Types of suspend (SBI 9.4); those of a platform are none of ours. */
#define SUSPEND_RETENTIVE     0x00000000u
#define SUSPEND_NON_RETENTIVE 0x80000000u

static struct sbi_result error(int64_t code)
{
	return (struct sbi_result){code, 0};
}

/* A hart can start where its VM has memory with instructions, at an address of C's alignment. */
static bool is_start_address(uint64_t address)
{
	const struct sbi_memory memory = sbi_memory_open();
	const bool is_code = guarded_fetch(address) >= 0;

	sbi_memory_close(&memory);
	return is_code && address % 2 == 0;
}

/* A task's vCPU is no hart of the guest's. */
static struct vcpu *find_hart(const struct vm *vm, uint64_t hart)
{
	return hart < vm->plan->task_first ? vm_vcpu(vm, (unsigned)hart) : 0;
}

static struct sbi_result start(struct vcpu *vcpu, const uint64_t *args)
{
	static const int8_t results[] = {
		[VCPU_STARTED] = SBI_SUCCESS,
		[VCPU_ALREADY_ON] = SBI_ALREADY_AVAILABLE,
		[VCPU_ON_PENDING] = SBI_ALREADY_AVAILABLE,
		[VCPU_VM_STOPS] = SBI_FAILED,
	};
	struct vcpu *target = find_hart(vcpu->vm, args[0]);

	if (!target)
		return error(SBI_INVALID_PARAM);
	if (!is_start_address(args[1]))
		return error(SBI_INVALID_ADDRESS);
	return error(results[vcpu_start(target, args[1], args[2])]);
}

static bool is_suspended(const struct vcpu *vcpu)
{
	if (vcpu_is_shared(vcpu))
		return shared_is_suspended(vcpu);
	return __atomic_load_n(&vcpu->arch.suspended, __ATOMIC_RELAXED) != 0;
}

static struct sbi_result status(const struct vcpu *vcpu, const uint64_t *args)
{
	static const uint8_t states[] = {
		[VCPU_OFF] = HSM_STOPPED,
		[VCPU_STARTING] = HSM_START_PENDING,
		[VCPU_ON] = HSM_STARTED,
	};
	const struct vcpu *target = find_hart(vcpu->vm, args[0]);
	uint32_t state;

	if (!target)
		return error(SBI_INVALID_PARAM);
	state = __atomic_load_n(&target->state, __ATOMIC_ACQUIRE);
	if (state == VCPU_ON && is_suspended(target))
		return (struct sbi_result){SBI_SUCCESS, HSM_SUSPENDED};
	return (struct sbi_result){SBI_SUCCESS, states[state]};
}

static bool has_wakeup(const struct vcpu *vcpu)
{
	return __atomic_load_n(&vcpu->vm->state, __ATOMIC_ACQUIRE) != VM_RUNNING ||
	       (csr_read(CSR_HIP) & csr_read(CSR_HIE)) != 0;
}

/* Sleeps until an interrupt is pending that the guest has enabled, as WFI would. */
static void sleep(struct vcpu *vcpu)
{
	__atomic_store_n(&vcpu->arch.suspended, 1, __ATOMIC_RELAXED);
	while (!has_wakeup(vcpu)) {
		arch_cpu_wait();
		arch_irq_poll(vcpu->cpu);
		irq_take_posted(vcpu);
	}
	__atomic_store_n(&vcpu->arch.suspended, 0, __ATOMIC_RELAXED);
}

static struct sbi_result suspend(struct vcpu *vcpu, const uint64_t *args)
{
	const uint32_t type = (uint32_t)args[0];
	const uint64_t resume = args[1], argument = args[2];

	if (type != SUSPEND_RETENTIVE && type != SUSPEND_NON_RETENTIVE)
		return error(SBI_INVALID_PARAM);
	if (type == SUSPEND_NON_RETENTIVE && !is_start_address(resume))
		return error(SBI_INVALID_ADDRESS);
	if (type == SUSPEND_NON_RETENTIVE)
		vcpu_resume_at(vcpu, resume, argument);
	if (vcpu_is_shared(vcpu))
		context_suspend(vcpu);
	else
		sleep(vcpu);
	return error(type == SUSPEND_RETENTIVE ? SBI_SUCCESS : SBI_RESUMED);
}

struct sbi_result sbi_hsm(struct vcpu *vcpu, uint64_t function, const uint64_t *args)
{
	switch (function) {
	case HSM_START:
		return start(vcpu, args);
	case HSM_STOP:
		vcpu_stop(vcpu);
		return error(SBI_SUCCESS);
	case HSM_STATUS:
		return status(vcpu, args);
	case HSM_SUSPEND:
		return suspend(vcpu, args);
	default:
		return error(SBI_NOT_SUPPORTED);
	}
}
