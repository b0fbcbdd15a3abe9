/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User mode, without translation, and interrupts between CPUs on RISC-V.
 */
#include "abi/region.h"
#include "guest/lib/print.h"
#include "guest/lib/riscv64/exception.h"
#include "guest/lib/riscv64/sbi.h"
#include "guest/lib/riscv64/smp_hart.h"
#include "guest/lib/riscv64/system.h"
#include "guest/lib/upcall.h"
#include "upcall.h"

#define CAUSE_USER_CALL 8

extern const char user_vector[], user_leave[];
void user_enter(uint64_t user_stack);

unsigned user_calls;
static bool (*user_over)(void);
static uint64_t user_result;

static uint8_t user_stack[4096] __attribute__((aligned(16)));

/* A system call: kernel work with the hart open, and at last the way out. */
static void handle_call(struct exception_frame *frame)
{
	if (frame->cause != CAUSE_USER_CALL) {
		exception_print(frame);
		return;
	}
	upcall_open();
	user_calls++;
	user_result = frame->x[10];
	upcall_close();
	frame->pc += 4;
	if (user_result == 0 && !user_over())
		return;
	frame->pc = (uint64_t)user_leave;
	frame->state = (frame->state | SYSTEM_SSTATUS_SPP) & ~(uint64_t)SYSTEM_SSTATUS_SPIE;
}

void user_init(void)
{
	exception_set_handler(EXCEPTION_SYNC, handle_call);
	system_write(stvec, user_vector);
}

uint64_t user_run(bool (*over)(void))
{
	user_over = over;
	user_enter((uint64_t)(user_stack + sizeof(user_stack)));
	upcall_open();
	return user_result;
}

void ipi_send(unsigned cpu)
{
	sbi_call(SBI_IPI, 0, 1, smp_hart(cpu), 0, 0, 0, 0);
}

unsigned ipi_irq(void)
{
	return REGION_UPCALL_IPI;
}
