/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU's state after reset, its VM's second stage, and the windows for restoring memory.
 */
#include "arch/include/arch_vcpu.h"

#include "abi/plan.h"
#include "arch/include/arch_cpu.h"
#include "arch/riscv64/context.h"
#include "arch/riscv64/exit.h"
#include "arch/riscv64/firmware.h"
#include "arch/riscv64/guarded.h"
#include "arch/riscv64/irq.h"
#include "arch/riscv64/layout.h"
#include "arch/riscv64/regs.h"
#include "arch/riscv64/start.h"
#include "arch/riscv64/upcall.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "lib/string.h"

/* A guest's own exceptions: all but its calls and what stage 2 or the hypervisor forbids. */
#define DELEGATED_EXCEPTIONS 0xb1ff
#define DELEGATED_INTERRUPTS (BIT(IRQ_VS_SOFT) | BIT(IRQ_VS_TIMER) | BIT(IRQ_VS_EXT))

#define COUNTERS 7 /* cycle, time, instret */

/* hstateen0 (Smstateen): all but what no guest is told of. AIA and its CSRs, envcfg, jvt, fcsr. */
#define HSTATEEN0_GUEST (BIT(63) | BIT(62) | BIT(60) | BIT(59) | BIT(58) | BIT(2) | BIT(1))

/* Whether this board's harts have a timer for guests (Sstc); the same for all of them. */
static bool has_guest_timer;

void vcpu_probe_features(void)
{
	REQUIRE(guarded_hgeie(0) == 0, "a hart of this board has no hypervisor extension");
	has_guest_timer = guarded_vstimecmp(ARCH_NEVER) == 0;
	guarded_hstateen0(HSTATEEN0_GUEST);
}

bool vcpu_has_timer(void)
{
	return has_guest_timer;
}

void vcpu_set_timer(struct vcpu *vcpu, uint64_t ticks)
{
	if (has_guest_timer) {
		csr_write(CSR_VSTIMECMP, ticks);
		return;
	}
	csr_clear(CSR_HVIP, BIT(IRQ_VS_TIMER));
	if (vcpu_is_shared(vcpu)) {
		context_set_timer(vcpu, ticks);
		return;
	}
	firmware_call(SBI_TIME, 0, ticks, 0, 0);
	csr_set(CSR_SIE, BIT(IRQ_S_TIMER));
}

void vcpu_timer_arrived(void)
{
	csr_clear(CSR_SIE, BIT(IRQ_S_TIMER));
	csr_set(CSR_HVIP, BIT(IRQ_VS_TIMER));
}

/* On a shared CPU the other timer is the scheduler's. */
static void stop_timer(const struct vcpu *vcpu)
{
	if (has_guest_timer)
		csr_write(CSR_VSTIMECMP, ARCH_NEVER);
	if (!vcpu_is_shared(vcpu))
		csr_clear(CSR_SIE, BIT(IRQ_S_TIMER));
}

/*
 * What a guest may do by itself. Only bits that this hypervisor knows are set: each unknown one
 * would be a feature with state of its own. CBO.INVAL of a guest flushes (priv, CBIE).
 */
void vcpu_set_controls(void)
{
	uint64_t envcfg =
		HENVCFG_PBMTE | HENVCFG_ADUE | HENVCFG_CBZE | HENVCFG_CBCFE | HENVCFG_CBIE_FLUSH;

	if (has_guest_timer)
		envcfg |= HENVCFG_STCE;
	csr_write(CSR_HENVCFG, envcfg);
	csr_write(CSR_HEDELEG, DELEGATED_EXCEPTIONS);
	csr_write(CSR_HIDELEG, DELEGATED_INTERRUPTS);
	csr_write(CSR_HCOUNTEREN, COUNTERS);
	csr_write(CSR_HTIMEDELTA, 0);
	csr_write(CSR_HIE, 0);
}

/* The guest's supervisor state after reset, and what has no copy of its own for it. */
static void reset_supervisor(void)
{
	csr_write(CSR_VSSTATUS, SSTATUS_UXL64);
	csr_write(CSR_VSIE, 0);
	csr_write(CSR_VSTVEC, 0);
	csr_write(CSR_VSSCRATCH, 0);
	csr_write(CSR_VSEPC, 0);
	csr_write(CSR_VSCAUSE, 0);
	csr_write(CSR_VSTVAL, 0);
	csr_write(CSR_VSATP, 0);
	csr_write(CSR_HVIP, 0);
	csr_write(CSR_SCOUNTEREN, COUNTERS); /* as firmware leaves it: kernels rely on that */
	csr_write(CSR_SENVCFG, 0);
	guarded_sstateen0(0);
}

static void load_stage2(const struct vcpu *vcpu)
{
	const struct plan_vm *plan = vcpu->vm->plan;
	const uint64_t hgatp =
		plan->stage2_control | HGATP_VMID(plan->id + 1u) | plan->stage2_root_pa >> 12;

	csr_write(CSR_HGATP, hgatp);
	REQUIRE(csr_read(CSR_HGATP) == hgatp,
		"a hart of this board cannot translate for a VM as the plan wants it (hgatp)");
	/* Nothing of an earlier use of this VMID stays on this hart, and no old instructions. */
	hfence_gvma_vmid(plan->id + 1u);
	hfence_vvma_all();
	fence_i();
}

/* FP and vector state are the guest's alone where the hart has one guest: the hypervisor has none.
 */
static void set_return_state(const struct vcpu *vcpu, uint64_t pc)
{
	const uint64_t traps = HSTATUS_VTSR | HSTATUS_VTW | HSTATUS_VTVM | HSTATUS_HU;
	uint64_t hstatus = (csr_read(CSR_HSTATUS) & ~traps) | HSTATUS_SPV | HSTATUS_SPVP;

	if (vcpu_is_shared(vcpu))
		hstatus |= HSTATUS_VTW;
	else
		csr_set(CSR_SSTATUS, SSTATUS_FS | SSTATUS_VS);
	csr_write(CSR_HSTATUS, hstatus);
	csr_clear(CSR_SSTATUS, SSTATUS_SPIE | SSTATUS_SUM | SSTATUS_MXR);
	csr_set(CSR_SSTATUS, SSTATUS_SPP);
	csr_write(CSR_SEPC, pc);
}

static void set_arguments(struct vcpu *vcpu, uint64_t argument)
{
	memset(vcpu->arch.x, 0, sizeof(vcpu->arch.x));
	vcpu->arch.x[10] = vcpu->plan->hw_id;
	vcpu->arch.x[11] = argument;
}

void arch_vcpu_start(struct vcpu *vcpu, uint64_t pc, uint64_t argument)
{
	vcpu_set_controls();
	load_stage2(vcpu);
	reset_supervisor();
	stop_timer(vcpu);
	irq_vcpu_reset(vcpu);
	vcpu->arch.stack = start_stack_of(vcpu->cpu);
	set_arguments(vcpu, argument);
	set_return_state(vcpu, pc);
	if (vcpu_is_shared(vcpu))
		context_start(vcpu);
	if (vm_has_upcalls(vcpu->vm))
		upcall_start(vcpu);
}

/* SBI 9.4: sstatus.SIE and satp are 0, a0 and a1 as after a start; interrupts stay as they were. */
void vcpu_resume_at(struct vcpu *vcpu, uint64_t pc, uint64_t argument)
{
	csr_write(CSR_VSSTATUS, SSTATUS_UXL64);
	csr_write(CSR_VSATP, 0);
	set_arguments(vcpu, argument);
	set_return_state(vcpu, pc);
}

void arch_vcpu_park(struct vcpu *vcpu)
{
	if (vcpu_is_shared(vcpu) && vcpu->cpu->vcpu != vcpu) {
		context_park(vcpu);
		return;
	}
	if (vm_has_upcalls(vcpu->vm))
		upcall_leave_hart(false);
	csr_write(CSR_VSIE, 0);
	csr_write(CSR_VSATP, 0);
	csr_write(CSR_HVIP, 0);
	stop_timer(vcpu);
	irq_vcpu_reset(vcpu);
}

uint64_t arch_vcpu_pc(const struct vcpu *vcpu)
{
	(void)vcpu; /* the running vCPU's is still in its register */
	return csr_read(CSR_SEPC);
}

static void set_root_valid(struct vm *vm, uint64_t valid)
{
	volatile uint64_t *root = vm->plan->stage2_root;

	for (uint32_t i = 0; i < vm->plan->stage2_root_entries; i++) {
		if (root[i] & ~PTE_V)
			root[i] = (root[i] & ~PTE_V) | valid;
	}
}

/*
 * The firmware's fence reaches a hart whatever runs on it (priv, HFENCE.GVMA; SBI 8.4). It refuses
 * where a hart has not been started yet: that one has nothing of the VM's, and fences when it does.
 */
void arch_vm_cut(struct vm *vm)
{
	const uint64_t all = BIT(vm->plan->vcpu_count) - 1;

	set_root_valid(vm, 0);
	fence(rw, rw);
	firmware_fence(vm, all, RFENCE_HFENCE_GVMA_VMID, 0, ~0ull, vm->plan->id + 1u);
}

/* Each hart fences for itself when its vCPU starts (load_stage2). */
void arch_vm_join(struct vm *vm)
{
	set_root_valid(vm, PTE_V);
}

static unsigned window_slot(unsigned slot)
{
	return slot * (PLAN_WINDOW_PAGES / 2);
}

/* The pages of a window, of which only this hart has translations. */
static void write_window(
	struct cpu *cpu, unsigned slot, unsigned count, uint64_t first, uint64_t step)
{
	const unsigned page = window_slot(slot);
	volatile uint64_t *entries = cpu->plan->window_entries + page;
	const char *window = (const char *)cpu->plan->window + page * PLAN_PAGE_SIZE;

	for (unsigned i = 0; i < count; i++) {
		entries[i] = first + i * step;
		sfence_vma_page(window + i * PLAN_PAGE_SIZE);
	}
}

void *arch_window_open(struct cpu *cpu, unsigned slot, uint64_t pa, unsigned count)
{
	write_window(cpu, slot, count, PTE_PPN(pa) | HYP_PTE_DATA, PTE_PPN(PLAN_PAGE_SIZE));
	return (char *)cpu->plan->window + window_slot(slot) * PLAN_PAGE_SIZE;
}

/* Harts are coherent for memory; for instructions each fences when its vCPU starts (Zifencei). */
void arch_window_close(
	struct cpu *cpu, unsigned slot, unsigned count, const char *written, size_t bytes)
{
	(void)written;
	(void)bytes;
	write_window(cpu, slot, count, 0, 0);
}

/* The fence orders the store before this hart's walks, also where the entry was not valid. */
static ALWAYS_INLINE void write_page(volatile uint64_t *at, const char *page, uint64_t entry)
{
	if (*at == entry)
		return;
	*at = entry;
	sfence_vma_page(page);
}

void *arch_window_page(struct cpu *cpu, unsigned index, uint64_t pa)
{
	const struct plan_cpu *plan = cpu->plan;
	char *page = (char *)plan->window + index * PLAN_PAGE_SIZE;

	write_page(plan->window_entries + index, page, PTE_PPN(pa) | HYP_PTE_DATA);
	return page;
}

void arch_window_drop(struct cpu *cpu, unsigned index, unsigned count)
{
	volatile uint64_t *entry = cpu->plan->window_entries + index, *const end = entry + count;
	const char *page = (const char *)cpu->plan->window + index * PLAN_PAGE_SIZE;

	for (; entry != end; entry++, page += PLAN_PAGE_SIZE)
		write_page(entry, page, 0);
}
