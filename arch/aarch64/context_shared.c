/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The switch from one vCPU to another on a shared CPU.
 *
 * While the hypervisor runs, a vCPU's registers are out of context: the CPU makes no speculative
 * access by them, but may go on with walks of its tables that had begun before, up to a DSB
 * (D8.1.5, R_LFHQG). After that they are changed in any order, and the return to the guest
 * synchronizes them. (Cores that walk by an AT instruction that they execute speculatively, against
 * that rule, find none here.)
 *
 * FP and SIMD registers stay in the CPU until another vCPU that uses them is loaded: a real-time
 * task of integers between two turns of a Linux costs 8 instructions instead of twice 38. A vCPU
 * that has used them once gets them with the switch and not by a trap, which would cost 110 each
 * time. They never stay behind in a CPU that their vCPU may leave. While others' are in the CPU,
 * CPTR_EL2.TFP keeps a guest from them.
 */
#include "arch/aarch64/context_shared.h"

#include <stddef.h>

#include "arch/aarch64/gic.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/sharing.h"
#include "arch/aarch64/sysreg.h"
#include "arch/aarch64/vgic.h"
#include "arch/aarch64/vgic_list.h"
#include "arch/aarch64/vgic_shared.h"
#include "arch/include/arch_cpu.h"
#include "arch/include/arch_vcpu.h"
#include "hyp/core/cpu.h"
#include "hyp/core/shared_types.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "lib/string.h"

#define PPI_VIRTUAL_TIMER  27u
#define PPI_PHYSICAL_TIMER 30u

#define TIMER_ENABLE BIT(0)
#define TIMER_MASKED BIT(1)

/* By two registers that the arguments of arch_vcpu_switch are not in. */
#define SAVE_PAIR(a, b)                                                                            \
	__asm__ volatile(                                                                          \
		"mrs x16, " REGS_TEXT(a) "\n\tmrs x17, " REGS_TEXT(b) "\n\tstp x16, x17, [%0, %1]" \
		:                                                                                  \
		: "r"(c), "i"(offsetof(struct arch_context, kept_##a))                             \
		: "memory", "x16", "x17");

#define LOAD_PAIR(a, b)                                                                            \
	__asm__ volatile(                                                                          \
		"ldp x16, x17, [%0, %1]\n\tmsr " REGS_TEXT(a) ", x16\n\tmsr " REGS_TEXT(b) ", x17" \
		:                                                                                  \
		: "r"(c), "i"(offsetof(struct arch_context, kept_##a))                             \
		: "memory", "x16", "x17");

/* Two registers of 16 bytes each, 32 bytes apart. */
#define FP_PAIRS(X) \
	X(0, 1)     \
	X(2, 3)     \
	X(4, 5)     \
	X(6, 7)     \
	X(8, 9)     \
	X(10, 11)   \
	X(12, 13)   \
	X(14, 15) X(16, 17) X(18, 19) X(20, 21) X(22, 23) X(24, 25) X(26, 27) X(28, 29) X(30, 31)
#define FP_SAVE(a, b) \
	__asm__ volatile("stp q" #a ", q" #b ", [%0, #" #a " * 16]" ::"r"(c->fp) : "memory");
#define FP_LOAD(a, b) \
	__asm__ volatile("ldp q" #a ", q" #b ", [%0, #" #a " * 16]" ::"r"(c->fp) : "memory");

static ALWAYS_INLINE void save_fp(struct arch_context *c)
{
	FP_PAIRS(FP_SAVE)
	c->fpcr = sysreg_read(fpcr);
	c->fpsr = sysreg_read(fpsr);
}

static ALWAYS_INLINE void load_fp(const struct arch_context *c)
{
	FP_PAIRS(FP_LOAD)
	sysreg_write(fpcr, c->fpcr);
	sysreg_write(fpsr, c->fpsr);
}

/* The CPU's FP and SIMD registers, which are reachable, are nobody's any more. */
static void displace_fp(struct cpu *cpu)
{
	if (cpu->fp_owner)
		save_fp(cpu->fp_owner);
	cpu->fp_owner = 0;
}

/* Active priorities of a guest that is in the middle of an interrupt, or that wrote them itself. */
static void save_active(struct arch_context *c)
{
	c->active[0] = sysreg_read(ICH_AP0R0_EL2);
	c->active[1] = sysreg_read(ICH_AP1R0_EL2);
	c->rare &= ~CONTEXT_ACTIVE;
	if ((c->active[0] | c->active[1]) != 0) {
		c->rare |= CONTEXT_ACTIVE;
		sysreg_write(ICH_AP0R0_EL2, 0);
		sysreg_write(ICH_AP1R0_EL2, 0);
	}
}

static void save_rare(struct cpu *cpu, struct arch_context *c)
{
	if (c->rare & CONTEXT_DEBUG)
		sysreg_shared_clear_debug();
	if (c->rare & CONTEXT_TIMER) {
		c->cntp_ctl = sysreg_read(cntp_ctl_el0);
		c->cntp_cval = sysreg_read(cntp_cval_el0) - c->clock_offset;
		sysreg_write(cntp_ctl_el0, 0);
		sysreg_write(cntp_cval_el0, 0);
	}
	if (c->rare & CONTEXT_CLOCK)
		sysreg_write(cntvoff_el2, 0);
	if (c->rare & (CONTEXT_TIMER | CONTEXT_CLOCK))
		sysreg_write(cnthctl_el2, CNTHCTL_EL1PCTEN);
	if ((c->rare & CONTEXT_MOVES) && cpu->fp_owner == c)
		displace_fp(cpu);
	if (c->rare & CONTEXT_AUXILIARY) {
		c->amair = sysreg_read(amair_el1);
		c->afsr0 = sysreg_read(afsr0_el1);
		c->afsr1 = sysreg_read(afsr1_el1);
	}
	if (c->rare & CONTEXT_RAS)
		c->vdisr = sysreg_read(VDISR_EL2);
	if (c->rare & CONTEXT_LEVELS) {
		c->levels[0] = sysreg_read(ICH_AP0R1_EL2);
		c->levels[1] = sysreg_read(ICH_AP1R1_EL2);
		c->levels[2] = sysreg_read(ICH_AP0R2_EL2);
		c->levels[3] = sysreg_read(ICH_AP1R2_EL2);
		c->levels[4] = sysreg_read(ICH_AP0R3_EL2);
		c->levels[5] = sysreg_read(ICH_AP1R3_EL2);
	}
}

/* VDISR_EL2 is what a guest's DISR_EL1 means. */
static void load_rare(const struct vcpu *vcpu, struct arch_context *c)
{
	if (c->rare & CONTEXT_ACTIVE) {
		sysreg_write(ICH_AP0R0_EL2, c->active[0]);
		sysreg_write(ICH_AP1R0_EL2, c->active[1]);
	}
	if (c->rare & CONTEXT_DEBUG)
		sysreg_shared_load_debug(c);
	if (c->rare & CONTEXT_CLOCK) {
		c->clock_offset = vcpu->time_offset;
		sysreg_write(cntvoff_el2, c->clock_offset);
	}
	if (c->rare & (CONTEXT_TIMER | CONTEXT_CLOCK))
		sysreg_shared_load_timer(c);
	if (c->rare & CONTEXT_AUXILIARY) {
		sysreg_write(amair_el1, c->amair);
		sysreg_write(afsr0_el1, c->afsr0);
		sysreg_write(afsr1_el1, c->afsr1);
	}
	if (c->rare & CONTEXT_RAS)
		sysreg_write(VDISR_EL2, c->vdisr);
	if (c->rare & CONTEXT_LEVELS) {
		sysreg_write(ICH_AP0R1_EL2, c->levels[0]);
		sysreg_write(ICH_AP1R1_EL2, c->levels[1]);
		sysreg_write(ICH_AP0R2_EL2, c->levels[2]);
		sysreg_write(ICH_AP1R2_EL2, c->levels[3]);
		sysreg_write(ICH_AP0R3_EL2, c->levels[4]);
		sysreg_write(ICH_AP1R3_EL2, c->levels[5]);
	}
}

/*
 * Two vCPUs of a VM share its VMID, and their guest believes that each has a TLB of its own, where
 * the same ASID may mean different tables: what another one has brought into this CPU's goes.
 */
static ALWAYS_INLINE void own_tlb(const struct arch_context *c)
{
	uint16_t *owner = c->tlb_owner;
	const uint32_t name = c->tlb_name;

	if (__atomic_load_n(owner, __ATOMIC_RELAXED) == name)
		return;
	isb(); /* VTTBR_EL2 is the VM's */
	__asm__ volatile("tlbi vmalle1\n\tdsb nsh" ::: "memory");
	__atomic_store_n(owner, (uint16_t)name, __ATOMIC_RELAXED);
}

static void set_home(struct vcpu *vcpu, const struct cpu *cpu)
{
	struct arch_context *c = &vcpu->shared->context;
	const unsigned index = cpu_index(cpu);

	c->tlb_owner = &vcpu->vm->arch.tlb_owners[index % ARCH_TLB_OWNERS];
	c->tlb_name = ARCH_TLB_NAME(index, vcpu->plan->index);
}

/* Its guest uses FP and SIMD: loads them, if they are not in the CPU. */
static void load_fp_of(struct cpu *cpu, struct arch_context *c)
{
	if (cpu->fp_owner == c)
		return;
	isb(); /* CPTR_EL2.TFP is clear */
	displace_fp(cpu);
	load_fp(c);
	cpu->fp_owner = c;
}

/* What not every vCPU has when it leaves: interrupts, a timer or debug registers in use. */
RARELY static void save_more(struct vcpu *vcpu, struct arch_context *c)
{
	save_active(c);
	save_rare(vcpu->cpu, c);
	if (vgic_shared_work(vcpu, c) != 0)
		vgic_shared_unload(vcpu);
}

static ALWAYS_INLINE void save(struct arch_context *c)
{
	CONTEXT_PAIRS(SAVE_PAIR)
	c->kept_ICH_VMCR_EL2 = sysreg_read(ICH_VMCR_EL2);
}

/* Whether there is more to keep of it. */
static ALWAYS_INLINE bool has_more(const struct vcpu *vcpu, const struct arch_context *c)
{
	return (c->rare | (uint32_t)sysreg_read(ICH_AP0R0_EL2) |
		       (uint32_t)sysreg_read(ICH_AP1R0_EL2) | vgic_shared_work(vcpu, c)) != 0;
}

/*
 * What not every vCPU has when it comes. A timer whose line changes while its registers are loaded
 * makes no interrupt of that: lines are levels, and interrupts are masked until the guest is
 * entered.
 */
RARELY static struct vcpu *load_more(struct vcpu *vcpu, struct arch_context *c, uint32_t private_on)
{
	if (c->uses_fp)
		load_fp_of(vcpu->cpu, c);
	load_rare(vcpu, c);
	if (__atomic_load_n(&vcpu->arch.posted, __ATOMIC_SEQ_CST) != 0)
		vgic_shared_load(vcpu);
	if (vcpu->arch.private_on != private_on)
		gic_set_private(vcpu->cpu, vcpu->arch.private_on);
	own_tlb(c);
	return vcpu;
}

/* `private_on`: those of the CPU's private interrupts that are enabled. */
static ALWAYS_INLINE struct vcpu *load(
	struct vcpu *vcpu, struct arch_context *c, uint32_t private_on)
{
	uint32_t more;

	CONTEXT_PAIRS(LOAD_PAIR)
	CONTEXT_FIXED_PAIRS(LOAD_PAIR)
	__atomic_store_n(&vcpu->cpu->vcpu, vcpu, __ATOMIC_SEQ_CST); /* see vgic_shared_notify */
	more = __atomic_load_n(&vcpu->arch.posted, __ATOMIC_SEQ_CST);
	more |= c->rare | c->uses_fp | (vcpu->arch.private_on ^ private_on);
	if (__builtin_expect(more != 0, 0))
		return load_more(vcpu, c, private_on);
	own_tlb(c);
	return vcpu;
}

/* The vCPU's registers are kept, and nothing of it acts on this CPU any more. */
static void be_nobody(struct cpu *cpu, const struct arch_context *c)
{
	sysreg_write(cptr_el2, c->kept_cptr_el2 & ~CPTR_TFP);
	isb();
	displace_fp(cpu);
	sysreg_write(cntv_ctl_el0, 0);
	sysreg_write(ICH_HCR_EL2, 0);
	isb();
}

/* The same for any two, whatever there is to keep, of which `from` has been saved so far. */
RARELY static struct vcpu *switch_more(struct vcpu *from, struct vcpu *to)
{
	if (!from) {
		sysreg_write(ICH_HCR_EL2, ICH_HCR_EN);
		return load(to, to->arch.context, ~0u);
	}
	if (to && (sysreg_read(isr_el1) & ISR_A))
		to->arch.context->culprit = from;
	save_more(from, from->arch.context);
	if (to)
		return load(to, to->arch.context, from->arch.private_on);
	be_nobody(from->cpu, from->arch.context);
	return 0;
}

/*
 * The DSB ends walks and waits for the guest's accesses, so that a bus error that they cause is
 * pending here and not in the next one's time. (The emulator never has one.)
 */
struct vcpu *arch_vcpu_switch(struct vcpu *from, struct vcpu *to)
{
	struct arch_context *kept;

	if (__builtin_expect(!from, 0))
		return switch_more(from, to);
	kept = from->arch.context;
	dsb(sy);
	save(kept);
	if (__builtin_expect(!to || (sysreg_read(isr_el1) & ISR_A) || has_more(from, kept), 0))
		return switch_more(from, to);
	return load(to, to->arch.context, from->arch.private_on);
}

void context_shared_use_fp(struct vcpu *vcpu)
{
	struct arch_context *c = &vcpu->shared->context;

	c->kept_cptr_el2 &= ~CPTR_TFP;
	c->uses_fp = 1;
	sysreg_write(cptr_el2, c->kept_cptr_el2);
	load_fp_of(vcpu->cpu, c);
}

static bool has_auxiliary(void)
{
	bool result;

	sysreg_write(amair_el1, ~0ull);
	sysreg_write(afsr0_el1, ~0ull);
	sysreg_write(afsr1_el1, ~0ull);
	isb();
	result = (sysreg_read(amair_el1) | sysreg_read(afsr0_el1) | sysreg_read(afsr1_el1)) != 0;
	sysreg_write(amair_el1, 0);
	sysreg_write(afsr0_el1, 0);
	sysreg_write(afsr1_el1, 0);
	return result;
}

/* A vCPU that moves may come to a CPU of another kind. */
static uint32_t rare_features(const struct vcpu *vcpu)
{
	const bool moves = vcpu->shared->migrates;
	uint32_t rare = moves ? CONTEXT_MOVES : 0;

	if (has_auxiliary() || moves)
		rare |= CONTEXT_AUXILIARY;
	if (vcpu->vm->plan->own_time)
		rare |= CONTEXT_CLOCK;
	if (bits_get(sysreg_read(id_aa64pfr0_el1), 28, 4) != 0)
		rare |= CONTEXT_RAS;
	if (bits_get(sysreg_read(ICH_VTR_EL2), 26, 3) >= 5)
		rare |= CONTEXT_LEVELS;
	return rare;
}

/* The virtual interface as a reset leaves it. */
static void reset_interface(void)
{
	const unsigned count = lr_count();

	sysreg_write(ICH_VMCR_EL2, 0);
	sysreg_write(ICH_AP0R0_EL2, 0);
	sysreg_write(ICH_AP1R0_EL2, 0);
	for (unsigned i = 0; i < count; i++)
		lr_write(i, 0);
	sysreg_write(ICH_HCR_EL2, ICH_HCR_EN);
}

#define READ_PAIR(a, b)               \
	c->kept_##a = sysreg_read(a); \
	c->kept_##b = sysreg_read(b);

/* Nobody is loaded, so nobody's FP and SIMD registers are in the CPU that are still needed. */
void context_shared_start(struct vcpu *vcpu)
{
	struct arch_context *c = &vcpu->shared->context;
	struct cpu *cpu = vcpu->cpu;

	memset(c, 0, sizeof(*c));
	vcpu->arch.context = c;
	c->rare = rare_features(vcpu);
	reset_interface();
	sysreg_shared_init(vcpu);
	CONTEXT_FIXED_PAIRS(READ_PAIR)
	c->kept_cptr_el2 |= CPTR_TFP;
	sysreg_write(cptr_el2, c->kept_cptr_el2);
	set_home(vcpu, cpu);
	c->list_registers = (1u << lr_count()) - 1;
	c->os_locked = true;
	load_rare(vcpu, c);
	*c->tlb_owner = 0; /* whoever had been this one */
	own_tlb(c);
	__atomic_store_n(&cpu->vcpu, vcpu, __ATOMIC_SEQ_CST);
	vgic_shared_load(vcpu);
	gic_set_private(cpu, vcpu->arch.private_on);
}

void context_shared_park(struct vcpu *vcpu)
{
	if (vgic_is_here(vcpu))
		arch_vcpu_switch(vcpu, 0);
	vgic_shared_end_all(vcpu);
}

void arch_vcpu_set_stack(struct vcpu *vcpu, uint64_t address)
{
	(void)vcpu;
	sysreg_write(sp_el1, address);
}

void arch_vcpu_move(struct vcpu *vcpu, const struct cpu *to)
{
	const struct plan_vm *vm = vcpu->vm->plan;

	set_home(vcpu, to);
	lock_take(&vcpu->vm->arch.lock);
	for (uint32_t i = 0; i < vm->irq_count; i++) {
		const uint32_t id = vm->irqs[i].id;
		const struct irq_bank *bank = vgic_bank(vcpu, id / 32);

		if (((bank->hardware | bank->upcall) >> id % 32 & 1) &&
			*vgic_target(vcpu->vm, id) == vcpu->plan->index)
			gic_route(id, to);
	}
	lock_release(&vcpu->vm->arch.lock);
}

/* When a timer's line rises and is an interrupt: one that the guest has enabled and not taken. */
static uint64_t fires(const struct vcpu *vcpu, unsigned ppi, uint64_t control, uint64_t compare)
{
	uint64_t at;

	if ((control & (TIMER_ENABLE | TIMER_MASKED)) != TIMER_ENABLE)
		return ARCH_NEVER;
	if (!(vcpu->arch.private_on & ~vcpu->arch.bank.active & 1u << ppi))
		return ARCH_NEVER;
	return __builtin_add_overflow(compare, vcpu->time_offset, &at) ? ARCH_NEVER : at;
}

static uint64_t physical_timer(const struct vcpu *vcpu, const struct arch_context *c, bool here)
{
	if (!(c->rare & CONTEXT_TIMER))
		return ARCH_NEVER;
	return fires(vcpu, PPI_PHYSICAL_TIMER, here ? sysreg_read(cntp_ctl_el0) : c->cntp_ctl,
		here ? sysreg_read(cntp_cval_el0) - c->clock_offset : c->cntp_cval);
}

uint64_t arch_vcpu_timer(const struct vcpu *vcpu)
{
	const struct arch_context *c = &vcpu->shared->context;
	const bool here = vgic_is_here(vcpu);
	const uint64_t virtual = fires(vcpu, PPI_VIRTUAL_TIMER,
		here ? sysreg_read(cntv_ctl_el0) : c->kept_cntv_ctl_el0,
		here ? sysreg_read(cntv_cval_el0) : c->kept_cntv_cval_el0);
	const uint64_t physical = physical_timer(vcpu, c, here);

	return virtual < physical ? virtual : physical;
}
