/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A task's first instructions: x0 is its number, sp points at its struct entry_record; EL1,
 * exceptions masked, MMU off. Nothing is read or written before the MMU is on: what the manager
 * wrote may still be in a cache only.
 */
#include "guest/realtime/entry.h"

	.section .text.entry_start, "ax"
	.globl entry_start
	.type entry_start, %function
entry_start:
	mov	x19, x0
	adrp	x0, exception_vectors
	add	x0, x0, :lo12:exception_vectors
	msr	vbar_el1, x0
	adrp	x0, mmu_table
	add	x0, x0, :lo12:mmu_table
	bl	mmu_enable_table
	mov	x0, x19
	ldp	x1, x2, [sp, #ENTRY_FUNCTION]
	mov	x29, xzr
	mov	x30, xzr
	b	entry_run
