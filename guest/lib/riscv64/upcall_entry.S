/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the hypervisor makes a vCPU go on when it injects an interrupt: in supervisor mode with
 * sstatus.SIE clear, as after a trap, but where it was and the sstatus that SRET needs are in its
 * struct region_vcpu, and sepc, scause and sstatus.SPP are untouched. All other registers are the
 * interrupted code's: those that C may change are kept on the stack (gp is nobody's, see
 * vectors.S). The frame is made once; nobody copies it.
 *
 * sscratch is 0 in supervisor mode; in user mode it is the kernel's stack pointer, and the kernel's
 * tp lies there.
 *
 * From upcall_run's last look at what is pending on, the hart is closed: what comes before the SRET
 * is told by a software interrupt after it, on a stack that is empty again.
 */
#include "guest/lib/upcall.h"

	.macro EACH op
	\op ra, 8 * 2(sp)
	\op t0, 8 * 3(sp)
	\op t1, 8 * 4(sp)
	\op t2, 8 * 5(sp)
	\op a0, 8 * 6(sp)
	\op a1, 8 * 7(sp)
	\op a2, 8 * 8(sp)
	\op a3, 8 * 9(sp)
	\op a4, 8 * 10(sp)
	\op a5, 8 * 11(sp)
	\op a6, 8 * 12(sp)
	\op a7, 8 * 13(sp)
	\op t3, 8 * 14(sp)
	\op t4, 8 * 15(sp)
	\op t5, 8 * 16(sp)
	\op t6, 8 * 17(sp)
	.endm

	.macro FIND_RECORD    /* a0: the vCPU's struct region_vcpu, by tp */
	lla a0, upcall_records
	slli a1, tp, 3
	add a0, a0, a1
	ld a0, (a0)
	.endm

	.section .text.upcall_entry, "ax"
	.globl upcall_entry
	.balign 4
upcall_entry:
	csrrw sp, sscratch, sp
	bnez sp, from_user
	csrrw sp, sscratch, sp
	addi sp, sp, -UPCALL_FRAME_BYTES
	EACH sd
	FIND_RECORD
	ld a1, UPCALL_PC(a0)
	ld a2, UPCALL_STATE(a0)
	sd a1, 8 * 0(sp)
	sd a2, 8 * 1(sp)
	call upcall_run
	ld a1, 8 * 0(sp)
	ld a2, 8 * 1(sp)
	csrw sepc, a1
	csrw sstatus, a2
	EACH ld
	addi sp, sp, UPCALL_FRAME_BYTES
	sret

from_user:
	addi sp, sp, -(UPCALL_FRAME_BYTES + 16)
	EACH sd
	sd tp, 8 * 18(sp)
	csrrw a0, sscratch, zero
	sd a0, 8 * 19(sp)     /* the user's sp */
	ld tp, UPCALL_FRAME_BYTES + 16(sp)
	FIND_RECORD
	ld a1, UPCALL_PC(a0)
	ld a2, UPCALL_STATE(a0)
	sd a1, 8 * 0(sp)
	sd a2, 8 * 1(sp)
	call upcall_run
	ld a1, 8 * 0(sp)
	ld a2, 8 * 1(sp)
	csrw sepc, a1
	csrw sstatus, a2
	addi a0, sp, UPCALL_FRAME_BYTES + 16
	csrw sscratch, a0
	EACH ld
	ld tp, 8 * 18(sp)
	ld sp, 8 * 19(sp)
	sret
