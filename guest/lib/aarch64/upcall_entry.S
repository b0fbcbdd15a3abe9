/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the hypervisor makes a vCPU go on when it injects an interrupt: at EL1 with SP_EL1 and
 * DAIF set, as after an exception, but where it was and its PSTATE are in its struct region_vcpu
 * (TPIDR_EL1), and ELR_EL1 and SPSR_EL1 are free. All other registers are the interrupted code's:
 * those that C may change are kept on the stack (x18 is nobody's, see vectors.S). The frame is made
 * once; nobody copies it.
 *
 * From upcall_run's last look at what is pending on, the CPU is closed: what comes before the ERET
 * is told by a virtual interrupt after it, on a stack that is empty again.
 */
#include "guest/lib/upcall.h"

	.section .text.upcall_entry, "ax"
	.globl upcall_entry
	.balign 4
upcall_entry:
	stp	x0, x1, [sp, #-UPCALL_FRAME_BYTES]!
	mrs	x0, tpidr_el1
	stp	x2, x3, [sp, #16]
	ldp	x1, x2, [x0, #UPCALL_PC]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x29, x30, [sp, #144]
	stp	x1, x2, [sp, #160]
	bl	upcall_run
	ldp	x1, x2, [sp, #160]
	msr	elr_el1, x1
	msr	spsr_el1, x2
	ldp	x29, x30, [sp, #144]
	ldp	x16, x17, [sp, #128]
	ldp	x14, x15, [sp, #112]
	ldp	x12, x13, [sp, #96]
	ldp	x10, x11, [sp, #80]
	ldp	x8, x9, [sp, #64]
	ldp	x6, x7, [sp, #48]
	ldp	x4, x5, [sp, #32]
	ldp	x2, x3, [sp, #16]
	ldp	x0, x1, [sp], #UPCALL_FRAME_BYTES
	eret
