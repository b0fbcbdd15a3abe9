/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's first instructions, on the first hart (start_first, a0: hart, a1: device tree) and on
 * the others (start_secondary, a1: struct smp_start). Runs in supervisor mode, under a hypervisor
 * or on the firmware alone, so that one ELF file serves both.
 *
 * On the firmware alone any hart may be the first. The guest's CPU 0 is the one that starts.
 *
 * _start is the ELF file's entry point. A guest may define its own, to do something before
 * everything else, and then jump to start_first with a0 and a1 as they were.
 */
#include "guest/lib/riscv64/system.h"
#include "guest/lib/smp.h"

	.section .text.start, "ax"
	.weak _start
	.globl start_first
	.type start_first, %function
_start:
start_first:
	mv s0, a0
	mv s1, a1
	csrw sie, zero
	csrci sstatus, SYSTEM_SSTATUS_SIE
	lla a0, guest_bss
	lla a1, guest_bss_end
1:	bgeu a0, a1, 2f
	sd zero, (a0)
	addi a0, a0, 8
	j 1b
2:	lla a0, start_hart
	sd s0, (a0)
	li a0, 0
	jal start_use_stack
	mv a0, s1
	call main
	call power_off
3:	wfi
	j 3b

	.globl start_secondary
	.type start_secondary, %function
start_secondary:
	mv s0, a1
	csrw sie, zero
	csrci sstatus, SYSTEM_SSTATUS_SIE
	ld a0, SMP_START_CPU(s0)
	jal start_use_stack
	mv a0, s0
	call smp_enter
3:	wfi
	j 3b

/* Sets the stack pointer of CPU a0, its index where smp_cpu() finds it, and the trap vector. */
start_use_stack:
	mv tp, a0
	addi a0, a0, 1
	li a1, SMP_STACK_BYTES
	mul a0, a0, a1
	lla sp, start_stacks
	add sp, sp, a0
	lla a0, exception_vector
	csrw stvec, a0
	fence.i
	ret

	.section .stacks, "aw", %nobits
	.balign 16
start_stacks:
	.skip SMP_CPU_MAX * SMP_STACK_BYTES
