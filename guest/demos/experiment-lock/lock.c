/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two CPUs of one VM that fight for a lock, on one core if the description says so. When the one
 * that holds the lock, or whose turn is next, loses the core, the other one can only wait. It waits
 * without telling the processor: that works with every processor, and every emulator.
 */
#include <stdbool.h>
#include <stddef.h>

#include "guest/lib/console.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/smp.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"
#include "machine.h"

/*
 * A section and the time after it are 537 us. A quantum of 10 ms is 18.62 of that: not near a ratio
 * of small numbers, so quanta end at points that spread evenly over the lock's cycle, and none of
 * what is seen comes from quanta and sections that keep in step.
 */
#define CPUS       2
#define HELD_NS    400000 /* with the lock; an instruction is a nanosecond */
#define BETWEEN_NS 137000 /* without it */
#define BEGIN_MS   100
#define END_MS     5100

/* Whoever comes draws a number and waits until it is served. */
struct ticket_lock {
	uint32_t next, served;
};

static struct ticket_lock lock;
static uint32_t sections;      /* guarded by the lock */
static uint32_t done_by[CPUS]; /* each by its own CPU */
static uint32_t ready, ended;  /* CPUs */

static void lock_take(void)
{
	uint32_t own = __atomic_fetch_add(&lock.next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&lock.served, __ATOMIC_ACQUIRE) != own)
		machine_pause();
}

static void lock_release(void)
{
	__atomic_store_n(&lock.served, lock.served + 1, __ATOMIC_RELEASE);
}

static bool is_later(uint64_t ms)
{
	return timer_now() >= ms * (timer_frequency() / 1000);
}

static void fight(void *argument)
{
	(void)argument;
	machine_init();
	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < CPUS || !is_later(BEGIN_MS))
		machine_pause();
	while (!is_later(END_MS)) {
		lock_take();
		machine_spend(HELD_NS);
		sections++;
		lock_release();
		done_by[smp_cpu()]++;
		machine_spend(BETWEEN_NS);
	}
	__atomic_fetch_add(&ended, 1, __ATOMIC_SEQ_CST);
}

int main(uint64_t tree)
{
	(void)tree;
	console_init(CONSOLE_AUTO);
	machine_init();
	if (smp_start(1, fight, NULL) != 0) {
		print("lock: failed: there is no second CPU\n");
		power_off();
	}
	fight(NULL);
	while (__atomic_load_n(&ended, __ATOMIC_SEQ_CST) < CPUS)
		machine_pause();
	print("lock sections %u in %u ms, by CPU 0 %u, by CPU 1 %u\n", sections, END_MS - BEGIN_MS,
		done_by[0], done_by[1]);
	print(sections == done_by[0] + done_by[1] ? "lock: done\n"
						  : "lock: failed: not exclusive\n");
	power_off();
}
