/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The physical GICv3. Where the board leaves Group 0 to the hypervisor (one security state), its
 * own interrupts are in Group 0 and come as FIQ, everything of the guests is in Group 1. Else all
 * is Group 1 and comes to the hypervisor first.
 */
#include "arch/aarch64/gic.h"

#include "abi/plan.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/sharing.h"
#include "arch/include/arch_cpu.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/console.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "lib/lock.h"

/* Guards registers that hold fields of several interrupts (GICD_ICFGR). */
static struct lock intc_lock;

static void *sgi_page(const struct cpu *cpu)
{
	return (char *)cpu->plan->intc + PLAN_PAGE_SIZE;
}

static void wait_distributor(void)
{
	while (mmio_read32(hyp_plan->intc, GICD_CTLR) & GICD_CTLR_RWP)
		lock_relax();
}

static void wait_redistributor(const struct cpu *cpu)
{
	while (mmio_read32(cpu->plan->intc, GICR_CTLR) & GICR_CTLR_RWP)
		lock_relax();
}

bool gic_is_own(uint32_t id)
{
	return id == GIC_PPI_KICK || id == GIC_PPI_MAINTENANCE ||
	       (id == hyp_plan->console_irq && id != 0);
}

/* GICR_TYPER.Affinity_Value, 12.11.38: Aff3 stands beside the others, not as in MPIDR_EL1. */
static bool is_redistributor_of(const struct plan_cpu *cpu)
{
	const uint64_t affinity = mmio_read64(cpu->intc, GICR_TYPER) >> 32;

	return (affinity & 0xffffff) == (cpu->hw_id & 0xffffff) &&
	       affinity >> 24 == cpu->hw_id >> 32;
}

/* IHI 0069 12.9.4: the control register changes while both groups are off, then RWP is awaited. */
void arch_irq_init(void)
{
	void *gicd = hyp_plan->intc;

	mmio_write32(gicd, GICD_CTLR, GICD_CTLR_ARE); /* never back to 0 once firmware has set it */
	wait_distributor();
	REQUIRE(!hyp_plan->own_group || (mmio_read32(gicd, GICD_CTLR) & GICD_CTLR_DS),
		"this board's firmware keeps interrupt Group 0: say 'group0: firmware' in "
		"board.yaml");
	for (unsigned i = 0; i < hyp_plan->cpu_count; i++)
		REQUIRE(is_redistributor_of(&hyp_plan->cpus[i]),
			"the redistributors lie elsewhere; a GICv4's are 256 KiB apart: say "
			"'redistributor-stride: 256K' in board.yaml");
	for (uint32_t id = GIC_PRIVATE_IRQS; id < hyp_plan->irq_limit; id += 32) {
		mmio_write32(gicd, GICD_ICENABLER + id / 8, ~0u);
		mmio_write32(gicd, GICD_ICPENDR + id / 8, ~0u);
		mmio_write32(gicd, GICD_ICACTIVER + id / 8, ~0u);
		mmio_write32(gicd, GICD_IGROUPR + id / 8, ~0u);
		if (hyp_plan->own_group)
			mmio_write32(gicd, GICD_IGRPMODR + id / 8, 0);
	}
	for (uint32_t id = GIC_PRIVATE_IRQS; id < hyp_plan->irq_limit; id += 4)
		mmio_write32(gicd, GICD_IPRIORITYR + id, GIC_PRIORITY_GUEST * 0x01010101u);
	wait_distributor();
	mmio_write32(gicd, GICD_CTLR,
		GICD_CTLR_ARE | GICD_CTLR_GROUP1 | (hyp_plan->own_group ? GICD_CTLR_GROUP0 : 0));
	wait_distributor();
}

static void init_redistributor(const struct cpu *cpu)
{
	const uint32_t own = 1u << GIC_PPI_KICK | 1u << GIC_PPI_MAINTENANCE;
	void *sgis = sgi_page(cpu), *rd = cpu->plan->intc;

	mmio_write32(rd, GICR_WAKER, mmio_read32(rd, GICR_WAKER) & ~(uint32_t)GICR_WAKER_SLEEP);
	while (mmio_read32(rd, GICR_WAKER) & GICR_WAKER_CHILDREN_SLEEP)
		lock_relax();
	mmio_write32(sgis, GICD_ICENABLER, ~0u);
	wait_redistributor(cpu);
	mmio_write32(sgis, GICD_ICPENDR, ~0u);
	mmio_write32(sgis, GICD_ICACTIVER, ~0u);
	mmio_write32(sgis, GICD_IGROUPR, hyp_plan->own_group ? ~own : ~0u);
	for (uint32_t id = 0; id < GIC_PRIVATE_IRQS; id += 4)
		mmio_write32(sgis, GICD_IPRIORITYR + id, GIC_PRIORITY_GUEST * 0x01010101u);
	gic_set_priority(cpu, GIC_PPI_KICK, GIC_PRIORITY_OWN);
	gic_set_priority(cpu, GIC_PPI_MAINTENANCE, GIC_PRIORITY_OWN);
	mmio_write32(sgis, GICD_ISENABLER, own);
}

void gic_mask_guests(void)
{
	sysreg_write(ICC_PMR_EL1, hyp_plan->own_group ? GIC_MASK_GUESTS : GIC_MASK_NONE);
}

/* The CPU interface. The guest's ICC_SRE_EL1 traps (Enable = 0), so that it cannot be cleared. */
static void init_interface(void)
{
	sysreg_write(ICC_SRE_EL2, ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB);
	isb();
	sysreg_write(ICC_SRE_EL1, ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB);
	isb();
	/* What stands behind the two interrupts that are ours is off, whatever a boot loader did.
	 */
	sysreg_write(cnthp_ctl_el2, 0);
	sysreg_write(ICH_HCR_EL2, 0);
	sysreg_write(ICH_VMCR_EL2, 0);
	gic_mask_guests();
	sysreg_write(ICC_BPR0_EL1, 0);
	sysreg_write(ICC_BPR1_EL1, 0);
	if (hyp_plan->own_group)
		sysreg_write(ICC_IGRPEN0_EL1, 1);
	else
		sysreg_write(ICC_IGRPEN1_EL1, 1);
	isb();
}

void gic_cpu_init(const struct cpu *cpu)
{
	init_redistributor(cpu);
	init_interface();
	if (cpu_is_shared(cpu))
		irq_shared_init(cpu);
}

static void *bank(const struct cpu *cpu, uint32_t id)
{
	return id < GIC_PRIVATE_IRQS ? sgi_page(cpu) : hyp_plan->intc;
}

void gic_set_priority(const struct cpu *cpu, uint32_t id, uint8_t priority)
{
	mmio_write8(bank(cpu, id), GICD_IPRIORITYR + id, priority);
}

void gic_set_edge(uint32_t id, bool edge)
{
	const uint32_t offset = GICD_ICFGR + id / 16 * 4, bit = 2u << id % 16 * 2;
	uint32_t word;

	lock_take(&intc_lock);
	word = mmio_read32(hyp_plan->intc, offset);
	mmio_write32(hyp_plan->intc, offset, edge ? word | bit : word & ~bit);
	lock_release(&intc_lock);
}

void gic_route(uint32_t id, const struct cpu *cpu)
{
	mmio_write64(hyp_plan->intc, GICD_IROUTER + 8ull * id, cpu->plan->hw_id);
}

void gic_quiesce(const struct cpu *cpu, uint32_t id)
{
	const uint32_t word = id / 32, bit = 1u << id % 32;

	gic_write_word(cpu, word, GICD_ICENABLER, bit);
	if (id < GIC_PRIVATE_IRQS)
		wait_redistributor(cpu);
	else
		wait_distributor();
	gic_write_word(cpu, word, GICD_ICPENDR, bit);
	gic_write_word(cpu, word, GICD_ICACTIVER, bit);
}

void gic_set_private(const struct cpu *cpu, uint32_t on)
{
	gic_write_word(cpu, 0, GICD_ICENABLER, GIC_PPI_TIMERS & ~on);
	wait_redistributor(cpu); /* the next vCPU does not see what the last one enabled */
	gic_write_word(cpu, 0, GICD_ISENABLER, on);
}

void gic_handle_own(const struct cpu *cpu, uint32_t id)
{
	if (id == hyp_plan->console_irq && id != 0)
		console_input();
	(void)cpu;
}

/* The level-sensitive kick needs no source: its pending state was written (GICR_ISPENDR0). */
void arch_irq_kick(const struct cpu *cpu)
{
	dsb(ishst); /* what the other CPU shall see, before the interrupt */
	mmio_write32(sgi_page(cpu), GICD_ISPENDR, 1u << GIC_PPI_KICK);
}

void arch_irq_route_own(uint32_t irq, const struct cpu *cpu)
{
	if (hyp_plan->own_group) {
		uint32_t offset = GICD_IGROUPR + irq / 32 * 4;

		lock_take(&intc_lock);
		mmio_write32(hyp_plan->intc, offset,
			mmio_read32(hyp_plan->intc, offset) & ~(1u << irq % 32));
		lock_release(&intc_lock);
	}
	gic_set_priority(cpu, irq, GIC_PRIORITY_OWN);
	gic_route(irq, cpu);
	gic_write_word(cpu, irq / 32, GICD_ISENABLER, 1u << irq % 32);
}
