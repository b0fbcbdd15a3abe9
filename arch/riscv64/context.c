/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A shared CPU's change of vCPU: what the hart has one of is kept in struct arch_context. x1 to x31
 * are in the vCPU already (exit.S). Each VM has a VMID for life, so translations of VMs do not
 * meet.
 *
 * Not kept, because no guest on a shared CPU can reach it: vector state (sstatus.VS is off, and
 * their device trees have no V), jvt, fcsr without floating-point registers (Zfinx) and scontext
 * (hstateen0), the counters but cycle, time and instret (hcounteren), triggers.
 */
#include "arch/riscv64/context.h"

#include "arch/include/arch_cpu.h"
#include "arch/include/arch_irq.h"
#include "arch/include/arch_vcpu.h"
#include "arch/riscv64/aia.h"
#include "arch/riscv64/context_files.h"
#include "arch/riscv64/exit.h"
#include "arch/riscv64/firmware.h"
#include "arch/riscv64/guarded.h"
#include "arch/riscv64/irq.h"
#include "arch/riscv64/plic.h"
#include "arch/riscv64/regs.h"
#include "arch/riscv64/upcall.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/shared.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "lib/string.h"

/* Called by exit.S. */
struct vcpu *exit_timer(struct vcpu *vcpu);
void exit_arm_rest(uint64_t ticks);

/* exit.S: 32 registers of 64 bits, then fcsr. */
void fp_save(uint64_t *registers);
void fp_load(const uint64_t *registers);

/* hstateen0 (Smstateen): the guest's AIA registers and envcfg; not sstateen0, so that stays 0. */
#define HSTATEEN0_SHARED (BIT(62) | BIT(60) | BIT(59) | BIT(58))

bool context_has_timer;

/* Whether the board's harts have AIA. Written with the same value by each shared CPU. */
static bool has_files;

/* In the place of a vCPU where there is none: takes what nobody wants, and does nothing. */
static struct arch_context sink, nobody;

/* Each shared CPU does it, with the same result, before it runs a guest. */
static void find_kinds(struct vm *vm)
{
	const struct plan_vm *plan = vm->plan;

	vm->arch.is_real_time = plan->task_first < plan->vcpu_count;
	for (unsigned i = 0; i < plan->vcpu_count; i++) {
		if (vm_vcpu(vm, i)->plan->period_ticks != 0)
			vm->arch.is_real_time = true;
	}
	for (uint32_t i = 0; i < plan->irq_count; i++) {
		if (plan->irqs[i].flags & PLAN_IRQ_FAST)
			vm->arch.has_fast = true;
	}
}

/* A vCPU may come here without having started here. */
static void set_controls(void)
{
	vcpu_set_controls();
	csr_clear(CSR_SSTATUS, SSTATUS_FS | SSTATUS_VS);
	csr_clear(CSR_HEDELEG, BIT(CAUSE_ILLEGAL));
	csr_write(CSR_HIE, BIT(IRQ_S_GUEST));
}

void context_cpu_init(struct cpu *cpu)
{
	CHECK(hyp_plan->vm_count <= CONTEXT_VMS);
	for (unsigned i = 0; i < hyp_plan->vm_count; i++)
		find_kinds(vm_at(i));
	context_has_timer = vcpu_has_timer();
	has_files = irq_controller == &irq_aia;
	set_controls();
	nobody.sstatus = csr_read(CSR_SSTATUS);
	nobody.timer = ARCH_NEVER;
	nobody.other_files = ~0ull;
	guarded_hstateen0(HSTATEEN0_SHARED);
	guarded_sstateen0(0);
	arch_timer_arm(ARCH_NEVER);
	csr_set(CSR_SIE, BIT(IRQ_S_TIMER));
	if (has_files)
		files_cpu_init(cpu);
	if (context_has_timer)
		csr_write(CSR_STVEC, (uintptr_t)exit_entry_shared);
}

/* The firmware's timer serves the scheduler and the guest whose registers are loaded. */
static void program_timer(const struct cpu *cpu)
{
	struct context_cpu *here = context_cpu(cpu);
	uint64_t next = here->armed;

	if (cpu->vcpu) {
		const struct arch_context *context = context_of(cpu->vcpu);
		const uint64_t due = context->timer + cpu->vcpu->time_offset;

		if (context->timer != ARCH_NEVER && due < next)
			next = due;
	}
	if (next == here->programmed)
		return;
	here->programmed = next;
	firmware_call(SBI_TIME, 0, next, 0, 0);
}

void exit_arm_rest(uint64_t ticks)
{
	const struct cpu *cpu = arch_cpu_here();

	context_cpu(cpu)->armed = ticks;
	program_timer(cpu);
}

void arch_timer_arm(uint64_t ticks)
{
	register uint64_t a0 __asm__("a0") = ticks;

	if (__builtin_expect(context_has_timer, 1))
		csr_write(CSR_STIMECMP, ticks);
	else
		__asm__ volatile("jal t0, exit_arm" : "+r"(a0)::"t0", "memory");
}

void context_set_timer(struct vcpu *vcpu, uint64_t ticks)
{
	context_of(vcpu)->timer = ticks;
	program_timer(vcpu->cpu);
}

/* Without Sstc: what is due is the guest's, the scheduler's, or both. */
static bool firmware_timer_arrived(struct cpu *cpu)
{
	struct context_cpu *here = context_cpu(cpu);
	const uint64_t now = arch_cpu_ticks();
	const bool is_schedulers = here->armed <= now;

	if (cpu->vcpu && arch_vcpu_timer(cpu->vcpu) <= now) {
		context_of(cpu->vcpu)->timer = ARCH_NEVER;
		csr_set(CSR_HVIP, BIT(IRQ_VS_TIMER));
	}
	if (is_schedulers)
		here->armed = ARCH_NEVER;
	here->programmed = 0; /* the firmware's fires until it is set again */
	program_timer(cpu);
	return !is_schedulers;
}

/* The timer's short way: the scheduler, which follows, arms it again. */
FLATTEN struct vcpu *exit_timer(struct vcpu *vcpu)
{
	vcpu->exits[EXIT_CAUSE_OWN]++;
	return shared_next(vcpu->cpu);
}

/* The scheduler, which follows, arms its timer again. */
bool context_timer_arrived(struct cpu *cpu)
{
	if (!context_has_timer)
		return firmware_timer_arrived(cpu);
	csr_write(CSR_STIMECMP, ARCH_NEVER);
	return false;
}

/*
 * Address space identifiers are the guest's own and per hart in its mind: two vCPUs of a VM may
 * mean different things by one, so that what another vCPU of its left here is dropped.
 * vcpu->cpu is seen before the guest runs: a later fence of others finds it.
 */
static ALWAYS_INLINE void fence_old(struct context_cpu *here, const struct arch_context *context)
{
	uint8_t *const last = &here->vm_vcpu[context->vm];
	const uint8_t index = context->index;

	if (*last == index)
		return;
	*last = index;
	fence(rw, rw);
	hfence_vvma_all();
}

/* What a vCPU fenced on another CPU it did not fence here. */
static void fence_moved(struct arch_context *context)
{
	fence(rw, rw);
	hfence_vvma_all();
	fence_i();
	context->traits &= (uint8_t)~CONTEXT_MOVED;
}

/*
 * The hart's floating-point registers will be another's. One that has written them gets them back
 * with the CPU, others when they ask (context_give_fp). Written means dirty for us or for the
 * guest: the emulator tells only the guest of what it writes to fcsr itself.
 */
static void save_fp(struct arch_context *owner)
{
	const uint64_t has = owner->sstatus & SSTATUS_FS, guests = owner->vsstatus & SSTATUS_FS;

	if (has != 0 && (has == SSTATUS_FS || guests == SSTATUS_FS)) {
		fp_save(owner->f);
		owner->traits |= CONTEXT_FP;
	}
	owner->sstatus &= ~SSTATUS_FS;
}

/*
 * Makes the hart's floating-point registers those of the vCPU, which is loaded with sstatus.FS off,
 * and switches them on. Off does not lose them (priv, sstatus), so whoever had them last may have
 * them only there, unless it moves between CPUs: its own are always in its context. Returns false
 * if there are no such registers.
 */
static bool load_fp(struct vcpu *vcpu, struct arch_context *context)
{
	struct context_cpu *here = context_cpu(vcpu->cpu);

	csr_set(CSR_SSTATUS, SSTATUS_FS);
	if (!(csr_read(CSR_SSTATUS) & SSTATUS_FS))
		return false;
	if (here->fp_vcpu != vcpu || context->fp_cpu != vcpu->cpu) {
		if (here->fp_vcpu && !(context_of(here->fp_vcpu)->traits & CONTEXT_MOVES))
			save_fp(context_of(here->fp_vcpu));
		fp_load(context->f);
		here->fp_vcpu = vcpu;
		context->fp_cpu = vcpu->cpu;
	}
	context->traits &= (uint8_t)~CONTEXT_FP;
	csr_clear(CSR_SSTATUS, SSTATUS_FS & ~FS_CLEAN);
	return true;
}

#define SWAP(csr, name) (old->name = csr_swap(csr, new->name))

/*
 * What every hart has. vsatp stays Bare for now: it must be so while hgatp changes, or a walk of
 * one guest's tables could begin in the memory of another (priv, "Memory-Management Fences" of the
 * hypervisor extension). hstatus has nothing that a guest changes, but what a trap sets.
 */
static ALWAYS_INLINE void swap(struct arch_context *old, const struct arch_context *new)
{
	old->vsatp = csr_swap(CSR_VSATP, 0);
	csr_write(CSR_HGATP, new->hgatp);
	csr_write(CSR_HSTATUS, new->hstatus);
	SWAP(CSR_SSTATUS, sstatus);
	SWAP(CSR_SEPC, sepc);
	SWAP(CSR_VSIE, vsie);
	SWAP(CSR_HVIP, hvip);
	SWAP(CSR_VSSTATUS, vsstatus);
	SWAP(CSR_VSTVEC, vstvec);
	SWAP(CSR_VSSCRATCH, vsscratch);
	SWAP(CSR_VSEPC, vsepc);
	SWAP(CSR_VSCAUSE, vscause);
	SWAP(CSR_VSTVAL, vstval);
	SWAP(CSR_SCOUNTEREN, scounteren);
	SWAP(CSR_SENVCFG, senvcfg);
}

/* What may interrupt the vCPU that is loaded, whose own interrupts are none of it. */
static ALWAYS_INLINE void set_untold(struct context_cpu *here, uint64_t files)
{
	here->untold = files;
	csr_write(CSR_HGEIE, files & here->passing);
}

/* A function's last step, so that the usual way calls nobody. */
RARELY static struct vcpu *take_posted(struct vcpu *vcpu)
{
	irq_take_posted(vcpu);
	return vcpu;
}

/* After this, what was posted for the vCPU and not seen here sees that it is loaded
 * (context_fence).
 */
static ALWAYS_INLINE struct vcpu *finish(struct vcpu *vcpu, const struct arch_context *context)
{
	csr_write(CSR_VSATP, context->vsatp);
	vcpu->cpu->vcpu = vcpu;
	fence(rw, rw);
	if (__builtin_expect(__atomic_load_n(&vcpu->arch.posted, __ATOMIC_RELAXED), 0))
		return take_posted(vcpu);
	return vcpu;
}

/* What only some vCPUs have, behind what all have. */
static void load_rest(struct vcpu *vcpu, struct arch_context *context)
{
	fence_old(context_cpu(vcpu->cpu), context);
	if (context->traits & CONTEXT_MOVED)
		fence_moved(context);
	if (context->traits & CONTEXT_MOVES)
		files_load(vcpu);
	csr_write(CSR_HTIMEDELTA, -vcpu->time_offset);
	if (context->traits & CONTEXT_FP)
		load_fp(vcpu, context);
}

/*
 * Any change. With nobody loaded, nothing of a guest acts on the hart: no interrupt of its is
 * enabled, its translation is off.
 */
NEVER_INLINE static struct vcpu *switch_any(struct vcpu *from, struct vcpu *to)
{
	struct arch_context *old = from ? context_of(from) : &sink;
	struct arch_context *new = to ? context_of(to) : &nobody;
	struct context_cpu *here = context_cpu(arch_cpu_here());

	if (old->traits & CONTEXT_MOVES) {
		old->sstatus = csr_read(CSR_SSTATUS);
		old->vsstatus = csr_read(CSR_VSSTATUS);
		save_fp(old);
		csr_clear(CSR_SSTATUS, SSTATUS_FS);
		files_save(from);
	}
	if ((old->traits | new->traits) & CONTEXT_CALLS)
		upcall_leave_hart(new->traits &CONTEXT_CALLS);
	swap(old, new);
	if (new->traits & CONTEXT_CALLS)
		upcall_enter_hart();
	if (context_has_timer)
		SWAP(CSR_VSTIMECMP, timer);
	if (has_files)
		SWAP(CSR_VSISELECT, vsiselect);
	set_untold(here, (here->untold | old->file) & new->other_files);
	context_tell_again();
	if (to) {
		load_rest(to, new);
		finish(to, new);
	}
	return to;
}

/*
 * The plain case in the fewest instructions. Not part of who calls it last, who would save
 * registers for its sake.
 */
NEVER_INLINE static struct vcpu *switch_plain(struct vcpu *from, struct vcpu *to)
{
	struct arch_context *old = context_of(from), *new = context_of(to);
	struct context_cpu *here;
	uint64_t untold;

	if (__builtin_expect(old->traits | new->traits, 0))
		return switch_any(from, to);
	here = context_cpu(to->cpu);
	swap(old, new);
	SWAP(CSR_VSTIMECMP, timer);
	untold = here->untold | old->file; /* it ran, and is told of the next one */
	SWAP(CSR_VSISELECT, vsiselect);
	set_untold(here, untold & new->other_files);
	fence_old(here, new);
	return finish(to, new);
}

struct vcpu *arch_vcpu_switch(struct vcpu *from, struct vcpu *to)
{
	return from && to ? switch_plain(from, to) : switch_any(from, to);
}

void context_start(struct vcpu *vcpu)
{
	struct arch_context *context = context_of(vcpu);
	struct context_cpu *here = context_cpu(vcpu->cpu);

	memset(context, 0, sizeof(*context));
	if (here->fp_vcpu == vcpu)
		here->fp_vcpu = 0;
	context->hgatp = csr_read(CSR_HGATP);
	context->hstatus = csr_read(CSR_HSTATUS);
	context->timer = ARCH_NEVER;
	context->traits = context_has_timer && has_files ? 0 : CONTEXT_BOARD;
	if (has_files && vcpu->plan->guest_file)
		context->file = BIT(vcpu->plan->guest_file);
	if (context->file && (vcpu->plan->affinity & (vcpu->plan->affinity - 1)) != 0)
		context->traits |= CONTEXT_MOVES;
	if (vcpu->vm->plan->own_time)
		context->traits |= CONTEXT_CLOCK;
	if (vm_has_upcalls(vcpu->vm))
		context->traits |= CONTEXT_CALLS;
	context->vm = (uint8_t)vcpu->vm->plan->id;
	context->index = (uint8_t)vcpu->plan->index;
	here->vm_vcpu[context->vm] = context->index;
	context->other_files = ~context->file;
	set_untold(here, here->untold & context->other_files);
	set_controls();
	csr_write(CSR_HTIMEDELTA, -vcpu->time_offset);
}

/* It runs no more, so that only its interrupts count. */
void context_park(struct vcpu *vcpu)
{
	struct arch_context *context = context_of(vcpu);

	context->vsie = 0;
	context->hvip = 0;
	context->timer = ARCH_NEVER;
	vcpu->arch.external = false;
	if (context->file)
		files_park(vcpu);
}

bool context_give_fp(struct vcpu *vcpu)
{
	return !(csr_read(CSR_SSTATUS) & SSTATUS_FS) && load_fp(vcpu, context_of(vcpu));
}

void arch_vcpu_set_stack(struct vcpu *vcpu, uint64_t address)
{
	vcpu->arch.x[2] = address;
}

/* Its registers are in memory; interrupts in the old place go after it (files_arrived, PLIC). */
void arch_vcpu_move(struct vcpu *vcpu, const struct cpu *to)
{
	struct cpu *target = cpu_at(cpu_index(to));

	lock_take(&vcpu->vm->arch.lock);
	if (has_files)
		files_move(vcpu, target);
	else
		context_plic_move(vcpu, target);
	lock_release(&vcpu->vm->arch.lock);
	context_of(vcpu)->traits |= CONTEXT_MOVED;
	vcpu->arch.stack = start_stack_of(to);
}

/* The guest that runs takes its own interrupts; console input waits as long as others' do. */
void arch_irq_filter(struct cpu *cpu, enum irq_filter filter)
{
	struct context_cpu *here = context_cpu(cpu);
	const long index = (int)filter;

	if (!has_files) {
		mmio_write32(cpu->plan->intc, PLIC_THRESHOLD,
			filter == IRQ_FILTER_REAL_TIME ? PLIC_THRESHOLD_REAL_TIME : 0);
		return;
	}
	here->passing = here->through[index];
	csr_write(CSR_HGEIE, here->passing & here->untold);
	csr_write(CSR_SIREG, index * AIA_EIID_CONSOLE); /* FILE_EITHRESHOLD (files_cpu_init) */
}
