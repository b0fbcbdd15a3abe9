/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The APLIC that a guest sees: one supervisor-level domain in MSI mode, in which only the VM's own
 * sources exist; the others read as zero and ignore writes (AIA 4.5). A source of a real device is
 * set up in the physical APLIC, aimed at the guest files of the VM's vCPUs, and is then delivered
 * with no exit. A source of an emulated device is kept here and sent by the hypervisor.
 */
#include "arch/riscv64/aia.h"

#include "abi/plan.h"
#include "arch/include/arch_cpu.h"
#include "arch/riscv64/aplic.h"
#include "arch/riscv64/irq.h"
#include "arch/riscv64/regs.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/shared_types.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

static ALWAYS_INLINE uint8_t mode_of(const struct vm *vm, uint32_t irq)
{
	return irq_bank(vm, irq)->mode[irq_index(irq)];
}

static ALWAYS_INLINE uint32_t *target_of(const struct vm *vm, uint32_t irq)
{
	return &irq_bank(vm, irq)->target[irq_index(irq)];
}

/* The physical target: the guest file of the vCPU that the guest's target names. */
static uint32_t physical_target(const struct vm *vm, uint32_t target)
{
	const struct vcpu *vcpu = vm_vcpu(vm, TARGET_HART_OF(target));

	return TARGET_HART(vcpu->arch.home->plan->intc_index) |
	       TARGET_FILE(vcpu->plan->guest_file) | (target & TARGET_EIID_MASK);
}

/* A hart can be aimed at if it is there and has an interrupt file. */
RARELY static bool is_target(const struct vm *vm, uint32_t target)
{
	return TARGET_HART_OF(target) < vm->plan->vcpu_count &&
	       vm_vcpu(vm, TARGET_HART_OF(target))->plan->guest_file != 0;
}

static void write_target_hardware(const struct vm *vm, uint32_t irq)
{
	mmio_write32(hyp_plan->intc, APLIC_TARGET + 4 * irq_host(vm, irq),
		physical_target(vm, *target_of(vm, irq)));
}

/* The physical enable is the guest's, gated by its domain's. */
static void write_enable_hardware(const struct vm *vm, uint32_t irq)
{
	const bool enabled = irq_bank(vm, irq)->enabled & irq_bit(irq);

	mmio_write32(hyp_plan->intc,
		enabled && (vm->arch.domaincfg & DOMAINCFG_IE) ? APLIC_SETIENUM : APLIC_CLRIENUM,
		irq_host(vm, irq));
}

/* Of an emulated device: the wire as the source's mode reads it (4.5.2, rectified input). */
static bool rectified(const struct vm *vm, uint32_t irq)
{
	const bool line = irq_bank(vm, irq)->line & irq_bit(irq);

	switch (mode_of(vm, irq)) {
	case SOURCE_EDGE1:
	case SOURCE_LEVEL1:
		return line;
	case SOURCE_EDGE0:
	case SOURCE_LEVEL0:
		return !line;
	default:
		return false;
	}
}

static bool is_level(const struct vm *vm, uint32_t irq)
{
	return mode_of(vm, irq) >= SOURCE_LEVEL1;
}

/* Forwards what is pending and enabled, which ends its being pending (4.9.3). */
NEVER_INLINE static void forward(struct vm *vm, uint32_t irq)
{
	struct irq_bank *bank = irq_bank(vm, irq);
	const uint32_t target = *target_of(vm, irq);

	if (!(vm->arch.domaincfg & DOMAINCFG_IE) || !(bank->pending & bank->enabled & irq_bit(irq)))
		return;
	bank->pending &= ~irq_bit(irq);
	aia_send(vm_vcpu(vm, TARGET_HART_OF(target)), target & TARGET_EIID_MASK);
}

/* Whether its interrupts go to one place for good, and where: what arch_doorbell.target tells. */
static uint64_t fixed_target(const struct vm *vm, uint32_t irq)
{
	const struct irq_bank *bank = irq_bank(vm, irq);
	const uint32_t target = *target_of(vm, irq);
	const struct vcpu *vcpu = vm_vcpu(vm, TARGET_HART_OF(target));

	if (mode_of(vm, irq) != SOURCE_EDGE1 || !(bank->enabled & irq_bit(irq)) ||
		!(vm->arch.domaincfg & DOMAINCFG_IE))
		return 0;
	if (vcpu->plan->guest_file == 0 || (target & TARGET_EIID_MASK) == 0 ||
		(vcpu->shared && vcpu->shared->migrates))
		return 0;
	return aia_file(vcpu) | (target & TARGET_EIID_MASK);
}

/* The state of a source without hardware may be another one. */
static void update(struct vm *vm, uint32_t irq)
{
	struct arch_doorbell *doorbell = vm->arch.doorbell;

	if (doorbell && doorbell->irq == irq)
		__atomic_store_n(&doorbell->target, fixed_target(vm, irq), __ATOMIC_RELAXED);
	forward(vm, irq);
}

static void forward_all(struct vm *vm)
{
	for (uint32_t i = 0; i < vm->plan->irq_count; i++) {
		if (irq_is_hardware(vm, vm->plan->irqs[i].id))
			write_enable_hardware(vm, vm->plan->irqs[i].id);
		else
			update(vm, vm->plan->irqs[i].id);
	}
}

/* 4.9.2: a level source can be made pending only while its input is high. */
static void set_pending(struct vm *vm, uint32_t irq, bool pending)
{
	struct irq_bank *bank = irq_bank(vm, irq);

	if (irq_is_hardware(vm, irq)) {
		mmio_write32(hyp_plan->intc, pending ? APLIC_SETIPNUM : APLIC_CLRIPNUM,
			irq_host(vm, irq));
	} else if (!pending) {
		bank->pending &= ~irq_bit(irq);
	} else if (mode_of(vm, irq) != SOURCE_INACTIVE &&
		   (!is_level(vm, irq) || rectified(vm, irq))) {
		bank->pending |= irq_bit(irq);
		forward(vm, irq);
	}
}

/*
 * What drivers write most after the start; all else is behind it. `offset` is APLIC_SETIENUM or
 * APLIC_CLRIENUM, `irq` any number; only what the VM has is ever active.
 */
static ALWAYS_INLINE void write_enable(struct vm *vm, uint32_t irq, uint64_t offset)
{
	struct irq_bank *bank = irq_bank(vm, irq);
	const uint32_t bit = irq_bit(irq);

	if (irq >= vm->plan->irq_limit || !(bank->active & bit))
		return;
	bank->enabled = offset == APLIC_SETIENUM ? bank->enabled | bit : bank->enabled & ~bit;
	if (!(bank->hardware & bit))
		update(vm, irq);
	else if (vm->arch.domaincfg & DOMAINCFG_IE)
		mmio_write32(hyp_plan->intc, offset, irq_host(vm, irq));
}

/* No child domain to delegate to, so bit D reads as zero; modes 2 and 3 are reserved (4.5.2). */
static void write_sourcecfg(struct vm *vm, uint32_t irq, uint32_t value)
{
	struct irq_bank *bank = irq_bank(vm, irq);
	uint32_t mode = value & SOURCECFG_D ? SOURCE_INACTIVE : value & SOURCECFG_SM;

	if (mode == 2 || mode == 3)
		mode = SOURCE_INACTIVE;
	bank->mode[irq_index(irq)] = (uint8_t)mode;
	bank->active |= irq_bit(irq);
	if (mode == SOURCE_INACTIVE) {
		bank->active &= ~irq_bit(irq);
		bank->enabled &= ~irq_bit(irq);
		*target_of(vm, irq) = 0;
	}
	if (irq_is_hardware(vm, irq)) {
		aia_set_source(irq_host(vm, irq), mode);
		if (mode != SOURCE_INACTIVE) /* an inactive source's target is read-only zero */
			write_target_hardware(vm, irq);
		return;
	}
	if (mode == SOURCE_INACTIVE)
		bank->pending &= ~irq_bit(irq);
	else if (rectified(vm, irq))
		bank->pending |= irq_bit(irq);
	update(vm, irq);
}

/* A hart or file that is not there cannot be written: the field stays (WLRL). */
static void write_target(struct vm *vm, uint32_t irq, uint32_t value)
{
	if (!is_target(vm, value) || TARGET_FILE_OF(value) != 0 ||
		mode_of(vm, irq) == SOURCE_INACTIVE)
		return;
	*target_of(vm, irq) = value & (TARGET_HART(0x3fff) | TARGET_EIID_MASK);
	if (irq_is_hardware(vm, irq))
		write_target_hardware(vm, irq);
	else
		update(vm, irq);
}

static void write_genmsi(struct vm *vm, uint32_t value)
{
	if (TARGET_HART_OF(value) < vm->plan->vcpu_count)
		aia_send(vm_vcpu(vm, TARGET_HART_OF(value)), value & TARGET_EIID_MASK);
}

static void write_domaincfg(struct vm *vm, uint32_t value)
{
	vm->arch.domaincfg = value & DOMAINCFG_IE;
	forward_all(vm);
}

/* The registers with a bit per source, and those that take a source's number: what each does. */
static void write_bit(struct vm *vm, uint32_t base, uint32_t irq)
{
	if (!irq_is_owned(vm, irq))
		return;
	switch (base) {
	case APLIC_SETIP:
	case APLIC_IN_CLRIP:
		set_pending(vm, irq, base == APLIC_SETIP);
		break;
	case APLIC_SETIE:
	case APLIC_CLRIE:
		write_enable(vm, irq, base == APLIC_SETIE ? APLIC_SETIENUM : APLIC_CLRIENUM);
		break;
	}
}

static void write_word(struct vm *vm, uint32_t base, uint32_t first, uint32_t value)
{
	if (first >= vm->plan->irq_limit)
		return;
	for (uint32_t todo = value & irq_bank(vm, first)->owned; todo; todo &= todo - 1)
		write_bit(vm, base, first + bits_lowest(todo));
}

/* Of one source: what its bit in setip, or in in_clrip, reads as. */
static bool read_bit(const struct vm *vm, uint32_t base, uint32_t irq)
{
	const uint32_t host = irq_host(vm, irq);

	if (irq_is_hardware(vm, irq))
		return mmio_read32(hyp_plan->intc, base + host / 32 * 4) >> host % 32 & 1;
	if (base == APLIC_SETIP)
		return irq_bank(vm, irq)->pending & irq_bit(irq);
	return rectified(vm, irq);
}

NEVER_INLINE static uint32_t read_bits(const struct vm *vm, uint32_t base, uint32_t first)
{
	uint32_t word = 0;

	for (uint32_t todo = irq_bank(vm, first)->owned; todo; todo &= todo - 1)
		word |= read_bit(vm, base, first + bits_lowest(todo)) ? todo & -todo : 0;
	return word;
}

/* in_clrip reads as the rectified inputs, setip as what is pending, clrie as zero. */
static uint32_t read_word(const struct vm *vm, uint32_t base, uint32_t first)
{
	if (first >= vm->plan->irq_limit || base == APLIC_CLRIE)
		return 0;
	return base == APLIC_SETIE ? irq_bank(vm, first)->enabled : read_bits(vm, base, first);
}

/* Of the registers with a bit for each source, and beside them those that take a number. */
#define IS_BITS(offset)   ((offset)-APLIC_SETIP < 0x400 && ((offset)&0xff) < 0x80)
#define IS_NUMBER(offset) ((offset)-APLIC_SETIP < 0x400 && ((offset)&0xff) == 0xdc)

/*
 * 4.5: all registers are words; the others of the region read as zero. There are no interrupt
 * delivery control structures behind APLIC_SIZE: MSI mode only.
 */
NEVER_INLINE static void write_register(struct vm *vm, uint64_t offset, uint32_t value)
{
	const uint32_t irq = (offset & 0xfff) / 4; /* of sourcecfg and target */

	if (IS_NUMBER(offset))
		write_bit(vm, offset & ~0xffull, value);
	else if (IS_BITS(offset))
		write_word(vm, offset & ~0xffull, (offset & 0x7f) * 8, value);
	else if (offset == APLIC_SETIPNUM_LE)
		write_bit(vm, APLIC_SETIP, value);
	else if (offset == APLIC_SETIPNUM_BE)
		write_bit(vm, APLIC_SETIP, __builtin_bswap32(value));
	else if (offset == APLIC_DOMAINCFG)
		write_domaincfg(vm, value);
	else if (offset == APLIC_GENMSI)
		write_genmsi(vm, value);
	else if (offset < 0x1000 && irq_is_owned(vm, irq))
		write_sourcecfg(vm, irq, value);
	else if (offset > APLIC_TARGET && offset < APLIC_SIZE && irq_is_owned(vm, irq))
		write_target(vm, irq, value);
}

void aia_guest_write(struct vcpu *vcpu, uint64_t offset, uint32_t value)
{
	struct vm *vm = vcpu->vm;

	lock_take_inline(&vm->arch.lock);
	if (offset != APLIC_SETIENUM && offset != APLIC_CLRIENUM)
		write_register(vm, offset, value);
	else
		write_enable(vm, value, offset);
	lock_release(&vm->arch.lock);
}

/*
 * What is read is one word of memory or of the physical APLIC, so that needs no lock. Mode and
 * target of a source that the guest does not have are never written, hence 0.
 */
uint32_t aia_guest_read(struct vcpu *vcpu, uint64_t offset)
{
	const struct vm *vm = vcpu->vm;
	const uint32_t irq = (offset & 0xfff) / 4;

	if (offset == APLIC_DOMAINCFG)
		return DOMAINCFG_FIXED | vm->arch.domaincfg | DOMAINCFG_DM;
	if (IS_BITS(offset))
		return read_word(vm, offset & ~0xffull, (offset & 0x7f) * 8);
	if (irq >= vm->plan->irq_limit)
		return 0;
	if (offset < 0x1000)
		return mode_of(vm, irq);
	return offset > APLIC_TARGET && offset < APLIC_SIZE ? *target_of(vm, irq) : 0;
}

void aia_guest_set_line(struct vm *vm, uint32_t irq, bool high)
{
	struct irq_bank *bank = irq_bank(vm, irq);
	bool before;

	if (!irq_is_owned(vm, irq) || irq_is_hardware(vm, irq))
		return;
	before = rectified(vm, irq);
	bank->line = high ? bank->line | irq_bit(irq) : bank->line & ~irq_bit(irq);
	if (rectified(vm, irq) == before)
		return;
	if (!before)
		bank->pending |= irq_bit(irq);
	else if (is_level(vm, irq))
		bank->pending &= ~irq_bit(irq);
	forward(vm, irq);
}

/* In another mode than the one that fits, the source sees the line go up and down. */
void aia_guest_raise(struct vm *vm, uint32_t irq)
{
	struct irq_bank *bank = irq_bank(vm, irq);

	if (irq_is_owned(vm, irq) && mode_of(vm, irq) == SOURCE_EDGE1) {
		bank->pending |= irq_bit(irq);
		forward(vm, irq);
		return;
	}
	aia_guest_set_line(vm, irq, true);
	aia_guest_set_line(vm, irq, false);
}

void aia_guest_aim(const struct vcpu *vcpu)
{
	const struct vm *vm = vcpu->vm;

	for (uint32_t i = 0; i < vm->plan->irq_count; i++) {
		const uint32_t irq = vm->plan->irqs[i].id;

		if (irq_is_hardware(vm, irq) && mode_of(vm, irq) != SOURCE_INACTIVE &&
			TARGET_HART_OF(*target_of(vm, irq)) == vcpu->plan->index)
			write_target_hardware(vm, irq);
	}
}

void aia_guest_reset(struct vm *vm)
{
	const struct plan_vm *plan = vm->plan;

	vm->arch.domaincfg = 0;
	irq_reset_banks(vm);
	if (vm->arch.doorbell)
		__atomic_store_n(&vm->arch.doorbell->target, 0, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < plan->irq_count; i++) {
		if (irq_is_hardware(vm, plan->irqs[i].id))
			aia_set_source(irq_host(vm, plan->irqs[i].id), SOURCE_INACTIVE);
	}
}
