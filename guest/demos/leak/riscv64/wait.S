/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bool leak_wait(uint64_t seed, bool yield, uint64_t amount): all registers but sp and those of
 * the call (a0 to a2, a6, a7) hold multiples of the seed while time passes. gp is the trap
 * vector's, and there are no traps meanwhile.
 */
#include "abi/hypercall.h"

	.macro SEQUENCE operation
	.irp n, 1,3,4,5,6,7,8,9,13,14,15,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\operation x\n, \n
	.endr
	.endm

	.macro FILL reg, n    /* a1: the seed */
	li a0, 2 * \n + 1
	mul \reg, a1, a0
	.endm

	.macro COMPARE reg, n /* a2 stays 0 if all are as they were */
	li a0, 2 * \n + 1
	mul a0, a1, a0
	xor a0, a0, \reg
	or a2, a2, a0
	.endm

	.macro KEPT op
	\op ra, 0(sp)
	\op gp, 8(sp)
	\op tp, 16(sp)
	\op s0, 24(sp)
	\op s1, 32(sp)
	\op s2, 40(sp)
	\op s3, 48(sp)
	\op s4, 56(sp)
	\op s5, 64(sp)
	\op s6, 72(sp)
	\op s7, 80(sp)
	\op s8, 88(sp)
	\op s9, 96(sp)
	\op s10, 104(sp)
	\op s11, 112(sp)
	.endm

	.section .text.leak_wait, "ax"
	.globl leak_wait
	.type leak_wait, %function
leak_wait:
	addi sp, sp, -128
	KEPT sd
	sd a0, 120(sp)
	mv a6, a1
	mv a1, a0
	SEQUENCE FILL
	mv a0, a2
	bnez a6, 2f
1:	addi a0, a0, -1
	bnez a0, 1b
	j 3f

2:	li a6, HYPERCALL_SCHED_YIELD
	li a7, HYPERCALL_EXTENSION
	ecall

3:	ld a1, 120(sp)
	li a2, 0
	SEQUENCE COMPARE
	seqz a0, a2
	KEPT ld
	addi sp, sp, 128
	ret
