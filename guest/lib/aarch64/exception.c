/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions taken to EL1: hands each to its handler.
 */
#include "guest/lib/aarch64/exception.h"

#include "guest/lib/aarch64/system.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"

static exception_handler exception_handlers[4];

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
	static const char *const names[] = {"synchronous", "IRQ", "FIQ", "SError"};

	print("exception: %s, group %lu, pc 0x%lx, esr 0x%lx, far 0x%lx, spsr 0x%lx, lr 0x%lx\n",
		names[frame->kind & 3], frame->kind >> 2, frame->pc, system_read(esr_el1),
		system_read(far_el1), frame->state, frame->x[30]);
}

void exception_handle(struct exception_frame *frame)
{
	exception_handler handler = exception_handlers[frame->kind & 3];

	if (handler) {
		handler(frame);
		return;
	}
	print("guest: nobody handles this ");
	exception_print(frame);
	power_off();
}
