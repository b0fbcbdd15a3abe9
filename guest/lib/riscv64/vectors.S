/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trap vectors: the clock first, into gp, which the compiler leaves to us; then everything the
 * interrupted code may hold goes into a struct exception_frame. There is a second vector for guests
 * that measure, which takes the instruction counter instead (counter.h).
 */
#include "guest/lib/riscv64/exception.h"

	.macro EACH op
	\op ra, 8(sp)
	\op tp, 32(sp)
	\op t0, 40(sp)
	\op t1, 48(sp)
	\op t2, 56(sp)
	\op s0, 64(sp)
	\op s1, 72(sp)
	\op a0, 80(sp)
	\op a1, 88(sp)
	\op a2, 96(sp)
	\op a3, 104(sp)
	\op a4, 112(sp)
	\op a5, 120(sp)
	\op a6, 128(sp)
	\op a7, 136(sp)
	\op s2, 144(sp)
	\op s3, 152(sp)
	\op s4, 160(sp)
	\op s5, 168(sp)
	\op s6, 176(sp)
	\op s7, 184(sp)
	\op s8, 192(sp)
	\op s9, 200(sp)
	\op s10, 208(sp)
	\op s11, 216(sp)
	\op t3, 224(sp)
	\op t4, 232(sp)
	\op t5, 240(sp)
	\op t6, 248(sp)
	.endm

	.section .text.vectors, "ax"
	.balign 4
	.globl counter_vector
counter_vector:
	csrr gp, instret
	j exception_entry

	.balign 4
	.globl exception_vector
exception_vector:
	csrr gp, time

exception_entry:
	addi sp, sp, -EXCEPTION_FRAME_BYTES
	EACH sd
	sd gp, 0(sp)
	addi a0, sp, EXCEPTION_FRAME_BYTES
	sd a0, 16(sp)
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
	ld a0, EXCEPTION_FRAME_STATE(sp)
	csrw sstatus, a0
	EACH ld
	addi sp, sp, EXCEPTION_FRAME_BYTES
	sret
