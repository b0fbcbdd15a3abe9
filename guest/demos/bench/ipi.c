/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions from the sender's write that sends the interrupt, which counts, to the first
 * instruction of the receiver's exception vector, which does not. The receiver waits in WFI; the
 * sender goes into WFI right after the write, so that an emulator that runs one CPU at a time lets
 * the receiver run.
 */
#include "bench.h"

#include <stdbool.h>

#include "guest/lib/irq.h"
#include "guest/lib/smp.h"
#include "guest/lib/timer.h"
#include "machine.h"

#define IPI_SETTLE_TICKS 2000 /* until the receiver is in WFI for sure */

static volatile uint64_t ipi_epoch; /* of CPU 1, once it is ready */
static volatile bool ipi_ready;
static volatile uint64_t ipi_arrival;

/* On CPU 1 the request; on this one the reply, which only wakes it. */
static void ipi_received(unsigned irq, uint64_t arrival)
{
	(void)irq;
	if (smp_cpu() == 0)
		return;
	ipi_arrival = arrival;
	bench_reply();
}

static void ipi_receiver(void *argument)
{
	(void)argument;
	bench_counter_init();
	irq_init_cpu();
	irq_enable(BENCH_IPI_REQUEST);
	ipi_epoch = bench_counter_epoch();
	ipi_ready = true;
	irq_unmask();
	for (;;)
		irq_wait();
}

static void ipi_wait(uint64_t ticks)
{
	uint64_t end = timer_now() + ticks;

	while (timer_now() < end)
		__asm__ volatile(BENCH_PAUSE);
}

static uint64_t ipi_send(void)
{
	uint64_t sent;

	ipi_arrival = 0;
	sent = bench_send();
	while (!ipi_arrival)
		__asm__ volatile(BENCH_PAUSE);
	return sent;
}

void bench_ipi(void)
{
	uint64_t values[BENCH_REPEATS], epoch = bench_counter_epoch();

	irq_set_handler(BENCH_IPI_REQUEST, ipi_received);
	irq_set_handler(BENCH_IPI_REPLY, ipi_received);
	irq_enable(BENCH_IPI_REPLY);
	if (smp_start(1, ipi_receiver, 0) != 0)
		return;
	while (!ipi_ready)
		__asm__ volatile(BENCH_PAUSE);
	for (unsigned i = 0; i < BENCH_REPEATS; i++) {
		uint64_t sent;

		ipi_wait(IPI_SETTLE_TICKS + i);
		sent = ipi_send();
		values[i] = ipi_arrival - sent - 1;
		if (BENCH_COUNTS_SLEEP) /* each CPU's counter has a zero of its own */
			values[i] += ipi_epoch - epoch;
		irq_unmask(); /* takes the reply */
		irq_mask();
	}
	bench_print("ipi", values);
}
