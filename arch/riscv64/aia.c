/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The physical AIA: each hart's supervisor-level interrupt file takes the hypervisor's own
 * interrupts, its guest files those of the guests, with no exit. The APLIC only turns wires into
 * messages. References are to the RISC-V Advanced Interrupt Architecture 1.0.
 */
#include "arch/riscv64/aia.h"
#include "abi/plan.h"
#include "arch/riscv64/aplic.h"
#include "arch/riscv64/guarded.h"
#include "arch/riscv64/irq.h"
#include "arch/riscv64/regs.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/vm.h"

void aia_set_source(uint32_t source, uint32_t mode)
{
	mmio_write32(hyp_plan->intc, APLIC_SOURCECFG + 4 * source, mode);
}

/* 4.5.1: the delivery mode may be read-only; where it is, the firmware chose the wrong one. */
static void init(void)
{
	void *aplic = hyp_plan->intc;

	mmio_write32(aplic, APLIC_DOMAINCFG, DOMAINCFG_DM);
	REQUIRE(mmio_read32(aplic, APLIC_DOMAINCFG) & DOMAINCFG_DM,
		"the board's APLIC sends no messages (domaincfg.DM)");
	for (uint32_t source = 1; source < hyp_plan->irq_limit; source++)
		aia_set_source(source, SOURCE_INACTIVE);
	mmio_write32(aplic, APLIC_DOMAINCFG, DOMAINCFG_IE | DOMAINCFG_DM);
}

/*
 * Registers of identities that a file does not have are read-only zeros or not there at all, and
 * then the first access that traps ends it.
 */
static void clear_file(int (*write)(uint64_t select, uint64_t value))
{
	write(FILE_EIDELIVERY, 0);
	write(FILE_EITHRESHOLD, 0);
	for (unsigned word = 0; word < FILE_WORDS; word += 2) {
		if (write(FILE_EIE0 + word, 0) || write(FILE_EIP0 + word, 0))
			break;
	}
}

static void cpu_init(struct cpu *cpu)
{
	(void)cpu;
	clear_file(guarded_sireg);
	REQUIRE(guarded_sireg(FILE_EIE0, BIT(AIA_EIID_KICK) | BIT(AIA_EIID_CONSOLE)) == 0 &&
			guarded_sireg(FILE_EIDELIVERY, 1) == 0,
		"a hart of the plan has no interrupt file (IMSIC)");
}

/* 3.5: a store of the identity to the file's first register. */
static void kick(const struct cpu *cpu)
{
	fence(rw, o); /* what the other CPU shall see, before the interrupt */
	mmio_write32(cpu->plan->intc, 0, AIA_EIID_KICK);
}

/* 3.10: a write to stopei claims what it reads: the identity in bits 26:16. None is a guest's. */
static bool arrived(struct cpu *cpu, struct vcpu *vcpu)
{
	const uint64_t top = csr_swap(CSR_STOPEI, 0);

	if (bits_get(top, 16, 11) == AIA_EIID_CONSOLE) {
		irq_own_arrived(cpu, vcpu, hyp_plan->console_irq);
		/* Of a level only the rise sends a message; this makes it look again (4.9.2). */
		mmio_write32(hyp_plan->intc, APLIC_SETIPNUM_LE, hyp_plan->console_irq);
	}
	return false;
}

static void route_own(uint32_t irq, const struct cpu *cpu)
{
	void *aplic = hyp_plan->intc;

	mmio_write32(aplic, APLIC_TARGET + 4 * irq,
		TARGET_HART(cpu->plan->intc_index) | AIA_EIID_CONSOLE);
	aia_set_source(irq, SOURCE_LEVEL1);
	mmio_write32(aplic, APLIC_SETIENUM, irq);
}

uint64_t aia_file(const struct vcpu *vcpu)
{
	const char *files = vcpu->arch.home->plan->intc;

	return (uint64_t)(files + vcpu->plan->guest_file * PLAN_PAGE_SIZE);
}

void aia_send(const struct vcpu *vcpu, uint32_t eiid)
{
	if (vcpu->plan->guest_file == 0)
		return; /* the first page is the hypervisor's own file */
	fence(rw, o);
	mmio_write32((void *)aia_file(vcpu), 0, eiid);
}

/* The files are this hart's own: hstatus.VGEIN selects one for vsireg and the guest. */
void aia_select_file(unsigned file)
{
	const uint64_t hstatus =
		(csr_read(CSR_HSTATUS) & ~HSTATUS_VGEIN(0x3f)) | HSTATUS_VGEIN(file);

	csr_write(CSR_HSTATUS, hstatus);
	REQUIRE(csr_read(CSR_HSTATUS) == hstatus,
		"a hart of this board has fewer guest interrupt files than the plan uses");
}

void aia_clear_file(void)
{
	clear_file(guarded_vsireg);
}

/* A task's vCPU has no file, and with that no external interrupts and no registers of a file. */
static void vcpu_reset(struct vcpu *vcpu)
{
	CHECK(vcpu->plan->guest_file != 0 || vcpu_is_shared(vcpu) || vm_has_upcalls(vcpu->vm));
	aia_select_file(vcpu->plan->guest_file);
	if (vcpu->plan->guest_file != 0)
		aia_clear_file();
	csr_write(CSR_VSISELECT, 0);
}

const struct irq_controller irq_aia = {
	.init = init,
	.cpu_init = cpu_init,
	.kick = kick,
	.arrived = arrived,
	.route_own = route_own,
	.reset = aia_guest_reset,
	.vcpu_reset = vcpu_reset,
	.set_line = aia_guest_set_line,
	.read = aia_guest_read,
	.write = aia_guest_write,
};
