/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks the interrupt controller that the guest sees against the GICv3 architecture (IHI 0069).
 * Wants two vCPUs and, for the checks of shared interrupts, one SPI; says what it leaves out.
 */
#include <stddef.h>

#include "guest/lib/aarch64/exception.h"
#include "guest/lib/aarch64/gic.h"
#include "guest/lib/aarch64/system.h"
#include "guest/lib/check.h"
#include "guest/lib/console.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/irq.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/smp.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"
#include "view.h"

#define VIEW_TAKE_PER_S 10
#define VIEW_NONE_PER_S 500

volatile uint32_t view_taken[VIEW_CPUS][1024];
void (*volatile view_hook)(unsigned irq);
volatile uint32_t view_order[8];
volatile uint32_t view_order_count;

static volatile bool view_second_ready;
static unsigned view_spi;
static bool view_hypervisor;

static void view_irq(struct exception_frame *frame)
{
	unsigned irq = system_read(ICC_IAR1_EL1) & 0xffffff, cpu = smp_cpu();

	(void)frame;
	if (irq >= GIC_IRQ_SPURIOUS) {
		view_taken[cpu][1023] = view_taken[cpu][1023] + 1;
		return;
	}
	view_taken[cpu][irq] = view_taken[cpu][irq] + 1;
	if (cpu == 0 && view_order_count < sizeof(view_order) / sizeof(view_order[0])) {
		view_order[view_order_count] = irq;
		view_order_count = view_order_count + 1;
	}
	if (cpu == 0 && view_hook)
		view_hook(irq);
	system_write(ICC_EOIR1_EL1, irq);
	system_isb();
}

void view_clear(void)
{
	for (unsigned cpu = 0; cpu < VIEW_CPUS; cpu++)
		for (unsigned irq = 0; irq < 1024; irq++)
			view_taken[cpu][irq] = 0;
	view_order_count = 0;
	system_dsb();
}

static unsigned view_wait(unsigned cpu, unsigned irq, uint64_t ticks)
{
	uint64_t end = timer_now() + ticks;

	irq_unmask();
	system_isb();
	while (timer_now() < end && !view_taken[cpu][irq])
		__asm__ volatile("yield");
	irq_mask();
	return view_taken[cpu][irq];
}

unsigned view_take(unsigned cpu, unsigned irq)
{
	return view_wait(cpu, irq, timer_frequency() / VIEW_TAKE_PER_S);
}

unsigned view_take_none(unsigned cpu, unsigned irq)
{
	return view_wait(cpu, irq, timer_frequency() / VIEW_NONE_PER_S);
}

unsigned view_irq_limit(void)
{
	unsigned limit = 32 * ((mmio_read32(GICD_TYPER) & 0x1f) + 1);

	return limit < GIC_IRQ_SPURIOUS ? limit : GIC_IRQ_SPURIOUS;
}

unsigned view_own_spi(void)
{
	return view_spi;
}

bool view_is_own_private(unsigned irq)
{
	return irq < GIC_SGIS || irq == BOARD_PMU_IRQ || irq == BOARD_TIMER_IRQ ||
	       irq == BOARD_PHYSICAL_TIMER_IRQ;
}

bool view_is_guest(void)
{
	return view_hypervisor;
}

bool view_has_second(void)
{
	return view_second_ready;
}

static unsigned view_find_spi(void)
{
	for (unsigned irq = GIC_OWN_IRQS; irq < view_irq_limit(); irq++) {
		gic_write_bit(GIC_ISENABLER, irq);
		if (!gic_bit(GIC_ISENABLER, irq))
			continue;
		gic_write_bit(GIC_ICENABLER, irq);
		return irq;
	}
	return VIEW_NO_SPI;
}

static void view_second(void *argument)
{
	(void)argument;
	irq_init_cpu();
	view_second_ready = true;
	irq_unmask();
	for (;;)
		irq_wait();
}

static void view_start_second(void)
{
	uint64_t end = timer_now() + timer_frequency();

	if (smp_start(1, view_second, NULL) != 0) {
		print("gic: there is no second CPU: checks with two are left out\n");
		return;
	}
	while (!view_second_ready && timer_now() < end)
		__asm__ volatile("yield");
	check(view_second_ready, "the second CPU starts");
}

int main(uint64_t tree)
{
	(void)tree;
	console_init(CONSOLE_AUTO);
	check_init("gic");
	view_hypervisor = hypercall_present();
	view_check_redistributor(0);
	view_spi = view_find_spi();
	if (view_spi == VIEW_NO_SPI)
		print("gic: this VM has no shared interrupt: checks of those are left out\n");
	view_check_distributor();
	irq_init();
	exception_set_handler(EXCEPTION_IRQ, view_irq);
	view_check_interface();
	view_start_second();
	if (view_has_second())
		view_check_redistributor(1);
	view_check_sgis();
	view_check_timer();
	view_check_order();
	if (view_spi != VIEW_NO_SPI)
		view_check_spi();
	view_check_masking();
	check_report();
	power_off();
}
