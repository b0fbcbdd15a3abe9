/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does something that may end in an exception, and lives on.
 */
#include "guest/lib/aarch64/attempt.h"

#include "guest/lib/aarch64/exception.h"
#include "guest/lib/aarch64/system.h"

#define SPSR_EL1H 5
#define SPSR_DAIF 0x3c0

static struct attempt attempt_result;

/* Goes on behind the call, at EL1 on its own stack whatever the exception interrupted. */
static void attempt_catch(struct exception_frame *frame)
{
	attempt_result.failed = true;
	attempt_result.esr = system_read(esr_el1);
	attempt_result.far = system_read(far_el1);
	attempt_result.pc = frame->pc;
	frame->pc = (uint64_t)attempt_failed;
	frame->state = (frame->state & SPSR_DAIF) | SPSR_EL1H;
}

struct attempt attempt(uint64_t (*function)(uint64_t argument), uint64_t argument)
{
	exception_handler before = exception_get_handler(EXCEPTION_SYNC);

	attempt_result = (struct attempt){0};
	exception_set_handler(EXCEPTION_SYNC, attempt_catch);
	attempt_result.value = attempt_call(function, argument);
	exception_set_handler(EXCEPTION_SYNC, before);
	return attempt_result;
}
