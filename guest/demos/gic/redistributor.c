/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A CPU's redistributor (IHI 0069 12.10, 12.11), seen from CPU 0.
 */
#include "guest/lib/aarch64/gic.h"
#include "guest/lib/aarch64/system.h"
#include "guest/lib/check.h"
#include "guest/lib/print.h"
#include "view.h"

#define TYPER_LPIS       0xfull /* PLPIS, VLPIS, Dirty, DirectLPI */
#define TYPER_LAST       (1ull << 4)
#define CTLR_ENABLE_LPIS 1u
#define PIDR2_VERSION    0xf0
#define PROPBASER        0x70
#define PENDBASER        0x78

static void redistributor_check_identity(unsigned cpu)
{
	uint64_t rd = GICR_RD(cpu), typer = mmio_read64(rd + GICR_TYPER);

	check_equal(typer >> 32, cpu, "GICR_TYPER: the CPU's affinity");
	check_equal(GICR_TYPER_NUMBER(typer), cpu, "GICR_TYPER: the CPU's number");
	check_equal(mmio_read32(rd + GICR_TYPER), typer & 0xffffffff, "GICR_TYPER: lower half");
	check_equal(mmio_read32(rd + GICR_TYPER + 4), typer >> 32, "GICR_TYPER: upper half");
	check_bits(mmio_read32(rd + GICR_PIDR2), PIDR2_VERSION, 0x30, "GICR_PIDR2: version 3");
	check(mmio_read32(rd + GICR_IIDR) != 0, "GICR_IIDR names an implementer");
}

static void redistributor_check_no_lpis(unsigned cpu)
{
	uint64_t rd = GICR_RD(cpu);

	check_bits(mmio_read64(rd + GICR_TYPER), TYPER_LPIS, 0, "GICR_TYPER: no LPIs");
	mmio_write32(rd + GICR_CTLR, CTLR_ENABLE_LPIS);
	check_bits(
		mmio_read32(rd + GICR_CTLR), CTLR_ENABLE_LPIS, 0, "GICR_CTLR: no LPIs to enable");
	mmio_write64(rd + PROPBASER, ~0ull);
	check_equal(mmio_read64(rd + PROPBASER), 0, "GICR_PROPBASER is RAZ/WI without LPIs");
	mmio_write64(rd + PENDBASER, ~0ull);
	check_equal(mmio_read64(rd + PENDBASER), 0, "GICR_PENDBASER is RAZ/WI without LPIs");
}

/* Frames follow each other until one says that it is the last. */
static void redistributor_check_last(void)
{
	unsigned count = 1;

	while (count < VIEW_CPUS && !(mmio_read64(GICR_RD(count - 1) + GICR_TYPER) & TYPER_LAST))
		count++;
	check((mmio_read64(GICR_RD(count - 1) + GICR_TYPER) & TYPER_LAST) != 0,
		"GICR_TYPER: the last one of the guest's CPUs is marked");
}

static void redistributor_check_waker(unsigned cpu)
{
	uint64_t waker = GICR_RD(cpu) + GICR_WAKER;

	mmio_write32(waker, GICR_WAKER_SLEEP);
	check_bits(mmio_read32(waker), GICR_WAKER_SLEEP | GICR_WAKER_ASLEEP,
		GICR_WAKER_SLEEP | GICR_WAKER_ASLEEP, "GICR_WAKER: goes to sleep");
	mmio_write32(waker, 0);
	check_bits(mmio_read32(waker), GICR_WAKER_SLEEP | GICR_WAKER_ASLEEP, 0,
		"GICR_WAKER: wakes up");
}

static void redistributor_check_own_ppi(unsigned cpu, unsigned irq)
{
	uint64_t sgi = GICR_SGI(cpu);
	uint32_t bit = 1u << irq;

	mmio_write32(sgi + GIC_ISENABLER, bit);
	check_bits(mmio_read32(sgi + GIC_ISENABLER), bit, bit, "GICR_ISENABLER0: own PPI on");
	check_bits(mmio_read32(sgi + GIC_ICENABLER), bit, bit, "GICR_ICENABLER0 shows it");
	mmio_write32(sgi + GIC_ICENABLER, bit);
	check_bits(mmio_read32(sgi + GIC_ISENABLER), bit, 0, "GICR_ICENABLER0: own PPI off");
	mmio_write32(sgi + GIC_ISACTIVER, bit);
	check_bits(mmio_read32(sgi + GIC_ISACTIVER), bit, bit, "GICR_ISACTIVER0: own PPI");
	mmio_write32(sgi + GIC_ICACTIVER, bit);
	check_bits(mmio_read32(sgi + GIC_ISACTIVER), bit, 0, "GICR_ICACTIVER0: own PPI");
	for (unsigned priority = 0; priority < 0x100; priority += 0x10) {
		mmio_write8(sgi + GIC_IPRIORITYR + irq, (uint8_t)priority);
		check_equal(mmio_read8(sgi + GIC_IPRIORITYR + irq), priority, "GICR_IPRIORITYR");
	}
}

static void redistributor_check_foreign_ppi(unsigned cpu, unsigned irq)
{
	uint64_t sgi = GICR_SGI(cpu);
	uint32_t bit = 1u << irq;
	bool good = true;

	mmio_write32(sgi + GIC_ISENABLER, bit);
	good &= !(mmio_read32(sgi + GIC_ISENABLER) & bit);
	mmio_write32(sgi + GIC_ISPENDR, bit);
	good &= !(mmio_read32(sgi + GIC_ISPENDR) & bit);
	mmio_write32(sgi + GIC_ISACTIVER, bit);
	good &= !(mmio_read32(sgi + GIC_ISACTIVER) & bit);
	mmio_write8(sgi + GIC_IPRIORITYR + irq, 0x50);
	good &= mmio_read8(sgi + GIC_IPRIORITYR + irq) == 0;
	if (!check(good, "a PPI that is not the guest's is RAZ/WI in all banks"))
		print("gic: PPI %u of CPU %u\n", irq, cpu);
}

static void redistributor_check_foreign_ppis(unsigned cpu)
{
	for (unsigned irq = GIC_SGIS; irq < GIC_OWN_IRQS; irq++)
		if (!view_is_own_private(irq))
			redistributor_check_foreign_ppi(cpu, irq);
}

/* A byte of a word does not touch its neighbours, and a word sets all four. */
static void redistributor_check_priority_bytes(unsigned cpu)
{
	uint64_t word = GICR_SGI(cpu) + GIC_IPRIORITYR + 4;

	mmio_write32(word, 0xa0908070);
	check_equal(mmio_read32(word), 0xa0908070, "GICR_IPRIORITYR: a word");
	mmio_write8(word + 2, 0x20);
	check_equal(mmio_read32(word), 0xa0208070, "GICR_IPRIORITYR: a byte in a word");
	check_equal(mmio_read8(word + 3), 0xa0, "GICR_IPRIORITYR: a byte");
	mmio_write32(word, 0xa0a0a0a0);
}

static void redistributor_check_config(unsigned cpu)
{
	uint64_t config = GICR_SGI(cpu) + GIC_ICFGR;

	mmio_write32(config, 0);
	check_equal(mmio_read32(config), 0xaaaaaaaa, "GICR_ICFGR0: SGIs are edge-triggered");
	check_bits(mmio_read32(config + 4), 2u << BOARD_TIMER_IRQ % 16 * 2, 0,
		"GICR_ICFGR1: the timer is level-sensitive");
}

static void redistributor_check_sgi_pending(unsigned cpu)
{
	uint64_t sgi = GICR_SGI(cpu);

	mmio_write32(sgi + GIC_ICENABLER, 1u << 5);
	mmio_write32(sgi + GIC_ISPENDR, 1u << 5);
	check_bits(mmio_read32(sgi + GIC_ISPENDR), 1u << 5, 1u << 5, "GICR_ISPENDR0: an SGI");
	check_bits(mmio_read32(sgi + GIC_ISPENDR), 1u << 6, 0, "GICR_ISPENDR0: not its neighbour");
	mmio_write32(sgi + GIC_ICPENDR, 1u << 5);
	check_bits(mmio_read32(sgi + GIC_ISPENDR), 1u << 5, 0, "GICR_ICPENDR0: an SGI");
}

void view_check_redistributor(unsigned cpu)
{
	uint64_t sgi = GICR_SGI(cpu);

	print("gic: the redistributor of CPU %u\n", cpu);
	if (cpu == 0)
		check_bits(mmio_read32(sgi + GIC_ISENABLER), 0xffff0000, 0,
			"no PPI is enabled at first");
	redistributor_check_identity(cpu);
	redistributor_check_last();
	if (view_is_guest()) {
		redistributor_check_no_lpis(cpu);
		redistributor_check_foreign_ppis(cpu);
	}
	if (cpu == 0)
		redistributor_check_waker(cpu);
	redistributor_check_own_ppi(cpu, BOARD_TIMER_IRQ);
	redistributor_check_own_ppi(cpu, BOARD_PHYSICAL_TIMER_IRQ);
	redistributor_check_priority_bytes(cpu);
	redistributor_check_config(cpu);
	redistributor_check_sgi_pending(cpu);
	mmio_write32(sgi + GIC_IGROUPR, ~0u);
	check_bits(
		mmio_read32(sgi + GIC_IGROUPR), 0x4800ffff, 0x4800ffff, "GICR_IGROUPR0: Group 1");
}
