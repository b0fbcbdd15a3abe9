/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses to the emulated GIC.
 */
#include "bench.h"
#include "machine.h"

void bench_registers(void)
{
	uint64_t own = 1ull << BOARD_PHYSICAL_TIMER_IRQ;

	BENCH("mmio_read", "ldr w0, [x1]", 0, GICD_TYPER);
	BENCH("mmio_read_64", "ldr x0, [x1]", 0, GICD_IROUTER(32));
	BENCH("mmio_write", "str w0, [x1]", 0xa0a0a0a0, GICR_SGI(0) + GIC_IPRIORITYR + 4);
	BENCH("irq_enable_write", "str w0, [x1]", own, GICR_SGI(0) + GIC_ISENABLER);
	BENCH("irq_disable_write", "str w0, [x1]", own, GICR_SGI(0) + GIC_ICENABLER);
}
