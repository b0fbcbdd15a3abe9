/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access to system registers, barriers and memory-mapped registers. The GIC's system registers are
 * named by their encoding (op0, op1, CRn, CRm, op2), which every assembler knows.
 */
#ifndef GUEST_LIB_AARCH64_SYSTEM_H
#define GUEST_LIB_AARCH64_SYSTEM_H

#define ICC_PMR_EL1     S3_0_C4_C6_0
#define ICC_IAR0_EL1    S3_0_C12_C8_0
#define ICC_EOIR0_EL1   S3_0_C12_C8_1
#define ICC_HPPIR0_EL1  S3_0_C12_C8_2
#define ICC_BPR0_EL1    S3_0_C12_C8_3
#define ICC_AP0R0_EL1   S3_0_C12_C8_4
#define ICC_AP1R0_EL1   S3_0_C12_C9_0
#define ICC_DIR_EL1     S3_0_C12_C11_1
#define ICC_RPR_EL1     S3_0_C12_C11_3
#define ICC_SGI1R_EL1   S3_0_C12_C11_5
#define ICC_ASGI1R_EL1  S3_0_C12_C11_6
#define ICC_SGI0R_EL1   S3_0_C12_C11_7
#define ICC_IAR1_EL1    S3_0_C12_C12_0
#define ICC_EOIR1_EL1   S3_0_C12_C12_1
#define ICC_HPPIR1_EL1  S3_0_C12_C12_2
#define ICC_BPR1_EL1    S3_0_C12_C12_3
#define ICC_CTLR_EL1    S3_0_C12_C12_4
#define ICC_SRE_EL1     S3_0_C12_C12_5
#define ICC_IGRPEN0_EL1 S3_0_C12_C12_6
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7
#define ICC_SRE_EL2     S3_4_C12_C9_5
#define ICH_HCR_EL2     S3_4_C12_C11_0

#ifndef __ASSEMBLER__
#include <stdint.h>

#define SYSTEM_STRING_(x) #x
#define SYSTEM_STRING(x)  SYSTEM_STRING_(x)

#define system_read(name)                                                                  \
	({                                                                                 \
		uint64_t value_;                                                           \
		__asm__ volatile("mrs %0, " SYSTEM_STRING(name) : "=r"(value_)::"memory"); \
		value_;                                                                    \
	})

#define system_write(name, value) \
	__asm__ volatile("msr " SYSTEM_STRING(name) ", %x0" ::"rZ"((uint64_t)(value)) : "memory")

static inline void system_isb(void)
{
	__asm__ volatile("isb" ::: "memory");
}

static inline void system_dsb(void)
{
	__asm__ volatile("dsb sy" ::: "memory");
}

/* Accesses to device registers: exactly one load or store of the width named, in program order. */
static inline uint32_t mmio_read32(uint64_t address)
{
	uint32_t value;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline void mmio_write32(uint64_t address, uint32_t value)
{
	__asm__ volatile("str %w0, [%1]" ::"rZ"(value), "r"(address) : "memory");
}

static inline uint64_t mmio_read64(uint64_t address)
{
	uint64_t value;

	__asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline void mmio_write64(uint64_t address, uint64_t value)
{
	__asm__ volatile("str %x0, [%1]" ::"rZ"(value), "r"(address) : "memory");
}

static inline uint8_t mmio_read8(uint64_t address)
{
	uint32_t value;

	__asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return (uint8_t)value;
}

static inline void mmio_write8(uint64_t address, uint8_t value)
{
	__asm__ volatile("strb %w0, [%1]" ::"rZ"((uint32_t)value), "r"(address) : "memory");
}
#endif
#endif
