/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program for user mode, the way in and out, and the trap vector that such a guest needs:
 * sscratch as in upcall_entry.S. gp is the exception vectors' (vectors.S), tp the kernel's.
 */
#include "guest/lib/riscv64/exception.h"

#define SSTATUS_SPP 0x100

	.text
	.globl user_program
	.balign 4
user_program:
	li a0, 200
	call registers_hold
	ecall
	j user_program

	.macro EACH_CALLEE op
	\op ra, 8 * 0(sp)
	\op s0, 8 * 1(sp)
	\op s1, 8 * 2(sp)
	\op s2, 8 * 3(sp)
	\op s3, 8 * 4(sp)
	\op s4, 8 * 5(sp)
	\op s5, 8 * 6(sp)
	\op s6, 8 * 7(sp)
	\op s7, 8 * 8(sp)
	\op s8, 8 * 9(sp)
	\op s9, 8 * 10(sp)
	\op s10, 8 * 11(sp)
	\op s11, 8 * 12(sp)
	.endm

	.globl registers_hold
registers_hold:
	addi sp, sp, -112
	EACH_CALLEE sd
	.irp n, 1, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, \
		27, 28, 29, 30, 31
	li x\n, 16 * \n + 5
	.endr
1:	.irp n, 1, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, \
		27, 28, 29, 30, 31
	li a1, 16 * \n + 5
	bne x\n, a1, 2\n\()f
	.endr
	addi a0, a0, -1
	bnez a0, 1b
3:	EACH_CALLEE ld
	addi sp, sp, 112
	ret
	.irp n, 1, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, \
		27, 28, 29, 30, 31
2\n:	li a0, \n
	j 3b
	.endr

/* void user_enter(uint64_t user_stack): returns from user_leave, with the hart closed. */
	.globl user_enter
user_enter:
	csrci sstatus, 2
	addi sp, sp, -112
	EACH_CALLEE sd
	addi sp, sp, -16
	sd tp, 0(sp)
	csrw sscratch, sp
	lla a1, user_program
	csrw sepc, a1
	li a1, SSTATUS_SPP
	csrc sstatus, a1
	mv sp, a0
	sret

/* Where a system call returns to that is to end the program: with the stack of user_enter. */
	.globl user_leave
user_leave:
	addi sp, sp, 16
	EACH_CALLEE ld
	addi sp, sp, 112
	ret

	.macro EACH op
	\op ra, 8 * 1(sp)
	\op t0, 8 * 5(sp)
	\op t1, 8 * 6(sp)
	\op t2, 8 * 7(sp)
	\op s0, 8 * 8(sp)
	\op s1, 8 * 9(sp)
	\op a0, 8 * 10(sp)
	\op a1, 8 * 11(sp)
	\op a2, 8 * 12(sp)
	\op a3, 8 * 13(sp)
	\op a4, 8 * 14(sp)
	\op a5, 8 * 15(sp)
	\op a6, 8 * 16(sp)
	\op a7, 8 * 17(sp)
	\op s2, 8 * 18(sp)
	\op s3, 8 * 19(sp)
	\op s4, 8 * 20(sp)
	\op s5, 8 * 21(sp)
	\op s6, 8 * 22(sp)
	\op s7, 8 * 23(sp)
	\op s8, 8 * 24(sp)
	\op s9, 8 * 25(sp)
	\op s10, 8 * 26(sp)
	\op s11, 8 * 27(sp)
	\op t3, 8 * 28(sp)
	\op t4, 8 * 29(sp)
	\op t5, 8 * 30(sp)
	\op t6, 8 * 31(sp)
	.endm

	.globl user_vector
	.balign 4
user_vector:
	csrrw sp, sscratch, sp
	bnez sp, 1f
	csrrw sp, sscratch, sp
	j exception_vector
1:	addi sp, sp, -EXCEPTION_FRAME_BYTES
	EACH sd
	sd tp, 8 * 4(sp)
	csrrw a0, sscratch, zero
	sd a0, 8 * 2(sp)
	ld tp, EXCEPTION_FRAME_BYTES(sp)
	csrr a0, sepc
	sd a0, EXCEPTION_FRAME_PC(sp)
	csrr a0, sstatus
	sd a0, EXCEPTION_FRAME_STATE(sp)
	csrr a0, scause
	sd a0, EXCEPTION_FRAME_CAUSE(sp)
	mv a0, sp
	call exception_handle
	ld a0, EXCEPTION_FRAME_PC(sp)
	csrw sepc, a0
	ld a1, EXCEPTION_FRAME_STATE(sp)
	csrw sstatus, a1
	andi a1, a1, SSTATUS_SPP
	bnez a1, 2f
	addi a0, sp, EXCEPTION_FRAME_BYTES
	csrw sscratch, a0
	EACH ld
	ld tp, 8 * 4(sp)
	ld sp, 8 * 2(sp)
	sret
2:	addi sp, sp, EXCEPTION_FRAME_BYTES
	sret
