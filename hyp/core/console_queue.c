/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of characters. Who speaks sends from it, and a shared CPU does when it decides who runs
 * next and real time does not want it; it decides again within a millisecond while something waits
 * (shared.c): a UART that takes 16 characters at a time is thus kept busy up to 160,000 baud.
 */
#include "hyp/core/console_queue.h"

#include "arch/include/arch_irq.h"
#include "arch/include/arch_uart.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "lib/bits.h"

#define SIZE 4096u /* a power of two */
#define ROOM 512u  /* a VM's longest line with its name, some times */
#define MOST 16u   /* characters sent at once: others wait for the CPU meanwhile */

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

RARELY static void kick_sender(void)
{
	for (unsigned i = 0; i < hyp_plan->cpu_count; i++) {
		if (cpu_at(i)->shared) {
			arch_irq_kick(cpu_at(i));
			return;
		}
	}
}

void console_queue_tell(void)
{
	const bool waits = console_queue_count != 0;

	if (waits && !queue.told)
		kick_sender();
	queue.told = waits;
}

bool console_queue_send(void)
{
	void *const uart = hyp_plan->console_uart;
	uint32_t count = console_queue_count, left = count < MOST ? count : MOST;

	for (; left > 0 && arch_uart_ready(uart); left--, count--)
		arch_uart_put(uart, queue.text[queue.first++ % SIZE]);
	__atomic_store_n(&console_queue_count, count, __ATOMIC_RELAXED);
	console_queue_tell();
	return count != 0 && left == 0;
}

static ALWAYS_INLINE void copy(char *to, const char *from, uint32_t count)
{
	for (const char *end = from + count; from != end; from++)
		*to++ = *from;
}

size_t console_queue_put(const char *text, size_t count)
{
	const uint32_t before = console_queue_count, room = SIZE - before;
	const uint32_t taken = count < room ? (uint32_t)count : room;
	const uint32_t at = (queue.first + before) % SIZE;
	const uint32_t straight = taken < SIZE - at ? taken : SIZE - at;

	copy(queue.text + at, text, straight);
	copy(queue.text, text + straight, taken - straight);
	__atomic_store_n(&console_queue_count, before + taken, __ATOMIC_RELAXED);
	return taken;
}
