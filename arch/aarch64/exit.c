/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits: from the syndrome to the core's struct exit and back into the guest's registers. This is
 * the only place that moves the guest's program counter.
 */
#include "arch/aarch64/exit.h"

#include "abi/hypercall.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/vgic.h"
#include "hyp/core/console.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"

/* Called by exit.S. */
exit_result exit_sync(struct vcpu *vcpu);
struct vcpu *exit_sync_rest(struct vcpu *vcpu);
exit_result exit_serror(struct vcpu *vcpu);
struct vcpu *exit_serror_rest(struct vcpu *vcpu);
struct vcpu *exit_attend(struct vcpu *vcpu);
_Noreturn void exit_panic(uint64_t esr, uint64_t pc, uint64_t address);

/* ISS of a trapped MSR or MRS (D24.2, class 0x18) without register and direction. */
#define ISS_REGISTER_MASK 0x3ffc1eu
#define ISS_ICC_SGI1R     0x3a3016u

/* The guest's registers that exit.S has saved when a first half runs; 31 reads as zero. */
static bool is_saved(unsigned reg)
{
	return (1u << reg & 0xc00301ffu) != 0;
}

static unsigned transfer_register(uint64_t esr)
{
	return (unsigned)bits_get(esr, 16, 5);
}

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

static uint64_t extend(uint64_t value, uint64_t esr, unsigned size)
{
	unsigned unused = 64 - 8 * size;

	if (esr & ESR_SSE)
		value = (uint64_t)((int64_t)(value << unused) >> unused);
	return esr & ESR_SF ? value : (uint32_t)value;
}

/* FSC 0b0001LL: a translation fault at stage 2, the only fault that emulated registers cause. */
static bool is_emulation(uint64_t esr)
{
	return (esr & ESR_ISV) && (ESR_FSC(esr) & 0x3c) == 0x04 && !(esr & ESR_S1PTW);
}

/* Lets a device answer; the guest's register must be saved. Does nothing if there is no answer. */
static enum mmio_result emulate(struct vcpu *vcpu, uint64_t esr)
{
	const unsigned reg = transfer_register(esr);
	struct exit exit = {
		.kind = EXIT_MMIO,
		.mmio = {
			.address = fault_address(),
			.size = (uint8_t)(1u << bits_get(esr, 22, 2)),
			.is_write = (esr & ESR_WNR) != 0,
		},
	};

	trace_write(&vcpu->cpu->trace, exit.mmio.is_write ? TRACE_MMIO_WRITE : TRACE_MMIO_READ,
		vcpu_index(vcpu), exit.mmio.address);
	if (exit.mmio.address & (exit.mmio.size - 1u))
		return MMIO_DENIED;
	if (exit.mmio.is_write && reg != 31)
		exit.mmio.value = vcpu->arch.x[reg] & (~0ull >> (64 - 8 * exit.mmio.size));
	vcpu_handle_exit(vcpu, &exit);
	if (exit.mmio_result == MMIO_DONE) {
		if (!exit.mmio.is_write && reg != 31)
			vcpu->arch.x[reg] = extend(exit.mmio.value, esr, exit.mmio.size);
		exit_skip_instruction(esr);
	}
	return exit.mmio_result;
}

static bool is_hypercall(const struct vcpu *vcpu)
{
	return ((uint32_t)vcpu->arch.x[0] & ~0xffu) == HYPERCALL_BASE;
}

static void hypercall(struct vcpu *vcpu)
{
	struct exit exit = {
		.kind = EXIT_HYPERCALL,
		.hypercall = {
			.number = (uint32_t)vcpu->arch.x[0] - HYPERCALL_BASE,
			.args = &vcpu->arch.x[1],
		},
	};

	trace_write(&vcpu->cpu->trace, TRACE_HYPERCALL, vcpu_index(vcpu), exit.hypercall.number);
	vcpu_handle_exit(vcpu, &exit);
	vcpu->arch.x[0] = (uint64_t)exit.hypercall.result;
}

static bool is_sgi(uint64_t esr)
{
	return ((uint32_t)esr & (ISS_REGISTER_MASK | 1)) == ISS_ICC_SGI1R;
}

static void send_sgi(struct vcpu *vcpu, uint64_t esr)
{
	const unsigned reg = (unsigned)bits_get(esr, 5, 5);
	const uint64_t request = reg == 31 ? 0 : vcpu->arch.x[reg];

	vcpu->exits[EXIT_CAUSE_IPI]++;
	trace_write(&vcpu->cpu->trace, TRACE_IPI, vcpu_index(vcpu), request);
	vgic_send_sgi(vcpu, request);
	exit_skip_instruction(esr);
}

/*
 * The frequent exits, with only x0-x8, x16, x17 and x30 saved. Whatever is not plain success is
 * done again, from the start, by the second half.
 */
exit_result exit_sync(struct vcpu *vcpu)
{
	const uint64_t esr = sysreg_read(esr_el2);

	switch (ESR_CLASS(esr)) {
	case ESR_HVC64:
		if (!is_hypercall(vcpu) || (esr & 0xffff) != 0)
			break;
		hypercall(vcpu);
		return (exit_result)vcpu;
	case ESR_DATA_ABORT_LOWER:
		if (!is_emulation(esr) || !is_saved(transfer_register(esr)))
			break;
		if (emulate(vcpu, esr) != MMIO_DONE)
			break;
		return (exit_result)vcpu;
	case ESR_SYSTEM:
		if (!is_sgi(esr) || !is_saved((unsigned)bits_get(esr, 5, 5)))
			break;
		send_sgi(vcpu, esr);
		return (exit_result)vcpu;
	default:
		break;
	}
	return (exit_result)vcpu | EXIT_NEEDS_REST;
}

static struct vcpu *fault(struct vcpu *vcpu, const char *what, uint64_t esr, uint64_t address)
{
	struct exit exit = {
		.kind = EXIT_FAULT,
		.fault = {.what = what, .syndrome = esr, .address = address},
	};

	return vcpu_handle_exit(vcpu, &exit);
}

static const char *abort_words(uint64_t esr, bool is_fetch)
{
	if (esr & ESR_S1PTW)
		return "its page tables lie where it has no memory";
	if ((ESR_FSC(esr) & 0x3c) == 0x0c)
		return is_fetch ? "it executes a device's registers" : "it writes to memory that it may only read";
	if (is_fetch)
		return "it executes where it has no memory";
	if (!(esr & ESR_ISV))
		return "access to an address where it has nothing, by an instruction that cannot be emulated";
	return esr & ESR_WNR ? "write to an address where it has nothing" :
			       "read of an address where it has nothing";
}

/* A permission fault leaves HPFAR_EL2 unknown unless the walk caused it (D24.2, HPFAR_EL2). */
static uint64_t abort_address(uint64_t esr)
{
	bool permission = (ESR_FSC(esr) & 0x3c) == 0x0c && !(esr & ESR_S1PTW);

	return permission ? ADDRESS_NONE : fault_address();
}

static struct vcpu *handle_abort(struct vcpu *vcpu, uint64_t esr, bool is_fetch)
{
	enum mmio_result result = MMIO_NO_DEVICE;

	/* Cache maintenance by address where there is nothing has nothing to maintain. */
	if (!is_fetch && (esr & ESR_CM)) {
		exit_skip_instruction(esr);
		return vcpu;
	}
	if (!is_fetch && is_emulation(esr))
		result = emulate(vcpu, esr);
	if (result == MMIO_DONE)
		return vcpu;
	if (result == MMIO_NO_DEVICE && vcpu->vm->plan->stray_access == PLAN_STRAY_FAULT)
		return fault(vcpu, abort_words(esr, is_fetch), esr, abort_address(esr));
	exception_inject_abort(vcpu, esr);
	return vcpu;
}

/* A call by the SMC calling convention; 16 bits of immediate are reserved and must be 0. */
static struct vcpu *handle_call(struct vcpu *vcpu, uint64_t esr)
{
	if ((esr & 0xffff) != 0) {
		vcpu->arch.x[0] = (uint64_t)HYPERCALL_NOT_SUPPORTED;
		return vcpu;
	}
	if (is_hypercall(vcpu)) {
		hypercall(vcpu);
		return vcpu;
	}
	return psci_handle(vcpu) ? vcpu : cpu_attend(vcpu);
}

struct vcpu *exit_sync_rest(struct vcpu *vcpu)
{
	const uint64_t esr = sysreg_read(esr_el2);

	switch (ESR_CLASS(esr)) {
	case ESR_SMC64:
		exit_skip_instruction(esr); /* unlike HVC, a trapped SMC returns to itself */
		return handle_call(vcpu, esr);
	case ESR_HVC64:
		return handle_call(vcpu, esr);
	case ESR_DATA_ABORT_LOWER:
		return handle_abort(vcpu, esr, false);
	case ESR_INSTRUCTION_ABORT_LOWER:
		return handle_abort(vcpu, esr, true);
	case ESR_SYSTEM:
		if (is_sgi(esr))
			send_sgi(vcpu, esr);
		else
			sysreg_handle(vcpu, esr);
		return vcpu;
	default:
		/* A feature that is switched off for guests: it is not there. */
		vcpu->exits[EXIT_CAUSE_SYSTEM]++;
		exception_inject_undefined(vcpu);
		return vcpu;
	}
}

/* A bus error while a guest runs alone on this core is that guest's (HCR_EL2.AMO). */
exit_result exit_serror(struct vcpu *vcpu)
{
	return (exit_result)vcpu | EXIT_NEEDS_REST;
}

struct vcpu *exit_serror_rest(struct vcpu *vcpu)
{
	return fault(vcpu, "a bus reports an error (SError)", sysreg_read(esr_el2), ADDRESS_NONE);
}

struct vcpu *exit_attend(struct vcpu *vcpu)
{
	return cpu_attend(vcpu);
}

_Noreturn void exit_panic(uint64_t esr, uint64_t pc, uint64_t address)
{
	console_print("exception in the hypervisor: syndrome 0x%lx pc 0x%lx address 0x%lx", esr, pc, address);
	hyp_panic(__FILE__, __LINE__, "this is a bug of the hypervisor");
}
