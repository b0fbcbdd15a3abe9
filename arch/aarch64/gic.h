/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The physical GICv3 (IHI 0069): registers that only the hypervisor touches.
 */
#ifndef AARCH64_GIC_H
#define AARCH64_GIC_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/plan.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"

#define GIC_SGIS         16u
#define GIC_PRIVATE_IRQS 32u
#define GIC_SPI_LIMIT    1020u /* INTIDs from here on are special */

/* The hypervisor's own private interrupts; both have a timer or interface behind them that is off.
 */
#define GIC_PPI_MAINTENANCE 25u
#define GIC_PPI_KICK        26u

/*
 * Interrupts of a guest's CPU: EL1 virtual and physical timer, performance monitors, which guests
 * on shared CPUs do not have.
 */
#define GIC_PPI_TIMERS (1u << 27 | 1u << 30)
#define GIC_PPI_GUEST  (GIC_PPI_TIMERS | 1u << 23)

/* Distributor. The private interrupts' registers lie at the same offsets of the SGI page. */
#define GICD_CTLR       0x0000
#define GICD_TYPER      0x0004
#define GICD_IIDR       0x0008
#define GICD_IGROUPR    0x0080
#define GICD_ISENABLER  0x0100
#define GICD_ICENABLER  0x0180
#define GICD_ISPENDR    0x0200
#define GICD_ICPENDR    0x0280
#define GICD_ISACTIVER  0x0300
#define GICD_ICACTIVER  0x0380
#define GICD_IPRIORITYR 0x0400
#define GICD_ITARGETSR  0x0800
#define GICD_ICFGR      0x0c00
#define GICD_IGRPMODR   0x0d00
#define GICD_IROUTER    0x6000
#define GICD_IDREGS     0xffd0
#define GICD_SIZE       0x10000

#define GICD_CTLR_GROUP0 BIT(0)
#define GICD_CTLR_GROUP1 BIT(1)
#define GICD_CTLR_ARE    BIT(4)
#define GICD_CTLR_DS     BIT(6)
#define GICD_CTLR_RWP    BIT(31)

/* Redistributor: RD frame. */
#define GICR_CTLR     0x0000
#define GICR_IIDR     0x0004
#define GICR_TYPER    0x0008
#define GICR_WAKER    0x0014
#define GICR_SGI_BASE 0x10000
#define GICR_SIZE     0x20000

#define GICR_CTLR_RWP             BIT(3)
#define GICR_WAKER_SLEEP          BIT(1)
#define GICR_WAKER_CHILDREN_SLEEP BIT(2)

/*
 * Priorities: everything of a guest is below (numerically above) the hypervisor's own. On shared
 * CPUs the interrupts of VMs with real-time vCPUs are above those of the others, and so are the
 * private ones, which are always the loaded vCPU's.
 */
#define GIC_PRIORITY_OWN       0x00u
#define GIC_PRIORITY_REAL_TIME 0x60u
#define GIC_PRIORITY_GUEST     0x80u
#define GIC_PRIORITY_LOWEST    0xf0u

/* Priority masks, where Group 0 is the hypervisor's. */
#define GIC_MASK_GUESTS 0x40u
#define GIC_MASK_NONE   0xffu

/* This CPU's redistributor and interface; arch_irq_init has prepared the distributor. */
void gic_cpu_init(const struct cpu *cpu);

/*
 * While this CPU has no guest, a guest's interrupts wait and do not wake it; but under firmware
 * with two security states they do wake it: whether ICC_PMR_EL1 is seen in the same range as the
 * priorities depends on SCR_EL3.FIQ there (IHI 0069 4.8.6), so no mask is right for all.
 */
void gic_mask_guests(void);

/* Word `word` of the bitmap registers from `offset` on; word 0 is that of the private ones of
 * `cpu`. */
static inline volatile uint32_t *gic_word(const struct cpu *cpu, uint32_t word, uint32_t offset)
{
	const char *base = word == 0 ? (char *)cpu->plan->intc + PLAN_PAGE_SIZE : hyp_plan->intc;

	return (volatile uint32_t *)(base + offset + word * 4);
}

static inline uint32_t gic_read_word(const struct cpu *cpu, uint32_t word, uint32_t offset)
{
	return *gic_word(cpu, word, offset);
}

/* A write of zeros changes nothing in these registers and is left out. */
static inline void gic_write_word(
	const struct cpu *cpu, uint32_t word, uint32_t offset, uint32_t bits)
{
	if (bits)
		*gic_word(cpu, word, offset) = bits;
}

void gic_set_priority(const struct cpu *cpu, uint32_t id, uint8_t priority);

/* Trigger mode of a shared interrupt. */
void gic_set_edge(uint32_t id, bool edge);

void gic_route(uint32_t id, const struct cpu *cpu);

/* Disables `id` and forgets that it was pending or active. */
void gic_quiesce(const struct cpu *cpu, uint32_t id);

/* Takes and ends one of the hypervisor's own interrupts, `id` as acknowledged. */
void gic_handle_own(const struct cpu *cpu, uint32_t id);

bool gic_is_own(uint32_t id);

/* On a shared CPU: of the guests' private interrupts (GIC_PPI_TIMERS) exactly `on` are enabled. */
void gic_set_private(const struct cpu *cpu, uint32_t on);

#endif
