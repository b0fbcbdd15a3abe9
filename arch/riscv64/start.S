/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the firmware to C. The host tool has laid out memory and written the page tables, so nothing
 * is cleared, copied or built here; the stack is not used before translation is on.
 *
 * Turning translation on makes the physical address that we run at invalid: the next fetch takes a
 * page fault to stvec, and that is `landing` at its virtual address. No identity mapping is needed.
 */
#include "abi/image.h"
#include "arch/riscv64/layout.h"
#include "arch/riscv64/start.h"

#define SATP_SV39 8      /* in the mode field, bits 63:60 */
#define SBI_HSM   0x48534d
#define HSM_START 0
#define HSM_STOP  1

	.section .head, "ax"
	.globl _start
_start:
	.option push
	.option norvc
	j start
	nop
	.option pop
	.zero 56              /* the rest of the Linux image header, filled in by the host tool */
	.quad IMAGE_MAGIC
	.zero 40              /* the rest of struct image_header */

	/* SBI 9.1, HSM 9.1: a0 is the hart's id, translation and interrupts are off. */
start:
	mv s2, a0
	li s0, 0              /* CPU 0 */
	li s3, 1
	j common

	.globl start_secondary
start_secondary:
	mv s0, a1             /* HSM's opaque parameter: the CPU's index */
	li s3, 0

common:
	csrw sie, zero
	csrci sstatus, 2
	lla s1, _start
	ld a2, IMAGE_ROOT_PA(s1)
	li a3, SATP_SV39
	slli a3, a3, 60
	srli a2, a2, 12
	or a2, a2, a3
	lui a3, %hi(landing)  /* its virtual address, not one relative to here */
	addi a3, a3, %lo(landing)
	csrw stvec, a3
	/* The image was written as data, maybe by another hart (Zifencei); no old translations. */
	fence.i
	sfence.vma
	csrw satp, a2
	nop                   /* never fetched: see above */

	.balign 4
landing:
	lla a0, exit_entry
	csrw stvec, a0
	csrw sscratch, zero   /* the sign that we are not in a guest (exit.S) */
	li a1, HYP_VIRTUAL_BASE
	ld a2, IMAGE_STACK_TOP(a1)
	ld a3, IMAGE_STACK_STRIDE(a1)
	mul a3, a3, s0
	add sp, a2, a3
	addi sp, sp, -START_STACK_TOP
	beqz s3, 1f
	ld a0, IMAGE_PLAN(a1)
	ld a2, PLAN_CPUS(a0)
	ld a2, PLAN_CPU_HW_ID(a2)
	bne a2, s2, hand_over
	sd s0, 0(sp)          /* cpu_here() finds the CPU's index there */
	lla a2, start_pa      /* where this CPU's fellows begin */
	sd s1, 0(a2)
	tail hyp_start
1:	sd s0, 0(sp)
	mv a0, s0
	tail hyp_start_secondary

	/*
	 * The firmware may boot any hart: the plan's first one is started in its place, and this
	 * one stops until it is needed. The stack is the other's.
	 */
hand_over:
	mv a0, a2
	mv a1, s1
	li a2, 0
	li a6, HSM_START
	li a7, SBI_HSM
	ecall
	bnez a0, 1f           /* the board has no such hart: nobody can say so, nothing runs */
	li a6, HSM_STOP
	ecall
1:	wfi
	j 1b
