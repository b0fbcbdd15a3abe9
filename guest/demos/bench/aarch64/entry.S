/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's very first instructions: start the cycle counter and note it, so that bench.c can say
 * later at what time, to the instruction, the first one was executed.
 */
#include "machine.h"

	.section .text.start, "ax"
	.globl _start
	.type _start, %function
_start:
#ifndef BENCH_BY_CLOCK
	mov	x9, #0x41		/* PMCR_EL0.E, LC */
	msr	pmcr_el0, x9
	mov	x9, #(1 << 27)		/* PMCCFILTR_EL0.NSH: count at EL2 too */
	msr	pmccfiltr_el0, x9
	mov	x9, #(1 << 31)		/* the cycle counter */
	msr	pmcntenset_el0, x9
	isb
	mrs	x9, pmccntr_el0		/* after BENCH_ENTRY_INSTRUCTIONS */
#else
	mrs	x9, cntvct_el0
#endif
	adrp	x10, bench_entry_counter
	str	x9, [x10, :lo12:bench_entry_counter]
	b	start_first

	.section .data.bench_entry, "aw"
	.balign 8
	.globl bench_entry_counter
bench_entry_counter:
	.quad	0			/* not in .bss, which start_first clears */
