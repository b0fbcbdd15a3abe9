/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses to the emulated APLIC or PLIC. The guest owns one device, whose source is the first of
 * its own; on the bare board it is the clock's.
 */
#include "bench.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/irq.h"
#include "machine.h"

#define RTC_SOURCE 11

static void aplic_registers(uint64_t source)
{
	BENCH("mmio_read", "lw a0, (a1)", 0, APLIC_DOMAINCFG);
	BENCH("mmio_read_bits", "lw a0, (a1)", 0, APLIC_SETIE);
	BENCH("mmio_write", "sw a0, (a1)", source, APLIC_TARGET + 4 * source);
	BENCH("irq_enable_write", "sw a0, (a1)", source, APLIC_SETIENUM);
	BENCH("irq_disable_write", "sw a0, (a1)", source, APLIC_CLRIENUM);
}

static void plic_registers(uint64_t source)
{
	uint64_t enables = PLIC_ENABLE + 0x80 * intc_context(0) + source / 32 * 4;

	BENCH("mmio_read", "lw a0, (a1)", 0, PLIC_PRIORITY + 4 * source);
	BENCH("mmio_write", "sw a0, (a1)", 1, PLIC_PRIORITY + 4 * source);
	BENCH("irq_enable_write", "sw a0, (a1)", 1ull << source % 32, enables);
	BENCH("irq_disable_write", "sw a0, (a1)", 0, enables);
}

void bench_registers(void)
{
	uint64_t source = hypercall_present() ? 1 : RTC_SOURCE;

	irq_enable((unsigned)source);
	if (intc_has_files())
		aplic_registers(source);
	else
		plic_registers(source);
}
