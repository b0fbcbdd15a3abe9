/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The door between guest and hypervisor. While a guest runs, sscratch points at its struct vcpu,
 * whose first 32 words are its registers; in the hypervisor sscratch is 0.
 *
 * Every exit saves the registers that C may change in the hypervisor (see arch.mk) and calls
 * a short handler. If that says no, the rest of the registers is saved and its second half is
 * called, which may return another vCPU. The vCPU stands at the top of its CPU's stack. What is
 * known to need a second half saves all at once: a call that may give the CPU away, and on a shared
 * CPU the scheduler's timer.
 */
#include "abi/hypercall.h"
#include "abi/image.h"
#include "arch/riscv64/firmware.h"
#include "arch/riscv64/regs.h"
#include "arch/riscv64/start.h"
#include "arch_types.h"

	.text
	.macro EACH_TEMPORARY op, base
	\op t0, 8 * 5(\base)
	\op t1, 8 * 6(\base)
	\op t2, 8 * 7(\base)
	\op t3, 8 * 28(\base)
	\op t4, 8 * 29(\base)
	\op t5, 8 * 30(\base)
	\op t6, 8 * 31(\base)
	.endm

#ifdef ARCH_FIXED_TEMPORARIES
	.macro EACH_AT_DOOR op, base
	.endm
#else
	.macro EACH_AT_DOOR op, base
	EACH_TEMPORARY \op, \base
	.endm
#endif

	/* What is not saved at the door. */
	.macro EACH_LATER op, base
#ifdef ARCH_FIXED_TEMPORARIES
	EACH_TEMPORARY \op, \base
#endif
	\op gp, 8 * 3(\base)
	\op tp, 8 * 4(\base)
	\op s0, 8 * 8(\base)
	\op s1, 8 * 9(\base)
	\op s2, 8 * 18(\base)
	\op s3, 8 * 19(\base)
	\op s4, 8 * 20(\base)
	\op s5, 8 * 21(\base)
	\op s6, 8 * 22(\base)
	\op s7, 8 * 23(\base)
	\op s8, 8 * 24(\base)
	\op s9, 8 * 25(\base)
	\op s10, 8 * 26(\base)
	\op s11, 8 * 27(\base)
	.endm

	.macro SAVE_AT_DOOR   /* sp: the vCPU, and a0 from here on, too */
	EACH_AT_DOOR sd, sp
	sd ra, 8 * 1(sp)
	sd a0, 8 * 10(sp)
	sd a1, 8 * 11(sp)
	sd a2, 8 * 12(sp)
	sd a3, 8 * 13(sp)
	sd a4, 8 * 14(sp)
	sd a5, 8 * 15(sp)
	sd a6, 8 * 16(sp)
	sd a7, 8 * 17(sp)
	csrrw a0, sscratch, zero
	sd a0, 8 * 2(sp)
	mv a0, sp
	.endm

	.macro RESUME_FROM_A2 /* sp: the vCPU; all others that C may have changed */
	csrw sscratch, sp
	EACH_AT_DOOR ld, sp
	ld ra, 8 * 1(sp)
	ld a2, 8 * 12(sp)
	ld a3, 8 * 13(sp)
	ld a4, 8 * 14(sp)
	ld a5, 8 * 15(sp)
	ld a6, 8 * 16(sp)
	ld a7, 8 * 17(sp)
	ld sp, 8 * 2(sp)
	sret
	.endm

	.macro RESUME         /* sp: the vCPU, whose later registers are in place */
	ld a0, 8 * 10(sp)
	ld a1, 8 * 11(sp)
	RESUME_FROM_A2
	.endm

	.macro ENTER          /* a0: the vCPU, none of whose registers is; sp: its CPU's stack */
	sd a0, START_STACK_VCPU(sp)
	mv sp, a0
	EACH_LATER ld, sp
	RESUME
	.endm

	/* stvec, direct mode: firmware that hands on a trap may take all of it for an address. */
	.balign 4
	.globl exit_entry
exit_entry:
	csrrw sp, sscratch, sp
	beqz sp, own_trap
	SAVE_AT_DOOR
	csrr a1, scause
sync:
	li a2, CAUSE_VS_ECALL
	bne a1, a2, 1f

	/*
	 * Orlop's own quick calls, the shortest way: number in a6, error and result in a0 and a1,
	 * which are therefore not restored. Everything else of an ECALL is for a second half.
	 */
	li a2, HYPERCALL_EXTENSION
	bne a7, a2, call_firmware
	li a2, HYPERCALL_QUICK_COUNT
	bgeu a6, a2, call_slow
	ld sp, ARCH_VCPU_STACK(sp)
	mv a2, a6
	addi a1, a0, 8 * 10
	jal hypercall_quick
	mv a1, a0
	li a0, SBI_SUCCESS
	bltz a1, call_error
call_done:
	csrr a2, sepc
	addi a2, a2, 4
	csrw sepc, a2
	ld sp, START_STACK_VCPU(sp)
	RESUME_FROM_A2

call_error:
	li a0, SBI_NOT_SUPPORTED
	addi a2, a1, -HYPERCALL_NOT_SUPPORTED
	beqz a2, call_done
	li a0, SBI_DENIED
	addi a2, a1, -HYPERCALL_DENIED
	beqz a2, call_done
	li a0, SBI_INVALID_PARAM
	addi a2, a1, -HYPERCALL_INVALID_PARAMETER
	beqz a2, call_done
	li a0, SBI_FAILED
	j call_done

1:	ld sp, ARCH_VCPU_STACK(sp)
	li a2, CAUSE_LOAD_GUEST_PAGE
	bne a1, a2, 1f
	jal exit_load
	bnez a0, call_rest
	ld sp, START_STACK_VCPU(sp)
	RESUME
1:	li a2, CAUSE_STORE_GUEST_PAGE
	bne a1, a2, 1f
	jal exit_store
	bnez a0, call_rest
	ld sp, START_STACK_VCPU(sp)
	RESUME
1:	bltz a1, irq_on_stack
	lla a0, exit_sync_rest
call_rest:
	mv a2, a0
	j save_rest

irq:
	ld sp, ARCH_VCPU_STACK(sp)
irq_on_stack:
	jal exit_irq
	beqz a0, 1f
	ld sp, START_STACK_VCPU(sp)
	RESUME
1:	lla a2, exit_attend

	/* a2: who to call */
save_rest:
	ld sp, START_STACK_VCPU(sp)
	mv a0, sp
	j 1f

call_firmware:
	lla a2, exit_call_rest
1:	EACH_LATER sd, sp
	ld sp, ARCH_VCPU_STACK(sp)
	jalr a2
	j enter_next

call_slow:
	EACH_LATER sd, sp
	ld sp, ARCH_VCPU_STACK(sp)
#if HYP_SHARED
	beq a6, a2, yield     /* which is the first that is not quick */
1:
#endif
	mv s0, a0
	mv a2, a6
	addi a1, a0, 8 * 10
	jal hypercall_slow
	mv a1, a0
	mv a0, s0
	jal exit_called
enter_next:
	ENTER

#if HYP_SHARED
yield:
	ld a1, 8 * 10(a0)
	addi a1, a1, -HYPERCALL_NEXT_TURN
	bnez a1, 1b
	jal exit_yield
	j enter_next
#endif

	/* _Noreturn void arch_vcpu_enter(struct vcpu *vcpu) */
	.globl arch_vcpu_enter
arch_vcpu_enter:
	ld sp, ARCH_VCPU_STACK(a0)
	j enter_next

	/*
	 * A trap out of the hypervisor. One of the guarded instructions below may cause it: its
	 * function then returns -1. All others are bugs: a fresh stack, then words. A guarded
	 * function is called from C, so that a6 and a7 are free.
	 */
own_trap:
	csrrw sp, sscratch, sp
	csrr a6, sepc
	lla a7, guarded_begin
	bltu a6, a7, 1f
	lla a7, guarded_end
	bgeu a6, a7, 1f
	lla a7, guarded_failed
	csrw sepc, a7
	sret
1:	li a0, HYP_VIRTUAL_BASE
	ld a1, IMAGE_STACK_STRIDE(a0)
	ld a2, IMAGE_STACK_TOP(a0)
	sub a2, a2, a1        /* where the first CPU's guard page begins */
	sub a3, sp, a2        /* in which CPU's guard page or stack we are */
	divu a3, a3, a1
	addi a3, a3, 1
	mul a3, a3, a1
	add sp, a2, a3
	addi sp, sp, -START_STACK_TOP
	csrr a0, scause
	csrr a1, sepc
	csrr a2, stval
	j exit_panic

guarded_begin:
	/* int guarded_load_byte(uint64_t address): HLV.BU */
	.globl guarded_load_byte
guarded_load_byte:
	.insn r 0x73, 4, 0x30, a0, a0, x1
	ret

	/* int guarded_store_byte(uint64_t address, uint8_t byte): HSV.B */
	.globl guarded_store_byte
guarded_store_byte:
	.insn r 0x73, 4, 0x31, x0, a0, a1
	li a0, 0
	ret

	/* int guarded_fetch(uint64_t address): HLVX.HU, half an instruction */
	.globl guarded_fetch
guarded_fetch:
	.insn r 0x73, 4, 0x32, a0, a0, x3
	ret

	/* int guarded_sireg(uint64_t select, uint64_t value) */
	.globl guarded_sireg
guarded_sireg:
	csrw CSR_SISELECT, a0
	csrw CSR_SIREG, a1
	li a0, 0
	ret

	/* int guarded_vsireg(uint64_t select, uint64_t value) */
	.globl guarded_vsireg
guarded_vsireg:
	csrw CSR_VSISELECT, a0
	csrw CSR_VSIREG, a1
	li a0, 0
	ret

	/* int guarded_...(uint64_t value): writes one CSR */
	.macro GUARDED_WRITE name, csr
	.globl \name
\name:
	csrw \csr, a0
	li a0, 0
	ret
	.endm

	GUARDED_WRITE guarded_hgeie, CSR_HGEIE
	GUARDED_WRITE guarded_vstimecmp, CSR_VSTIMECMP
	GUARDED_WRITE guarded_hstateen0, CSR_HSTATEEN0
	GUARDED_WRITE guarded_sstateen0, CSR_SSTATEEN0

	/* int guarded_semihosting(uint64_t operation, const void *parameter) */
	.globl guarded_semihosting
	.balign 16            /* the three instructions must lie in one page */
guarded_semihosting:
	.option push
	.option norvc
	slli zero, zero, 0x1f
	ebreak
	srai zero, zero, 7
	.option pop
	ret
guarded_end:

guarded_failed:
	li a0, -1
	ret

	/* stvec of a shared CPU with Sstc, where the scheduler's timer has the shortest way. */
	.section .text.exit_entry_shared, "ax"
	.balign 4
	.globl exit_entry_shared
exit_entry_shared:
	csrrw sp, sscratch, sp
	beqz sp, 1f
	SAVE_AT_DOOR
	csrr a1, scause
	bgez a1, sync
	slli a2, a1, 1        /* without the sign, which says that it is an interrupt */
	addi a2, a2, -2 * IRQ_S_TIMER
	bnez a2, irq
	EACH_LATER sd, sp
	ld sp, ARCH_VCPU_STACK(sp)
	jal exit_timer
	ENTER
1:	j own_trap

	/*
	 * arch_timer_arm without Sstc: a0 the argument, t0 where to go on; changes these two alone,
	 * so that the other way there need not save anything for the sake of a call.
	 */
	.globl exit_arm
exit_arm:
	addi sp, sp, -256
	sd ra, 8 * 1(sp)
	sd a1, 8 * 11(sp)
	sd a2, 8 * 12(sp)
	sd a3, 8 * 13(sp)
	sd a4, 8 * 14(sp)
	sd a5, 8 * 15(sp)
	sd a6, 8 * 16(sp)
	sd a7, 8 * 17(sp)
	EACH_TEMPORARY sd, sp
	jal exit_arm_rest
	EACH_TEMPORARY ld, sp
	ld ra, 8 * 1(sp)
	ld a1, 8 * 11(sp)
	ld a2, 8 * 12(sp)
	ld a3, 8 * 13(sp)
	ld a4, 8 * 14(sp)
	ld a5, 8 * 15(sp)
	ld a6, 8 * 16(sp)
	ld a7, 8 * 17(sp)
	addi sp, sp, 256
	jr t0

	/*
	 * f0 to f31 and fcsr, to and from memory (RV64D; FSD and FLD by their encodings, as the
	 * hypervisor is built without floating point). sstatus.FS is not off.
	 */
	.section .text.fp, "ax"
	.macro EACH_FP format, opcode
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	.insn \format \opcode, 3, x\n, 8 * \n(a0)
	.endr
	.endm

	/* void fp_save(uint64_t *registers) */
	.globl fp_save
fp_save:
	EACH_FP s, 0x27
	csrr a1, 0x003        /* fcsr */
	sd a1, 8 * 32(a0)
	ret

	/* void fp_load(const uint64_t *registers) */
	.globl fp_load
fp_load:
	EACH_FP i, 0x07
	ld a1, 8 * 32(a0)
	csrw 0x003, a1
	ret
