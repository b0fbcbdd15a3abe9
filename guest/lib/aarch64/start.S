/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's first instructions, on the first CPU (start_first, x0: device tree) and on the others
 * (start_secondary, x0: struct smp_start). Runs at EL1 under a hypervisor; when it finds itself at
 * EL2, on bare hardware, it drops to EL1 first, so that one ELF file serves both.
 *
 * _start is the ELF file's entry point. A guest may define its own, to do something before
 * everything else, and then branch to start_first with x0 as it was.
 */
#include "guest/lib/aarch64/system.h"
#include "guest/lib/smp.h"

#define EXCEPTION_CLASS_HVC 0x16
#define SCTLR_EL1_OFF  0x30d00800 /* RES1 bits; MMU, caches and alignment checks off */
#define SPSR_EL1H_MASK 0x3c5      /* EL1, its own stack pointer, DAIF set */

	.section .text.start, "ax"
	.weak _start
	.globl start_first
	.type start_first, %function
_start:
start_first:
	mov	x19, x0
	bl	start_at_el1
	adrp	x0, guest_bss
	add	x0, x0, :lo12:guest_bss
	adrp	x1, guest_bss_end
	add	x1, x1, :lo12:guest_bss_end
1:	cmp	x0, x1
	b.hs	2f
	stp	xzr, xzr, [x0], #16
	b	1b
2:	adrp	x0, start_level
	str	x20, [x0, :lo12:start_level]
	mov	x0, #0
	bl	start_use_stack
	mov	x0, x19
	bl	main
	bl	power_off
3:	wfi
	b	3b

	.globl start_secondary
	.type start_secondary, %function
start_secondary:
	mov	x19, x0
	bl	start_at_el1
	ldr	x0, [x19, #SMP_START_CPU]
	bl	start_use_stack
	mov	x0, x19
	bl	smp_enter
3:	wfi
	b	3b

/* Sets the stack pointer of CPU x0 and the exception vectors. */
start_use_stack:
	adrp	x1, start_stacks
	add	x1, x1, :lo12:start_stacks
	add	x0, x0, #1
	mov	x2, #SMP_STACK_BYTES
	madd	x1, x0, x2, x1
	mov	sp, x1
	mov	x29, xzr
	adrp	x1, exception_vectors
	add	x1, x1, :lo12:exception_vectors
	msr	vbar_el1, x1
	isb
	ret

/* Returns at EL1 whatever it was called at; x20: the exception level it was called at. */
start_at_el1:
	mrs	x20, CurrentEL
	lsr	x20, x20, #2
	ldr	x0, =SCTLR_EL1_OFF
	msr	sctlr_el1, x0
	isb
	cmp	x20, #2
	b.eq	1f
	ret
1:	mov	x0, #(1 << 31)		/* HCR_EL2.RW: EL1 is AArch64; nothing is trapped */
	msr	hcr_el2, x0
	mov	x0, #3			/* EL1 may use counter and physical timer */
	msr	cnthctl_el2, x0
	msr	cntvoff_el2, xzr
	mov	x0, #0x33ff		/* RES1 bits: no traps of floating point */
	msr	cptr_el2, x0
	msr	hstr_el2, xzr
	mrs	x0, midr_el1
	msr	vpidr_el2, x0
	mrs	x0, mpidr_el1
	msr	vmpidr_el2, x0
	mrs	x0, pmcr_el0		/* EL1 owns all event counters (MDCR_EL2.HPMN) */
	ubfx	x0, x0, #11, #5
	msr	mdcr_el2, x0
	mov	x0, #0xf		/* EL1 may use the GIC's system registers */
	msr	ICC_SRE_EL2, x0
	isb
	msr	ICH_HCR_EL2, xzr
	adr	x0, start_el2_vectors
	msr	vbar_el2, x0
	mov	x0, #SPSR_EL1H_MASK
	msr	spsr_el2, x0
	msr	elr_el2, x30
	isb
	eret
	.ltorg

/*
 * Nobody is at EL2: a hypercall learns that it does not exist, and what newer processors trap
 * unless told otherwise is skipped.
 */
	.balign 2048
start_el2_vectors:
	.skip	1024
	msr	tpidr_el2, x1
	mrs	x1, esr_el2
	lsr	x1, x1, #26
	cmp	x1, #EXCEPTION_CLASS_HVC
	b.eq	1f
	mrs	x1, elr_el2
	add	x1, x1, #4
	msr	elr_el2, x1
	mrs	x1, tpidr_el2
	eret
1:	mrs	x1, tpidr_el2
	mov	x0, #-1
	eret

	.section .stacks, "aw", %nobits
	.balign 16
start_stacks:
	.skip	SMP_CPU_MAX * SMP_STACK_BYTES
