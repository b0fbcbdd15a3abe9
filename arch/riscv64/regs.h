/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control and status registers, fences and the hypervisor's instructions, by their encodings, which
 * every assembler takes. Names and bits follow the RISC-V Privileged Architecture 20240411
 * ("priv") and the Advanced Interrupt Architecture 1.0 ("AIA").
 */
#ifndef RISCV64_REGS_H
#define RISCV64_REGS_H

#define CSR_SSTATUS    0x100
#define CSR_SIE        0x104
#define CSR_STVEC      0x105
#define CSR_SCOUNTEREN 0x106
#define CSR_SENVCFG    0x10a
#define CSR_SSTATEEN0  0x10c
#define CSR_SSCRATCH   0x140
#define CSR_SEPC       0x141
#define CSR_SCAUSE     0x142
#define CSR_STVAL      0x143
#define CSR_SIP        0x144
#define CSR_SISELECT   0x150
#define CSR_SIREG      0x151
#define CSR_STIMECMP   0x14d
#define CSR_STOPEI     0x15c
#define CSR_SATP       0x180
#define CSR_VSSTATUS   0x200
#define CSR_VSIE       0x204
#define CSR_VSTVEC     0x205
#define CSR_VSSCRATCH  0x240
#define CSR_VSEPC      0x241
#define CSR_VSCAUSE    0x242
#define CSR_VSTVAL     0x243
#define CSR_VSTIMECMP  0x24d
#define CSR_VSISELECT  0x250
#define CSR_VSIREG     0x251
#define CSR_VSATP      0x280
#define CSR_HSTATUS    0x600
#define CSR_HEDELEG    0x602
#define CSR_HIDELEG    0x603
#define CSR_HIE        0x604
#define CSR_HTIMEDELTA 0x605
#define CSR_HCOUNTEREN 0x606
#define CSR_HGEIE      0x607
#define CSR_HENVCFG    0x60a
#define CSR_HSTATEEN0  0x60c
#define CSR_HTVAL      0x643
#define CSR_HIP        0x644
#define CSR_HVIP       0x645
#define CSR_HTINST     0x64a
#define CSR_HGATP      0x680
#define CSR_TIME       0xc01
#define CSR_HGEIP      0xe12

/* Interrupt numbers, also the bits of sie, sip, hie, hip and hvip (priv, scause and hip). */
#define IRQ_S_SOFT   1
#define IRQ_VS_SOFT  2
#define IRQ_S_TIMER  5
#define IRQ_VS_TIMER 6
#define IRQ_S_EXT    9
#define IRQ_VS_EXT   10
#define IRQ_S_GUEST  12 /* a guest's interrupt file has something pending (SGEI) */

/* Exceptions (priv, scause). */
#define CAUSE_FETCH_ACCESS        1
#define CAUSE_ILLEGAL             2
#define CAUSE_LOAD_ACCESS         5
#define CAUSE_STORE_ACCESS        7
#define CAUSE_VS_ECALL            10
#define CAUSE_FETCH_GUEST_PAGE    20
#define CAUSE_LOAD_GUEST_PAGE     21
#define CAUSE_VIRTUAL_INSTRUCTION 22
#define CAUSE_STORE_GUEST_PAGE    23

#ifndef __ASSEMBLER__
#include <stdint.h>

#include "lib/bits.h"

#define REGS_TEXT_(x) #x
#define REGS_TEXT(x)  REGS_TEXT_(x)

#define csr_read(csr)                                                                  \
	({                                                                             \
		uint64_t value_;                                                       \
		__asm__ volatile("csrr %0, " REGS_TEXT(csr) : "=r"(value_)::"memory"); \
		value_;                                                                \
	})

#define csr_write(csr, value) \
	__asm__ volatile("csrw " REGS_TEXT(csr) ", %0" ::"rK"((uint64_t)(value)) : "memory")

#define csr_set(csr, bits) \
	__asm__ volatile("csrs " REGS_TEXT(csr) ", %0" ::"rK"((uint64_t)(bits)) : "memory")

#define csr_clear(csr, bits) \
	__asm__ volatile("csrc " REGS_TEXT(csr) ", %0" ::"rK"((uint64_t)(bits)) : "memory")

/* Writes `value` and returns what was there. */
#define csr_swap(csr, value)                                        \
	({                                                          \
		uint64_t value_;                                    \
		__asm__ volatile("csrrw %0, " REGS_TEXT(csr) ", %1" \
				 : "=r"(value_)                     \
				 : "rK"((uint64_t)(value))          \
				 : "memory");                       \
		value_;                                             \
	})

/* FENCE: accesses of `before` (r, w: memory; i, o: devices) precede those of `after`. */
#define fence(before, after) __asm__ volatile("fence " #before ", " #after ::: "memory")
#define fence_i()            __asm__ volatile("fence.i" ::: "memory")
#define sfence_vma_page(va)  __asm__ volatile("sfence.vma %0, zero" ::"r"(va) : "memory")

/* HFENCE.VVMA and HFENCE.GVMA of this hart: for the VMID in hgatp, and for one. */
#define hfence_vvma_all() __asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, x0" ::: "memory")
#define hfence_gvma_vmid(vmid) \
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, %0" ::"r"(vmid) : "memory")

#define SSTATUS_SIE   BIT(1)
#define SSTATUS_SPIE  BIT(5)
#define SSTATUS_SPP   BIT(8)
#define SSTATUS_VS    (3ull << 9)
#define SSTATUS_FS    (3ull << 13) /* dirty; 0: off */
#define FS_CLEAN      (2ull << 13)
#define SSTATUS_SUM   BIT(18)
#define SSTATUS_MXR   BIT(19)
#define SSTATUS_UXL64 (2ull << 32)

#define HSTATUS_SPV         BIT(7)
#define HSTATUS_SPVP        BIT(8)
#define HSTATUS_HU          BIT(9)
#define HSTATUS_VGEIN(file) ((uint64_t)(file) << 12)
#define HSTATUS_VTVM        BIT(20)
#define HSTATUS_VTW         BIT(21)
#define HSTATUS_VTSR        BIT(22)

#define HENVCFG_CBIE_FLUSH (1ull << 4)
#define HENVCFG_CBCFE      BIT(6)
#define HENVCFG_CBZE       BIT(7)
#define HENVCFG_ADUE       BIT(61)
#define HENVCFG_PBMTE      BIT(62)
#define HENVCFG_STCE       BIT(63)

#define HGATP_VMID(vmid) ((uint64_t)(vmid) << 44)

static inline uint32_t mmio_read32(const volatile void *base, uint64_t offset)
{
	return *(const volatile uint32_t *)((const volatile char *)base + offset);
}

static inline void mmio_write32(volatile void *base, uint64_t offset, uint32_t value)
{
	*(volatile uint32_t *)((volatile char *)base + offset) = value;
}
#endif
#endif
