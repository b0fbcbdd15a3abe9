/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is kept of a vCPU while another one has its CPU: what a guest can change or read. What is
 * trapped or hidden from guests on shared CPUs is not among it (sysreg_shared.c).
 */
#ifndef AARCH64_CONTEXT_H
#define AARCH64_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* Registers that are kept and loaded as they are, two by two. */
#define CONTEXT_PAIRS(X)               \
	X(ttbr0_el1, ttbr1_el1)        \
	X(mair_el1, vbar_el1)          \
	X(contextidr_el1, tpidr_el1)   \
	X(tpidr_el0, tpidrro_el0)      \
	X(sp_el0, sp_el1)              \
	X(elr_el1, spsr_el1)           \
	X(esr_el1, far_el1)            \
	X(par_el1, csselr_el1)         \
	X(cpacr_el1, cntkctl_el1)      \
	X(cntv_cval_el0, cntv_ctl_el0) \
	X(elr_el2, spsr_el2)           \
	X(sctlr_el1, tcr_el1)

/*
 * Registers that the guest does not change: only loaded. CPTR_EL2.TFP is set until the guest uses
 * FP or SIMD for the first time. ICH_VMCR_EL2, which it does change, is kept by itself.
 */
#define CONTEXT_FIXED_PAIRS(X) \
	X(vttbr_el2, vtcr_el2) \
	X(hcr_el2, vmpidr_el2) \
	X(cptr_el2, ICH_VMCR_EL2)

#define CONTEXT_FIELDS(a, b) uint64_t kept_##a, kept_##b;

/* What guests see of self-hosted debug, which no usual CPU has more of. */
#define CONTEXT_BREAKPOINTS 6u
#define CONTEXT_WATCHPOINTS 4u

struct context_comparator {
	uint64_t value, control; /* DBGBVR and DBGBCR, or DBGWVR and DBGWCR */
};

/* What not every vCPU or CPU has: a switch looks at it only if there is any of it. */
#define CONTEXT_DEBUG     1u   /* debug exceptions of its own were ever switched on */
#define CONTEXT_CLOCK     2u   /* a clock of its own */
#define CONTEXT_TIMER     4u   /* the guest has used its physical timer */
#define CONTEXT_MOVES     8u   /* it may run on several CPUs */
#define CONTEXT_AUXILIARY 16u  /* the CPU has AMAIR_EL1, AFSR0_EL1 or AFSR1_EL1 */
#define CONTEXT_RAS       32u  /* it has VDISR_EL2 */
#define CONTEXT_LEVELS    64u  /* it has more than 32 levels of preemption */
#define CONTEXT_ACTIVE    128u /* the guest was interrupted while it handled an interrupt */

struct arch_context {
	CONTEXT_PAIRS(CONTEXT_FIELDS)
	CONTEXT_FIXED_PAIRS(CONTEXT_FIELDS)

	uint32_t list_registers; /* a bit for each that is in use */
	uint32_t rare;           /* CONTEXT_DEBUG and so on */
	uint32_t uses_fp;        /* CPTR_EL2.TFP is clear */
	uint16_t *tlb_owner;     /* of its VM on its CPU: ARCH_TLB_NAME of the last vCPU there */
	uint32_t tlb_name;       /* the same of this one */

	uint64_t fp[64] __attribute__((aligned(16))); /* v0 to v31 */
	uint64_t fpcr, fpsr;

	/* The guest's debug registers; every access to them traps, so this is the master copy. */
	struct context_comparator breakpoints[CONTEXT_BREAKPOINTS];
	struct context_comparator watchpoints[CONTEXT_WATCHPOINTS];
	uint64_t mdscr;
	bool os_locked;

	uint64_t clock_offset; /* CONTEXT_CLOCK: what CNTVOFF_EL2 is while it is loaded */
	uint64_t cntp_ctl,
		cntp_cval; /* CONTEXT_TIMER: its physical timer, in its own clock's time */
	uint64_t amair, afsr0, afsr1, vdisr;
	uint64_t active[2];   /* CONTEXT_ACTIVE: ICH_AP0R0 and ICH_AP1R0 */
	uint64_t levels[6];   /* ICH_AP0R1 and ICH_AP1R1, to 3 */
	struct vcpu *culprit; /* whose bus error may arrive while this one runs, or NULL */
};

#endif
