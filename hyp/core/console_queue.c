/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of characters. Whoever shares a CPU sends from it when it decides who runs next, and
 * decides again within a millisecond while something waits (shared.c): a UART that takes 16
 * characters at a time is thus kept busy up to 160,000 baud.
 */
#include "hyp/core/console_queue.h"

#include "arch/include/arch_irq.h"
#include "arch/include/arch_uart.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "lib/bits.h"

#define SIZE 4096u /* a power of two */
#define ROOM 512u  /* a VM's longest line with its name, some times */

static struct {
	char text[SIZE];
	uint32_t first;
	bool told; /* the sender knows that there is something */
} queue;

uint32_t console_queue_count; /* also read without the lock */

bool console_queue_has_room(void)
{
	return SIZE - console_queue_count >= ROOM;
}

/* The first shared CPU sends what waits. */
RARELY static void tell_sender(void)
{
	for (unsigned i = 0; i < hyp_plan->cpu_count; i++) {
		if (cpu_at(i)->shared) {
			arch_irq_kick(cpu_at(i));
			return;
		}
	}
}

void console_queue_send(bool all)
{
	uint32_t count = console_queue_count;

	while (count > 0 && (all || arch_uart_ready(hyp_plan->console_uart))) {
		if (!arch_uart_ready(hyp_plan->console_uart))
			continue;
		arch_uart_put(hyp_plan->console_uart, queue.text[queue.first++ % SIZE]);
		count--;
	}
	__atomic_store_n(&console_queue_count, count, __ATOMIC_RELAXED);
	if (count != 0 && !queue.told)
		tell_sender();
	queue.told = count != 0;
}

bool console_queue_put(char c)
{
	const uint32_t count = console_queue_count;

	if (count == SIZE)
		return false;
	queue.text[(queue.first + count) % SIZE] = c;
	__atomic_store_n(&console_queue_count, count + 1, __ATOMIC_RELAXED);
	return true;
}
