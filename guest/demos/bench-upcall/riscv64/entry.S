/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entry of the copying way, from supervisor mode: nothing is to be saved, as all of it has been
 * copied.
 */
#include "abi/hypercall.h"
#include "bench.h"

	.section .text.bench_copy_entry, "ax"
	.globl bench_copy_entry
	.balign 4
bench_copy_entry:
	lla a0, upcall_records
	slli a1, tp, 3
	add a0, a0, a1
	ld a0, (a0)
	call upcall_run
	li a0, BENCH_RETURN
	li a6, HYPERCALL_UPCALL_SET
	li a7, HYPERCALL_EXTENSION
	ecall
