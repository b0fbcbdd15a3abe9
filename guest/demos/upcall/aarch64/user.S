/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program for user mode, which fits into a page of its own, and the way in and out. x18 is the
 * exception vectors' (vectors.S).
 */
	.section .text.user, "ax"
	.balign 4096
	.globl user_page
user_page:
	.globl user_program
user_program:
	mov	x0, #200
	bl	registers_hold
	svc	#0
	b	user_program

	.globl registers_hold
registers_hold:
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	.irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, \
		19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	mov	x\n, #16 * \n + 5
	.endr
1:	.irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, \
		19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	cmp	x\n, #16 * \n + 5
	b.ne	2\n\()f
	.endr
	subs	x0, x0, #1
	b.ne	1b
3:	ldp	x27, x28, [sp, #80]
	ldp	x25, x26, [sp, #64]
	ldp	x23, x24, [sp, #48]
	ldp	x21, x22, [sp, #32]
	ldp	x19, x20, [sp, #16]
	ldp	x29, x30, [sp], #96
	ret
	.irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, \
		19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
2\n:	mov	x0, #\n
	b	3b
	.endr
	.balign 4096

	.section .text.user_enter, "ax"
/* void user_enter(uint64_t user_stack): returns from user_leave, with the CPU closed. */
	.globl user_enter
user_enter:
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	msr	daifset, #2
	msr	sp_el0, x0
	adrp	x1, user_program
	add	x1, x1, :lo12:user_program
	msr	elr_el1, x1
	msr	spsr_el1, xzr
	eret

/* Where a system call returns to that is to end the program: with the stack of user_enter. */
	.globl user_leave
user_leave:
	ldp	x27, x28, [sp, #80]
	ldp	x25, x26, [sp, #64]
	ldp	x23, x24, [sp, #48]
	ldp	x21, x22, [sp, #32]
	ldp	x19, x20, [sp, #16]
	ldp	x29, x30, [sp], #96
	ret
