/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions that the hypervisor gives a guest, as the hardware would take them to EL1: D1.3.4
 * and AArch64.TakeException of the Arm ARM's shared pseudocode.
 */
#include "arch/aarch64/exit.h"
#include "arch/aarch64/regs.h"
#include "hyp/core/cpu.h"
#include "hyp/core/vcpu.h"
#include "hyp/trace/trace.h"

#define PSTATE_NZCV (0xfull << 28)
#define PSTATE_SSBS BIT(12)
#define PSTATE_PAN  BIT(22)
#define PSTATE_DIT  BIT(24)
#define PSTATE_TCO  BIT(25)

#define SCTLR_SPAN  BIT(23)
#define SCTLR_DSSBS BIT(44)

/* Offset in the vector table of a synchronous exception, by where it comes from (D1.3.1). */
static uint64_t vector_offset(uint64_t pstate)
{
	if (pstate & PSTATE_AARCH32)
		return 0x600;
	if ((pstate & 0xc) == 0)
		return 0x400;              /* EL0 */
	return pstate & 1 ? 0x200 : 0x000; /* EL1 with SP_EL1 or SP_EL0 */
}

uint64_t exception_pstate(uint64_t pstate)
{
	const uint64_t sctlr = sysreg_read(sctlr_el1);
	const bool has_pan = bits_get(sysreg_read(id_aa64mmfr1_el1), 20, 4) != 0;
	const bool has_mte = bits_get(sysreg_read(id_aa64pfr1_el1), 8, 4) != 0;
	const bool has_ssbs = bits_get(sysreg_read(id_aa64pfr1_el1), 4, 4) != 0;
	uint64_t entry = PSTATE_EL1H | PSTATE_DAIF;

	/* DIT stands elsewhere in AArch32's PSTATE, where bit 24 is J, which is 0. */
	entry |= pstate & (PSTATE_NZCV | PSTATE_PAN | PSTATE_DIT);
	if (has_pan && !(sctlr & SCTLR_SPAN))
		entry |= PSTATE_PAN;
	if (has_ssbs && (sctlr & SCTLR_DSSBS))
		entry |= PSTATE_SSBS;
	if (has_mte)
		entry |= PSTATE_TCO;
	return entry;
}

static void inject(struct vcpu *vcpu, uint64_t esr)
{
	const uint64_t pstate = sysreg_read(spsr_el2);

	trace_write(&vcpu->cpu->trace, TRACE_EXCEPTION, vcpu->number, esr);
	sysreg_write(esr_el1, esr);
	sysreg_write(elr_el1, sysreg_read(elr_el2));
	sysreg_write(spsr_el1, pstate);
	sysreg_write(elr_el2, sysreg_read(vbar_el1) + vector_offset(pstate));
	sysreg_write(spsr_el2, exception_pstate(pstate));
}

void exception_inject_undefined(struct vcpu *vcpu)
{
	inject(vcpu, (uint64_t)ESR_UNKNOWN << 26 | ESR_IL);
}

void exception_inject_abort(struct vcpu *vcpu, uint64_t esr, unsigned fault_status)
{
	const bool is_fetch = ESR_CLASS(esr) == ESR_INSTRUCTION_ABORT_LOWER;
	const bool from_el0 = (sysreg_read(spsr_el2) & (PSTATE_AARCH32 | 0xc)) != 4;
	uint64_t class = is_fetch ? ESR_INSTRUCTION_ABORT_SAME : ESR_DATA_ABORT_SAME;

	if (from_el0)
		class --; /* the class of an abort from a lower level is one less */
	vcpu->exits[EXIT_CAUSE_FAULT]++;
	sysreg_write(far_el1, sysreg_read(far_el2));
	inject(vcpu, class << 26 | (esr & ESR_IL) | (is_fetch ? 0 : esr & ESR_WNR) | fault_status);
}
