/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call that can be given up: what the C calling convention keeps is saved where only the stack
 * pointer, held in memory, is needed to find it again.
 */
	.macro EACH op
	\op ra, 0(sp)
	\op s0, 8(sp)
	\op s1, 16(sp)
	\op s2, 24(sp)
	\op s3, 32(sp)
	\op s4, 40(sp)
	\op s5, 48(sp)
	\op s6, 56(sp)
	\op s7, 64(sp)
	\op s8, 72(sp)
	\op s9, 80(sp)
	\op s10, 88(sp)
	\op s11, 96(sp)
	.endm

	.section .text.attempt_call, "ax"
	.globl attempt_call
	.type attempt_call, %function
attempt_call:
	addi sp, sp, -112
	EACH sd
	lla t0, attempt_stack
	sd sp, (t0)
	mv t0, a0
	mv a0, a1
	jalr t0
	j 1f

	.globl attempt_failed
	.type attempt_failed, %function
attempt_failed:
	lla t0, attempt_stack
	ld sp, (t0)
1:	EACH ld
	addi sp, sp, 112
	ret

	.section .bss.attempt_stack, "aw", %nobits
	.balign 8
attempt_stack:
	.skip 8
