/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the boot loader to C. The host tool has laid out memory and written the page tables, so
 * nothing is cleared, copied or built here; the stack is not used before the caches are on.
 *
 * The image's first page doubles as the exception vector table of one moment: turning the MMU on
 * makes the physical address that we run at invalid, the next fetch takes a translation fault to
 * VBAR_EL2 + 0x200, and that is `landing` at its virtual address. No identity mapping is needed.
 */
#include "abi/image.h"
#include "arch/aarch64/layout.h"

/*
 * SCTLR_EL2, D24.2: RES1 bits, M, C, SA, I and WXN (what can be written is never executed). The
 * reset value has M = 0 and C = 0 (boot protocol), so only this write turns them on.
 */
#define SCTLR_EL2_VALUE (0x30c50830 | 1 << 0 | 1 << 2 | 1 << 3 | 1 << 12 | 1 << 19)

/* TCR_EL2, D24.2: 4 KiB granule, write-back inner-shareable walks; PS is filled in. */
#define TCR_EL2_VALUE (1 << 31 | 1 << 23 | (64 - HYP_VA_BITS) | 1 << 8 | 1 << 10 | 3 << 12)

	.section .head, "ax"
	.globl _start
_start:
	b start
	.zero 60              /* the rest of the Linux image header, filled in by the host tool */
	.quad IMAGE_MAGIC
	.zero 40              /* the rest of struct image_header */

start:
	mov x20, xzr          /* CPU 0 */
	b common

	.globl start_secondary
start_secondary:
	mov x20, x0           /* PSCI's context identifier: the CPU's index */

common:
	msr daifset, #15
	msr spsel, #1
	mrs x0, CurrentEL
	cmp x0, #(2 << 2)
	b.ne not_el2

	adr x19, _start
	ldr x0, [x19, #IMAGE_ROOT_PA]
	msr ttbr0_el2, x0
	mov x0, #HYP_MAIR
	msr mair_el2, x0
	ldr w0, =TCR_EL2_VALUE
	mrs x1, id_aa64mmfr0_el1
	and x1, x1, #15       /* PARange; values above 5 need a larger granule or LPA */
	mov x2, #5
	cmp x1, x2
	csel x1, x1, x2, lo
	orr x0, x0, x1, lsl #16
	msr tcr_el2, x0
	mov x0, #HYP_VIRTUAL_BASE
	msr vbar_el2, x0
	msr hcr_el2, xzr      /* E2H = 0, TGE = 0 before any EL2 translation */
	isb
	/* Nothing of a previous life may stay in the TLB or instruction cache (D8.13, B2.7). */
	tlbi alle2
	ic iallu
	dsb nsh
	isb
	ldr w0, =SCTLR_EL2_VALUE
	msr sctlr_el2, x0
	isb
	b landing             /* fetched only where the physical address is the virtual one */

not_el2:
	wfe                   /* the board's firmware must start us at EL2 */
	b not_el2
	.ltorg

	.section .head.landing, "ax"
	.globl landing
landing:
	ldr x0, =vectors
	msr vbar_el2, x0
	mov x1, #HYP_VIRTUAL_BASE
	ldr x2, [x1, #IMAGE_STACK_TOP]
	ldr x3, [x1, #IMAGE_STACK_STRIDE]
	madd x2, x3, x20, x2
	mov sp, x2
	msr tpidr_el2, x2     /* exit.S takes the stack from there */
	isb
	mov x29, xzr
	mov x30, xzr
	cbnz x20, 1f
	ldr x2, =start_pa     /* where this CPU's fellows begin */
	str x19, [x2]
	ldr x0, [x1, #IMAGE_PLAN]
	b hyp_start
1:	mov x0, x20
	b hyp_start_secondary
	.ltorg
