/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts instructions: of what the hypervisor adds to a timer's interrupt, of a hypercall, of
 * accesses to the emulated interrupt controller, of an IPI, and until the guest runs at all. The
 * same file runs on the bare machine, for the native figures. docs/measuring.md explains the
 * figures.
 */
#include "bench.h"

#include <stdbool.h>

#include "guest/lib/aarch64/counter.h"
#include "guest/lib/aarch64/exception.h"
#include "guest/lib/aarch64/gic.h"
#include "guest/lib/console.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/irq.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"

#define BENCH_DEADLINE_TICKS 1000
#define BENCH_NS_PER_S       1000000000ull

/*
 * Instructions from one counter read to the next with `code` between them; x0 is its operand, x1
 * the address of a register. The read itself counts as one, which bench_empty measures.
 */
#define BENCH_COUNT(code, operand, address)                                                  \
	({                                                                                   \
		register uint64_t x0_ __asm__("x0") = (operand);                             \
		register uint64_t x1_ __asm__("x1") = (address);                             \
		uint64_t before_, after_;                                                    \
		__asm__ volatile("mrs %2, pmccntr_el0\n\t" code "\n\tmrs %3, pmccntr_el0"    \
				 : "+r"(x0_), "+r"(x1_), "=&r"(before_), "=&r"(after_)       \
				 :                                                           \
				 : "memory", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", \
				 "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17");    \
		after_ - before_;                                                            \
	})

static uint64_t bench_empty;
static volatile uint64_t bench_arrival; /* counter at the vector's first instruction, 0: none yet */

static void bench_sort(uint64_t *values)
{
	for (unsigned i = 1; i < BENCH_REPEATS; i++) {
		uint64_t value = values[i];
		unsigned at = i;

		for (; at > 0 && values[at - 1] > value; at--)
			values[at] = values[at - 1];
		values[at] = value;
	}
}

void bench_print(const char *key, uint64_t *values)
{
	bench_sort(values);
	print("bench %s %lu\n", key, values[BENCH_REPEATS / 2]);
	print("bench %s_min %lu\n", key, values[0]);
	print("bench %s_max %lu\n", key, values[BENCH_REPEATS - 1]);
}

/* Repeats BENCH_COUNT and prints what `code` costs by itself. */
#define BENCH(key, code, operand, address)                                               \
	do {                                                                             \
		uint64_t values_[BENCH_REPEATS];                                         \
		for (unsigned i_ = 0; i_ < BENCH_REPEATS; i_++)                          \
			values_[i_] = BENCH_COUNT(code, operand, address) - bench_empty; \
		bench_print(key, values_);                                               \
	} while (0)

static void bench_tick(unsigned irq, uint64_t arrival)
{
	(void)irq;
	timer_disarm();
	bench_arrival = arrival;
}

/*
 * Instructions from the timer's deadline to the first instruction of the exception vector, out of
 * WFI or out of running code. What is printed is the whole path; native is subtracted by the
 * reader.
 */
static void bench_timer(const char *key, bool sleep)
{
	uint64_t values[BENCH_REPEATS], epoch = counter_epoch();
	uint64_t tick_ns = BENCH_NS_PER_S / timer_frequency();

	for (unsigned i = 0; i < BENCH_REPEATS; i++) {
		uint64_t deadline = timer_now() + BENCH_DEADLINE_TICKS + i;

		bench_arrival = 0;
		timer_arm(deadline);
		irq_unmask();
		while (!bench_arrival) {
			if (sleep)
				__asm__ volatile("wfi");
		}
		irq_mask();
		values[i] = bench_arrival + epoch - 1 - deadline * tick_ns;
	}
	bench_print(key, values);
}

static void bench_registers(void)
{
	uint64_t own = 1ull << BOARD_PHYSICAL_TIMER_IRQ;

	BENCH("mmio_read", "ldr w0, [x1]", 0, GICD_TYPER);
	BENCH("mmio_read_64", "ldr x0, [x1]", 0, GICD_IROUTER(32));
	BENCH("mmio_write", "str w0, [x1]", 0xa0a0a0a0, GICR_SGI(0) + GIC_IPRIORITYR + 4);
	BENCH("irq_enable_write", "str w0, [x1]", own, GICR_SGI(0) + GIC_ISENABLER);
	BENCH("irq_disable_write", "str w0, [x1]", own, GICR_SGI(0) + GIC_ICENABLER);
}

/* Counter and clock must have advanced in step: else something ran that the counter did not see. */
static bool bench_check(uint64_t epoch)
{
	uint64_t now = counter_epoch();

	if (now == epoch)
		return true;
	print("bench: failed: the counter and the clock drifted apart by %lu ns; is this -icount "
	      "shift=0, and does the counter see EL2?\n",
		epoch < now ? now - epoch : epoch - now);
	return false;
}

int main(uint64_t tree)
{
	uint64_t epoch;
	bool good;

	(void)tree;
	counter_init();
	epoch = counter_epoch();
	console_init(CONSOLE_AUTO);
	print("bench boot_to_guest %lu\n",
		bench_entry_counter + epoch - BENCH_ENTRY_INSTRUCTIONS - 1);
	irq_init();
	irq_set_handler(timer_irq(), bench_tick);
	irq_enable(timer_irq());
	bench_empty = BENCH_COUNT("", 0, 0);
	print("bench empty %lu\n", bench_empty);
	bench_timer("timer", true);
	bench_timer("timer_running", false);
	BENCH("nop", "nop", 0, 0);
	if (hypercall_present())
		BENCH("hypercall", "hvc #0", HYPERCALL_BASE + HYPERCALL_INFO_GET_ID, 0);
	bench_registers();
	good = bench_check(epoch);
	bench_ipi();
	if (good)
		print("bench: done\n");
	power_off();
}
