/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The physical PLIC, for boards without AIA: it interrupts HS-mode only. A source that belongs to a
 * guest is claimed here, given to the guest by hvip.VSEIP, and completed when the guest does so.
 */
#include "arch/riscv64/plic.h"

#include "abi/plan.h"
#include "arch/riscv64/firmware.h"
#include "arch/riscv64/irq.h"
#include "arch/riscv64/regs.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "lib/lock.h"

/* Guards the enable registers, which hold bits of the console's source and of a guest's. */
static struct lock intc_lock;

static uint64_t enable_word(const struct plan_cpu *cpu, uint32_t source)
{
	return PLIC_ENABLE + cpu->intc_index * PLIC_ENABLE_STRIDE + source / 32 * 4;
}

void plic_set_priority(uint32_t source, enum plic_priority priority)
{
	mmio_write32(hyp_plan->intc, PLIC_PRIORITY + 4 * source, priority);
}

void plic_set_enabled(const struct cpu *cpu, uint32_t source, bool enabled)
{
	const uint64_t offset = enable_word(cpu->plan, source);
	const uint32_t bit = 1u << source % 32;
	uint32_t word;

	lock_take(&intc_lock);
	word = mmio_read32(hyp_plan->intc, offset);
	mmio_write32(hyp_plan->intc, offset, enabled ? word | bit : word & ~bit);
	lock_release(&intc_lock);
}

void plic_complete(const struct cpu *cpu, uint32_t source)
{
	mmio_write32(cpu->plan->intc, PLIC_CLAIM, source);
}

static void init(void)
{
	for (uint32_t source = 1; source < hyp_plan->irq_limit; source++)
		plic_set_priority(source, PLIC_OFF);
	for (unsigned i = 0; i < hyp_plan->cpu_count; i++) {
		for (uint32_t source = 0; source < hyp_plan->irq_limit; source += 32)
			mmio_write32(hyp_plan->intc, enable_word(&hyp_plan->cpus[i], source), 0);
	}
}

static void cpu_init(struct cpu *cpu)
{
	mmio_write32(cpu->plan->intc, PLIC_THRESHOLD, 0);
}

/* There is no message to send: the firmware makes the other hart's SSIP pending. */
static void kick(const struct cpu *cpu)
{
	fence(rw, rw);
	firmware_call(SBI_IPI, 0, 1, cpu->plan->hw_id, 0);
}

static bool arrived(struct cpu *cpu, struct vcpu *vcpu)
{
	const uint32_t source = mmio_read32(cpu->plan->intc, PLIC_CLAIM);

	if (source == 0) /* another context was faster */
		return false;
	if (source == hyp_plan->console_irq) {
		irq_own_arrived(cpu, vcpu, source);
		plic_complete(cpu, source);
		return false;
	}
	return plic_guest_arrived(cpu, source);
}

static void route_own(uint32_t irq, const struct cpu *cpu)
{
	for (unsigned i = 0; i < hyp_plan->cpu_count; i++)
		plic_set_enabled(cpu_at(i), irq, cpu_at(i) == cpu);
	plic_set_priority(irq, PLIC_NORMAL);
}

const struct irq_controller irq_plic = {
	.init = init,
	.cpu_init = cpu_init,
	.kick = kick,
	.arrived = arrived,
	.route_own = route_own,
	.reset = plic_guest_reset,
	.vcpu_reset = plic_guest_vcpu_reset,
	.set_line = plic_guest_set_line,
	.read = plic_guest_read,
	.write = plic_guest_write,
	.update = plic_guest_update,
};
