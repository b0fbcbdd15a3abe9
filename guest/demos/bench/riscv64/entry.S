/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's very first instructions: note the instruction counter, so that bench.c can say later
 * at what time, to the instruction, the first one was executed.
 */
	.section .text.start, "ax"
	.globl _start
	.type _start, %function
_start:
	csrr t0, instret
	lla t1, bench_entry_counter
	sd t0, (t1)
	tail start_first

	.section .data.bench_entry, "aw"
	.balign 8
	.globl bench_entry_counter
bench_entry_counter:
	.quad 0               /* not in .bss, which start_first clears */
