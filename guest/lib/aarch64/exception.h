/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions taken to EL1. A handler may change the frame: that is what execution goes on with.
 */
#ifndef GUEST_LIB_AARCH64_EXCEPTION_H
#define GUEST_LIB_AARCH64_EXCEPTION_H

#define EXCEPTION_FRAME_BYTES 288
#define EXCEPTION_FRAME_PC    248
#define EXCEPTION_FRAME_KIND  264

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

enum exception_kind { EXCEPTION_SYNC, EXCEPTION_IRQ, EXCEPTION_FIQ, EXCEPTION_SERROR };

struct exception_frame {
	uint64_t x[31]; /* x[18]: the clock at the exception's first instruction */
	uint64_t pc;
	uint64_t state; /* SPSR_EL1 */
	uint64_t kind;  /* enum exception_kind in bits 1:0, the vector's group above */
	uint64_t reserved[2];
};

_Static_assert(sizeof(struct exception_frame) == EXCEPTION_FRAME_BYTES, "EXCEPTION_FRAME_BYTES");
_Static_assert(offsetof(struct exception_frame, pc) == EXCEPTION_FRAME_PC, "EXCEPTION_FRAME_PC");
_Static_assert(offsetof(struct exception_frame, kind) == EXCEPTION_FRAME_KIND, "FRAME_KIND");

/* Classes of ESR_EL1.EC that the guests speak of (Arm ARM D17.2.37). */
#define EXCEPTION_CLASS(esr)         ((esr) >> 26 & 0x3f)
#define EXCEPTION_CLASS_UNKNOWN      0x00
#define EXCEPTION_CLASS_SYSTEM       0x18
#define EXCEPTION_CLASS_FETCH_ABORT  0x21
#define EXCEPTION_CLASS_DATA_ABORT   0x25
#define EXCEPTION_CLASS_PC_ALIGNMENT 0x22
#define EXCEPTION_CLASS_BREAK        0x3c

typedef void (*exception_handler)(struct exception_frame *frame);

/* Replaces the handler of one kind on all CPUs. Without one, an exception is reported and ends the
 * guest; interrupts are the interrupt controller's (irq.h) once irq_init has been called. */
void exception_set_handler(enum exception_kind kind, exception_handler handler);
exception_handler exception_get_handler(enum exception_kind kind);

/* Called by vectors.S only. */
void exception_handle(struct exception_frame *frame);

/* Prints what the frame and the syndrome registers say. */
void exception_print(const struct exception_frame *frame);

extern const char exception_vectors[];
#endif
#endif
