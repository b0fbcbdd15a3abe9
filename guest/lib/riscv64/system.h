/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access to control and status registers, fences and memory-mapped registers. Registers that old
 * assemblers do not know are named by their number (AIA 1.0, Sstc).
 */
#ifndef GUEST_LIB_RISCV64_SYSTEM_H
#define GUEST_LIB_RISCV64_SYSTEM_H

#define CSR_STIMECMP 0x14d
#define CSR_SISELECT 0x150
#define CSR_SIREG    0x151
#define CSR_STOPEI   0x15c

#define SYSTEM_SSTATUS_SIE  2
#define SYSTEM_SSTATUS_SPIE 0x20
#define SYSTEM_SSTATUS_SPP  0x100

/* Interrupts of a hart, as sie, sip and scause number them. */
#define SYSTEM_IRQ_SOFT     1
#define SYSTEM_IRQ_TIMER    5
#define SYSTEM_IRQ_EXTERNAL 9

#ifndef __ASSEMBLER__
#include <stdint.h>

#define SYSTEM_STRING_(x) #x
#define SYSTEM_STRING(x)  SYSTEM_STRING_(x)

#define system_read(name)                                                                   \
	({                                                                                  \
		uint64_t value_;                                                            \
		__asm__ volatile("csrr %0, " SYSTEM_STRING(name) : "=r"(value_)::"memory"); \
		value_;                                                                     \
	})

#define system_write(name, value) \
	__asm__ volatile("csrw " SYSTEM_STRING(name) ", %0" ::"rK"((uint64_t)(value)) : "memory")

#define system_set(name, value) \
	__asm__ volatile("csrs " SYSTEM_STRING(name) ", %0" ::"rK"((uint64_t)(value)) : "memory")

#define system_clear(name, value) \
	__asm__ volatile("csrc " SYSTEM_STRING(name) ", %0" ::"rK"((uint64_t)(value)) : "memory")

static inline void system_fence(void)
{
	__asm__ volatile("fence iorw, iorw" ::: "memory");
}

/* Accesses to device registers: exactly one load or store of the width named, in program order. */
static inline uint32_t mmio_read32(uint64_t address)
{
	uint32_t value;

	__asm__ volatile("lw %0, (%1)" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline void mmio_write32(uint64_t address, uint32_t value)
{
	__asm__ volatile("sw %0, (%1)" ::"r"(value), "r"(address) : "memory");
}

static inline uint64_t mmio_read64(uint64_t address)
{
	uint64_t value;

	__asm__ volatile("ld %0, (%1)" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline void mmio_write64(uint64_t address, uint64_t value)
{
	__asm__ volatile("sd %0, (%1)" ::"r"(value), "r"(address) : "memory");
}

static inline uint8_t mmio_read8(uint64_t address)
{
	uint8_t value;

	__asm__ volatile("lbu %0, (%1)" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline void mmio_write8(uint64_t address, uint8_t value)
{
	__asm__ volatile("sb %0, (%1)" ::"r"(value), "r"(address) : "memory");
}
#endif
#endif
