/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses that may fault: the exception handler skips the instruction that did. a0: address, a1:
 * value.
 */
	.text
	.macro access name, instruction:vararg
	.globl access_\name
access_\name:
	\instruction
	ret
	.endm

	.option push
	.option norvc
	access lb, lb a2, (a0)
	access lbu, lbu a2, (a0)
	access lh, lh a2, (a0)
	access lhu, lhu a2, (a0)
	access lw, lw a2, (a0)
	access lwu, lwu a2, (a0)
	access ld, ld a2, (a0)
	access lwz, lw zero, (a0)
	access sb, sb a1, (a0)
	access sh, sh a1, (a0)
	access sw, sw a1, (a0)
	access sd, sd a1, (a0)
	access swz, sw zero, (a0)
	.option pop
	access c_lw, c.lw a2, (a0)
	access c_ld, c.ld a2, (a0)
	access c_sw, c.sw a1, (a0)
	access c_sd, c.sd a1, (a0)
	/* What a hypervisor does not emulate. */
	access amo_add, amoadd.w a2, a1, (a0)
	access amo_swap, amoswap.d a2, a1, (a0)
	access lr, lr.w a2, (a0)
	access sc, sc.w a2, a1, (a0)
