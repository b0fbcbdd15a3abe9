/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What start.S knows of C: where fields of the plan lie, and what stands at the top of each stack.
 */
#ifndef RISCV64_START_H
#define RISCV64_START_H

#define PLAN_CPUS      40 /* offset of plan.cpus */
#define PLAN_CPU_HW_ID 0  /* offset of plan_cpu.hw_id */

/*
 * The uppermost bytes of a stack, below the CPU's record: the CPU's index, the vCPU that it runs or
 * ran last, and what a shared CPU has of its own (struct context_cpu).
 */
#define START_STACK_TOP     176
#define START_STACK_VCPU    8
#define START_STACK_CONTEXT 16

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

#include "abi/image.h"
#include "abi/plan.h"
#include "hyp/core/cpu.h"

_Static_assert(offsetof(struct plan, cpus) == PLAN_CPUS, "PLAN_CPUS");
_Static_assert(offsetof(struct plan_cpu, hw_id) == PLAN_CPU_HW_ID, "PLAN_CPU_HW_ID");

extern const char _start[], start_secondary[];

/* Physical address of _start; start.S writes it on the first CPU. */
extern uint64_t start_pa;

/* The initial stack pointer of this CPU, which runs on its stack. */
static inline uintptr_t start_stack_here(void)
{
	const struct image_header *header = (const struct image_header *)HYP_VIRTUAL_BASE;
	uintptr_t sp;

	__asm__("mv %0, sp" : "=r"(sp));
	return header->stack_top - START_STACK_TOP +
	       (sp + header->stack_stride - header->stack_top) / header->stack_stride *
		       header->stack_stride;
}

/* The initial stack pointer of `cpu`, whose record lies above its stack. */
static inline uintptr_t start_stack_of(const struct cpu *cpu)
{
	return (uintptr_t)cpu - START_STACK_TOP;
}
#endif
#endif
