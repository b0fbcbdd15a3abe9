/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits: from the syndrome to the core's calls and back into the guest's registers. This is the
 * only place that moves the guest's program counter.
 */
#include "arch/aarch64/exit.h"

#include "abi/hypercall.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/sharing.h"
#include "arch/aarch64/upcall.h"
#include "arch/aarch64/vgic.h"
#include "hyp/core/console.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/hypercall.h"
#include "hyp/core/mmio.h"
#include "hyp/core/shared.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"

/* Called by exit.S: a first half, second halves, and the end of a call that is not quick. */
exit_second_half *exit_sync(struct vcpu *vcpu, uint64_t esr);
exit_second_half exit_sync_rest, exit_serror, exit_firmware, exit_yield;
struct vcpu *exit_called(struct vcpu *vcpu, int64_t result);
_Noreturn void exit_panic(uint64_t esr, uint64_t pc, uint64_t address);

/* ISS of a trapped MSR or MRS (D24.2, class 0x18) without register and direction. */
#define ISS_REGISTER_MASK 0x3ffc1eu
#define ISS_ICC_SGI1R     0x3a3016u

/*
 * A program in AArch32 that runs under an AArch64 kernel may have trapped inside an IT block,
 * which then advances (G1.8.1, ITAdvance): IT[4:0] stands in PSTATE bits 12:10 and 26:25.
 */
static uint64_t advance_it(uint64_t pstate)
{
	unsigned it = (unsigned)(bits_get(pstate, 10, 6) << 2 | bits_get(pstate, 25, 2));

	it = (it & 7) ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
	pstate &= ~(0x3full << 10 | 3ull << 25);
	return pstate | (uint64_t)(it >> 2) << 10 | (uint64_t)(it & 3) << 25;
}

void exit_skip_instruction(uint64_t esr)
{
	sysreg_write(elr_el2, sysreg_read(elr_el2) + (esr & ESR_IL ? 4 : 2));
	if (__builtin_expect((sysreg_read(spsr_el2) & PSTATE_AARCH32) != 0, 0))
		sysreg_write(spsr_el2, advance_it(sysreg_read(spsr_el2)));
}

/* HPFAR_EL2.FIPA holds bits 47:12 of the address; the page offset is FAR_EL2's. */
static uint64_t fault_address(void)
{
	return (sysreg_read(hpfar_el2) >> 4 << 12) | (sysreg_read(far_el2) & 0xfff);
}

/* FSC 0b0001LL: a translation fault at stage 2, the only fault that emulated registers cause. */
#define EMULATION_MASK  (ESR_ISV | ESR_S1PTW | ESR_CM | 0x3c)
#define EMULATION_VALUE (ESR_ISV | 0x04)

/*
 * Whole syndromes of the frequent exits, each with one comparison: an access to emulated
 * registers by one of x0 to x7, without sign extension; a write of one of x0 to x7 to
 * ICC_SGI1R_EL1. Those are the registers that exit.S has saved, and that compilers use for it.
 * An access is known by FSC 0b000xxx, which spares an instruction: 0b0000LL would be an address of
 * our own tables that is too large, and where something is emulated the tables have nothing.
 */
#define QUICK_ACCESS_MASK                                                             \
	(0x3fu << 26 | (uint32_t)(ESR_ISV | ESR_SSE | ESR_CM | ESR_S1PTW | ESR_WNR) | \
		0x18u << 16 | 0x38)
#define QUICK_READ     ((uint32_t)ESR_DATA_ABORT_LOWER << 26 | (uint32_t)ESR_ISV)
#define QUICK_WRITE    (QUICK_READ | (uint32_t)ESR_WNR)
#define QUICK_SGI_MASK (~(7u << 5))
#define QUICK_SGI      ((uint32_t)ESR_SYSTEM << 26 | (uint32_t)ESR_IL | ISS_ICC_SGI1R)

static bool is_emulation(uint64_t esr)
{
	return (esr & EMULATION_MASK) == EMULATION_VALUE;
}

/*
 * Lets a device answer an access, of which the value of a write is set. Only MMIO_DONE has an
 * effect; the instruction is still to be skipped.
 */
static ALWAYS_INLINE enum mmio_result emulate(
	struct vcpu *vcpu, uint64_t esr, bool is_write, struct mmio_access *access)
{
	const unsigned size = 1u << bits_get(esr, 22, 2);
	const uint64_t address = fault_address();

	access->address = address;
	access->size = (uint8_t)size;
	access->is_write = is_write;
	if (address & (size - 1))
		return MMIO_DENIED;
	if (is_write)
		trace_write(&vcpu->cpu->trace, TRACE_MMIO_WRITE, vcpu->number, address);
	return mmio_dispatch(vcpu, access);
}

/* Sign extension, which no driver of an interrupt controller uses but the architecture has. */
static uint64_t extend(uint64_t value, uint64_t esr)
{
	const unsigned unused = 64 - 8 * (1u << bits_get(esr, 22, 2));

	value = (uint64_t)((int64_t)(value << unused) >> unused);
	return esr & ESR_SF ? value : (uint32_t)value;
}

/* By any register, 31 being zero; all are saved. */
RARELY static enum mmio_result emulate_any(struct vcpu *vcpu, uint64_t esr)
{
	const unsigned reg = (unsigned)bits_get(esr, 16, 5);
	const bool is_write = (esr & ESR_WNR) != 0;
	struct mmio_access access;
	enum mmio_result result;

	access.value = reg == 31 ? 0 : vcpu->arch.x[reg];
	result = emulate(vcpu, esr, is_write, &access);
	if (result != MMIO_DONE)
		return result;
	if (!is_write && reg != 31)
		vcpu->arch.x[reg] = esr & ESR_SSE ? extend(access.value, esr) : access.value;
	exit_skip_instruction(esr);
	return MMIO_DONE;
}

/* The number of Orlop's own call, or one that does not exist. */
static uint32_t hypercall_number(const struct vcpu *vcpu)
{
	return (uint32_t)vcpu->arch.x[0] - HYPERCALL_BASE;
}

static bool is_sgi(uint64_t esr)
{
	return ((uint32_t)esr & (ISS_REGISTER_MASK | 1)) == ISS_ICC_SGI1R;
}

static inline void send_sgi(struct vcpu *vcpu, unsigned reg)
{
	const uint64_t request = reg == 31 ? 0 : vcpu->arch.x[reg];

	vcpu->exits[EXIT_CAUSE_IPI]++;
	trace_write(&vcpu->cpu->trace, TRACE_IPI, vcpu->number, request);
	vgic_send_sgi(vcpu, request, true);
}

/* First halves are entered from AArch64 only, whose instructions have four bytes. */
static inline void step(void)
{
	sysreg_write(elr_el2, sysreg_read(elr_el2) + 4);
}

/*
 * The first halves: what has no effect here is done from the start by the second half. A write that
 * is to be made again has had an effect, as a part of what it asks for is done.
 */
NEVER_INLINE static exit_second_half *quick_read(struct vcpu *vcpu, uint64_t esr)
{
	struct mmio_access access;

	if (__builtin_expect(emulate(vcpu, esr, false, &access) != MMIO_DONE, 0))
		return exit_sync_rest;
	/* Read again, which is cheaper than to keep it. */
	vcpu->arch.x[bits_get(sysreg_read(esr_el2), 16, 3)] = access.value;
	step();
	return 0;
}

NEVER_INLINE static exit_second_half *quick_write(struct vcpu *vcpu, uint64_t esr)
{
	struct mmio_access access;
	enum mmio_result result;

	access.value = vcpu->arch.x[bits_get(esr, 16, 3)];
	result = emulate(vcpu, esr, true, &access);
	if (__builtin_expect(result != MMIO_DONE, 0))
		return result == MMIO_BUSY ? exit_attend : exit_sync_rest;
	step();
	return 0;
}

NEVER_INLINE static exit_second_half *quick_sgi(struct vcpu *vcpu, uint64_t esr)
{
	send_sgi(vcpu, (unsigned)bits_get(esr, 5, 3));
	step();
	return 0;
}

exit_second_half *exit_sync(struct vcpu *vcpu, uint64_t esr)
{
	if (((uint32_t)esr & QUICK_ACCESS_MASK) == QUICK_READ)
		return quick_read(vcpu, esr);
	if (((uint32_t)esr & QUICK_ACCESS_MASK) == QUICK_WRITE)
		return quick_write(vcpu, esr);
	if (((uint32_t)esr & QUICK_SGI_MASK) == QUICK_SGI)
		return quick_sgi(vcpu, esr);
	return exit_sync_rest;
}

RARELY static struct vcpu *fault(
	struct vcpu *vcpu, const char *what, uint64_t esr, uint64_t address)
{
	const struct fault fault = {.what = what, .syndrome = esr, .address = address};

	return vm_fault(vcpu, &fault);
}

RARELY static const char *abort_words(uint64_t esr, bool is_fetch)
{
	if (esr & ESR_S1PTW)
		return "its page tables lie where it has no memory";
	if ((ESR_FSC(esr) & 0x3c) == 0x0c)
		return is_fetch ? "it executes a device's registers"
				: "it writes to memory that it may only read";
	if (is_fetch)
		return "it executes where it has no memory";
	if (!(esr & ESR_ISV))
		return "access to an address where it has nothing, by an instruction that cannot "
		       "be emulated";
	return esr & ESR_WNR ? "write to an address where it has nothing"
			     : "read of an address where it has nothing";
}

/* A permission fault leaves HPFAR_EL2 unknown unless the walk caused it (D24.2, HPFAR_EL2). */
static uint64_t abort_address(uint64_t esr)
{
	bool permission = (ESR_FSC(esr) & 0x3c) == 0x0c && !(esr & ESR_S1PTW);

	return permission ? ADDRESS_NONE : fault_address();
}

/* Registers are Device memory to a guest: at a wrong address the core itself would say so. */
static bool is_misaligned(uint64_t esr)
{
	return (esr & ESR_ISV) && (sysreg_read(far_el2) & ((1u << bits_get(esr, 22, 2)) - 1));
}

RARELY static struct vcpu *handle_abort(struct vcpu *vcpu, uint64_t esr, bool is_fetch)
{
	enum mmio_result result = MMIO_NO_DEVICE;

	/* The VM is being stopped and has been cut off from its memory: that is why we are here. */
	if (__atomic_load_n(&vcpu->vm->state, __ATOMIC_ACQUIRE) != VM_RUNNING)
		return cpu_attend(vcpu);
	/* Cache maintenance by address where there is nothing has nothing to maintain. */
	if (!is_fetch && (esr & ESR_CM) && !(esr & ESR_S1PTW)) {
		exit_skip_instruction(esr);
		return vcpu;
	}
	if (!is_fetch && is_emulation(esr))
		result = emulate_any(vcpu, esr);
	if (result == MMIO_DONE)
		return vcpu;
	if (result == MMIO_BUSY)
		return cpu_attend(vcpu);
	if (result == MMIO_NO_DEVICE && vcpu->vm->plan->stray_access == PLAN_STRAY_FAULT)
		return fault(vcpu, abort_words(esr, is_fetch), esr, abort_address(esr));
	exception_inject_abort(vcpu, esr, is_misaligned(esr) ? FSC_ALIGNMENT : FSC_EXTERNAL);
	return vcpu;
}

/* cpu_attend, without a step between where it is frequent. */
static inline struct vcpu *attend(struct vcpu *vcpu)
{
	return vcpu_is_shared(vcpu) ? shared_next(vcpu->cpu) : cpu_attend(vcpu);
}

/* After a call that may let another vCPU have the core, and may have to be made again. */
struct vcpu *exit_called(struct vcpu *vcpu, int64_t result)
{
	if (result < 0 && result == HYPERCALL_REPEAT)
		sysreg_write(elr_el2, sysreg_read(elr_el2) - 4);
	else
		vcpu->arch.x[0] = (uint64_t)result;
	return attend(vcpu);
}

/* Any other call by the SMC calling convention. */
struct vcpu *exit_firmware(struct vcpu *vcpu)
{
	return psci_handle(vcpu) ? vcpu : cpu_attend(vcpu);
}

static struct vcpu *handle_call(struct vcpu *vcpu)
{
	const uint32_t number = hypercall_number(vcpu);

	if (number >= EXIT_CALL_LIMIT)
		return exit_firmware(vcpu);
	return exit_called(vcpu, hypercall_handle(vcpu, &vcpu->arch.x[1], number));
}

/* SCHED_YIELD for HYPERCALL_NEXT_TURN. */
struct vcpu *exit_yield(struct vcpu *vcpu)
{
	if (!vcpu_is_shared(vcpu))
		return handle_call(vcpu);
	vcpu->exits[EXIT_CAUSE_HYPERCALL]++;
	vcpu->arch.x[0] = HYPERCALL_OK;
	return shared_yield(vcpu);
}

/* 16 bits of immediate are reserved and must be 0. */
RARELY static struct vcpu *handle_any_call(struct vcpu *vcpu, uint64_t esr)
{
	if ((esr & 0xffff) == 0)
		return handle_call(vcpu);
	vcpu->arch.x[0] = (uint64_t)HYPERCALL_NOT_SUPPORTED;
	return vcpu;
}

/* A feature that is switched off for guests: it is not there. */
static struct vcpu *refuse(struct vcpu *vcpu)
{
	vcpu->exits[EXIT_CAUSE_SYSTEM]++;
	exception_inject_undefined(vcpu);
	return vcpu;
}

__attribute__((cold)) struct vcpu *exit_sync_rest(struct vcpu *vcpu)
{
	const uint64_t esr = sysreg_read(esr_el2);

	switch (ESR_CLASS(esr)) {
	case ESR_SMC64:
		exit_skip_instruction(esr); /* unlike HVC, a trapped SMC returns to itself */
		return handle_any_call(vcpu, esr);
	case ESR_HVC64:
		return handle_any_call(vcpu, esr);
	case ESR_WFX:
		if (vm_has_upcalls(vcpu->vm) && !vcpu_is_shared(vcpu)) {
			upcall_wait(vcpu, esr);
			return cpu_attend(vcpu);
		}
		/* fall through */
	case ESR_FP:
		if (vcpu_is_shared(vcpu))
			return exit_shared_handle(vcpu, esr);
		return refuse(vcpu);
	case ESR_DATA_ABORT_LOWER:
		return handle_abort(vcpu, esr, false);
	case ESR_INSTRUCTION_ABORT_LOWER:
		return handle_abort(vcpu, esr, true);
	case ESR_SYSTEM:
		if (is_sgi(esr)) {
			send_sgi(vcpu, (unsigned)bits_get(esr, 5, 5));
			exit_skip_instruction(esr);
		} else {
			sysreg_handle(vcpu, esr);
		}
		return vcpu;
	default:
		return refuse(vcpu);
	}
}

/* A bus error while a guest runs alone on this core is that guest's (HCR_EL2.AMO). */
struct vcpu *exit_serror(struct vcpu *vcpu)
{
	if (vcpu_is_shared(vcpu))
		vcpu = exit_shared_culprit(vcpu);
	return fault(vcpu, "a bus reports an error (SError)", sysreg_read(esr_el2), ADDRESS_NONE);
}

struct vcpu *exit_attend(struct vcpu *vcpu)
{
	return cpu_attend(vcpu);
}

_Noreturn void exit_panic(uint64_t esr, uint64_t pc, uint64_t address)
{
	console_break_lock();
	console_print("exception in the hypervisor: syndrome 0x%lx pc 0x%lx address 0x%lx", esr, pc,
		address);
	hyp_panic(__FILE__, __LINE__, "this is a bug of the hypervisor");
}
