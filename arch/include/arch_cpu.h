/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Architecture contract: the physical CPU.
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <stdbool.h>
#include <stdint.h>

struct cpu;
struct plan;

/* Prepares this CPU's registers that do not depend on a vCPU. Each CPU calls it once, first. */
void arch_cpu_init(struct cpu *cpu);

/* Starts CPU `cpu`, which then calls hyp_start_secondary. Returns 0, or the firmware's error. */
int64_t arch_cpu_start(const struct cpu *cpu);

/* Sleeps until something is pending for this CPU, masked or not; it handles nothing. */
void arch_cpu_wait(void);

/*
 * The same, but where a guest's CPU can put itself out of reach of arch_irq_kick, for as long at
 * most as any other takes to come. Returns false if that time passed.
 */
bool arch_cpu_wait_bounded(void);

#define ARCH_NEVER (~0ull)

/*
 * arch_inline.h of the architecture declares or defines, so that it need not cost a call:
 * uint64_t arch_cpu_ticks(void), the free-running counter in ticks of the board's timer frequency;
 * struct cpu *arch_cpu_here(void), the record of the CPU that this runs on;
 * uint64_t arch_timer_frequency(void), in Hz as the hardware says it, or 0 if it does not;
 * void arch_timer_arm(uint64_t ticks), on a shared CPU: lets the hypervisor's timer interrupt it
 * once the counter has reached `ticks`, which may be past already; ARCH_NEVER: not at all. What was
 * armed before is forgotten;
 * void arch_irq_filter(struct cpu *cpu, enum irq_filter filter), on a shared CPU, this one;
 * bool arch_bits_try(uint64_t *word, uint64_t bits, uint64_t *old): sets bits in a word that a
 * guest may write at any time, atomically, and tells what it was; both as sequentially consistent.
 * It does not wait: it returns false if it was kept from it, and has done nothing.
 */
#include "arch_inline.h"

/* Switches the board off. */
_Noreturn void arch_system_off(void);

/* Stops this CPU for good. */
_Noreturn void arch_cpu_halt(void);

/* Writes one character to the debugger that watches the machine, if there is one. */
void arch_debugger_put(char c);

#endif
