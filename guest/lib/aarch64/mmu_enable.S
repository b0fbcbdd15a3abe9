/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Turns the MMU on (mmu.h); callable before there is a stack.
 */
#include "guest/lib/aarch64/mmu.h"

	.section .text.mmu_enable_table, "ax"
	.globl mmu_enable_table
	.type mmu_enable_table, %function
mmu_enable_table:
	ldr	x1, =MMU_MAIR
	msr	mair_el1, x1
	ldr	x1, =MMU_TCR
	msr	tcr_el1, x1
	msr	ttbr0_el1, x0
	isb
	tlbi	vmalle1
	ic	iallu
	dsb	sy
	isb
	mrs	x1, sctlr_el1
	mov	x2, #MMU_SCTLR
	orr	x1, x1, x2
	msr	sctlr_el1, x1
	isb
	ret
	.ltorg
