/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest interrupt files on a shared CPU (AIA 1.0). A file that has something for its vCPU, which
 * does not run, raises SGEI if hgeie says so: which files may is arch_irq_filter's matter, and one
 * that did stays silent until its vCPU has run.
 *
 * A vCPU that may move has a file of the same number on each of its CPUs. Where its registers are
 * not loaded, its file only collects: every identity is enabled, and what arrives is taken out into
 * the vCPU's context, or sent on to the CPU that the vCPU went to. So nothing that was sent to an
 * old place is lost, and no other CPU is asked for anything. Devices are aimed at the new place;
 * what the VM's vCPUs send each other (IPIs) goes to the vCPU's first CPU for life, where stage 2
 * has its file: one that is elsewhere gets it from there, at the cost of an exit.
 */
#include "arch/riscv64/context_files.h"

#include "arch/riscv64/aia.h"
#include "arch/riscv64/aplic.h"
#include "arch/riscv64/context.h"
#include "arch/riscv64/guarded.h"
#include "arch/riscv64/irq.h"
#include "arch/riscv64/regs.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/shared.h"
#include "hyp/core/vm.h"

_Static_assert(2 * ARCH_FILE_REGISTERS == FILE_WORDS, "ARCH_FILE_REGISTERS");

/* How many registers of 64 identities a file has; the same on all harts. */
static unsigned register_count;

/* Of the selected file. Registers with XLEN 64 have even numbers. */
static uint64_t swap_register(unsigned select, uint64_t value)
{
	csr_write(CSR_VSISELECT, select);
	return csr_swap(CSR_VSIREG, value);
}

/*
 * Takes out what is pending in register `i` of the selected file. What comes between the two
 * accesses stays; one access for both need not be atomic against messages.
 */
static uint64_t take_pending(unsigned i)
{
	uint64_t pending;

	csr_write(CSR_VSISELECT, FILE_EIP0 + 2 * i);
	pending = csr_read(CSR_VSIREG);
	if (pending)
		csr_clear(CSR_VSIREG, pending);
	return pending;
}

/* What the vCPU that is loaded has of this hart, while another one's file is selected. */
struct selection {
	struct guarded trap;
	uint64_t vsiselect;
};

static struct selection select_file(unsigned file)
{
	const struct selection selection = {guarded_enter(), csr_read(CSR_VSISELECT)};

	aia_select_file(file);
	return selection;
}

static void select_back(const struct selection *selection)
{
	guarded_leave(&selection->trap);
	csr_write(CSR_VSISELECT, selection->vsiselect);
}

/* Identities that a file does not have are read-only zeros, or their register is not there. */
static unsigned count_registers(void)
{
	unsigned i = 0;

	while (i < ARCH_FILE_REGISTERS && guarded_vsireg(FILE_EIE0 + 2 * i, ~0ull) == 0 &&
		csr_read(CSR_VSIREG) != 0)
		i++;
	return i;
}

static void init_file(struct cpu *cpu, const struct plan_vcpu *plan)
{
	struct context_cpu *here = context_cpu(cpu);
	const struct selection selection = select_file(plan->guest_file);

	register_count = count_registers();
	aia_clear_file();
	select_back(&selection);
	here->through[IRQ_FILTER_NONE] |= BIT(plan->guest_file);
	if (vm_at(plan->vm)->arch.is_real_time)
		here->through[IRQ_FILTER_REAL_TIME] |= BIT(plan->guest_file);
	here->file_vcpu[plan->guest_file] = (uint8_t)(plan - hyp_plan->vcpus);
}

void files_cpu_init(struct cpu *cpu)
{
	struct context_cpu *here = context_cpu(cpu);

	for (unsigned i = 0; i < hyp_plan->vcpu_count; i++) {
		const struct plan_vcpu *plan = &hyp_plan->vcpus[i];

		if (plan->shared && plan->guest_file && (plan->affinity & BIT(cpu_index(cpu))))
			init_file(cpu, plan);
	}
	here->passing = here->untold = here->through[IRQ_FILTER_NONE];
	csr_write(CSR_SISELECT, FILE_EITHRESHOLD); /* from now on, for files_filter */
}

static bool is_signalled(const struct arch_context *context)
{
	if (!context->eidelivery)
		return false;
	for (unsigned i = 0; i < register_count; i++) {
		if (context->eip[i] & context->eie[i])
			return true;
	}
	return false;
}

/*
 * What came since the guest looked last would have ended its wait (WFI). All identities are enabled
 * before the pending ones are taken out: from then on, SGEI tells.
 */
void files_save(struct vcpu *vcpu)
{
	struct arch_context *context = context_of(vcpu);
	const uint64_t vsiselect = csr_read(CSR_VSISELECT);

	context->eidelivery = swap_register(FILE_EIDELIVERY, 1);
	context->eithreshold = swap_register(FILE_EITHRESHOLD, 0);
	for (unsigned i = 0; i < register_count; i++) {
		context->eie[i] = swap_register(FILE_EIE0 + 2 * i, ~0ull);
		context->eip[i] = take_pending(i);
	}
	csr_write(CSR_VSISELECT, vsiselect);
	if (is_signalled(context))
		shared_wake(vcpu);
}

void files_load(struct vcpu *vcpu)
{
	struct arch_context *context = context_of(vcpu);

	swap_register(FILE_EIDELIVERY, context->eidelivery);
	swap_register(FILE_EITHRESHOLD, context->eithreshold);
	for (unsigned i = 0; i < register_count; i++) {
		swap_register(FILE_EIE0 + 2 * i, context->eie[i]);
		if (context->eip[i]) {
			csr_write(CSR_VSISELECT, FILE_EIP0 + 2 * i);
			csr_set(CSR_VSIREG, context->eip[i]);
		}
	}
	csr_write(CSR_VSISELECT, context->vsiselect);
}

void files_park(struct vcpu *vcpu)
{
	const struct selection selection = select_file(vcpu->plan->guest_file);

	aia_clear_file();
	select_back(&selection);
}

void files_move(struct vcpu *vcpu, struct cpu *to)
{
	vcpu->arch.home = to;
	aia_guest_aim(vcpu);
}

/* Takes what is pending in the selected file; the caller holds vm->arch.lock. */
static void collect(const struct cpu *cpu, struct vcpu *vcpu)
{
	struct arch_context *context = context_of(vcpu);

	for (unsigned i = 0; i < register_count; i++) {
		uint64_t pending = take_pending(i);

		if (vcpu->arch.home == cpu) {
			context->eip[i] |= pending;
			continue;
		}
		for (; pending; pending &= pending - 1)
			aia_send(vcpu, 64 * i + bits_lowest(pending));
	}
}

static void mover_arrived(struct cpu *cpu, struct vcpu *vcpu)
{
	const struct selection selection = select_file(vcpu->plan->guest_file);
	bool is_here;

	lock_take(&vcpu->vm->arch.lock);
	collect(cpu, vcpu);
	is_here = vcpu->arch.home == cpu;
	lock_release(&vcpu->vm->arch.lock);
	select_back(&selection);
	if (is_here && is_signalled(context_of(vcpu)))
		shared_arrived(vcpu, 0, vcpu->vm->arch.has_fast);
}

static void one_arrived(struct cpu *cpu, unsigned file)
{
	struct context_cpu *here = context_cpu(cpu);
	struct vcpu *vcpu = vcpu_at(here->file_vcpu[file]);

	if (vcpu->plan->affinity & (vcpu->plan->affinity - 1)) {
		mover_arrived(cpu, vcpu);
		return;
	}
	here->untold &= ~BIT(file);
	csr_clear(CSR_HGEIE, BIT(file));
	shared_arrived(vcpu, 0, vcpu->vm->arch.has_fast);
}

void context_files_arrived(struct cpu *cpu)
{
	uint64_t files = csr_read(CSR_HGEIP) & csr_read(CSR_HGEIE);

	for (; files; files &= files - 1)
		one_arrived(cpu, bits_lowest(files));
}

bool files_pending(const struct vcpu *vcpu)
{
	return (csr_read(CSR_HGEIP) & context_of(vcpu)->file) || is_signalled(context_of(vcpu));
}
