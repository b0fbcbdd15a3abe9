/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the test of upcalls needs of an architecture.
 */
#ifndef DEMO_UPCALL_H
#define DEMO_UPCALL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Fills all registers that code may rely on, and the condition flags where there are any, looks at
 * them that many times, and returns 0, or the number of one that has changed.
 */
uint64_t registers_hold(uint64_t rounds);

/* Once, before user mode. */
void user_init(void);

/*
 * Runs registers_hold in user mode again and again, with a system call each time, until `over`
 * says that it is enough, and returns what it returned last. Calls are counted in user_calls.
 */
uint64_t user_run(bool (*over)(void));
extern unsigned user_calls;

/* An interrupt for one of the VM's CPUs, or for the own one; its number. */
void ipi_send(unsigned cpu);
unsigned ipi_irq(void);
#endif
