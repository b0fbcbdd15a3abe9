/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts, by the numbers of the board's interrupt controller.
 */
#ifndef GUEST_LIB_IRQ_H
#define GUEST_LIB_IRQ_H

#include <stdint.h>

/* `arrival`: the clock in ticks, taken by the first instruction after the interrupt. */
typedef void (*irq_handler)(unsigned irq, uint64_t arrival);

/* Makes the controller ready; call on the first CPU before anything else here. */
void irq_init(void);

/* Makes the controller's part of the calling CPU ready; irq_init does it for the first. */
void irq_init_cpu(void);

/* Handler for `irq` on all CPUs; set it before the interrupt is enabled. */
void irq_set_handler(unsigned irq, irq_handler handler);

/* A CPU's own interrupts are enabled for the calling CPU, shared ones are routed to it. */
void irq_enable(unsigned irq);
void irq_disable(unsigned irq);

/* Lets the calling CPU take interrupts, or not. */
void irq_unmask(void);
void irq_mask(void);

/*
 * void irq_wait(void): sleeps until an interrupt is pending, masked or not. May return early.
 */
#include "guest_inline.h"

/* With interrupts masked: takes one that is pending, if any, without an exception. */
void irq_poll(void);

#endif
