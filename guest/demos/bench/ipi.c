/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions from the sender's write of ICC_SGI1R_EL1, which counts, to the first instruction of
 * the receiver's exception vector, which does not. The receiver waits in WFI; the sender goes into
 * WFI right after the write, so that an emulator that runs one CPU at a time lets the receiver run.
 */
#include "bench.h"

#include "guest/lib/aarch64/counter.h"
#include "guest/lib/aarch64/gic.h"
#include "guest/lib/irq.h"
#include "guest/lib/smp.h"
#include "guest/lib/timer.h"

#define IPI_REQUEST      1
#define IPI_REPLY        2
#define IPI_SETTLE_TICKS 2000 /* until the receiver is in WFI for sure */

static volatile uint64_t ipi_epoch; /* of CPU 1; 0: it is not ready yet */
static volatile uint64_t ipi_arrival;

static void ipi_received(unsigned irq, uint64_t arrival)
{
	(void)irq;
	ipi_arrival = arrival;
	gic_send_sgi(0, IPI_REPLY);
}

static void ipi_reply(unsigned irq, uint64_t arrival)
{
	(void)irq;
	(void)arrival;
}

static void ipi_receiver(void *argument)
{
	(void)argument;
	counter_init();
	irq_init_cpu();
	irq_enable(IPI_REQUEST);
	ipi_epoch = counter_epoch();
	irq_unmask();
	for (;;)
		irq_wait();
}

static void ipi_wait(uint64_t ticks)
{
	uint64_t end = timer_now() + ticks;

	while (timer_now() < end)
		__asm__ volatile("yield");
}

static uint64_t ipi_send(void)
{
	/* In an argument's register, where a compiler has such a value (exits save those first). */
	register uint64_t request __asm__("x1") = GIC_SGI_TO(1, IPI_REQUEST);
	uint64_t sent;

	ipi_arrival = 0;
	__asm__ volatile(
		"dsb sy\n\tmrs %0, pmccntr_el0\n\tmsr " SYSTEM_STRING(ICC_SGI1R_EL1) ", %1\n\twfi"
		: "=&r"(sent)
		: "r"(request)
		: "memory");
	while (!ipi_arrival)
		__asm__ volatile("yield");
	return sent;
}

void bench_ipi(void)
{
	uint64_t values[BENCH_REPEATS], epoch = counter_epoch();

	irq_set_handler(IPI_REQUEST, ipi_received);
	irq_set_handler(IPI_REPLY, ipi_reply);
	irq_enable(IPI_REPLY);
	if (smp_start(1, ipi_receiver, 0) != 0)
		return;
	while (!ipi_epoch)
		__asm__ volatile("yield");
	for (unsigned i = 0; i < BENCH_REPEATS; i++) {
		uint64_t sent;

		ipi_wait(IPI_SETTLE_TICKS + i);
		sent = ipi_send();
		values[i] = ipi_arrival + ipi_epoch - 1 - (sent + epoch);
		irq_unmask(); /* takes the reply */
		irq_mask();
	}
	bench_print("ipi", values);
}
