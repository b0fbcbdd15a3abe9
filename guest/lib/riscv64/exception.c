/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traps taken in supervisor mode: hands each to its handler.
 */
#include "guest/lib/riscv64/exception.h"

#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/riscv64/system.h"

static exception_handler exception_handlers[EXCEPTION_KINDS];

void exception_set_handler(enum exception_kind kind, exception_handler handler)
{
	exception_handlers[kind] = handler;
}

exception_handler exception_get_handler(enum exception_kind kind)
{
	return exception_handlers[kind];
}

void exception_print(const struct exception_frame *frame)
{
	print("trap: cause 0x%lx, pc 0x%lx, value 0x%lx, sstatus 0x%lx, ra 0x%lx\n", frame->cause,
		frame->pc, system_read(stval), frame->state, frame->x[1]);
}

void exception_handle(struct exception_frame *frame)
{
	exception_handler handler =
		exception_handlers[(int64_t)frame->cause < 0 ? EXCEPTION_IRQ : EXCEPTION_SYNC];

	if (handler) {
		handler(frame);
		return;
	}
	print("guest: nobody handles this ");
	exception_print(frame);
	power_off();
}
