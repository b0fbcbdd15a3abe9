/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts by upcall, tried: the flag and the CPU's own one, from kernel and from user mode,
 * nested, in storms; and between CPUs, where one waits for each before it sends the next, so that a
 * single lost one would stop the guest for good. Without its second CPU it does the rest.
 */
#include "upcall.h"

#include "guest/lib/check.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/print.h"
#include "guest/lib/region.h"
#include "guest/lib/smp.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"
#include "guest/lib/tunnel.h"
#include "guest/lib/upcall.h"

#ifndef UPCALL_COUNT
#define UPCALL_COUNT 20000
#endif
#define STORM_NS      20000
#define SECTION_TICKS 1000

#define IRQ_UNUSED 251 /* a number that no device has */

static volatile uint64_t ticks, ticks_wanted, ipis, rings, nested;
static volatile bool nests, in_section, section_broken;
static uint64_t period;

static uint64_t ticks_of(uint64_t ns)
{
	return ns * timer_frequency() / 1000000000;
}

static void tick(unsigned irq)
{
	(void)irq;
	section_broken |= in_section;
	ticks++;
	if (ticks < ticks_wanted)
		timer_arm(timer_now() + period);
}

/* The timer may come in here. */
static void take_ipi(unsigned irq)
{
	const uint64_t before = ticks;

	(void)irq;
	ipis++;
	if (!nests)
		return;
	ticks_wanted = ticks + 1;
	timer_arm(timer_now());
	upcall_let_in();
	while (ticks == before)
		;
	nested++;
	upcall_shut();
}

static void arm_ticks(uint64_t count, uint64_t ns)
{
	period = ticks_of(ns);
	ticks = 0;
	ticks_wanted = count;
	timer_arm(timer_now() + period);
}

static bool ticks_over(void)
{
	return ticks >= ticks_wanted;
}

/*
 * Until the timer's is pending. Another VM's doorbell is so before its kick has come: to wait for
 * anything would not do.
 */
static void await_pending(void)
{
	const unsigned timer = upcall_timer_irq();
	const uint64_t *word = &region_own_vcpu()->upcall_pending[timer / 64];

	while (!(__atomic_load_n(word, __ATOMIC_RELAXED) >> timer % 64 & 1))
		;
}

/* For something else a kick may be under way already: then it comes with that. */
static void interrupt_self(void)
{
	const uint64_t before = ipis, end = timer_now() + timer_frequency();

	ipi_send(0);
	while (ipis == before && timer_now() < end)
		;
}

static void try_flags(void)
{
	arm_ticks(1, 1000);
	await_pending();
	check_equal(ticks, 0, "masked and open: nothing comes");
	upcall_unmask();
	check_equal(ticks, 1, "it comes when the flag is cleared");

	upcall_close();
	arm_ticks(1, 1000);
	await_pending();
	check_equal(ticks, 0, "unmasked and closed: nothing comes");
	upcall_open();
	check_equal(ticks, 1, "it comes when the CPU opens");

	upcall_close();
	arm_ticks(1, 1000);
	await_pending();
	upcall_mask();
	upcall_open();
	check_equal(ticks, 0, "closed, then masked, then opened: nothing comes");
	upcall_unmask();
	check_equal(ticks, 1, "it comes when the flag is cleared after that");

	arm_ticks(1, 1000);
	while (!ticks_over())
		;
	check(!upcall_is_masked(), "the flag is clear after an upcall");
	interrupt_self();
	check_equal(ipis, 1, "an interrupt to the own CPU is taken");
}

static void try_kernel(void)
{
	uint64_t wrong = 0;

	arm_ticks(UPCALL_COUNT, STORM_NS);
	while (!ticks_over() && wrong == 0)
		wrong = registers_hold(100);
	check_equal(wrong, 0, "registers of the kernel");
	check_equal(ticks, UPCALL_COUNT, "ticks in kernel mode");
}

static void try_user(void)
{
	arm_ticks(UPCALL_COUNT, STORM_NS);
	check_equal(user_run(ticks_over), 0, "registers of user mode");
	check_equal(ticks, UPCALL_COUNT, "ticks in user mode");
	check(user_calls > 10, "the program made system calls");
}

static void try_sections(void)
{
	arm_ticks(~0ull, STORM_NS);
	while (ticks < SECTION_TICKS) {
		upcall_mask();
		in_section = true;
		for (volatile unsigned i = 0; i < 100; i++)
			;
		in_section = false;
		upcall_unmask();
	}
	check(!section_broken, "no critical section was interrupted");
	ticks_wanted = 0;
	timer_disarm();
}

static void try_nesting(void)
{
	nests = true;
	for (unsigned i = 0; i < 1000; i++)
		interrupt_self();
	nests = false;
	check_equal(nested, 1000, "nested upcalls");
}

/* Sleeps until the timer's upcalls have come: it must never sleep over one. */
static void try_sleep(void)
{
	arm_ticks(UPCALL_COUNT / 10, STORM_NS);
	upcall_mask();
	while (!ticks_over()) {
		upcall_wait();
		upcall_unmask();
		upcall_mask();
	}
	upcall_unmask();
	check_equal(ticks, UPCALL_COUNT / 10, "ticks that ended a sleep");
}

static void try_errors(void)
{
	const int64_t invalid = HYPERCALL_INVALID_PARAMETER;

	check_equal((uint64_t)hypercall(HYPERCALL_UPCALL_END, REGION_UPCALL_LIMIT, 0, 0, 0, 0),
		(uint64_t)invalid, "the end of an interrupt that cannot be");
	check_equal((uint64_t)hypercall(HYPERCALL_UPCALL_END, ~0ull, 0, 0, 0, 0), (uint64_t)invalid,
		"the end of a number that is none");
	check_equal((uint64_t)hypercall(HYPERCALL_UPCALL_END, IRQ_UNUSED, 0, 0, 0, 0),
		(uint64_t)invalid, "the end of an interrupt that the VM does not have");
	check_equal((uint64_t)hypercall(HYPERCALL_UPCALL_END, upcall_timer_irq(), 0, 0, 0, 0), 0,
		"the end of the timer's, which does nothing");
}

static volatile uint64_t answers;

static void answer(unsigned irq)
{
	(void)irq;
	if (smp_cpu() == 0) {
		take_ipi(irq);
		return;
	}
	answers++;
	ipi_send(0);
}

/* The second CPU answers each, asleep meanwhile. */
static void second(void *argument)
{
	(void)argument;
	if (upcall_init() != 0)
		return;
	upcall_unmask();
	upcall_open();
	__atomic_store_n(&nested, 1, __ATOMIC_RELEASE);
	for (;;)
		upcall_wait();
}

/* Each CPU waits asleep for the other one. */
static void try_cpus(void)
{
	uint64_t sent;

	nested = 0;
	if (region_get()->vcpu_count < 2 || smp_start(1, second, 0) != 0)
		return;
	while (!__atomic_load_n(&nested, __ATOMIC_ACQUIRE))
		;
	ipis = 0;
	upcall_mask();
	for (sent = 0; sent < UPCALL_COUNT; sent++) {
		ipi_send(1);
		while (ipis == sent) {
			upcall_wait();
			upcall_unmask();
			upcall_mask();
		}
	}
	upcall_unmask();
	check_equal(answers, UPCALL_COUNT, "interrupts between CPUs");
}

static struct tunnel tunnel;

static void take_region(unsigned irq)
{
	(void)irq;
	region_take(~0ull);
	rings += tunnel_heard(&tunnel);
}

/* Another VM rings, and waits for the answer: in the tunnel's first word, and a ring back. */
static void try_doorbells(void)
{
	volatile uint64_t *answered;

	if (region_get()->tunnel_count == 0)
		return;
	upcall_mask(); /* the handler uses the tunnel */
	check_equal((uint64_t)tunnel_open(&tunnel, "doorbell"), 0, "the tunnel is opened");
	upcall_set_handler(region_get()->interrupt, take_region);
	answered = tunnel.memory;
	while (rings < UPCALL_COUNT) {
		upcall_wait();
		upcall_unmask();
		upcall_mask();
		__atomic_store_n(answered, rings, __ATOMIC_RELEASE);
		tunnel_ring(&tunnel);
	}
	upcall_unmask();
	check_equal(rings, UPCALL_COUNT, "doorbells of another VM");
}

int main(uint64_t tree)
{
	(void)tree;
	check_init("upcall");
	check_equal((uint64_t)upcall_init(), 0, "the entry is registered");
	user_init();
	upcall_set_handler(upcall_timer_irq(), tick);
	upcall_set_handler(ipi_irq(), answer);
	upcall_open();
	try_flags();
	try_errors();
	try_kernel();
	try_user();
	try_sections();
	try_nesting();
	try_sleep();
	try_cpus();
	try_doorbells();
	check_report();
	return 0;
}
