/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which system registers a guest may use, and the answer when it uses another.
 *
 * A dedicated core belongs to its guest: timers, floating point, SVE, debug and performance
 * registers are the guest's own and cost no exit. What could reach beyond the core traps. What is
 * different on a shared one is in sysreg_shared.c.
 */
#include "arch/aarch64/sysreg.h"
#include "arch/aarch64/exit.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/sharing.h"
#include "arch/aarch64/vgic.h"
#include "hyp/core/cpu.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"

enum sysreg {
	SYSREG_ACTLR_EL1 = SYSREG(3, 0, 1, 0, 1),
	SYSREG_MDRAR_EL1 = SYSREG(2, 0, 1, 0, 0),
	SYSREG_ICC_ASGI1R = SYSREG(3, 0, 12, 11, 6),
	SYSREG_ICC_SGI0R = SYSREG(3, 0, 12, 11, 7),
	SYSREG_ICC_SRE = SYSREG(3, 0, 12, 12, 5),
};

/* Returns false if the register does not exist for a guest. */
static bool read_register(struct vcpu *vcpu, uint32_t reg, uint64_t *value)
{
	(void)vcpu;
	switch (reg) {
	case SYSREG_ACTLR_EL1: /* IMPLEMENTATION DEFINED contents: nothing there for a guest */
	case SYSREG_MDRAR_EL1: /* no debug ROM table */
		*value = 0;
		return true;
	case SYSREG_ICC_SRE: /* the system-register interface is the only one: RAO/WI */
		*value = ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB;
		return true;
	default:
		if (!sysreg_is_id(reg))
			return false;
		*value = idregs_read(SYSREG_CRM(reg), SYSREG_OP2(reg));
		return true;
	}
}

static bool write_register(struct vcpu *vcpu, uint32_t reg, uint64_t value)
{
	switch (reg) {
	case SYSREG_ACTLR_EL1:
	case SYSREG_ICC_SRE:
		return true;
	case SYSREG_ICC_SGI0R: /* on the direct way a guest has nothing in Group 0 */
		if (!vgic_is_direct(vcpu->vm))
			vgic_send_sgi(vcpu, value, false);
		return true;
	case SYSREG_ICC_ASGI1R: /* the other security state, which the guest does not have */
		return true;
	default:
		return false;
	}
}

void sysreg_handle(struct vcpu *vcpu, uint64_t esr)
{
	const unsigned transfer = (unsigned)bits_get(esr, 5, 5);
	const uint32_t reg = (uint32_t)esr & SYSREG_MASK;
	uint64_t value = transfer == 31 ? 0 : vcpu->arch.x[transfer];
	bool exists;

	vcpu->exits[EXIT_CAUSE_SYSTEM]++;
	trace_write(&vcpu->cpu->trace, TRACE_SYSTEM, vcpu->number, esr);
	exists = vcpu_is_shared(vcpu) && sysreg_shared_access(vcpu, reg, esr & 1, &value);
	if (!exists)
		exists = esr & 1 ? read_register(vcpu, reg, &value)
				 : write_register(vcpu, reg, value);
	if (!exists) {
		exception_inject_undefined(vcpu);
		return;
	}
	if ((esr & 1) && transfer != 31)
		vcpu->arch.x[transfer] = value;
	exit_skip_instruction(esr);
}

static bool has_feature(uint64_t id_register, unsigned low)
{
	return bits_get(id_register, low, 4) != 0;
}

/* Registers of optional extensions, whose reset values are UNKNOWN, to "nothing traps, nothing is
 * on". */
static void init_optional(void)
{
	const uint64_t pfr0 = sysreg_read(id_aa64pfr0_el1), dfr0 = sysreg_read(id_aa64dfr0_el1);
	const uint64_t mmfr0 = sysreg_read(id_aa64mmfr0_el1), mmfr1 = sysreg_read(id_aa64mmfr1_el1);

	if (has_feature(pfr0, 32)) { /* SVE: all vector lengths that the CPU has */
		sysreg_write(ZCR_EL2, 0xf);
	}
	if (has_feature(pfr0, 40)) { /* MPAM: the guest's registers trap, bits 49:48 */
		sysreg_write(MPAM2_EL2, BIT(49) | BIT(48));
		if (sysreg_read(S3_0_C10_C4_4) & BIT(17)) /* MPAMIDR_EL1.HAS_HCR */
			sysreg_write(MPAMHCR_EL2, 0);
	}
	if (has_feature(
		    mmfr0, 56)) { /* fine-grained traps: none; features with "n" bits are hidden */
		sysreg_write(HFGRTR_EL2, 0);
		sysreg_write(HFGWTR_EL2, 0);
		sysreg_write(HFGITR_EL2, 0);
		sysreg_write(HDFGRTR_EL2, 0);
		sysreg_write(HDFGWTR_EL2, 0);
		if (has_feature(pfr0, 44))
			sysreg_write(HAFGRTR_EL2, 0);
		if (bits_get(mmfr0, 56, 4) >= 2) {
			sysreg_write(HFGRTR2_EL2, 0);
			sysreg_write(HFGWTR2_EL2, 0);
			sysreg_write(HFGITR2_EL2, 0);
			sysreg_write(HDFGRTR2_EL2, 0);
			sysreg_write(HDFGWTR2_EL2, 0);
		}
	}
	if (has_feature(mmfr1, 40))
		sysreg_write(HCRX_EL2, 0);
	if (has_feature(dfr0, 40))
		sysreg_write(TRFCR_EL2, 0);
	if (has_feature(dfr0, 32))
		sysreg_write(PMSCR_EL2, 0);
	if (has_feature(pfr0, 28))
		sysreg_write(VDISR_EL2, 0);
}

static uint64_t cptr_value(void)
{
	const uint64_t pfr0 = sysreg_read(id_aa64pfr0_el1), dfr0 = sysreg_read(id_aa64dfr0_el1);
	uint64_t cptr = CPTR_RES1;

	if (has_feature(pfr0, 32))
		cptr &= ~CPTR_TZ;
	if (has_feature(pfr0, 44))
		cptr |= CPTR_TAM;
	if (has_feature(dfr0, 4))
		cptr |= CPTR_TTA;
	return cptr;
}

static uint64_t mdcr_value(void)
{
	const uint64_t dfr0 = sysreg_read(id_aa64dfr0_el1);
	const uint64_t pmu = bits_get(dfr0, 8, 4);
	uint64_t mdcr = MDCR_TDRA;

	if (pmu != 0 && pmu != 15)
		mdcr |= bits_get(
			sysreg_read(pmcr_el0), 11, 5); /* HPMN: every counter is the guest's */
	if (has_feature(dfr0, 32))
		mdcr |= MDCR_TPMS;
	if (has_feature(dfr0, 40))
		mdcr |= MDCR_TTRF;
	return mdcr;
}

static uint64_t hcr_value(const struct vcpu *vcpu)
{
	const uint64_t pfr0 = sysreg_read(id_aa64pfr0_el1), pfr1 = sysreg_read(id_aa64pfr1_el1);
	uint64_t hcr = HCR_RW | HCR_VM | HCR_SWIO | HCR_FMO | HCR_AMO | HCR_TSC | HCR_TIDCP |
		       HCR_TACR | HCR_API |
		       HCR_APK; /* the last two are RES0 without pointer authentication */

	if (vcpu->vm->plan->delivery != PLAN_DIRECT)
		hcr |= HCR_IMO;
	if (vcpu_is_shared(vcpu) || idregs_must_trap())
		hcr |= HCR_TID3;
	if (has_feature(pfr0, 28))
		hcr |= HCR_TERR;
	if (bits_get(pfr1, 8, 4) >= 2)
		hcr |= HCR_ATA;
	if (bits_get(pfr0, 56, 4) >= 2 || bits_get(pfr1, 32, 4) == 2)
		hcr |= HCR_ENSCXT; /* the software context number is the guest's own */
	return hcr;
}

void sysreg_init_traps(const struct vcpu *vcpu)
{
	sysreg_write(cptr_el2, cptr_value());
	isb(); /* ZCR_EL2 is reachable only now */
	init_optional();
	sysreg_write(mdcr_el2, mdcr_value());
	sysreg_write(hstr_el2, 0);
	sysreg_write(cnthctl_el2, CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN);
	sysreg_write(cntvoff_el2, 0);
	sysreg_write(vpidr_el2, sysreg_read(midr_el1));
	sysreg_write(vmpidr_el2, BIT(31) | vcpu->plan->hw_id);
	sysreg_write(hcr_el2, hcr_value(vcpu));
	isb();
}
