/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The call instructions. The C calling convention passes arguments in the registers in which the
 * SMC calling convention wants them, so the short forms are two instructions.
 */
	.macro call_functions conduit
	.section .text.smccc_\conduit, "ax"
	.globl smccc_\conduit
	.type smccc_\conduit, %function
smccc_\conduit:
	\conduit #0
	ret

	.section .text.smccc_\conduit\()_all, "ax"
	.globl smccc_\conduit\()_all
	.type smccc_\conduit\()_all, %function
smccc_\conduit\()_all:
	stp	x19, x30, [sp, #-16]!
	mov	x19, x0
	ldp	x0, x1, [x19]
	ldp	x2, x3, [x19, #16]
	ldp	x4, x5, [x19, #32]
	ldp	x6, x7, [x19, #48]
	ldp	x8, x9, [x19, #64]
	ldp	x10, x11, [x19, #80]
	ldp	x12, x13, [x19, #96]
	ldp	x14, x15, [x19, #112]
	ldp	x16, x17, [x19, #128]
	\conduit #0
	stp	x0, x1, [x19]
	stp	x2, x3, [x19, #16]
	stp	x4, x5, [x19, #32]
	stp	x6, x7, [x19, #48]
	stp	x8, x9, [x19, #64]
	stp	x10, x11, [x19, #80]
	stp	x12, x13, [x19, #96]
	stp	x14, x15, [x19, #112]
	stp	x16, x17, [x19, #128]
	ldp	x19, x30, [sp], #16
	ret
	.endm

	call_functions hvc
	call_functions smc
