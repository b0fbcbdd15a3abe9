/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does something that may end in an exception, and lives on.
 */
#include "guest/lib/riscv64/attempt.h"

#include "guest/lib/riscv64/exception.h"
#include "guest/lib/riscv64/system.h"

static struct attempt attempt_result;

/* Goes on behind the call, in supervisor mode on its own stack whatever the exception met. */
static void attempt_catch(struct exception_frame *frame)
{
	attempt_result.failed = true;
	attempt_result.cause = frame->cause;
	attempt_result.tval = system_read(stval);
	attempt_result.pc = frame->pc;
	frame->pc = (uint64_t)attempt_failed;
	frame->state |= SYSTEM_SSTATUS_SPP;
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
