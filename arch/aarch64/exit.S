/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The door between guest and hypervisor. While a guest runs, SP_EL2 points at its struct vcpu,
 * whose first 31 words are its registers, and TPIDR_EL2 at this CPU's stack.
 *
 * Every exit saves the registers that C may change in the hypervisor's calling convention (see
 * arch.mk) and calls a short handler. A handler returns the vCPU to resume; with bit 0 set it asks
 * for the rest of the registers to be saved and for its second half to be called, which may return
 * another vCPU.
 */

	.macro SAVE_SOME
	stp x0, x1, [sp, #8 * 0]
	stp x2, x3, [sp, #8 * 2]
	stp x4, x5, [sp, #8 * 4]
	stp x6, x7, [sp, #8 * 6]
	str x8, [sp, #8 * 8]
	stp x16, x17, [sp, #8 * 16]
	str x30, [sp, #8 * 30]
	mov x0, sp
	mrs x1, tpidr_el2
	mov sp, x1
	.endm

	.macro RESUME         /* x0: the vCPU, whose other registers are in place */
	mov sp, x0
	ldr x30, [sp, #8 * 30]
	ldp x16, x17, [sp, #8 * 16]
	ldr x8, [sp, #8 * 8]
	ldp x6, x7, [sp, #8 * 6]
	ldp x4, x5, [sp, #8 * 4]
	ldp x2, x3, [sp, #8 * 2]
	ldp x0, x1, [sp, #8 * 0]
	eret
	/* No speculation past the exception return (straight-line speculation). */
	dsb nsh
	isb
	.endm

	.macro EXIT first, second
	SAVE_SOME
	bl \first
	tbnz x0, #0, 1f
	RESUME
1:	and x0, x0, #~1
	adr x30, enter
	adr x1, \second
	b save_rest
	.endm

	.text
	/* x0: the vCPU, x1: who to call, x30: where that returns to */
save_rest:
	stp x9, x10, [x0, #8 * 9]
	stp x11, x12, [x0, #8 * 11]
	stp x13, x14, [x0, #8 * 13]
	str x15, [x0, #8 * 15]
	stp x18, x19, [x0, #8 * 18]
	stp x20, x21, [x0, #8 * 20]
	stp x22, x23, [x0, #8 * 22]
	stp x24, x25, [x0, #8 * 24]
	stp x26, x27, [x0, #8 * 26]
	stp x28, x29, [x0, #8 * 28]
	br x1

	/* _Noreturn void arch_vcpu_enter(struct vcpu *vcpu) */
	.globl arch_vcpu_enter
arch_vcpu_enter:
enter:
	ldp x9, x10, [x0, #8 * 9]
	ldp x11, x12, [x0, #8 * 11]
	ldp x13, x14, [x0, #8 * 13]
	ldr x15, [x0, #8 * 15]
	ldp x18, x19, [x0, #8 * 18]
	ldp x20, x21, [x0, #8 * 20]
	ldp x22, x23, [x0, #8 * 22]
	ldp x24, x25, [x0, #8 * 24]
	ldp x26, x27, [x0, #8 * 26]
	ldp x28, x29, [x0, #8 * 28]
	RESUME

sync_exit:
	EXIT exit_sync, exit_sync_rest
irq_exit:
	EXIT exit_irq, exit_attend
fiq_exit:
	EXIT exit_fiq, exit_attend
serror_exit:
	EXIT exit_serror, exit_serror_rest

	/* The hypervisor's own exception, which is a bug: a fresh stack, then words. */
own_exception:
	mrs x0, tpidr_el2
	mov sp, x0
	mrs x0, esr_el2
	mrs x1, elr_el2
	mrs x2, far_el2
	bl exit_panic

	.macro VECTOR target
	.balign 128
	b \target
	.endm

	.balign 2048
	.globl vectors
vectors:
	.rept 8               /* from EL2 */
	VECTOR own_exception
	.endr
	VECTOR sync_exit      /* from a guest in AArch64 */
	VECTOR irq_exit
	VECTOR fiq_exit
	VECTOR serror_exit
	VECTOR sync_exit      /* from a guest's program in AArch32 */
	VECTOR irq_exit
	VECTOR fiq_exit
	VECTOR serror_exit
