/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arm GICv3 with affinity routing and system registers, one security state, all in Group 1.
 */
#include "guest/lib/aarch64/gic.h"

#include <stddef.h>

#include "guest/lib/aarch64/exception.h"
#include "guest/lib/aarch64/system.h"
#include "guest/lib/irq.h"
#include "guest/lib/smp.h"

#define GIC_DEFAULT_PRIORITY 0xa0

static irq_handler gic_handlers[BOARD_IRQ_LIMIT];

uint64_t gic_bank(unsigned bank, unsigned irq)
{
	uint64_t frame = irq < GIC_OWN_IRQS ? GICR_SGI(smp_cpu()) : BOARD_GICD_BASE;

	return frame + bank + irq / 32 * 4;
}

int gic_bit(unsigned bank, unsigned irq)
{
	return mmio_read32(gic_bank(bank, irq)) >> irq % 32 & 1;
}

void gic_write_bit(unsigned bank, unsigned irq)
{
	mmio_write32(gic_bank(bank, irq), 1u << irq % 32);
}

static uint64_t gic_priority_byte(unsigned irq)
{
	return (irq < GIC_OWN_IRQS ? GICR_SGI(smp_cpu()) : BOARD_GICD_BASE) + GIC_IPRIORITYR + irq;
}

void gic_set_priority(unsigned irq, uint8_t priority)
{
	mmio_write8(gic_priority_byte(irq), priority);
}

uint8_t gic_priority(unsigned irq)
{
	return mmio_read8(gic_priority_byte(irq));
}

void gic_sync(void)
{
	while (mmio_read32(GICD_CTLR) & GICD_CTLR_PENDING)
		__asm__ volatile("yield");
	while (mmio_read32(GICR_RD(smp_cpu()) + GICR_CTLR) & GICR_CTLR_PENDING)
		__asm__ volatile("yield");
}

void gic_send_sgi(unsigned cpu, unsigned sgi)
{
	system_dsb(); /* what was written before is seen by whom the interrupt wakes */
	system_write(ICC_SGI1R_EL1, GIC_SGI_TO(cpu, sgi));
	system_isb();
}

static void gic_end(unsigned irq)
{
	system_write(ICC_EOIR1_EL1, irq);
	system_isb();
}

__attribute__((noinline)) static void gic_call(unsigned irq, uint64_t arrival)
{
	gic_handlers[irq](irq, arrival);
	gic_end(irq);
}

/* An interrupt without a handler only wakes; that is a short path. */
static inline void gic_take(uint64_t arrival)
{
	unsigned irq = system_read(ICC_IAR1_EL1) & 0xffffff;

	if (irq >= GIC_IRQ_SPURIOUS)
		return;
	if (gic_handlers[irq])
		gic_call(irq, arrival);
	else
		gic_end(irq);
}

static void gic_handle_irq(struct exception_frame *frame)
{
	gic_take(frame->x[18]);
}

void irq_poll(void)
{
	gic_take(system_read(cntvct_el0)); /* as timer_now */
}

void irq_init_cpu(void)
{
	uint64_t rd = GICR_RD(smp_cpu()), sgi = GICR_SGI(smp_cpu());

	mmio_write32(rd + GICR_WAKER, mmio_read32(rd + GICR_WAKER) & ~GICR_WAKER_SLEEP);
	while (mmio_read32(rd + GICR_WAKER) & GICR_WAKER_ASLEEP)
		__asm__ volatile("yield");
	mmio_write32(sgi + GIC_ICENABLER, ~0u);
	gic_sync();
	mmio_write32(sgi + GIC_IGROUPR, ~0u);
	system_write(ICC_SRE_EL1, 7);
	system_isb();
	system_write(ICC_PMR_EL1, 0xff);
	system_write(ICC_CTLR_EL1, 0);
	system_write(ICC_IGRPEN1_EL1, 1);
	system_isb();
}

void irq_init(void)
{
	mmio_write32(GICD_CTLR, GICD_CTLR_ARE);
	gic_sync();
	mmio_write32(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GROUP1);
	gic_sync();
	exception_set_handler(EXCEPTION_IRQ, gic_handle_irq);
	irq_init_cpu();
}

void irq_set_handler(unsigned irq, irq_handler handler)
{
	gic_handlers[irq] = handler;
}

void irq_enable(unsigned irq)
{
	gic_set_priority(irq, GIC_DEFAULT_PRIORITY);
	if (irq >= GIC_OWN_IRQS) {
		mmio_write32(gic_bank(GIC_IGROUPR, irq),
			mmio_read32(gic_bank(GIC_IGROUPR, irq)) | 1u << irq % 32);
		mmio_write64(GICD_IROUTER(irq), smp_cpu());
	}
	gic_write_bit(GIC_ISENABLER, irq);
	gic_sync();
}

void irq_disable(unsigned irq)
{
	gic_write_bit(GIC_ICENABLER, irq);
	gic_sync();
}

void irq_unmask(void)
{
	__asm__ volatile("msr daifclr, #2" ::: "memory");
}

void irq_mask(void)
{
	__asm__ volatile("msr daifset, #2" ::: "memory");
}
