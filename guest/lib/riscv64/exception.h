/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traps taken in supervisor mode. A handler may change the frame: that is what execution goes on
 * with.
 */
#ifndef GUEST_LIB_RISCV64_EXCEPTION_H
#define GUEST_LIB_RISCV64_EXCEPTION_H

#define EXCEPTION_FRAME_BYTES 288
#define EXCEPTION_FRAME_PC    256
#define EXCEPTION_FRAME_STATE 264
#define EXCEPTION_FRAME_CAUSE 272

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

enum exception_kind { EXCEPTION_SYNC, EXCEPTION_IRQ, EXCEPTION_KINDS };

struct exception_frame {
	uint64_t x[32]; /* x[0]: the clock at the trap's first instruction (gp is not kept for C) */
	uint64_t pc;
	uint64_t state; /* sstatus */
	uint64_t cause; /* scause */
	uint64_t reserved;
};

_Static_assert(sizeof(struct exception_frame) == EXCEPTION_FRAME_BYTES, "EXCEPTION_FRAME_BYTES");
_Static_assert(offsetof(struct exception_frame, pc) == EXCEPTION_FRAME_PC, "EXCEPTION_FRAME_PC");
_Static_assert(offsetof(struct exception_frame, state) == EXCEPTION_FRAME_STATE, "FRAME_STATE");
_Static_assert(offsetof(struct exception_frame, cause) == EXCEPTION_FRAME_CAUSE, "FRAME_CAUSE");

/* Exceptions that the guests speak of (Privileged Architecture, "Supervisor Cause Register"). */
#define EXCEPTION_FETCH_MISALIGNED 0
#define EXCEPTION_FETCH_ACCESS     1
#define EXCEPTION_ILLEGAL          2
#define EXCEPTION_BREAKPOINT       3
#define EXCEPTION_LOAD_MISALIGNED  4
#define EXCEPTION_LOAD_ACCESS      5
#define EXCEPTION_STORE_MISALIGNED 6
#define EXCEPTION_STORE_ACCESS     7
#define EXCEPTION_FETCH_PAGE       12
#define EXCEPTION_LOAD_PAGE        13
#define EXCEPTION_STORE_PAGE       15

typedef void (*exception_handler)(struct exception_frame *frame);

/* Replaces the handler of one kind on all harts. Without one, a trap is reported and ends the
 * guest; interrupts are the interrupt controller's (irq.h) once irq_init has been called. */
void exception_set_handler(enum exception_kind kind, exception_handler handler);
exception_handler exception_get_handler(enum exception_kind kind);

/* Called by vectors.S only. */
void exception_handle(struct exception_frame *frame);

/* Prints what the frame and the trap's registers say. */
void exception_print(const struct exception_frame *frame);

/* The two trap vectors: gp gets the clock, or the instruction counter (counter.h). */
extern const char exception_vector[], counter_vector[];
#endif
#endif
