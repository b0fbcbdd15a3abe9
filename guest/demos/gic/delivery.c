/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts on their way to the CPUs: SGIs, the timer, an SPI raised by software, their order.
 */
#include "guest/lib/aarch64/gic.h"
#include "guest/lib/aarch64/system.h"
#include "guest/lib/check.h"
#include "guest/lib/print.h"
#include "guest/lib/smp.h"
#include "guest/lib/timer.h"
#include "view.h"

#define SGI_TO_LIST(list, sgi) ((uint64_t)(sgi) << 24 | (list))

static void delivery_send(uint64_t request)
{
	system_dsb();
	system_write(ICC_SGI1R_EL1, request);
	system_isb();
}

static void delivery_enable_sgis(unsigned cpu)
{
	uint64_t sgi = GICR_SGI(cpu);

	for (unsigned at = 0; at < GIC_SGIS; at += 4)
		mmio_write32(sgi + GIC_IPRIORITYR + at, 0x01010101u * VIEW_PRIORITY);
	mmio_write32(sgi + GIC_ISENABLER, 0xffff);
	gic_sync();
}

static void delivery_check_self(unsigned sgi)
{
	view_clear();
	gic_send_sgi(0, sgi);
	if (!check_equal(view_take(0, sgi), 1, "SGI to this CPU arrives once"))
		print("gic: SGI %u\n", sgi);
	view_clear();
	mmio_write32(GICR_SGI(0) + GIC_ISPENDR, 1u << sgi);
	if (!check_equal(
		    view_take(0, sgi), 1, "SGI pended in this CPU's redistributor arrives once"))
		print("gic: SGI %u\n", sgi);
}

static void delivery_check_other(unsigned sgi)
{
	view_clear();
	gic_send_sgi(1, sgi);
	check_equal(view_take(1, sgi), 1, "SGI to the second CPU arrives once");
	check_equal(view_take_none(0, sgi), 0, "SGI to the second CPU does not come here");
	view_clear();
	delivery_send(GIC_SGI_OTHERS(sgi));
	check_equal(view_take(1, sgi), 1, "SGI to all others arrives at the second CPU");
	check_equal(view_take_none(0, sgi), 0, "SGI to all others does not come here");
	view_clear();
	delivery_send(SGI_TO_LIST(3, sgi));
	check_equal(view_take(0, sgi), 1, "SGI to both CPUs arrives here");
	check_equal(view_take(1, sgi), 1, "SGI to both CPUs arrives there");
	view_clear();
	mmio_write32(GICR_SGI(1) + GIC_ISPENDR, 1u << sgi);
	check_equal(view_take(1, sgi), 1, "SGI pended in the second CPU's redistributor arrives");
}

/* Nobody of ours is there: nothing may come, to us or to anyone else. */
static void delivery_check_foreign(void)
{
	static const uint64_t requests[] = {
		SGI_TO_LIST(0xfffc, 1),         /* Aff0 2 to 15 */
		SGI_TO_LIST(0, 1),              /* nobody */
		SGI_TO_LIST(1, 1) | 1ull << 16, /* Aff1 1 */
		SGI_TO_LIST(1, 1) | 1ull << 32, /* Aff2 1 */
		SGI_TO_LIST(1, 1) | 1ull << 48, /* Aff3 1 */
	};

	view_clear();
	for (unsigned i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		delivery_send(requests[i]);
	check_equal(view_take_none(0, 1), 0, "SGI to a CPU that is not ours does not come here");
	check_equal(view_taken[1][1], 0, "SGI to a CPU that is not ours does not come there");
}

/* Requests for Group 0 and for the other security state do not raise a Group 1 interrupt. */
static void delivery_check_other_groups(void)
{
	view_clear();
	system_write(ICC_SGI0R_EL1, SGI_TO_LIST(1, 2));
	system_write(ICC_ASGI1R_EL1, SGI_TO_LIST(0, 2));
	system_isb();
	check_equal(view_take_none(0, 2), 0, "ICC_SGI0R_EL1 does not raise a Group 1 interrupt");
}

static void delivery_check_disabled_sgi(void)
{
	view_clear();
	mmio_write32(GICR_SGI(0) + GIC_ICENABLER, 1u << 3);
	gic_sync();
	gic_send_sgi(0, 3);
	check_equal(view_take_none(0, 3), 0, "SGI that is off is not taken");
	check(gic_bit(GIC_ISPENDR, 3), "SGI that is off is pending");
	gic_send_sgi(0, 3);
	mmio_write32(GICR_SGI(0) + GIC_ISENABLER, 1u << 3);
	check_equal(
		view_take(0, 3), 1, "two requests of one SGI become one interrupt when it is on");
	check_equal(view_take_none(0, 3), 1, "and no second one");
}

void view_check_sgis(void)
{
	delivery_enable_sgis(0);
	for (unsigned sgi = 0; sgi < GIC_SGIS; sgi++)
		delivery_check_self(sgi);
	delivery_check_disabled_sgi();
	delivery_check_other_groups();
	if (!view_has_second())
		return;
	delivery_enable_sgis(1);
	for (unsigned sgi = 0; sgi < GIC_SGIS; sgi++)
		delivery_check_other(sgi);
	delivery_check_foreign();
}

/* Between acknowledge and end: active, and with the source still high, pending as well. */
static void delivery_in_timer(unsigned irq)
{
	check(gic_bit(GIC_ISACTIVER, irq), "the timer's interrupt is active in its handler");
	check(gic_bit(GIC_ISPENDR, irq), "the timer's interrupt pends while the timer is high");
	if (view_taken[0][irq] == 2)
		timer_disarm();
}

/* A level that went low again before the CPU took it leaves nothing behind (IHI 0069 4.1.2). */
static void delivery_check_timer_gone(unsigned irq)
{
	view_clear();
	timer_arm(0);
	check(gic_bit(GIC_ISPENDR, irq), "the timer pends while the CPU masks it");
	timer_disarm();
	check(!gic_bit(GIC_ISPENDR, irq), "the timer does not pend any more when it went low");
	check_equal(view_take_none(0, irq), 0, "the timer is not taken when it went low before");
}

void view_check_timer(void)
{
	unsigned irq = BOARD_TIMER_IRQ;

	view_clear();
	gic_set_priority(irq, VIEW_PRIORITY);
	timer_arm(0);
	check(gic_bit(GIC_ISPENDR, irq), "the timer pends while it is off at the controller");
	gic_write_bit(GIC_ICPENDR, irq);
	check(gic_bit(GIC_ISPENDR, irq), "clear-pending does not clear a level that is high");
	check_equal(view_take_none(0, irq), 0, "the timer is not taken while it is off");
	view_hook = delivery_in_timer;
	gic_write_bit(GIC_ISENABLER, irq);
	gic_sync();
	check_equal(view_take(0, irq) >= 1, 1, "the timer is taken when it is on");
	check_equal(
		view_take_none(0, irq), 2, "the timer comes again after its end, as it was high");
	view_hook = 0;
	check(!gic_bit(GIC_ISPENDR, irq), "the timer does not pend when it is low");
	check(!gic_bit(GIC_ISACTIVER, irq), "the timer is not active after its end");
	delivery_check_timer_gone(irq);
	gic_write_bit(GIC_ICENABLER, irq);
	timer_disarm();
}

static void delivery_spi_set_edge(unsigned irq, bool edge)
{
	uint64_t word = BOARD_GICD_BASE + GIC_ICFGR + irq / 16 * 4;
	uint32_t bit = 2u << irq % 16 * 2;

	mmio_write32(word, edge ? mmio_read32(word) | bit : mmio_read32(word) & ~bit);
}

static void delivery_in_spi(unsigned irq)
{
	check(gic_bit(GIC_ISACTIVER, irq), "the SPI is active in its handler");
	check(!gic_bit(GIC_ISPENDR, irq), "the SPI does not pend in its handler");
}

static void delivery_check_spi_to(unsigned irq, unsigned cpu, const char *what)
{
	view_clear();
	mmio_write64(GICD_IROUTER(irq), cpu);
	gic_write_bit(GIC_ISPENDR, irq);
	check_equal(view_take(cpu, irq), 1, what);
}

static void delivery_check_spi_edge(unsigned irq)
{
	gic_write_bit(GIC_ISENABLER, irq);
	gic_sync();
	view_hook = delivery_in_spi;
	delivery_check_spi_to(irq, 0, "an SPI pended by software arrives here once");
	view_hook = 0;
	check(!gic_bit(GIC_ISACTIVER, irq) && !gic_bit(GIC_ISPENDR, irq), "the SPI is over");
	check_equal(view_take_none(0, irq), 1, "the SPI does not come again");
	if (view_has_second()) {
		delivery_check_spi_to(irq, 1, "an SPI arrives at the second CPU once");
		delivery_check_spi_to(irq, 0, "an SPI arrives here again");
	}
}

static void delivery_check_spi_off(unsigned irq)
{
	view_clear();
	gic_write_bit(GIC_ICENABLER, irq);
	gic_sync();
	gic_write_bit(GIC_ISPENDR, irq);
	check_equal(view_take_none(0, irq), 0, "an SPI that is off is not taken");
	gic_write_bit(GIC_ICPENDR, irq);
	gic_write_bit(GIC_ISENABLER, irq);
	gic_sync();
	check_equal(
		view_take_none(0, irq), 0, "an SPI whose pending state was cleared is not taken");
	gic_write_bit(GIC_ISACTIVER, irq);
	gic_write_bit(GIC_ISPENDR, irq);
	check_equal(view_take_none(0, irq), 0, "an SPI that is active already is not taken");
	gic_write_bit(GIC_ICACTIVER, irq);
	check_equal(view_take(0, irq), 1, "an SPI is taken once it is not active any more");
}

void view_check_spi(void)
{
	unsigned irq = view_own_spi();

	mmio_write32(gic_bank(GIC_IGROUPR, irq), 1u << irq % 32);
	gic_set_priority(irq, VIEW_PRIORITY);
	mmio_write64(GICD_IROUTER(irq), 0);
	delivery_spi_set_edge(irq, true);
	delivery_check_spi_edge(irq);
	delivery_check_spi_off(irq);
	delivery_spi_set_edge(irq, false);
	delivery_check_spi_edge(irq);
	gic_write_bit(GIC_ICENABLER, irq);
}

/* Both pend before either can be taken: the more urgent one is first, whatever its number. */
static void delivery_check_pair(unsigned first, unsigned second)
{
	gic_set_priority(first, 0x80);
	gic_set_priority(second, 0xc0);
	view_clear();
	gic_send_sgi(0, second);
	gic_send_sgi(0, first);
	check_equal(view_take(0, second), 1, "the less urgent of two SGIs arrives");
	check_equal(view_order[0], first, "the more urgent of two SGIs is first");
	check_equal(view_order_count, 2, "two SGIs are two interrupts");
}

/* More at a time than any virtual interface can hold; each must arrive once, by priority. */
static void delivery_check_many_pending(void)
{
	view_clear();
	for (unsigned sgi = 0; sgi < GIC_SGIS; sgi++)
		gic_set_priority(sgi, (uint8_t)(0xf0 - 0x10 * (sgi % 8)));
	for (unsigned sgi = 0; sgi < GIC_SGIS; sgi++)
		gic_send_sgi(0, sgi);
	view_take(0, 0);
	view_take(0, 8);
	for (unsigned sgi = 0; sgi < GIC_SGIS; sgi++)
		check_equal(view_taken[0][sgi], 1, "one of 16 SGIs pending at a time arrives once");
	for (unsigned i = 0; i < 8; i++)
		check_equal(view_order[i] % 8, 7 - i / 2, "16 SGIs arrive by their priority");
}

/* What software made active keeps itself back, and nothing else. */
static void delivery_check_many_active(void)
{
	view_clear();
	mmio_write32(GICR_SGI(0) + GIC_ISACTIVER, 0xff);
	check_bits(mmio_read32(GICR_SGI(0) + GIC_ISACTIVER), 0xffff, 0xff, "eight SGIs are active");
	gic_send_sgi(0, 9);
	check_equal(view_take(0, 9), 1, "an SGI arrives while eight others are active");
	gic_send_sgi(0, 3);
	check_equal(view_take_none(0, 3), 0, "an SGI that is active does not arrive");
	mmio_write32(GICR_SGI(0) + GIC_ICACTIVER, 0xff);
	check_equal(view_take(0, 3), 1, "an SGI arrives once it is not active any more");
	check_bits(mmio_read32(GICR_SGI(0) + GIC_ISACTIVER), 0xffff, 0, "no SGI is active");
}

void view_check_order(void)
{
	delivery_check_many_pending();
	delivery_enable_sgis(0);
	delivery_check_many_active();
	delivery_check_pair(4, 9);
	delivery_check_pair(9, 4);
	delivery_enable_sgis(0);
}
