/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The generic timer's virtual clock and timer (Arm ARM D11).
 */
#include "guest/lib/timer.h"

#include "guest/lib/aarch64/board.h"
#include "guest/lib/aarch64/system.h"

#define CNTV_CTL_ENABLE 1

uint64_t timer_frequency(void)
{
	return system_read(cntfrq_el0);
}

uint64_t timer_now(void)
{
	system_isb(); /* else the counter may be read early */
	return system_read(cntvct_el0);
}

void timer_arm(uint64_t deadline)
{
	system_write(cntv_cval_el0, deadline);
	system_write(cntv_ctl_el0, CNTV_CTL_ENABLE);
	system_isb();
}

void timer_disarm(void)
{
	system_write(cntv_ctl_el0, 0);
	system_isb();
}

unsigned timer_irq(void)
{
	return BOARD_TIMER_IRQ;
}
