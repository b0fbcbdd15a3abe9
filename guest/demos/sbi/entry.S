/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call with every register filled, to see which of them it changes.
 */
#define REGISTERS 1, 5, 6, 7, 8, 9, 12, 13, 14, 15, 18, 19, 20, 21, 22, 23, \
	24, 25, 26, 27, 28, 29, 30, 31

	.text
	.globl sbi_count_changed
	.type sbi_count_changed, %function
/* unsigned sbi_count_changed(uint64_t extension, uint64_t function): of all but a0 and a1 */
sbi_count_changed:
	addi sp, sp, -128
	sd ra, 0(sp)
	sd s0, 8(sp)
	sd s1, 16(sp)
	sd s2, 24(sp)
	sd s3, 32(sp)
	sd s4, 40(sp)
	sd s5, 48(sp)
	sd s6, 56(sp)
	sd s7, 64(sp)
	sd s8, 72(sp)
	sd s9, 80(sp)
	sd s10, 88(sp)
	sd s11, 96(sp)
	mv a7, a0
	mv a6, a1
	sd a7, 104(sp)
	sd a6, 112(sp)
	.irp n, REGISTERS
	li x\n, 0x1000 + \n
	.endr
	li a0, 0
	li a1, 0
	ecall
	li a0, 0
	.irp n, REGISTERS
	li a1, 0x1000 + \n
	xor a1, a1, x\n
	snez a1, a1
	add a0, a0, a1
	.endr
	ld a1, 104(sp)
	xor a1, a1, a7
	snez a1, a1
	add a0, a0, a1
	ld a1, 112(sp)
	xor a1, a1, a6
	snez a1, a1
	add a0, a0, a1
	ld ra, 0(sp)
	ld s0, 8(sp)
	ld s1, 16(sp)
	ld s2, 24(sp)
	ld s3, 32(sp)
	ld s4, 40(sp)
	ld s5, 48(sp)
	ld s6, 56(sp)
	ld s7, 64(sp)
	ld s8, 72(sp)
	ld s9, 80(sp)
	ld s10, 88(sp)
	ld s11, 96(sp)
	addi sp, sp, 128
	ret
