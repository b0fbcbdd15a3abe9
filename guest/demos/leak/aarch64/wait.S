/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bool leak_wait(uint64_t seed, bool yield, uint64_t amount): x4 to x17 and x19 to x30 hold
 * multiples of the seed while time passes. x18 is the exception vectors' (guest.mk), x0 to x3 are
 * the call's.
 */
#include "abi/hypercall.h"

	.macro SEQUENCE operation
	.irp n, 4,5,6,7,8,9,10,11,12,13,14,15,16,17,19,20,21,22,23,24,25,26,27,28,29,30
	\operation x\n, \n
	.endr
	.endm

	.macro FILL reg, n
	mov	x3, #\n * 2 + 1
	mul	\reg, x2, x3
	.endm

	.macro COMPARE reg, n
	mov	x3, #\n * 2 + 1
	mul	x3, x2, x3
	eor	x3, x3, \reg
	orr	x0, x0, x3
	.endm

	.section .text.leak_wait, "ax"
	.globl leak_wait
	.type leak_wait, %function
leak_wait:
	stp	x29, x30, [sp, #-112]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	str	x0, [sp, #96]
	mov	x3, x1
	mov	x1, x2
	mov	x2, x0
	cbnz	x3, 2f

	mov	x0, x1
	SEQUENCE FILL
1:	subs	x0, x0, #1
	b.ne	1b
	b	3f

2:	SEQUENCE FILL
	ldr	w0, =HYPERCALL_BASE + HYPERCALL_SCHED_YIELD
	hvc	#0

3:	ldr	x2, [sp, #96]
	mov	x0, #0
	SEQUENCE COMPARE
	cmp	x0, #0
	cset	w0, eq
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #112
	ret
	.ltorg
