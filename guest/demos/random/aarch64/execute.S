/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls code that may do anything to the registers x0 to x17, and accesses that may fault: the
 * exception handler skips the instruction that did.
 */
	.text
	.globl random_execute
	.type random_execute, %function
random_execute:
	stp	x19, x30, [sp, #-32]!
	str	x20, [sp, #16]
	mov	x19, x1
	mov	x20, x0
	ldp	x0, x1, [x19]
	ldp	x2, x3, [x19, #16]
	ldp	x4, x5, [x19, #32]
	ldp	x6, x7, [x19, #48]
	ldp	x8, x9, [x19, #64]
	ldp	x10, x11, [x19, #80]
	ldp	x12, x13, [x19, #96]
	ldp	x14, x15, [x19, #112]
	ldp	x16, x17, [x19, #128]
	blr	x20
	stp	x0, x1, [x19]
	stp	x2, x3, [x19, #16]
	stp	x4, x5, [x19, #32]
	stp	x6, x7, [x19, #48]
	stp	x8, x9, [x19, #64]
	stp	x10, x11, [x19, #80]
	stp	x12, x13, [x19, #96]
	stp	x14, x15, [x19, #112]
	stp	x16, x17, [x19, #128]
	ldr	x20, [sp, #16]
	ldp	x19, x30, [sp], #32
	ret

	.macro access name, instruction:vararg
	.globl access_\name
access_\name:
	\instruction
	ret
	.endm

	/* With a syndrome that says what was meant. */
	access ldrb, ldrb w1, [x0]
	access ldrh, ldrh w1, [x0]
	access ldr32, ldr w1, [x0]
	access ldr64, ldr x1, [x0]
	access ldrsb, ldrsb x1, [x0]
	access ldrsh, ldrsh w1, [x0]
	access ldrsw, ldrsw x1, [x0]
	access ldrz, ldr xzr, [x0]
	access strb, strb w1, [x0]
	access strh, strh w1, [x0]
	access str32, str w1, [x0]
	access str64, str x1, [x0]
	access strz, str wzr, [x0]
	access ldar, ldar w1, [x0]
	access stlr, stlr w1, [x0]
	/* Without. */
	access ldp, ldp x1, x2, [x0]
	access stp, stp x1, x1, [x0]
	access ldr_post, ldr w1, [x0], #4
	access str_pre, str w1, [x0, #0]!
	access ldxr, ldxr w1, [x0]
	access stxr, stxr w2, w1, [x0]
	access prfm, prfm pldl1keep, [x0]
