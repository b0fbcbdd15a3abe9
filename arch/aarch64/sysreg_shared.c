/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System registers of guests on shared CPUs. What a switch would have to keep, and hardly any guest
 * needs, is not there: SVE, SME, performance monitors, pointer authentication, memory tags, limited
 * ordering regions, software context numbers. Debug registers are rarely written: each access
 * traps, and the hardware's are only touched for a vCPU that has ever set one.
 */
#include <stdbool.h>

#include "arch/aarch64/exit.h"
#include "arch/aarch64/sysreg.h"

#include "arch/aarch64/regs.h"
#include "arch/aarch64/sharing.h"
#include "arch/include/arch_cpu.h"
#include "hyp/core/shared_types.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

enum sysreg {
	SYSREG_MDSCR_EL1 = SYSREG(2, 0, 0, 2, 2),
	SYSREG_MDCCINT_EL1 = SYSREG(2, 0, 0, 2, 0),
	SYSREG_OSDTRRX_EL1 = SYSREG(2, 0, 0, 0, 2),
	SYSREG_OSDTRTX_EL1 = SYSREG(2, 0, 0, 3, 2),
	SYSREG_OSECCR_EL1 = SYSREG(2, 0, 0, 6, 2),
	SYSREG_OSLAR_EL1 = SYSREG(2, 0, 1, 0, 4),
	SYSREG_OSLSR_EL1 = SYSREG(2, 0, 1, 1, 4),
	SYSREG_OSDLR_EL1 = SYSREG(2, 0, 1, 3, 4),
	SYSREG_DBGPRCR_EL1 = SYSREG(2, 0, 1, 4, 4),
	SYSREG_DBGCLAIMSET_EL1 = SYSREG(2, 0, 7, 8, 6),
	SYSREG_DBGCLAIMCLR_EL1 = SYSREG(2, 0, 7, 9, 6),
	SYSREG_DBGAUTHSTATUS_EL1 = SYSREG(2, 0, 7, 14, 6),
	SYSREG_MDCCSR_EL0 = SYSREG(2, 3, 0, 1, 0),
	SYSREG_DBGDTR_EL0 = SYSREG(2, 3, 0, 4, 0),
	SYSREG_DBGDTRTX_EL0 = SYSREG(2, 3, 0, 5, 0),
	SYSREG_CNTPCT_EL0 = SYSREG(3, 3, 14, 0, 1),
	SYSREG_CNTPCTSS_EL0 = SYSREG(3, 3, 14, 0, 5),
	SYSREG_CNTP_TVAL_EL0 = SYSREG(3, 3, 14, 2, 0),
	SYSREG_CNTP_CTL_EL0 = SYSREG(3, 3, 14, 2, 1),
	SYSREG_CNTP_CVAL_EL0 = SYSREG(3, 3, 14, 2, 2),
};

#define MDSCR_SS        BIT(0)
#define MDSCR_TDCC      BIT(12)
#define MDSCR_KDE       BIT(13)
#define MDSCR_MDE       BIT(15)
#define MDSCR_EFFECTIVE (MDSCR_SS | MDSCR_KDE | MDSCR_MDE) /* TDCC: it traps anyway */

#define OSLSR_IMPLEMENTED BIT(3)
#define OSLSR_LOCKED      BIT(1)

/* The fields of DFR0: numbers less 1. */
static unsigned breakpoints(void)
{
	const unsigned count = (unsigned)bits_get(sysreg_read(id_aa64dfr0_el1), 12, 4) + 1;

	return count < CONTEXT_BREAKPOINTS ? count : CONTEXT_BREAKPOINTS;
}

static unsigned watchpoints(void)
{
	const unsigned count = (unsigned)bits_get(sysreg_read(id_aa64dfr0_el1), 20, 4) + 1;

	return count < CONTEXT_WATCHPOINTS ? count : CONTEXT_WATCHPOINTS;
}

/* A comparator is off while its value changes. */
#define LOAD_BREAKPOINT(n)                                                      \
	if (n < breakpoints()) {                                                \
		sysreg_write(dbgbcr##n##_el1, 0);                               \
		sysreg_write(dbgbvr##n##_el1, context->breakpoints[n].value);   \
		sysreg_write(dbgbcr##n##_el1, context->breakpoints[n].control); \
	}
#define LOAD_WATCHPOINT(n)                                                      \
	if (n < watchpoints()) {                                                \
		sysreg_write(dbgwcr##n##_el1, 0);                               \
		sysreg_write(dbgwvr##n##_el1, context->watchpoints[n].value);   \
		sysreg_write(dbgwcr##n##_el1, context->watchpoints[n].control); \
	}

static void load_debug(const struct arch_context *context)
{
	LOAD_BREAKPOINT(0)
	LOAD_BREAKPOINT(1)
	LOAD_BREAKPOINT(2)
	LOAD_BREAKPOINT(3)
	LOAD_BREAKPOINT(4)
	LOAD_BREAKPOINT(5)
	LOAD_WATCHPOINT(0)
	LOAD_WATCHPOINT(1)
	LOAD_WATCHPOINT(2)
	LOAD_WATCHPOINT(3)
	sysreg_write(mdscr_el1, context->mdscr & MDSCR_EFFECTIVE);
}

static const struct arch_context nothing;

void sysreg_shared_clear_debug(void)
{
	load_debug(&nothing);
}

/* Debug exceptions are off while the guest's OS lock is locked (H3.6). */
void sysreg_shared_load_debug(const struct arch_context *context)
{
	load_debug(context->os_locked ? &nothing : context);
}

/* DBGBVR<n>, DBGBCR<n>, DBGWVR<n>, DBGWCR<n>: op2 4 to 7, CRm n. NULL: not one that is there. */
static uint64_t *comparator_word(struct arch_context *context, uint32_t reg)
{
	const unsigned n = SYSREG_CRM(reg);
	struct context_comparator *comparator;

	if ((reg & ~(uint32_t)SYSREG(0, 0, 0, 15, 3)) != SYSREG(2, 0, 0, 0, 4))
		return 0;
	if (n >= (SYSREG_OP2(reg) & 2 ? watchpoints() : breakpoints()))
		return 0;
	comparator = SYSREG_OP2(reg) & 2 ? &context->watchpoints[n] : &context->breakpoints[n];
	return SYSREG_OP2(reg) & 1 ? &comparator->control : &comparator->value;
}

static uint64_t limit(uint64_t value, unsigned low, uint64_t most)
{
	if (bits_get(value, low, 4) <= most)
		return value;
	return (value & ~(0xfull << low)) | most << low;
}

/* Fields of identification registers, and the most that they may say here. */
static const struct {
	uint8_t crm, op2, low, most;
} limits[] = {
	{1, 2, 24, 0},                       /* DFR0 of AArch32: PerfMon */
	{4, 0, 32, 0}, {4, 0, 56, 1},        /* PFR0: SVE, CSV2 */
	{4, 1, 8, 0}, {4, 1, 32, 0},         /* PFR1: MTE, CSV2_frac */
	{5, 0, 8, 0},                        /* DFR0: PMUVer */
	{5, 0, 12, CONTEXT_BREAKPOINTS - 1}, /* BRPs; context-aware ones are the last */
	{5, 0, 20, CONTEXT_WATCHPOINTS - 1}, /* WRPs */
	{5, 0, 28, CONTEXT_BREAKPOINTS - 1}, /* CTX_CMPs */
	{6, 1, 4, 0}, {6, 1, 8, 0},          /* ISAR1: APA, API */
	{6, 1, 24, 0}, {6, 1, 28, 0},        /* GPA, GPI */
	{6, 2, 8, 0}, {6, 2, 12, 0},         /* ISAR2: GPA3, APA3 */
	{7, 1, 16, 0},                       /* MMFR1: LO */
};

static uint64_t read_id(uint32_t reg)
{
	uint64_t value = idregs_read(SYSREG_CRM(reg), SYSREG_OP2(reg));

	if (SYSREG_CRM(reg) == 4 && SYSREG_OP2(reg) == 4)
		return 0; /* ZFR0: SVE's instructions */
	for (unsigned i = 0; i < ARRAY_LENGTH(limits); i++) {
		if (limits[i].crm == SYSREG_CRM(reg) && limits[i].op2 == SYSREG_OP2(reg))
			value = limit(value, limits[i].low, limits[i].most);
	}
	return value;
}

void sysreg_shared_load_timer(const struct arch_context *context)
{
	if (context->rare & CONTEXT_TIMER) {
		sysreg_write(cntp_cval_el0, context->cntp_cval + context->clock_offset);
		sysreg_write(cntp_ctl_el0, context->cntp_ctl);
	}
	sysreg_write(cnthctl_el2,
		context->rare & CONTEXT_CLOCK ? 0 : CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN);
}

/* The first access to it, or any with a clock of its own. */
static void use_timer(struct arch_context *context)
{
	if (context->rare & CONTEXT_TIMER)
		return;
	context->rare |= CONTEXT_TIMER;
	sysreg_shared_load_timer(context);
	isb();
}

static uint64_t read_timer(struct arch_context *context, uint32_t reg)
{
	use_timer(context);
	switch (reg) {
	case SYSREG_CNTP_TVAL_EL0:
		return sysreg_read(cntp_tval_el0);
	case SYSREG_CNTP_CTL_EL0:
		return sysreg_read(cntp_ctl_el0);
	default:
		return sysreg_read(cntp_cval_el0) - context->clock_offset;
	}
}

static bool read_register(struct vcpu *vcpu, uint32_t reg, uint64_t *value)
{
	struct arch_context *context = &vcpu->shared->context;
	const uint64_t *word = comparator_word(context, reg);

	*value = 0;
	switch (reg) {
	case SYSREG_MDCCINT_EL1:
	case SYSREG_OSDTRRX_EL1:
	case SYSREG_OSDTRTX_EL1:
	case SYSREG_OSECCR_EL1:
	case SYSREG_OSDLR_EL1:
	case SYSREG_DBGPRCR_EL1:
	case SYSREG_DBGCLAIMCLR_EL1:
	case SYSREG_DBGAUTHSTATUS_EL1:
	case SYSREG_MDCCSR_EL0:
	case SYSREG_DBGDTR_EL0:
	case SYSREG_DBGDTRTX_EL0: /* no debugger: nothing comes and nothing is taken */
		return true;
	case SYSREG_DBGCLAIMSET_EL1:
		*value = 0xff;
		return true;
	case SYSREG_OSLSR_EL1:
		*value = OSLSR_IMPLEMENTED | (context->os_locked ? OSLSR_LOCKED : 0);
		return true;
	case SYSREG_MDSCR_EL1:
		*value = context->mdscr;
		return true;
	case SYSREG_CNTPCT_EL0: /* with a clock of its own */
	case SYSREG_CNTPCTSS_EL0:
		isb();
		*value = arch_cpu_ticks() - context->clock_offset;
		return true;
	case SYSREG_CNTP_TVAL_EL0:
	case SYSREG_CNTP_CTL_EL0:
	case SYSREG_CNTP_CVAL_EL0:
		*value = read_timer(context, reg);
		return true;
	default:
		if (sysreg_is_id(reg))
			*value = read_id(reg);
		else if (word)
			*value = *word;
		return word || sysreg_is_id(reg);
	}
}

/* Once anything is there that has an effect, the vCPU's registers are loaded at each switch. */
static void apply_debug(struct arch_context *context, bool has_effect)
{
	if (has_effect)
		context->rare |= CONTEXT_DEBUG;
	if (context->rare & CONTEXT_DEBUG)
		sysreg_shared_load_debug(context);
	isb();
}

static void write_timer(struct arch_context *context, uint32_t reg, uint64_t value)
{
	use_timer(context);
	switch (reg) {
	case SYSREG_CNTP_TVAL_EL0:
		sysreg_write(cntp_tval_el0, value);
		break;
	case SYSREG_CNTP_CTL_EL0:
		sysreg_write(cntp_ctl_el0, value);
		break;
	default:
		sysreg_write(cntp_cval_el0, value + context->clock_offset);
	}
	isb();
}

static bool write_register(struct vcpu *vcpu, uint32_t reg, uint64_t value)
{
	struct arch_context *context = &vcpu->shared->context;
	uint64_t *word = comparator_word(context, reg);

	switch (reg) {
	case SYSREG_MDCCINT_EL1:
	case SYSREG_OSDTRRX_EL1:
	case SYSREG_OSDTRTX_EL1:
	case SYSREG_OSECCR_EL1:
	case SYSREG_OSDLR_EL1:
	case SYSREG_DBGPRCR_EL1:
	case SYSREG_DBGCLAIMSET_EL1:
	case SYSREG_DBGCLAIMCLR_EL1:
	case SYSREG_DBGDTR_EL0:
	case SYSREG_DBGDTRTX_EL0:
		return true;
	case SYSREG_CNTP_TVAL_EL0:
	case SYSREG_CNTP_CTL_EL0:
	case SYSREG_CNTP_CVAL_EL0:
		write_timer(context, reg, value);
		return true;
	case SYSREG_OSLAR_EL1:
		context->os_locked = value & 1;
		break;
	case SYSREG_MDSCR_EL1:
		context->mdscr = value & (MDSCR_EFFECTIVE | MDSCR_TDCC);
		break;
	default:
		if (!word)
			return false;
		*word = value;
	}
	apply_debug(context, word ? value != 0 : (context->mdscr & MDSCR_EFFECTIVE) != 0);
	return true;
}

bool sysreg_shared_access(struct vcpu *vcpu, uint32_t reg, bool is_read, uint64_t *value)
{
	return is_read ? read_register(vcpu, reg, value) : write_register(vcpu, reg, *value);
}

/* Another vCPU of the VM that this one may share a core with. */
static bool has_sibling(const struct vcpu *vcpu)
{
	for (unsigned i = 0; i < vcpu->vm->plan->vcpu_count; i++) {
		const struct vcpu *other = vm_vcpu(vcpu->vm, i);

		if (other != vcpu && other->shared &&
			(other->plan->affinity & vcpu->plan->affinity))
			return true;
	}
	return false;
}

/*
 * A vCPU that moves leaves its TLB and instruction cache behind: maintenance that its guest means
 * for its own core reaches all of them (FB), and its barriers wait for that (BSU). Cache
 * maintenance by set and way, which no system with several cores may rely on, stays local.
 */
static uint64_t hcr_value(const struct vcpu *vcpu)
{
	const uint64_t hidden = HCR_API | HCR_APK | HCR_ATA | HCR_ENSCXT;
	uint64_t hcr = (sysreg_read(hcr_el2) & ~hidden) | HCR_TWI | HCR_TLOR;

	if (vcpu->shared->migrates)
		hcr |= HCR_FB | HCR_BSU_INNER;
	if (has_sibling(vcpu))
		hcr |= HCR_TWE; /* it may spin for one that waits for this core (not emulated) */
	return hcr;
}

void sysreg_shared_init(const struct vcpu *vcpu)
{
	sysreg_write(oslar_el1, 0);
	sysreg_shared_clear_debug();
	sysreg_write(cptr_el2, sysreg_read(cptr_el2) | CPTR_TZ);
	sysreg_write(
		mdcr_el2, sysreg_read(mdcr_el2) | MDCR_TDA | MDCR_TDOSA | MDCR_TPM | MDCR_TPMCR);
	sysreg_write(cnthctl_el2, CNTHCTL_EL1PCTEN); /* its timer traps until it is used */
	sysreg_write(hcr_el2, hcr_value(vcpu));
	isb();
}
