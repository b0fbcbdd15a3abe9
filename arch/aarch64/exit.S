/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The door between guest and hypervisor. While a guest runs, SP_EL2 points at its struct vcpu,
 * whose first 31 words are its registers, and TPIDR_EL2 at this CPU's stack.
 *
 * Most exits save the registers that C may change in the hypervisor's calling convention (see
 * arch.mk), and x29, which holds the vCPU from then on, and call a short handler, a first half. If
 * that was not all, it returns its second half, which is called with the rest of the registers
 * saved, too, and may return another vCPU. An FIQ, which is always the hypervisor's, begins there.
 * Calls are told apart here.
 */
#include "abi/hypercall.h"
#include "arch/aarch64/exit.h"

	.macro SAVE_FIRST
	stp x0, x1, [sp, #8 * 0]
	stp x2, x3, [sp, #8 * 2]
	stp x4, x5, [sp, #8 * 4]
	stp x6, x7, [sp, #8 * 6]
	stp x16, x17, [sp, #8 * 16]
	stp x29, x30, [sp, #8 * 29]
	.endm

	.macro SAVE_SOME
	SAVE_FIRST
	mov x29, sp
	mrs x1, tpidr_el2
	mov x0, x29
	mov sp, x1
	.endm

	.macro SAVE_REST
	stp x8, x9, [x0, #8 * 8]
	stp x10, x11, [x0, #8 * 10]
	stp x12, x13, [x0, #8 * 12]
	stp x14, x15, [x0, #8 * 14]
	stp x18, x19, [x0, #8 * 18]
	stp x20, x21, [x0, #8 * 20]
	stp x22, x23, [x0, #8 * 22]
	stp x24, x25, [x0, #8 * 24]
	stp x26, x27, [x0, #8 * 26]
	str x28, [x0, #8 * 28]
	.endm

	.macro RESUME         /* sp: the vCPU, whose other registers are in place */
	ldp x29, x30, [sp, #8 * 29]
	ldp x16, x17, [sp, #8 * 16]
	ldp x6, x7, [sp, #8 * 6]
	ldp x4, x5, [sp, #8 * 4]
	ldp x2, x3, [sp, #8 * 2]
	ldp x0, x1, [sp, #8 * 0]
	eret
	/* No speculation past the exception return (straight-line speculation). */
	dsb nsh
	isb
	.endm

	/* Fills one slot of the vector table: 32 instructions at most. */
	.macro EXIT first
	.balign 128
	SAVE_SOME
	bl \first
	cbnz x0, save_rest    /* the second half */
	mov sp, x29
	RESUME
	.endm

	/* The same, without a first half. */
	.macro EXIT_AT_ONCE second
	.balign 128
	SAVE_FIRST
	mov x0, sp
	mrs x1, tpidr_el2
	SAVE_REST
	mov sp, x1
	adr x30, enter
	b \second
	.endm

	/* A slot for an exception of our own, behind whose branch other code stands. */
	.macro OWN_EXCEPTION
	.balign 128
	b own_exception
	.endm

	/*
	 * The table's first four slots are for exceptions at EL2 with SP_EL0, which is never
	 * selected: other code stands there (hyp.ld), and the table is written from the fifth on.
	 */
	.section .head.vectors, "ax"
	.globl vectors
	.set vectors, . - 0x200
	OWN_EXCEPTION         /* from EL2 */
	/* x29: the vCPU, x0: who to call */
save_rest:
	mov x1, x0
	mov x0, x29
	SAVE_REST
	adr x30, enter
	br x1

	/* The rest of the slot for synchronous exceptions: what is no call by HVC #0. */
sync_other:
	bl exit_sync
	cbnz x0, save_rest    /* the second half */
	mov sp, x29
	RESUME

	OWN_EXCEPTION
	/* _Noreturn void arch_vcpu_enter(struct vcpu *vcpu) */
	.globl arch_vcpu_enter
arch_vcpu_enter:
enter:
	mov sp, x0
	ldp x8, x9, [x0, #8 * 8]
	ldp x10, x11, [x0, #8 * 10]
	ldp x12, x13, [x0, #8 * 12]
	ldp x14, x15, [x0, #8 * 14]
	ldp x18, x19, [x0, #8 * 18]
	ldp x20, x21, [x0, #8 * 20]
	ldp x22, x23, [x0, #8 * 22]
	ldp x24, x25, [x0, #8 * 24]
	ldp x26, x27, [x0, #8 * 26]
	ldr x28, [x0, #8 * 28]
	RESUME

	OWN_EXCEPTION
	/* The hypervisor's own exception, which is a bug: a fresh stack, then words. */
own_exception:
	mrs x0, tpidr_el2
	mov sp, x0
	mrs x0, esr_el2
	mrs x1, elr_el2
	mrs x2, far_el2
	bl exit_panic

	/* AArch32 has instructions of two bytes and IT blocks: always the second half. */
sync_exit_aarch32:
	SAVE_SOME
	adr x0, exit_sync_rest
	b save_rest

	/* x0: the vCPU, all of whose registers are saved */
call_firmware:
	adr x30, enter
	b exit_firmware
#if HYP_SHARED
yield:
	ldr x1, [x0, #8 * 1]
	cmp x1, #HYPERCALL_NEXT_TURN
	b.ne call_not_yield
	adr x30, enter
	b exit_yield
#endif

	OWN_EXCEPTION
	/* uint64_t idregs_physical(unsigned key), 8 to 63; a reader has 8 bytes, a slot 128 */
	.globl idregs_physical
idregs_physical:
	sub w0, w0, #8
	mov w1, #37
	mul w1, w0, w1
	lsr w1, w1, #9        /* w0 / 14, for w0 below 56 */
	adr x2, vectors + 0x604
	add x2, x2, x0, lsl #3
	add x2, x2, x1, lsl #4
	br x2

	/*
	 * w2: the number of a call that is not quick, or of the firmware's; the flags compare it
	 * with the first of these, SCHED_YIELD.
	 */
call_rest:
	SAVE_REST
#if HYP_SHARED
	b.eq yield
call_not_yield:
#endif
	cmp w2, #EXIT_CALL_LIMIT
	b.hs call_firmware
	add x1, x0, #8 * 1
	bl hypercall_slow
	mov x1, x0
	mov x0, x29
	adr x30, enter
	b exit_called

	/*
	 * From a guest in AArch64. Orlop's own quick calls have the shortest way: HVC #0 with the
	 * number in w0, and the result in x0, which is therefore stored where it is restored from.
	 */
	.org vectors + 0x400  /* which fails if what stands before does not fit its slots */
	SAVE_SOME
	mrs x1, esr_el2
	mov w2, #EXIT_ESR_HVC
	cmp w1, w2
	b.ne sync_other
	ldr w2, [x0]
	mov w3, #-HYPERCALL_BASE & 0xffffffff
	add w2, w2, w3
	cmp w2, #HYPERCALL_QUICK_COUNT
	b.hs call_rest
	add x1, x0, #8 * 1
	bl hypercall_quick
	str x0, [x29]
	mov sp, x29
	RESUME

	EXIT exit_irq
#if HYP_SHARED
	EXIT_AT_ONCE irq_shared_fiq
#else
	EXIT_AT_ONCE exit_fiq
#endif
	EXIT_AT_ONCE exit_serror
	/*
	 * From a guest's program in AArch32. Behind each branch stand 14 readers of the
	 * identification registers that HCR_EL2.TID3 traps: mrs x0, S3_0_C0_C<key / 8>_<key % 8>.
	 */
	.macro BRANCH_AND_READERS target, first
	.balign 128
	b \target
	.set key, \first
	.rept 14
	.inst 0xd5380000 | key << 5
	ret
	.set key, key + 1
	.endr
	.endm

	BRANCH_AND_READERS sync_exit_aarch32, 8
	BRANCH_AND_READERS vectors + 0x480, 8 + 14
	BRANCH_AND_READERS vectors + 0x500, 8 + 28
	BRANCH_AND_READERS vectors + 0x580, 8 + 42
