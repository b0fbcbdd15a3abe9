/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of EL1 and EL0 that a hypervisor could forget. Newer ones are named by their
 * encoding (op0, op1, CRn, CRm, op2).
 */
#include "leak.h"

#include "guest/lib/aarch64/attempt.h"
#include "guest/lib/aarch64/system.h"

#define ALL 0xffffffffffffffff
#define LOW 0x00000000ffffffff

/* X(name, register, bits that may hold anything while the MMU is off and interrupts are masked) */
#define SYSTEM_REGISTERS(X)                                                      \
	X(sctlr, sctlr_el1, 0x0405c200) /* what EL0 may do, which is not used */ \
	X(ttbr0, ttbr0_el1, ALL)                                                 \
	X(ttbr1, ttbr1_el1, ALL)                                                 \
	X(tcr, tcr_el1, ALL)                                                     \
	X(mair, mair_el1, ALL)                                                   \
	X(amair, amair_el1, ALL)                                                 \
	X(vbar, vbar_el1, 0x0000fffffffff800)                                    \
	X(contextidr, contextidr_el1, LOW)                                       \
	X(tpidr_el0, tpidr_el0, ALL)                                             \
	X(tpidrro_el0, tpidrro_el0, ALL)                                         \
	X(tpidr_el1, tpidr_el1, ALL)                                             \
	X(sp_el0, sp_el0, ALL)                                                   \
	X(elr, elr_el1, ALL)                                                     \
	X(spsr, spsr_el1, 0xf0000000)                                            \
	X(esr, esr_el1, LOW)                                                     \
	X(far, far_el1, ALL)                                                     \
	X(par, par_el1, 0x0000fffffffff000)                                      \
	X(afsr0, afsr0_el1, ALL)                                                 \
	X(afsr1, afsr1_el1, ALL)                                                 \
	X(csselr, csselr_el1, 0x3)                                               \
	X(cntkctl, cntkctl_el1, 0x3f3)                                           \
	X(cntv_cval, cntv_cval_el0, ALL)                                         \
	X(cntv_ctl, cntv_ctl_el0, 0x2)                                           \
	X(cntp_cval, cntp_cval_el0, ALL)                                         \
	X(cntp_ctl, cntp_ctl_el0, 0x2)                                           \
	X(icc_pmr, ICC_PMR_EL1, 0xf8)                                            \
	X(icc_bpr0, ICC_BPR0_EL1, 0x4)                                           \
	X(icc_bpr1, ICC_BPR1_EL1, 0x4)                                           \
	X(icc_igrpen0, ICC_IGRPEN0_EL1, 0x1)                                     \
	X(icc_igrpen1, ICC_IGRPEN1_EL1, 0x1)                                     \
	X(icc_ctlr, ICC_CTLR_EL1, 0x2)                                           \
	X(icc_ap0r0, ICC_AP0R0_EL1, LOW)                                         \
	X(icc_ap1r0, ICC_AP1R0_EL1, LOW)                                         \
	X(fpcr, fpcr, 0x07c00000)                                                \
	X(fpsr, fpsr, 0x0800009f)                                                \
	X(mdscr, mdscr_el1, 0xb000)                                              \
	X(osdtrrx, osdtrrx_el1, LOW)                                             \
	X(osdtrtx, osdtrtx_el1, LOW)                                             \
	X(oseccr, oseccr_el1, LOW)                                               \
	X(pmccntr, pmccntr_el0, ALL)                                             \
	X(pmcntenset, pmcntenset_el0, LOW)                                       \
	X(pmintenset, pmintenset_el1, LOW)                                       \
	X(pmselr, pmselr_el0, 0x1f)                                              \
	X(pmuserenr, pmuserenr_el0, 0xf)                                         \
	X(pmovsset, pmovsset_el0, LOW)                                           \
	X(pmccfiltr, pmccfiltr_el0, LOW)                                         \
	X(pmevtyper0, pmevtyper0_el0, LOW)                                       \
	X(pmevcntr0, pmevcntr0_el0, LOW)                                         \
	X(pmevtyper3, pmevtyper3_el0, LOW)                                       \
	X(pmevcntr3, pmevcntr3_el0, LOW)                                         \
	X(apiakeylo, S3_0_C2_C1_0, ALL)                                          \
	X(apiakeyhi, S3_0_C2_C1_1, ALL)                                          \
	X(apdakeylo, S3_0_C2_C2_0, ALL)                                          \
	X(apgakeylo, S3_0_C2_C3_0, ALL)                                          \
	X(scxtnum_el0, S3_3_C13_C0_7, ALL)                                       \
	X(scxtnum_el1, S3_0_C13_C0_7, ALL)                                       \
	X(tpidr2_el0, S3_3_C13_C0_5, ALL)                                        \
	X(rgsr, S3_0_C1_C0_5, ALL)                                               \
	X(gcr, S3_0_C1_C0_6, ALL)                                                \
	X(tfsr, S3_0_C5_C6_0, ALL)                                               \
	X(tfsre0, S3_0_C5_C6_1, ALL)                                             \
	X(lorsa, S3_0_C10_C4_0, ALL)                                             \
	X(lorea, S3_0_C10_C4_1, ALL)                                             \
	X(disr, S3_0_C12_C1_1, ALL)                                              \
	X(zcr, S3_0_C1_C2_0, 0xf)                                                \
	X(trfcr, S3_0_C1_C2_1, LOW)                                              \
	X(mpam1, S3_0_C10_C5_0, LOW)                                             \
	X(tcr2, S3_0_C2_C0_3, ALL)                                               \
	X(pir, S3_0_C10_C2_3, ALL)                                               \
	X(erxmisc0, S3_0_C5_C5_0, ALL)                                           \
	X(actlr, actlr_el1, ALL)

/*
 * Of their control registers those fields that no CPU completes or corrects: not the bit that
 * enables them, the type of a breakpoint, and which bytes of an instruction it is for.
 */
#define COMPARATORS(X, n)                         \
	X(dbgbvr##n, dbgbvr##n##_el1, ALL)        \
	X(dbgbcr##n, dbgbcr##n##_el1, 0x000fe006) \
	X(dbgwvr##n, dbgwvr##n##_el1, ALL)        \
	X(dbgwcr##n, dbgwcr##n##_el1, 0x1f0ffffe)
#define DEBUG_REGISTERS(X) \
	COMPARATORS(X, 0)  \
	COMPARATORS(X, 1)  \
	COMPARATORS(X, 2)  \
	COMPARATORS(X, 3) COMPARATORS(X, 4) COMPARATORS(X, 5) COMPARATORS(X, 6)

#define FUNCTIONS(name, reg, allowed)                \
	static uint64_t read_##name(uint64_t unused) \
	{                                            \
		(void)unused;                        \
		return system_read(reg);             \
	}                                            \
	static uint64_t write_##name(uint64_t value) \
	{                                            \
		system_write(reg, value);            \
		return 0;                            \
	}

/* The two halves of a vector register. */
#define VECTOR(X, n)        X(n, 0) X(n, 1)
#define FOUR(X, a, b, c, d) VECTOR(X, a) VECTOR(X, b) VECTOR(X, c) VECTOR(X, d)
#define VECTORS(X)              \
	FOUR(X, 0, 1, 2, 3)     \
	FOUR(X, 4, 5, 6, 7)     \
	FOUR(X, 8, 9, 10, 11)   \
	FOUR(X, 12, 13, 14, 15) \
	FOUR(X, 16, 17, 18, 19) \
	FOUR(X, 20, 21, 22, 23) FOUR(X, 24, 25, 26, 27) FOUR(X, 28, 29, 30, 31)

#define SIMD ".arch_extension simd\n\t"
#define VECTOR_FUNCTIONS(n, half)                                                              \
	static uint64_t read_v##n##_##half(uint64_t unused)                                    \
	{                                                                                      \
		uint64_t value;                                                                \
                                                                                               \
		(void)unused;                                                                  \
		__asm__ volatile(SIMD "mov %0, v" #n ".d[" #half "]" : "=r"(value)::"memory"); \
		return value;                                                                  \
	}                                                                                      \
	static uint64_t write_v##n##_##half(uint64_t value)                                    \
	{                                                                                      \
		__asm__ volatile(SIMD "mov v" #n ".d[" #half "], %0" ::"r"(value) : "memory"); \
		return 0;                                                                      \
	}

SYSTEM_REGISTERS(FUNCTIONS)
DEBUG_REGISTERS(FUNCTIONS)
VECTORS(VECTOR_FUNCTIONS)

#define ROW(name, reg, allowed) {#name, allowed, read_##name, write_##name},
#define VECTOR_ROW(n, half)     {"v" #n "." #half, ALL, read_v##n##_##half, write_v##n##_##half},

const struct leak_register leak_registers[] = {
	SYSTEM_REGISTERS(ROW) DEBUG_REGISTERS(ROW) VECTORS(VECTOR_ROW)};
const unsigned leak_register_count = sizeof(leak_registers) / sizeof(leak_registers[0]);

_Static_assert(sizeof(leak_registers) / sizeof(leak_registers[0]) < LEAK_REGISTERS_MOST,
	"LEAK_REGISTERS_MOST");

/* Floating point for all, and no OS lock, which would make debug registers mean other things. */
void leak_begin(void)
{
	system_write(cpacr_el1, 3ull << 20);
	system_write(oslar_el1, 0);
	system_isb();
}

bool leak_attempt(uint64_t (*function)(uint64_t argument), uint64_t argument, uint64_t *value)
{
	const struct attempt result = attempt(function, argument);

	if (!result.failed)
		*value = result.value;
	return !result.failed;
}
