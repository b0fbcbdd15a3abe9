/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of the Arm GICv3 (IHI 0069), for a guest that drives it itself; irq.h is the simple
 * way.
 */
#ifndef GUEST_LIB_AARCH64_GIC_H
#define GUEST_LIB_AARCH64_GIC_H

#include <stdint.h>

#include "guest/lib/aarch64/board.h"

#define GICD_CTLR         (BOARD_GICD_BASE + 0x0000)
#define GICD_TYPER        (BOARD_GICD_BASE + 0x0004)
#define GICD_IIDR         (BOARD_GICD_BASE + 0x0008)
#define GICD_TYPER2       (BOARD_GICD_BASE + 0x000c)
#define GICD_STATUSR      (BOARD_GICD_BASE + 0x0010)
#define GICD_IROUTER(irq) (BOARD_GICD_BASE + 0x6000 + 8 * (irq))
#define GICD_PIDR2        (BOARD_GICD_BASE + 0xffe8)
#define GICD_CTLR_GROUP0  (1u << 0)
#define GICD_CTLR_GROUP1  (1u << 1)
#define GICD_CTLR_ARE     (1u << 4)
#define GICD_CTLR_DS      (1u << 6)
#define GICD_CTLR_PENDING (1u << 31)
#define GICD_IROUTER_IRM  (1ull << 31)

#define GICR_RD(cpu)         (BOARD_GICR_BASE + BOARD_GICR_STRIDE * (uint64_t)(cpu))
#define GICR_SGI(cpu)        (GICR_RD(cpu) + 0x10000)
#define GICR_CTLR            0x0000
#define GICR_IIDR            0x0004
#define GICR_TYPER           0x0008
#define GICR_WAKER           0x0014
#define GICR_PIDR2           0xffe8
#define GICR_WAKER_SLEEP     (1u << 1) /* ProcessorSleep */
#define GICR_WAKER_ASLEEP    (1u << 2) /* ChildrenAsleep */
#define GICR_CTLR_PENDING    (1u << 31 | 1u << 3)
#define GICR_TYPER_LAST      (1u << 4)
#define GICR_TYPER_NUMBER(t) ((t) >> 8 & 0xffff)

/* Offsets of banks that the distributor has for shared interrupts, the SGI frame for a CPU's own.
 */
#define GIC_IGROUPR    0x0080
#define GIC_ISENABLER  0x0100
#define GIC_ICENABLER  0x0180
#define GIC_ISPENDR    0x0200
#define GIC_ICPENDR    0x0280
#define GIC_ISACTIVER  0x0300
#define GIC_ICACTIVER  0x0380
#define GIC_IPRIORITYR 0x0400
#define GIC_ICFGR      0x0c00
#define GIC_IGRPMODR   0x0d00

#define GIC_OWN_IRQS     32   /* SGIs and PPIs: below this, a CPU's own */
#define GIC_SGIS         16   /* SGIs: below this */
#define GIC_IRQ_SPURIOUS 1020 /* acknowledged: from here on, nothing */

/* ICC_SGI1R_EL1: to one CPU by its Aff0 (Aff3.Aff2.Aff1 = 0), or to all others. */
#define GIC_SGI_TO(cpu, sgi) ((uint64_t)(sgi) << 24 | 1ull << (cpu))
#define GIC_SGI_OTHERS(sgi)  ((uint64_t)(sgi) << 24 | 1ull << 40)

/*
 * The word of a bank with one bit per interrupt in which `irq` stands (its bit: irq % 32), as the
 * calling CPU sees it.
 */
uint64_t gic_bank(unsigned bank, unsigned irq);

/* True if `irq`'s bit in that bank is set. */
int gic_bit(unsigned bank, unsigned irq);

/* Writes a word with only `irq`'s bit set: sets or clears what the bank is for. */
void gic_write_bit(unsigned bank, unsigned irq);

/* Priority of an interrupt, 0 the most urgent. */
void gic_set_priority(unsigned irq, uint8_t priority);
uint8_t gic_priority(unsigned irq);

/* Waits until the distributor and the calling CPU's redistributor have carried out writes. */
void gic_sync(void);

/* Sends SGI `sgi`, 0 to 15, to the guest's CPU `cpu`. */
void gic_send_sgi(unsigned cpu, unsigned sgi);

#endif
