/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A task's first instructions: a0 is the hart's id, a1 the task's number, sp points at its struct
 * entry_record; VS-mode, interrupts off, no translation. tp is what smp_cpu() returns.
 */
#include "guest/realtime/entry.h"

	.section .text.entry_start, "ax"
	.globl entry_start
	.type entry_start, %function
entry_start:
	mv tp, a0
	mv a0, a1
	csrw sie, zero
	lla a1, exception_vector
	csrw stvec, a1
	fence.i
	ld a1, ENTRY_FUNCTION(sp)
	ld a2, ENTRY_ARGUMENT(sp)
	mv s0, zero
	mv ra, zero
	tail entry_run
