/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What start.S knows of C: where fields of the plan lie, and what stands at the top of each stack.
 */
#ifndef RISCV64_START_H
#define RISCV64_START_H

#define PLAN_CPUS      40 /* offset of plan.cpus */
#define PLAN_CPU_HW_ID 0  /* offset of plan_cpu.hw_id */

/*
 * The uppermost bytes of a stack, below the CPU's record: the CPU's index, and the vCPU that it
 * runs or ran last.
 */
#define START_STACK_TOP  16
#define START_STACK_VCPU 8

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

#include "abi/plan.h"
#include "hyp/core/cpu.h"

_Static_assert(offsetof(struct plan, cpus) == PLAN_CPUS, "PLAN_CPUS");
_Static_assert(offsetof(struct plan_cpu, hw_id) == PLAN_CPU_HW_ID, "PLAN_CPU_HW_ID");

extern const char _start[], start_secondary[];

/* Physical address of _start; start.S writes it on the first CPU. */
extern uint64_t start_pa;

/* The initial stack pointer of this CPU, whose stack is the page that it runs on now. */
static inline uintptr_t start_stack_here(void)
{
	uintptr_t sp;

	__asm__("mv %0, sp" : "=r"(sp));
	return (sp | (PLAN_PAGE_SIZE - 1)) + 1 - sizeof(struct cpu) - START_STACK_TOP;
}

/* Index of this CPU. */
static inline unsigned start_cpu_here(void)
{
	return (unsigned)*(const uint64_t *)start_stack_here();
}
#endif
#endif
