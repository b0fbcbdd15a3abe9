/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU's state after reset, its VM's second stage, and the windows for restoring memory.
 */
#include "arch/include/arch_vcpu.h"

#include "abi/plan.h"
#include "arch/aarch64/exit.h"
#include "arch/aarch64/layout.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/sharing.h"
#include "arch/aarch64/upcall.h"
#include "arch/aarch64/vgic.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "lib/string.h"

/* RES1 bits of ARMv8.0: MMU and caches off, little-endian. */
#define SCTLR_EL1_RESET 0x30d00800ull

/* D13.1: what a guest may count on after a reset, and what another one may have left behind. */
static void reset_el1(void)
{
	sysreg_write(sctlr_el1, SCTLR_EL1_RESET);
	isb(); /* the MMU is off before anything else changes */
	sysreg_write(cpacr_el1, 0);
	sysreg_write(ttbr0_el1, 0);
	sysreg_write(ttbr1_el1, 0);
	sysreg_write(tcr_el1, 0);
	sysreg_write(mair_el1, 0);
	sysreg_write(amair_el1, 0);
	sysreg_write(vbar_el1, 0);
	sysreg_write(contextidr_el1, 0);
	sysreg_write(tpidr_el0, 0);
	sysreg_write(tpidrro_el0, 0);
	sysreg_write(tpidr_el1, 0);
	sysreg_write(sp_el0, 0);
	sysreg_write(sp_el1, 0);
	sysreg_write(elr_el1, 0);
	sysreg_write(spsr_el1, 0);
	sysreg_write(esr_el1, 0);
	sysreg_write(far_el1, 0);
	sysreg_write(par_el1, 0);
	sysreg_write(csselr_el1, 0);
	sysreg_write(mdscr_el1, 0);
	sysreg_write(cntkctl_el1, 0);
	sysreg_write(cntv_ctl_el0, 0);
	sysreg_write(cntp_ctl_el0, 0);
	sysreg_write(cntv_cval_el0, 0);
	sysreg_write(cntp_cval_el0, 0);
}

/* D13.3: counters off, and no overflow interrupt of an earlier life. */
static void reset_performance_monitors(void)
{
	const uint64_t version = bits_get(sysreg_read(id_aa64dfr0_el1), 8, 4);

	if (version == 0 || version == 15)
		return;
	sysreg_write(pmcr_el0, 0);
	sysreg_write(pmcntenclr_el0, 0xffffffff);
	sysreg_write(pmintenclr_el1, 0xffffffff);
	sysreg_write(pmovsclr_el0, 0xffffffff);
	sysreg_write(pmuserenr_el0, 0);
}

static void load_stage2(const struct vcpu *vcpu)
{
	const struct plan_vm *plan = vcpu->vm->plan;

	sysreg_write(vtcr_el2, plan->stage2_control);
	sysreg_write(vttbr_el2, (uint64_t)(plan->id + 1u) << 48 | plan->stage2_root_pa);
	isb();
	/* Nothing of an earlier use of this VMID stays on this CPU (D8.13). */
	__asm__ volatile("tlbi vmalls12e1\n\tic iallu\n\tdsb nsh\n\tisb" ::: "memory");
}

void arch_vcpu_start(struct vcpu *vcpu, uint64_t pc, uint64_t argument)
{
	load_stage2(vcpu); /* before HCR_EL2.VM lets a speculative walk use it */
	reset_el1();
	sysreg_init_traps(vcpu);
	reset_performance_monitors();
	if (vcpu_is_shared(vcpu))
		context_shared_start(vcpu);
	else
		vgic_cpu_start(vcpu);
	memset(vcpu->arch.x, 0, sizeof(vcpu->arch.x));
	vcpu->arch.x[0] = argument;
	sysreg_write(elr_el2, pc);
	sysreg_write(spsr_el2, PSTATE_EL1H | PSTATE_DAIF);
	isb();
	if (vm_has_upcalls(vcpu->vm))
		upcall_start(vcpu);
}

void arch_vcpu_park(struct vcpu *vcpu)
{
	if (vcpu_is_shared(vcpu)) {
		context_shared_park(vcpu);
		return;
	}
	sysreg_write(cntv_ctl_el0, 0);
	sysreg_write(cntp_ctl_el0, 0);
	isb();
	vgic_cpu_park(vcpu);
}

uint64_t arch_vcpu_pc(const struct vcpu *vcpu)
{
	(void)vcpu; /* the running vCPU's is still in its register */
	return sysreg_read(elr_el2);
}

/*
 * The root's entries lose their valid bit. Break-before-make is kept (D8.14): nothing valid follows
 * until every vCPU of the VM is out. The invalidation reaches all CPUs for this VMID.
 */
static void set_root_valid(struct vm *vm, uint64_t valid)
{
	volatile uint64_t *root = vm->plan->stage2_root;
	const uint64_t vttbr = sysreg_read(vttbr_el2);

	dsb(ish); /* who faults because of this sees why: the VM's state was written before */
	for (uint32_t i = 0; i < vm->plan->stage2_root_entries; i++) {
		if (root[i] & ~DESC_VALID)
			root[i] = (root[i] & ~DESC_VALID) | valid;
	}
	dsb(ishst);
	sysreg_write(vttbr_el2, (uint64_t)(vm->plan->id + 1u) << 48 | vm->plan->stage2_root_pa);
	isb();
	__asm__ volatile("tlbi vmalls12e1is\n\tdsb ish\n\tisb" ::: "memory");
	sysreg_write(vttbr_el2, vttbr);
	isb();
}

void arch_vm_cut(struct vm *vm)
{
	set_root_valid(vm, 0);
}

void arch_vm_join(struct vm *vm)
{
	set_root_valid(vm, DESC_VALID);
	/* Its instructions were written as data; arch_window_close cleaned them to memory. */
	__asm__ volatile("ic ialluis\n\tdsb ish\n\tisb" ::: "memory");
}

static unsigned window_slot(unsigned slot)
{
	return slot * (PLAN_WINDOW_PAGES / 2);
}

static uint64_t *window_entries(const struct cpu *cpu, unsigned slot)
{
	return cpu->plan->window_entries + window_slot(slot);
}

void *arch_window_open(struct cpu *cpu, unsigned slot, uint64_t pa, unsigned count)
{
	volatile uint64_t *entries = window_entries(cpu, slot);

	for (unsigned i = 0; i < count; i++)
		entries[i] = (pa + i * PLAN_PAGE_SIZE) | S1_XN | DESC_AF | DESC_ISH | S1_AP_RES1 |
			     S1_ATTR(HYP_ATTR_NORMAL) | DESC_TABLE | DESC_VALID;
	dsb(ishst);
	isb();
	return (char *)cpu->plan->window + window_slot(slot) * PLAN_PAGE_SIZE;
}

void arch_window_close(
	struct cpu *cpu, unsigned slot, unsigned count, const char *written, size_t bytes)
{
	volatile uint64_t *entries = window_entries(cpu, slot);
	char *window = (char *)cpu->plan->window + window_slot(slot) * PLAN_PAGE_SIZE;
	const uint64_t line = 4ull << bits_get(sysreg_read(ctr_el0), 16, 4);

	/* The guest starts without caches: clean to the point of coherency (B2.7, D7.5). */
	for (const char *at = written; at < written + bytes; at += line)
		__asm__ volatile("dc civac, %0" ::"r"(at) : "memory");
	dsb(ish);
	for (unsigned i = 0; i < count; i++)
		entries[i] = 0;
	dsb(ishst);
	for (unsigned i = 0; i < count; i++)
		__asm__ volatile(
			"tlbi vae2is, %0" ::"r"((uint64_t)(uintptr_t)window / PLAN_PAGE_SIZE + i)
			: "memory");
	dsb(ish);
	isb();
}

/*
 * A CPU uses its own window alone. Another one's TLB may hold an entry of it that a speculative
 * walk brought in, but no access of that CPU ever uses it; so invalidation need not be broadcast
 * (D8.13), and break-before-make (D8.14) concerns this CPU only.
 */
static ALWAYS_INLINE void drop_page(volatile uint64_t *entry, const char *page)
{
	*entry = 0;
	dsb(nshst);
	__asm__ volatile("tlbi vae2, %0" ::"r"((uint64_t)(uintptr_t)page / PLAN_PAGE_SIZE)
			 : "memory");
}

void *arch_window_page(struct cpu *cpu, unsigned index, uint64_t pa)
{
	volatile uint64_t *entry = cpu->plan->window_entries + index;
	char *page = (char *)cpu->plan->window + index * PLAN_PAGE_SIZE;

	if (*entry) {
		drop_page(entry, page);
		dsb(nsh);
	}
	*entry = pa | S1_XN | DESC_AF | DESC_ISH | S1_AP_RES1 | S1_ATTR(HYP_ATTR_NORMAL) |
		 DESC_TABLE | DESC_VALID;
	dsb(nshst);
	isb();
	return page;
}

void arch_window_drop(struct cpu *cpu, unsigned index, unsigned count)
{
	volatile uint64_t *entry = cpu->plan->window_entries + index, *const end = entry + count;
	const char *page = (const char *)cpu->plan->window + index * PLAN_PAGE_SIZE;

	for (; entry != end; entry++, page += PLAN_PAGE_SIZE) {
		if (*entry)
			drop_page(entry, page);
	}
	dsb(nsh);
	isb();
}
