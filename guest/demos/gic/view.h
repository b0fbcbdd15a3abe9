/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the gic guest share. The guest owns the interrupts whose enable bits it can
 * set.
 */
#ifndef DEMO_GIC_VIEW_H
#define DEMO_GIC_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#define VIEW_CPUS     2
#define VIEW_NO_SPI   0
#define VIEW_PRIORITY 0xa0

/* GICD_TYPER's first INTID that is not there. */
unsigned view_irq_limit(void);

/* The guest's first own SPI, or VIEW_NO_SPI. */
unsigned view_own_spi(void);

/*
 * True if `irq` is one that guests have by right: SGIs and the PPIs of the two EL1 timers and
 * of the performance monitor.
 */
bool view_is_own_private(unsigned irq);

/* True under a hypervisor: there, what is not the guest's does not show, and there are no LPIs. */
bool view_is_guest(void);

/* True if the second CPU runs and answers. */
bool view_has_second(void);

/* The parts. */
void view_check_distributor(void);
void view_check_redistributor(unsigned cpu);
void view_check_interface(void);
void view_check_sgis(void);
void view_check_spi(void);
void view_check_timer(void);
void view_check_order(void);
void view_check_masking(void);

/*
 * Interrupts as they are taken: counted per CPU and number. `hook`, if set, runs on CPU 0 between
 * acknowledge and end.
 */
extern volatile uint32_t view_taken[VIEW_CPUS][1024];
extern void (*volatile view_hook)(unsigned irq);

/* Interrupts in the order in which CPU 0 took them. */
extern volatile uint32_t view_order[8];
extern volatile uint32_t view_order_count;

/* Lets CPU 0 take interrupts until `irq` has been taken on `cpu` since the counts were cleared, or
 * for a tenth of a second; returns how often it was taken. */
unsigned view_take(unsigned cpu, unsigned irq);

/* The same for an interrupt that must not come: waits 2 ms. */
unsigned view_take_none(unsigned cpu, unsigned irq);

void view_clear(void);

#endif
