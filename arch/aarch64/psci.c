/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PSCI 1.1 (DEN0022) and the Arm architecture calls of SMCCC 1.1 (DEN0028) for guests, by HVC and
 * by SMC. Everything else is NOT_SUPPORTED.
 */
#include "abi/hypercall.h"
#include "arch/aarch64/exit.h"
#include "arch/aarch64/firmware.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/sharing.h"
#include "arch/aarch64/vgic.h"
#include "arch/include/arch_cpu.h"
#include "hyp/core/cpu.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"

#define PSCI_1_1  0x10001
#define SMCCC_1_1 0x10001

enum {
	PSCI_SUCCESS = 0,
	PSCI_NOT_SUPPORTED = -1,
	PSCI_INVALID_PARAMETERS = -2,
	PSCI_DENIED = -3,
	PSCI_ALREADY_ON = -4,
	PSCI_ON_PENDING = -5,
	PSCI_INVALID_ADDRESS = -9
};

#define AFFINITY_ON         0
#define AFFINITY_OFF        1
#define AFFINITY_ON_PENDING 2
#define MIGRATE_NOT_NEEDED  2 /* no trusted OS, or one that need not migrate */

/*
 * The VM's vCPU with that affinity, or NULL; reserved bits must be zero. The vCPUs of tasks are no
 * CPUs of the guest's.
 */
static struct vcpu *find_target(const struct vcpu *vcpu, uint64_t affinity)
{
	return affinity < vcpu->vm->plan->task_first ? vm_vcpu(vcpu->vm, (unsigned)affinity) : 0;
}

static int64_t cpu_on(struct vcpu *vcpu, const uint64_t *args)
{
	static const int64_t results[] = {
		[VCPU_STARTED] = PSCI_SUCCESS,
		[VCPU_ALREADY_ON] = PSCI_ALREADY_ON,
		[VCPU_ON_PENDING] = PSCI_ON_PENDING,
		[VCPU_VM_STOPS] = PSCI_DENIED,
	};
	struct vcpu *target = find_target(vcpu, args[0]);

	if (!target)
		return PSCI_INVALID_PARAMETERS;
	if (args[1] & 3) /* AArch64 code is aligned; INVALID_ADDRESS since 1.0 */
		return PSCI_INVALID_ADDRESS;
	return results[vcpu_start(target, args[1], args[2])];
}

static int64_t affinity_info(struct vcpu *vcpu, const uint64_t *args)
{
	static const int64_t results[] = {
		[VCPU_OFF] = AFFINITY_OFF,
		[VCPU_STARTING] = AFFINITY_ON_PENDING,
		[VCPU_ON] = AFFINITY_ON,
	};
	struct vcpu *target = find_target(vcpu, args[0]);

	if (!target || args[1] != 0) /* only single CPUs, level 0 */
		return PSCI_INVALID_PARAMETERS;
	return results[__atomic_load_n(&target->state, __ATOMIC_ACQUIRE)];
}

/* A guest that raised its running priority must not sleep out of our interrupts' reach. */
static void wait_reachable(void)
{
	const uint64_t active = sysreg_read(ICC_AP1R0_EL1);

	sysreg_write(ICC_AP1R0_EL1, 0);
	isb();
	arch_cpu_wait();
	sysreg_write(ICC_AP1R0_EL1, active);
	isb();
}

/*
 * Power states of the original format: bits 31:26, 23:17 and 15:0 (a platform's) must be zero here.
 * A power-down state is entered as standby, which DEN0022 5.4.1 allows: the call then returns.
 */
static int64_t cpu_suspend(struct vcpu *vcpu, const uint64_t *args)
{
	const uint64_t type = BIT(16), level = 3ull << 24;

	if ((uint32_t)args[0] & ~(type | level))
		return PSCI_INVALID_PARAMETERS;
	if ((args[0] & type) && (args[1] & 3))
		return PSCI_INVALID_ADDRESS;
	if (vcpu_is_shared(vcpu)) {
		exit_shared_suspend(vcpu);
	} else if (vgic_is_direct(vcpu->vm)) {
		wait_reachable();
	} else {
		vgic_injected_sync(vcpu); /* what went away meanwhile does not count */
		if (!vgic_injected_waits())
			arch_cpu_wait();
	}
	return PSCI_SUCCESS;
}

static int64_t cpu_off(struct vcpu *vcpu, const uint64_t *args)
{
	(void)args;
	vcpu_stop(vcpu);
	return PSCI_SUCCESS;
}

static int64_t system_off(struct vcpu *vcpu, const uint64_t *args)
{
	(void)args;
	vm_stop(vcpu->vm, PLAN_HALT);
	return PSCI_SUCCESS;
}

static int64_t system_reset(struct vcpu *vcpu, const uint64_t *args)
{
	(void)args;
	vm_stop(vcpu->vm, vcpu->vm->plan->on_reset);
	return PSCI_SUCCESS;
}

static int64_t psci_version(struct vcpu *vcpu, const uint64_t *args)
{
	(void)vcpu;
	(void)args;
	return PSCI_1_1;
}

static int64_t migrate_info_type(struct vcpu *vcpu, const uint64_t *args)
{
	(void)vcpu;
	(void)args;
	return MIGRATE_NOT_NEEDED;
}

static int64_t smccc_version(struct vcpu *vcpu, const uint64_t *args)
{
	(void)vcpu;
	(void)args;
	return SMCCC_1_1;
}

/* Mitigations of speculation live in the firmware: the guest gets its answer, and its service. */
static int64_t workaround(struct vcpu *vcpu, const uint64_t *args)
{
	(void)args;
	return firmware_call((uint32_t)vcpu->arch.x[0], vcpu->arch.x[1], 0, 0);
}

static int64_t psci_features(struct vcpu *vcpu, const uint64_t *args);
static int64_t arch_features(struct vcpu *vcpu, const uint64_t *args);

struct service {
	uint32_t function;
	bool is_64; /* also as a 64-bit call, and then its arguments are not cut to 32 bits */
	bool leaves;
	int64_t (*handle)(struct vcpu *vcpu, const uint64_t *args);
};

#define SMC64 BIT(30)

static const struct service services[] = {
	{0x80000000, false, false, smccc_version},
	{0x80000001, false, false, arch_features},
	{0x80003fff, false, false, workaround}, /* SMCCC_ARCH_WORKAROUND_3 */
	{0x80007fff, false, false, workaround}, /* SMCCC_ARCH_WORKAROUND_2 */
	{0x80008000, false, false, workaround}, /* SMCCC_ARCH_WORKAROUND_1 */
	{0x84000000, false, false, psci_version},
	{0x84000001, true, true, cpu_suspend},
	{0x84000002, false, true, cpu_off},
	{0x84000003, true, false, cpu_on},
	{0x84000004, true, false, affinity_info},
	{0x84000006, false, false, migrate_info_type},
	{0x84000008, false, true, system_off},
	{0x84000009, false, true, system_reset},
	{0x8400000a, false, false, psci_features},
};

static const struct service *find_service(uint32_t function)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(services); i++) {
		const struct service *service = &services[i];

		if (function == service->function)
			return service;
		if (service->is_64 && function == (service->function | SMC64))
			return service;
	}
	return 0;
}

/* PSCI's own functions, and the version call, by which SMCCC is discovered (DEN0028 appendix C). */
static int64_t psci_features(struct vcpu *vcpu, const uint64_t *args)
{
	const uint32_t function = (uint32_t)args[0];
	const bool is_psci = (function & ~(uint32_t)(SMC64 | 0x1f)) == 0x84000000;

	(void)vcpu;
	if ((is_psci && find_service(function)) || function == 0x80000000)
		return PSCI_SUCCESS; /* also CPU_SUSPEND: original format, platform-coordinated */
	return PSCI_NOT_SUPPORTED;
}

static int64_t arch_features(struct vcpu *vcpu, const uint64_t *args)
{
	const struct service *service = find_service((uint32_t)args[0]);

	(void)vcpu;
	if (!service || (service->function & 0x3f000000) != 0)
		return PSCI_NOT_SUPPORTED;
	if (service->handle == workaround)
		return firmware_call(0x80000001, args[0], 0, 0);
	return PSCI_SUCCESS;
}

/* The identity of this hypervisor's calls (SMCCC 6.2): a UUID in four words, and a revision. */
static bool identify(struct vcpu *vcpu, uint32_t function)
{
	static const uint32_t uid[] = {0x4f524c4f, 0x4ee250b5, 0x9b3fa184, 0x5d01c76e};

	if (function == 0x8600ff01) {
		for (unsigned i = 0; i < ARRAY_LENGTH(uid); i++)
			vcpu->arch.x[i] = uid[i];
		return true;
	}
	if (function == 0x8600ff03) {
		vcpu->arch.x[0] = HYPERCALL_INTERFACE_VERSION >> 16;
		vcpu->arch.x[1] = HYPERCALL_INTERFACE_VERSION & 0xffff;
		return true;
	}
	return false;
}

bool psci_handle(struct vcpu *vcpu)
{
	const uint32_t function = (uint32_t)vcpu->arch.x[0];
	const struct service *service = find_service(function);
	uint64_t args[3] = {vcpu->arch.x[1], vcpu->arch.x[2], vcpu->arch.x[3]};
	int64_t result;

	vcpu->exits[EXIT_CAUSE_FIRMWARE]++;
	trace_write(&vcpu->cpu->trace, TRACE_FIRMWARE, vcpu->number, function);
	if (!service) {
		if (!identify(vcpu, function))
			vcpu->arch.x[0] = (uint64_t)PSCI_NOT_SUPPORTED;
		return true;
	}
	for (unsigned i = 0; i < ARRAY_LENGTH(args) && !(function & SMC64); i++)
		args[i] = (uint32_t)args[i];
	result = service->handle(vcpu, args);
	vcpu->arch.x[0] = (uint64_t)result;
	return !service->leaves;
}
