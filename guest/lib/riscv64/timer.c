/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor's timer: stimecmp where the hart has it (Sstc), else the firmware's.
 */
#include "guest/lib/timer.h"

#include "guest/lib/riscv64/attempt.h"
#include "guest/lib/riscv64/board.h"
#include "guest/lib/riscv64/intc.h"
#include "guest/lib/riscv64/sbi.h"
#include "guest/lib/riscv64/system.h"

#define TIMER_NEVER (~0ull)

enum timer_kind { TIMER_UNKNOWN, TIMER_SSTC, TIMER_FIRMWARE };

static enum timer_kind timer_kind;

uint64_t timer_frequency(void)
{
	return BOARD_TIMER_HZ;
}

uint64_t timer_now(void)
{
	return system_read(time);
}

static uint64_t try_stimecmp(uint64_t value)
{
	system_write(CSR_STIMECMP, value);
	return 0;
}

void timer_arm(uint64_t deadline)
{
	if (timer_kind == TIMER_UNKNOWN)
		timer_kind =
			attempt(try_stimecmp, TIMER_NEVER).failed ? TIMER_FIRMWARE : TIMER_SSTC;
	if (timer_kind == TIMER_SSTC)
		system_write(CSR_STIMECMP, deadline);
	else
		sbi_call(SBI_TIME, 0, deadline, 0, 0, 0, 0, 0);
}

void timer_disarm(void)
{
	timer_arm(TIMER_NEVER);
}

unsigned timer_irq(void)
{
	return INTC_OWN + SYSTEM_IRQ_TIMER;
}
