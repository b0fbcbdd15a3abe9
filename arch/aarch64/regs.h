/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System registers and barriers. Names that older assemblers do not know are given by their
 * encoding; bit names follow the Arm ARM (DDI 0487) and the GIC specification (IHI 0069).
 */
#ifndef AARCH64_REGS_H
#define AARCH64_REGS_H

#include <stdint.h>

#include "lib/bits.h"

#define REGS_TEXT_(x) #x
#define REGS_TEXT(x)  REGS_TEXT_(x)

#define sysreg_read(name)                                                              \
	({                                                                             \
		uint64_t value_;                                                       \
		__asm__ volatile("mrs %0, " REGS_TEXT(name) : "=r"(value_)::"memory"); \
		value_;                                                                \
	})

#define sysreg_write(name, value) \
	__asm__ volatile("msr " REGS_TEXT(name) ", %0" ::"r"((uint64_t)(value)) : "memory")

#define isb()      __asm__ volatile("isb" ::: "memory")
#define dsb(scope) __asm__ volatile("dsb " #scope ::: "memory")

/* GIC CPU interface. */
#define ICC_PMR_EL1     S3_0_C4_C6_0
#define ICC_IAR0_EL1    S3_0_C12_C8_0
#define ICC_EOIR0_EL1   S3_0_C12_C8_1
#define ICC_BPR0_EL1    S3_0_C12_C8_3
#define ICC_AP1R0_EL1   S3_0_C12_C9_0
#define ICC_AP1R1_EL1   S3_0_C12_C9_1
#define ICC_AP1R2_EL1   S3_0_C12_C9_2
#define ICC_AP1R3_EL1   S3_0_C12_C9_3
#define ICC_DIR_EL1     S3_0_C12_C11_1
#define ICC_SGI1R_EL1   S3_0_C12_C11_5
#define ICC_HPPIR1_EL1  S3_0_C12_C12_2
#define ICC_IAR1_EL1    S3_0_C12_C12_0
#define ICC_EOIR1_EL1   S3_0_C12_C12_1
#define ICC_BPR1_EL1    S3_0_C12_C12_3
#define ICC_CTLR_EL1    S3_0_C12_C12_4
#define ICC_SRE_EL1     S3_0_C12_C12_5
#define ICC_IGRPEN0_EL1 S3_0_C12_C12_6
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7
#define ICC_SRE_EL2     S3_4_C12_C9_5
#define ICH_AP0R0_EL2   S3_4_C12_C8_0
#define ICH_AP0R1_EL2   S3_4_C12_C8_1
#define ICH_AP0R2_EL2   S3_4_C12_C8_2
#define ICH_AP0R3_EL2   S3_4_C12_C8_3
#define ICH_AP1R0_EL2   S3_4_C12_C9_0
#define ICH_AP1R1_EL2   S3_4_C12_C9_1
#define ICH_AP1R2_EL2   S3_4_C12_C9_2
#define ICH_AP1R3_EL2   S3_4_C12_C9_3
#define ICH_HCR_EL2     S3_4_C12_C11_0
#define ICH_VTR_EL2     S3_4_C12_C11_1
#define ICH_ELRSR_EL2   S3_4_C12_C11_5
#define ICH_VMCR_EL2    S3_4_C12_C11_7
#define ICH_LR0_EL2     S3_4_C12_C12_0

#define ICC_CTLR_EOIMODE BIT(1)
#define ICC_SRE_SRE      BIT(0)
#define ICC_SRE_DFB      BIT(1)
#define ICC_SRE_DIB      BIT(2)
#define ICH_HCR_EN       BIT(0)
#define ICH_HCR_LRENPIE  BIT(2)
#define ICH_HCR_NPIE     BIT(3)

/* Hypervisor configuration, D24.2. */
#define HCR_VM        BIT(0)
#define HCR_SWIO      BIT(1)
#define HCR_FMO       BIT(3)
#define HCR_IMO       BIT(4)
#define HCR_AMO       BIT(5)
#define HCR_FB        BIT(9)
#define HCR_BSU_INNER BIT(10)
#define HCR_TWI       BIT(13)
#define HCR_TWE       BIT(14)
#define HCR_TLOR      BIT(35)
#define HCR_TID3      BIT(18)
#define HCR_TSC       BIT(19)
#define HCR_TIDCP     BIT(20)
#define HCR_TACR      BIT(21)
#define HCR_RW        BIT(31)
#define HCR_TERR      BIT(36)
#define HCR_APK       BIT(40)
#define HCR_API       BIT(41)
#define HCR_ENSCXT    BIT(53)
#define HCR_ATA       BIT(56)

#define CPTR_RES1 0x33ffull /* includes TSM and TZ, which are RES1 without SME and SVE */
#define CPTR_TZ   BIT(8)
#define CPTR_TFP  BIT(10)
#define CPTR_TTA  BIT(20)
#define CPTR_TAM  BIT(30)

#define MDCR_TPMCR BIT(5)
#define MDCR_TPM   BIT(6)
#define MDCR_TDA   BIT(9)
#define MDCR_TDOSA BIT(10)
#define MDCR_TPMS  BIT(14)
#define MDCR_TTRF  BIT(19)
#define MDCR_TDRA  BIT(11)

#define CNTHCTL_EL1PCTEN BIT(0)
#define CNTHCTL_EL1PCEN  BIT(1)

#define ZCR_EL2      S3_4_C1_C2_0
#define HCRX_EL2     S3_4_C1_C2_2
#define HFGRTR_EL2   S3_4_C1_C1_4
#define HFGWTR_EL2   S3_4_C1_C1_5
#define HFGITR_EL2   S3_4_C1_C1_6
#define HDFGRTR_EL2  S3_4_C3_C1_4
#define HDFGWTR_EL2  S3_4_C3_C1_5
#define HAFGRTR_EL2  S3_4_C3_C1_6
#define HFGRTR2_EL2  S3_4_C3_C1_2
#define HFGWTR2_EL2  S3_4_C3_C1_3
#define HFGITR2_EL2  S3_4_C3_C1_7
#define HDFGRTR2_EL2 S3_4_C3_C1_0
#define HDFGWTR2_EL2 S3_4_C3_C1_1
#define MPAM2_EL2    S3_4_C10_C5_0
#define MPAMHCR_EL2  S3_4_C10_C4_0
#define TRFCR_EL2    S3_4_C1_C2_1
#define PMSCR_EL2    S3_4_C9_C9_0
#define VDISR_EL2    S3_4_C12_C1_1

/* Exception syndrome, D24.2 ESR_ELx. */
enum esr_class {
	ESR_UNKNOWN = 0x00,
	ESR_WFX = 0x01,
	ESR_FP = 0x07,
	ESR_HVC64 = 0x16,
	ESR_SMC64 = 0x17,
	ESR_SYSTEM = 0x18,
	ESR_INSTRUCTION_ABORT_LOWER = 0x20,
	ESR_INSTRUCTION_ABORT_SAME = 0x21,
	ESR_DATA_ABORT_LOWER = 0x24,
	ESR_DATA_ABORT_SAME = 0x25,
};

#define ESR_CLASS(esr) ((enum esr_class)((esr) >> 26 & 0x3f))
#define ESR_IL         BIT(25)
#define ESR_ISV        BIT(24)
#define ESR_SSE        BIT(21)
#define ESR_SF         BIT(15)
#define ESR_CM         BIT(8)
#define ESR_S1PTW      BIT(7)
#define ESR_WNR        BIT(6)
#define ESR_FSC(esr)   ((unsigned)(esr)&0x3f)
#define FSC_EXTERNAL   0x10u
#define FSC_ALIGNMENT  0x21u

#define PSTATE_EL1H    0x5ull
#define PSTATE_AARCH32 BIT(4)
#define PSTATE_I       BIT(7)
#define PSTATE_DAIF    0x3c0ull

/* ISR_EL1 (D24.2): physical interrupts and errors that are pending, as EL2 reads it. */
#define ISR_I BIT(7)
#define ISR_A BIT(8)

#define MPIDR_AFFINITY 0xff00ffffffull

static inline uint32_t mmio_read32(const volatile void *base, uint64_t offset)
{
	return *(const volatile uint32_t *)((const volatile char *)base + offset);
}

static inline void mmio_write32(volatile void *base, uint64_t offset, uint32_t value)
{
	*(volatile uint32_t *)((volatile char *)base + offset) = value;
}

static inline uint64_t mmio_read64(const volatile void *base, uint64_t offset)
{
	return *(const volatile uint64_t *)((const volatile char *)base + offset);
}

static inline void mmio_write64(volatile void *base, uint64_t offset, uint64_t value)
{
	*(volatile uint64_t *)((volatile char *)base + offset) = value;
}

static inline void mmio_write8(volatile void *base, uint64_t offset, uint8_t value)
{
	*((volatile uint8_t *)base + offset) = value;
}

#endif
