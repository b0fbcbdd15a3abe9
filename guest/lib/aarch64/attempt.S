/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call that can be given up: what the C calling convention keeps is saved where only the stack
 * pointer, held in memory, is needed to find it again.
 */
	.section .text.attempt_call, "ax"
	.globl attempt_call
	.type attempt_call, %function
attempt_call:
	sub	sp, sp, #112
	stp	x19, x20, [sp]
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	adrp	x9, attempt_stack
	mov	x10, sp
	str	x10, [x9, :lo12:attempt_stack]
	mov	x9, x0
	mov	x0, x1
	blr	x9
	b	1f

	.globl attempt_failed
	.type attempt_failed, %function
attempt_failed:
	adrp	x9, attempt_stack
	ldr	x10, [x9, :lo12:attempt_stack]
	mov	sp, x10
1:	ldp	x19, x20, [sp]
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	add	sp, sp, #112
	ret

	.section .bss.attempt_stack, "aw", %nobits
	.balign 8
attempt_stack:
	.skip	8
