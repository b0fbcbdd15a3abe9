/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The distributor's registers (IHI 0069 12.9), as one security state sees them.
 */
#include <stddef.h>

#include "guest/lib/aarch64/gic.h"
#include "guest/lib/aarch64/system.h"
#include "guest/lib/check.h"
#include "guest/lib/print.h"
#include "view.h"

#define TYPER_CPU_NUMBER (7u << 5)
#define TYPER_ESPI       (1u << 8)
#define TYPER_SECURITY   (1u << 10)
#define TYPER_MBIS_LPIS  (3u << 16)
#define TYPER_DVIS       (1u << 18)
#define IROUTER_AFFINITY 0xff00ffffffull

static const unsigned distributor_bit_banks[] = {GIC_IGROUPR, GIC_ISENABLER, GIC_ICENABLER,
	GIC_ISPENDR, GIC_ICPENDR, GIC_ISACTIVER, GIC_ICACTIVER};

static void distributor_write_ctlr(uint32_t value)
{
	mmio_write32(GICD_CTLR, value);
	gic_sync();
}

static void distributor_check_ctlr(void)
{
	const uint32_t groups = GICD_CTLR_GROUP0 | GICD_CTLR_GROUP1;

	distributor_write_ctlr(GICD_CTLR_ARE);
	check_bits(mmio_read32(GICD_CTLR), GICD_CTLR_DS | GICD_CTLR_ARE | groups,
		GICD_CTLR_DS | GICD_CTLR_ARE, "GICD_CTLR: DS, ARE, no group");
	distributor_write_ctlr(GICD_CTLR_ARE | GICD_CTLR_GROUP1);
	check_bits(mmio_read32(GICD_CTLR), groups, GICD_CTLR_GROUP1, "GICD_CTLR: Group 1 on");
	distributor_write_ctlr(GICD_CTLR_ARE | groups);
	check_bits(mmio_read32(GICD_CTLR), groups, groups, "GICD_CTLR: both groups on");
	distributor_write_ctlr(~0u);
	check_bits(mmio_read32(GICD_CTLR), 0x7fffff00, 0, "GICD_CTLR: reserved bits are 0");
	check_bits(mmio_read32(GICD_CTLR), GICD_CTLR_DS, GICD_CTLR_DS, "GICD_CTLR: DS stays");
	distributor_write_ctlr(GICD_CTLR_ARE);
	check_bits(mmio_read32(GICD_CTLR), groups, 0, "GICD_CTLR: groups off again");
}

static void distributor_check_identity(void)
{
	uint32_t typer = mmio_read32(GICD_TYPER);

	check_bits(typer, TYPER_SECURITY, 0, "GICD_TYPER: one security state");
	if (view_is_guest())
		check_bits(
			typer, TYPER_MBIS_LPIS | TYPER_DVIS, 0, "GICD_TYPER: no messages, no LPIs");
	check_bits(typer, TYPER_ESPI, 0, "GICD_TYPER: no extended SPIs");
	check_bits(typer, TYPER_CPU_NUMBER, 0, "GICD_TYPER: CPUNumber is 0 without legacy mode");
	check((typer >> 19 & 0x1f) >= 9, "GICD_TYPER: at least 10 bits of INTID");
	mmio_write32(GICD_TYPER, ~typer);
	check_equal(mmio_read32(GICD_TYPER), typer, "GICD_TYPER is read-only");
	check_bits(mmio_read32(GICD_PIDR2), 0xf0, 0x30, "GICD_PIDR2: architecture version 3");
	check(mmio_read32(GICD_IIDR) != 0, "GICD_IIDR names an implementer");
	check_bits(mmio_read32(GICD_TYPER2), 0x9f, 0, "GICD_TYPER2: no GICv4.1");
}

/* With affinity routing these belong to the redistributors, or to nobody any more. */
static void distributor_check_private_words(void)
{
	for (size_t i = 0; i < sizeof(distributor_bit_banks) / sizeof(unsigned); i++) {
		mmio_write32(BOARD_GICD_BASE + distributor_bit_banks[i], ~0u);
		if (!check_equal(mmio_read32(BOARD_GICD_BASE + distributor_bit_banks[i]), 0,
			    "word 0 of a bank is RAZ/WI"))
			print("gic: bank 0x%x\n", distributor_bit_banks[i]);
	}
	for (unsigned at = 0; at < GIC_OWN_IRQS; at += 4) {
		mmio_write32(BOARD_GICD_BASE + GIC_IPRIORITYR + at, 0x50505050);
		check_equal(mmio_read32(BOARD_GICD_BASE + GIC_IPRIORITYR + at), 0,
			"GICD_IPRIORITYR of private interrupts is RAZ/WI");
	}
	mmio_write32(BOARD_GICD_BASE + GIC_ICFGR, ~0u);
	check_equal(mmio_read32(BOARD_GICD_BASE + GIC_ICFGR), 0, "GICD_ICFGR0 is RAZ/WI");
	mmio_write32(BOARD_GICD_BASE + 0xf00, 1u << 24); /* GICD_SGIR */
	mmio_write32(BOARD_GICD_BASE + 0x820, ~0u);
	check_equal(mmio_read32(BOARD_GICD_BASE + 0x820), 0, "GICD_ITARGETSR is RAZ/WI");
}

static void distributor_check_foreign_bits(unsigned irq)
{
	bool good = true;

	gic_write_bit(GIC_ISENABLER, irq);
	good &= !gic_bit(GIC_ISENABLER, irq) && !gic_bit(GIC_ICENABLER, irq);
	gic_write_bit(GIC_ISPENDR, irq);
	good &= !gic_bit(GIC_ISPENDR, irq) && !gic_bit(GIC_ICPENDR, irq);
	gic_write_bit(GIC_ISACTIVER, irq);
	good &= !gic_bit(GIC_ISACTIVER, irq) && !gic_bit(GIC_ICACTIVER, irq);
	gic_set_priority(irq, 0x50);
	good &= gic_priority(irq) == 0;
	mmio_write64(GICD_IROUTER(irq), 1);
	good &= mmio_read64(GICD_IROUTER(irq)) == 0;
	if (!check(good, "another's shared interrupt is RAZ/WI in all banks"))
		print("gic: interrupt %u\n", irq);
}

static bool distributor_is_own(unsigned irq)
{
	bool own;

	gic_write_bit(GIC_ISENABLER, irq);
	own = gic_bit(GIC_ISENABLER, irq);
	gic_write_bit(GIC_ICENABLER, irq);
	return own;
}

static void distributor_check_priority(unsigned irq)
{
	static const uint8_t values[] = {0xa0, 0x00, 0x50, 0xf0, 0x80};

	for (size_t i = 0; i < sizeof(values); i++) {
		gic_set_priority(irq, values[i]);
		check_equal(gic_priority(irq), values[i], "GICD_IPRIORITYR keeps a byte");
	}
	gic_set_priority(irq, 0xff);
	check_bits(gic_priority(irq), 0xf0, 0xf0, "GICD_IPRIORITYR: four bits at least");
}

static void distributor_check_config(unsigned irq)
{
	uint64_t word = BOARD_GICD_BASE + GIC_ICFGR + irq / 16 * 4;
	uint32_t edge = 2u << irq % 16 * 2, before = mmio_read32(word);

	mmio_write32(word, before | edge);
	check_bits(mmio_read32(word), edge, edge, "GICD_ICFGR: edge");
	mmio_write32(word, before & ~edge);
	check_bits(mmio_read32(word), edge, 0, "GICD_ICFGR: level");
	mmio_write32(word, before);
	check_bits(mmio_read32(word), 0x55555555, 0, "GICD_ICFGR: even bits are reserved");
}

static void distributor_check_route(unsigned irq)
{
	uint64_t route = GICD_IROUTER(irq);

	mmio_write64(route, 0);
	check_bits(mmio_read64(route), IROUTER_AFFINITY, 0, "GICD_IROUTER: to the first CPU");
	mmio_write64(route, 1);
	check_bits(mmio_read64(route), IROUTER_AFFINITY, 1, "GICD_IROUTER: to the second CPU");
	mmio_write32(route, 0);
	check_bits(mmio_read64(route), IROUTER_AFFINITY, 0, "GICD_IROUTER: its lower half");
	mmio_write32(route + 4, 0);
	check_equal(mmio_read32(route + 4), 0, "GICD_IROUTER: its upper half");
}

static void distributor_check_bits(unsigned irq)
{
	gic_write_bit(GIC_ISENABLER, irq);
	check(gic_bit(GIC_ISENABLER, irq) && gic_bit(GIC_ICENABLER, irq),
		"set-enable shows in both");
	mmio_write32(gic_bank(GIC_ISENABLER, irq), 0);
	check(gic_bit(GIC_ISENABLER, irq), "writing 0 to set-enable changes nothing");
	mmio_write32(gic_bank(GIC_ICENABLER, irq), 0);
	check(gic_bit(GIC_ISENABLER, irq), "writing 0 to clear-enable changes nothing");
	gic_write_bit(GIC_ICENABLER, irq);
	check(!gic_bit(GIC_ISENABLER, irq) && !gic_bit(GIC_ICENABLER, irq), "clear-enable clears");
	gic_write_bit(GIC_ISPENDR, irq);
	check(gic_bit(GIC_ISPENDR, irq) && gic_bit(GIC_ICPENDR, irq), "set-pending shows in both");
	gic_write_bit(GIC_ICPENDR, irq);
	check(!gic_bit(GIC_ISPENDR, irq), "clear-pending clears");
	gic_write_bit(GIC_ISACTIVER, irq);
	check(gic_bit(GIC_ISACTIVER, irq) && gic_bit(GIC_ICACTIVER, irq),
		"set-active shows in both");
	gic_write_bit(GIC_ICACTIVER, irq);
	check(!gic_bit(GIC_ISACTIVER, irq), "clear-active clears");
	mmio_write32(gic_bank(GIC_IGROUPR, irq), 1u << irq % 32);
	check(gic_bit(GIC_IGROUPR, irq), "GICD_IGROUPR: Group 1");
}

/* Beyond what GICD_TYPER announces there is nothing. */
static void distributor_check_beyond(void)
{
	unsigned limit = view_irq_limit();

	for (unsigned irq = limit; irq < BOARD_IRQ_LIMIT; irq += 32)
		distributor_check_foreign_bits(irq);
}

void view_check_distributor(void)
{
	unsigned own = view_own_spi();

	distributor_check_identity();
	distributor_check_ctlr();
	distributor_check_private_words();
	distributor_check_beyond();
	for (unsigned irq = GIC_OWN_IRQS; irq < view_irq_limit(); irq++)
		if (!distributor_is_own(irq))
			distributor_check_foreign_bits(irq);
	if (own == VIEW_NO_SPI)
		return;
	distributor_check_bits(own);
	distributor_check_priority(own);
	distributor_check_config(own);
	distributor_check_route(own);
}
