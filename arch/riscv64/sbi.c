/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware that a guest sees: RISC-V Supervisor Binary Interface 2.0 ("SBI"). Extensions that
 * are not here, and functions that an extension does not have, are SBI_NOT_SUPPORTED.
 */
#include "arch/riscv64/sbi.h"

#include <stddef.h>

#include "abi/hypercall.h"
#include "abi/region.h"
#include "arch/riscv64/context.h"
#include "arch/riscv64/exit.h"
#include "arch/riscv64/irq.h"
#include "hyp/core/comm.h"
#include "hyp/core/console.h"
#include "hyp/core/cpu.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"
#include "lib/bits.h"

#define SBI_VERSION_2_0 0x02000000

/* The old calls without function numbers, one extension each (SBI chapter 5). */
enum legacy {
	LEGACY_SET_TIMER,
	LEGACY_PUT,
	LEGACY_GET,
	LEGACY_CLEAR_IPI,
	LEGACY_SEND_IPI,
	LEGACY_FENCE_I,
	LEGACY_SFENCE_VMA,
	LEGACY_SFENCE_VMA_ASID,
	LEGACY_SHUTDOWN
};

static const struct sbi_result not_supported = {SBI_NOT_SUPPORTED, 0};
static const struct sbi_result invalid_param = {SBI_INVALID_PARAM, 0};

typedef struct sbi_result service_t(struct vcpu *vcpu, uint64_t function, const uint64_t *args);

static service_t base;

static struct sbi_result time(struct vcpu *vcpu, uint64_t function, const uint64_t *args)
{
	if (function != 0)
		return not_supported;
	vcpu_set_timer(vcpu, args[0]);
	return (struct sbi_result){SBI_SUCCESS, 0};
}

/*
 * A hart mask (SBI 3.1): bits from `base` on, or all harts. The VM's vCPUs as a mask, or 0 if it
 * names a hart that is not there; an empty mask is allowed and names none, so *is_good tells.
 */
static uint64_t find_harts(const struct vm *vm, uint64_t mask, uint64_t base, bool *is_good)
{
	const uint64_t all = BIT(vm->plan->vcpu_count) - 1;

	*is_good = true;
	if (base == ~0ull)
		return all;
	if (mask == 0)
		return 0;
	if (base < 64 && (mask & ~(all >> base)) == 0)
		return mask << base;
	*is_good = false;
	return 0;
}

static void send_ipi(struct vcpu *target)
{
	if (vm_has_upcalls(target->vm))
		comm_upcall_raise(target, REGION_UPCALL_IPI);
	else
		irq_post(target, IRQ_POSTED_SOFT, 0);
}

static struct sbi_result ipi(struct vcpu *vcpu, uint64_t function, const uint64_t *args)
{
	bool is_good;
	uint64_t harts;

	if (function != 0)
		return not_supported;
	harts = find_harts(vcpu->vm, args[0], args[1], &is_good);
	if (!is_good)
		return invalid_param;
	for (; harts; harts &= harts - 1)
		send_ipi(vm_vcpu(vcpu->vm, bits_lowest(harts)));
	return (struct sbi_result){SBI_SUCCESS, 0};
}

/*
 * The board's firmware fences on the other harts' behalf, for the VMID in this hart's hgatp: what
 * is SFENCE.VMA to the guest is HFENCE.VVMA here. Guests have no guests, so the rest is not there.
 */
static struct sbi_result rfence(struct vcpu *vcpu, uint64_t function, const uint64_t *args)
{
	static const uint8_t functions[] = {
		[RFENCE_FENCE_I] = RFENCE_FENCE_I,
		[RFENCE_SFENCE_VMA] = RFENCE_HFENCE_VVMA,
		[RFENCE_SFENCE_VMA_ASID] = RFENCE_HFENCE_VVMA_ASID,
	};
	bool is_good;
	uint64_t harts;

	if (function >= ARRAY_LENGTH(functions))
		return not_supported;
	harts = find_harts(vcpu->vm, args[0], args[1], &is_good);
	if (!is_good)
		return invalid_param;
	return (struct sbi_result){
		firmware_fence(vcpu->vm, harts, functions[function], args[2], args[3], args[4]), 0};
}

/* Reserved and unknown types and reasons are refused (SBI 10.1); all that is known is granted. */
static struct sbi_result srst(struct vcpu *vcpu, uint64_t function, const uint64_t *args)
{
	const uint32_t type = (uint32_t)args[0], reason = (uint32_t)args[1];

	if (function != 0)
		return not_supported;
	if (type > SRST_WARM_REBOOT || reason > 1)
		return invalid_param;
	vm_stop(vcpu->vm, type == SRST_SHUTDOWN ? PLAN_HALT : vcpu->vm->plan->on_reset);
	return (struct sbi_result){SBI_SUCCESS, 0};
}

static const struct extension {
	uint32_t id;
	bool leaves; /* the vCPU may be off, or its VM on its way out, afterwards */
	service_t *service;
} extensions[] = {
	{SBI_BASE, false, base},
	{SBI_TIME, false, time},
	{SBI_IPI, false, ipi},
	{SBI_RFENCE, false, rfence},
	{SBI_HSM, true, sbi_hsm},
	{SBI_SRST, true, srst},
	{SBI_DBCN, false, sbi_console},
};

static const struct extension *find_extension(uint64_t id)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(extensions); i++) {
		if (extensions[i].id == id)
			return &extensions[i];
	}
	return NULL;
}

static bool is_legacy(uint64_t id)
{
	return id == LEGACY_SET_TIMER || id == LEGACY_PUT || id == LEGACY_GET ||
	       id == LEGACY_SHUTDOWN;
}

/* The processor's identity is the real one, for a kernel's errata. */
static struct sbi_result base(struct vcpu *vcpu, uint64_t function, const uint64_t *args)
{
	struct sbi_result result = {SBI_SUCCESS, 0};

	(void)vcpu;
	switch (function) {
	case BASE_VERSION:
		result.value = SBI_VERSION_2_0;
		break;
	case BASE_IMPLEMENTATION:
		result.value = HYPERCALL_SBI_ID;
		break;
	case BASE_IMPLEMENTATION_VERSION:
		result.value = HYPERCALL_INTERFACE_VERSION;
		break;
	case BASE_PROBE:
		result.value = find_extension(args[0]) || is_legacy(args[0]) ||
			       args[0] == HYPERCALL_EXTENSION;
		break;
	case BASE_MVENDORID:
	case BASE_MARCHID:
	case BASE_MIMPID:
		return firmware_call(SBI_BASE, function, 0, 0, 0);
	default:
		return not_supported;
	}
	return result;
}

/* Legacy calls return one word (SBI 5). Those that take pointers into the guest's memory are not
 * here.
 */
static int64_t legacy(struct vcpu *vcpu, uint64_t id, const uint64_t *args)
{
	switch (id) {
	case LEGACY_SET_TIMER:
		vcpu_set_timer(vcpu, args[0]);
		return 0;
	case LEGACY_PUT:
		console_vm_put(vcpu->vm, (char)args[0]);
		return 0;
	case LEGACY_GET:
		return sbi_console_get(vcpu);
	case LEGACY_SHUTDOWN:
		vm_stop(vcpu->vm, PLAN_HALT);
		return 0;
	default:
		return SBI_NOT_SUPPORTED;
	}
}

bool sbi_handle(struct vcpu *vcpu)
{
	uint64_t *x = vcpu->arch.x;
	const uint64_t id = x[17];
	const struct extension *extension = find_extension(id);
	struct sbi_result result = not_supported;

	vcpu->exits[id == SBI_IPI ? EXIT_CAUSE_IPI : EXIT_CAUSE_FIRMWARE]++;
	trace_write(&vcpu->cpu->trace, TRACE_FIRMWARE, vcpu->number, id);
	if (id <= SBI_LEGACY_LAST) {
		x[10] = (uint64_t)legacy(vcpu, id, &x[10]);
		return id != LEGACY_SHUTDOWN;
	}
	if (extension)
		result = extension->service(vcpu, x[16], &x[10]);
	if (result.error == SBI_RESUMED)
		return false;
	x[10] = (uint64_t)result.error;
	x[11] = (uint64_t)result.value;
	return !extension || !extension->leaves;
}
