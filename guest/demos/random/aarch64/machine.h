/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the random guest needs of AArch64.
 */
#ifndef RANDOM_MACHINE_H
#define RANDOM_MACHINE_H

#include <stdint.h>

#include "guest/lib/aarch64/exception.h"
#include "guest/lib/aarch64/system.h"

#define RANDOM_REGISTERS 18 /* x0 to x17: what generated code may use */
#define RANDOM_DAIF      0x3c0

/* Calls the code at `code`, which ends in RET, with x0 to x17 from and to `registers`. */
void random_execute(const uint32_t *code, uint64_t *registers);

/* The instructions behind random_memory: random_accesses[kind](address, value). */
typedef void (*random_access)(uint64_t address, uint64_t value);
extern const random_access random_accesses[];

/* Before the first operation. */
static inline void random_prepare(void)
{
}

/* Sets the handlers of exceptions and of interrupts. */
static inline void random_set_handlers(exception_handler skip, exception_handler ignore)
{
	exception_set_handler(EXCEPTION_SYNC, skip);
	exception_set_handler(EXCEPTION_IRQ, ignore);
	exception_set_handler(EXCEPTION_FIQ, ignore);
	exception_set_handler(EXCEPTION_SERROR, ignore);
}

/* What of an exception's cause is the same in every run. */
static inline uint64_t random_cause(const struct exception_frame *frame)
{
	(void)frame;
	return system_read(esr_el1) & 0xfe000000;
}

/* Goes on behind the instruction. Debug exceptions that random registers brought about end. */
static inline void random_step(struct exception_frame *frame)
{
	system_write(mdscr_el1, 0);
	frame->pc += 4;
}

/* Execution goes on with interrupts masked. */
static inline void random_mask_later(struct exception_frame *frame)
{
	frame->state |= RANDOM_DAIF;
}

static inline void random_mask(void)
{
	__asm__ volatile("msr daifset, #0xf");
}
#endif
