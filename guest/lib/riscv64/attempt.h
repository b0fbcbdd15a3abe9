/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does something that may end in an exception, and lives on.
 */
#ifndef GUEST_LIB_RISCV64_ATTEMPT_H
#define GUEST_LIB_RISCV64_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

struct attempt {
	bool failed;    /* it ended in an exception */
	uint64_t cause; /* scause, stval and sepc of it */
	uint64_t tval;
	uint64_t pc;
	uint64_t value; /* what the function returned, if it did */
};

/*
 * Calls function(argument). An exception ends the call wherever it is; callee-saved registers and
 * the stack come back as they were. On the first CPU only, not nested.
 */
struct attempt attempt(uint64_t (*function)(uint64_t argument), uint64_t argument);

/* In attempt.S: the call, and where the exception handler continues. */
uint64_t attempt_call(uint64_t (*function)(uint64_t argument), uint64_t argument);
void attempt_failed(void);

#endif
