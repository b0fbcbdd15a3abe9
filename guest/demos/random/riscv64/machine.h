/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the random guest needs of RISC-V.
 */
#ifndef RANDOM_MACHINE_H
#define RANDOM_MACHINE_H

#include <stdint.h>

#include "guest/lib/irq.h"
#include "guest/lib/riscv64/exception.h"
#include "guest/lib/riscv64/system.h"

#define RANDOM_WIDE(instruction) (((instruction)&3) == 3) /* 32 bits, else 16 */

/* Before the first operation: finds the interrupt controller. */
static inline void random_prepare(void)
{
	irq_init();
}

/* Sets the handlers of exceptions and of interrupts. */
static inline void random_set_handlers(exception_handler skip, exception_handler ignore)
{
	exception_set_handler(EXCEPTION_SYNC, skip);
	exception_set_handler(EXCEPTION_IRQ, ignore);
}

/* What of an exception's cause is the same in every run. */
static inline uint64_t random_cause(const struct exception_frame *frame)
{
	return frame->cause;
}

/* Goes on behind the instruction. */
static inline void random_step(struct exception_frame *frame)
{
	frame->pc += RANDOM_WIDE(*(const uint16_t *)frame->pc) ? 4 : 2;
}

/* Execution goes on in supervisor mode with interrupts masked. */
static inline void random_mask_later(struct exception_frame *frame)
{
	frame->state &= ~SYSTEM_SSTATUS_SPIE;
	frame->state |= SYSTEM_SSTATUS_SPP;
	system_write(sie, 0);
}

static inline void random_mask(void)
{
	system_clear(sstatus, SYSTEM_SSTATUS_SIE);
	system_write(sie, 0);
}
#endif
