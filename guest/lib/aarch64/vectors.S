/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exception vectors of EL1 (Arm ARM D1.3.1): the clock first, into x18, which the compiler leaves
 * to us; then everything the interrupted code may hold goes into a struct exception_frame. There is
 * a second table for guests that measure, which takes the cycle counter instead (counter.h).
 */
#include "guest/lib/aarch64/exception.h"

	.macro vector_table name, clock
	.section .text.\name, "ax"
	.balign 2048
	.globl \name
\name:
	.irp kind, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	.balign 128
	mrs	x18, \clock
	sub	sp, sp, #EXCEPTION_FRAME_BYTES
	stp	x0, x1, [sp]
	mov	x0, #\kind
	b	exception_entry
	.endr
	.endm

	vector_table exception_vectors, cntvct_el0
	vector_table counter_vectors, pmccntr_el0

	.section .text.exception_entry, "ax"
exception_entry:
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x1, elr_el1
	stp	x30, x1, [sp, #240]
	mrs	x1, spsr_el1
	stp	x1, x0, [sp, #EXCEPTION_FRAME_PC + 8]
	mov	x0, sp
	bl	exception_handle
	ldp	x30, x0, [sp, #240]
	ldr	x1, [sp, #EXCEPTION_FRAME_PC + 8]
	msr	elr_el1, x0
	msr	spsr_el1, x1
	ldp	x28, x29, [sp, #224]
	ldp	x26, x27, [sp, #208]
	ldp	x24, x25, [sp, #192]
	ldp	x22, x23, [sp, #176]
	ldp	x20, x21, [sp, #160]
	ldr	x19, [sp, #152]
	ldp	x16, x17, [sp, #128]
	ldp	x14, x15, [sp, #112]
	ldp	x12, x13, [sp, #96]
	ldp	x10, x11, [sp, #80]
	ldp	x8, x9, [sp, #64]
	ldp	x6, x7, [sp, #48]
	ldp	x4, x5, [sp, #32]
	ldp	x2, x3, [sp, #16]
	ldp	x0, x1, [sp]
	add	sp, sp, #EXCEPTION_FRAME_BYTES
	eret
