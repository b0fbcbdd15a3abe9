/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Level-triggered interrupts by upcall: each comes once, and again when the guest has said that it
 * is served (UPCALL_END) and the device still wants it.
 */
#include "device.h"

#include "guest/lib/check.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"
#include "guest/lib/upcall.h"

#define SETTLE_NS 2000000 /* longer than any interrupt is on its way */

static volatile unsigned count, number;

static void arrived(unsigned irq)
{
	number = irq;
	count++;
}

static void settle(void)
{
	const uint64_t end = timer_now() + timer_frequency() * (SETTLE_NS / 1000) / 1000000;

	while (timer_now() < end)
		;
}

static void expect(unsigned expected, const char *what)
{
	settle();
	check_equal(count, expected, what);
}

static void try_device(const struct device *device)
{
	unsigned expected = 1;

	count = 0;
	device->raise();
	expect(expected, "the line rises: once");
	device->clear();
	device->raise();
	expect(expected, "it rises again before it is ended: nothing");
	upcall_end(number);
	expected++;
	expect(expected, "it is ended, and the line is high: again");
	device->clear();
	upcall_end(number);
	expect(expected, "the line falls, and it is ended: no more");
	upcall_mask();
	device->raise();
	expect(expected, "masked: nothing");
	upcall_unmask();
	expected++;
	expect(expected, "unmasked: once");
	device->clear();
	upcall_end(number);
	expect(expected, "nothing is left");
	print("upcall-device: %s has interrupt %u\n", device->name, number);
}

int main(uint64_t tree)
{
	(void)tree;
	check_init("upcall-device");
	check_equal((uint64_t)upcall_init(), 0, "the entry is registered");
	for (unsigned irq = 1; irq < REGION_UPCALL_LIMIT; irq++)
		upcall_set_handler(irq, arrived);
	upcall_unmask();
	upcall_open();
	try_device(&device_uart);
#ifdef UPCALL_RTC
	try_device(&device_rtc);
#endif
	check_report();
	return 0;
}
