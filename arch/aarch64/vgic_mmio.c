/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of the guest's GICv3 (IHI 0069 chapter 12): one security state, affinity routing
 * always on, no LPIs, and only the VM's own interrupts; others read as zero and ignore writes.
 */
#include "arch/aarch64/gic.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/vgic.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

#define GIC_IIDR        (0x4fu << 24 | 0x43bu) /* product 'O', Arm's implementer code */
#define GICD_TYPER_NO1N BIT(25)
#define GICR_TYPER_LAST BIT(4)

/* PIDR4..7, PIDR0..3, CIDR0..3 (12.1.2): a GICv3 (PIDR2.ArchRev) of Arm's part numbering. */
static uint32_t read_identification(uint32_t offset)
{
	static const uint8_t values[] = {
		0x44, 0, 0, 0, 0x92, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1};

	return offset >= GICD_IDREGS ? values[(offset - GICD_IDREGS) / 4] : 0;
}

static uint32_t read_word(struct vcpu *frame, uint32_t offset, uint32_t word)
{
	const struct irq_bank *bank = vgic_bank(frame, word);
	const bool direct = vgic_is_direct(frame->vm);

	switch (offset & ~0x7fu) {
	case GICD_IGROUPR:
		return bank->group1;
	case GICD_ISENABLER:
	case GICD_ICENABLER:
		return bank->enabled;
	case GICD_ISPENDR:
	case GICD_ICPENDR:
		return direct ? vgic_direct_pending(frame, word)
			      : vgic_injected_pending(frame, word);
	default:
		return direct ? vgic_direct_active(frame, word) : vgic_injected_active(frame, word);
	}
}

static void write_direct(struct vcpu *frame, uint32_t offset, uint32_t word, uint32_t bits)
{
	struct irq_bank *bank = vgic_bank(frame, word);

	switch (offset & ~0x7fu) {
	case GICD_ISENABLER:
		bank->enabled |= bits;
		vgic_direct_enable(frame->vm, frame, word, bits);
		break;
	case GICD_ICENABLER:
		bank->enabled &= ~bits;
		vgic_direct_disable(frame, word, bits);
		break;
	case GICD_ISPENDR:
	case GICD_ICPENDR:
		vgic_direct_set_pending(frame, word, bits, (offset & 0x80) == 0);
		break;
	case GICD_ISACTIVER:
	case GICD_ICACTIVER:
		vgic_direct_set_active(frame, word, bits, (offset & 0x80) == 0);
		break;
	default: /* IGROUPR is RAO/WI: Group 0 is the hypervisor's */
		break;
	}
}

static void write_injected(
	struct vcpu *frame, uint32_t offset, uint32_t word, uint32_t bits, uint32_t value)
{
	struct irq_bank *bank = vgic_bank(frame, word);

	switch (offset & ~0x7fu) {
	case GICD_IGROUPR:
		bank->group1 = value & bank->owned;
		vgic_injected_settle(frame->vm);
		break;
	case GICD_ISENABLER:
		bank->enabled |= bits;
		vgic_injected_enable(frame, word, bits);
		break;
	case GICD_ICENABLER:
		bank->enabled &= ~bits;
		vgic_injected_disable(frame, word, bits);
		break;
	case GICD_ISPENDR:
	case GICD_ICPENDR:
		vgic_injected_set_pending(frame, word, bits, (offset & 0x80) == 0);
		break;
	default:
		vgic_injected_set_active(frame, word, bits, (offset & 0x80) == 0);
	}
}

/* IGROUPR to ICACTIVER: one bit per interrupt, 32 to a word. */
static void access_bits(struct vcpu *frame, struct mmio_access *access)
{
	const uint32_t offset = (uint32_t)access->address, word = (offset & 0x7f) / 4;
	uint32_t owned;

	if (word >= frame->vm->plan->irq_limit / 32) {
		access->value = 0;
		return;
	}
	owned = vgic_bank(frame, word)->owned;
	if (!access->is_write)
		access->value = read_word(frame, offset, word) & owned;
	else if (vgic_is_direct(frame->vm))
		write_direct(frame, offset, word, (uint32_t)access->value & owned);
	else
		write_injected(frame, offset, word, (uint32_t)access->value & owned,
			(uint32_t)access->value);
}

static bool owns(struct vcpu *frame, uint32_t id)
{
	return id < frame->vm->plan->irq_limit && (vgic_bank(frame, id / 32)->owned >> id % 32 & 1);
}

/* IPRIORITYR: a byte per interrupt, by bytes or words. */
static void access_priorities(struct vcpu *frame, struct mmio_access *access)
{
	const uint32_t first = (uint32_t)access->address - GICD_IPRIORITYR;
	const bool direct = vgic_is_direct(frame->vm);
	uint64_t result = 0;

	for (uint32_t i = 0; i < access->size; i++) {
		const uint32_t id = first + i;
		uint8_t *priority;

		if (!owns(frame, id))
			continue;
		priority = &vgic_bank(frame, id / 32)->priority[id % 32];
		if (access->is_write) {
			*priority = (uint8_t)(access->value >> 8 * i) & VGIC_PRIORITY_MASK;
			if (direct)
				vgic_direct_prioritize(frame, id);
		}
		result |= (uint64_t)*priority << 8 * i;
	}
	if (access->is_write && !direct)
		vgic_injected_settle(frame->vm);
	access->value = result;
}

/* ICFGR: two bits per interrupt, of which the upper one says edge. A private one's is fixed. */
static void access_triggers(struct vcpu *frame, struct mmio_access *access)
{
	const uint32_t first = ((uint32_t)access->address - GICD_ICFGR) * 4;
	uint64_t result = 0;

	for (uint32_t id = first; id < first + 16; id++) {
		const uint32_t shift = 2 * (id % 16) + 1, bit = 1u << id % 32;
		struct irq_bank *bank;

		if (!owns(frame, id))
			continue;
		bank = vgic_bank(frame, id / 32);
		if (access->is_write && id >= GIC_PRIVATE_IRQS) {
			const bool edge = access->value >> shift & 1;

			bank->edge = edge ? bank->edge | bit : bank->edge & ~bit;
			if (bank->hardware & bit)
				gic_set_edge(id, edge);
		}
		result |= bank->edge & bit ? 1ull << shift : 0;
	}
	access->value = result;
}

/* IROUTER: 64 bits per shared interrupt, also by halves; only Aff0 can differ from zero here. */
static void access_route(struct vcpu *frame, struct mmio_access *access)
{
	const uint32_t id = ((uint32_t)access->address - GICD_IROUTER) / 8;
	const uint64_t affinity = access->value & (access->size == 8 ? MPIDR_AFFINITY : 0xffffff);
	const struct vm *vm = frame->vm;
	struct irq_bank *bank = vgic_bank(frame, id / 32);
	uint8_t *target = vgic_target(vm, id);

	if (id < GIC_PRIVATE_IRQS || !owns(frame, id) || (access->address & 4)) {
		access->value = 0;
		return;
	}
	if (!access->is_write) {
		access->value = vm_vcpu(vm, *target)->plan->hw_id;
		return;
	}
	/* A CPU that does not exist: delivered nowhere on hardware (12.9.22); here the route stays.
	 */
	if (affinity >= vm->plan->vcpu_count)
		return;
	*target = (uint8_t)affinity;
	if (bank->hardware >> id % 32 & 1)
		gic_route(id, vm_vcpu(vm, *target)->cpu);
	if (!vgic_is_direct(vm))
		vgic_injected_settle(frame->vm);
}

/* On the direct way no interrupt of a guest is in Group 0; its enable bit is kept all the same. */
static void access_control(struct vcpu *frame, struct mmio_access *access)
{
	const uint32_t groups = GICD_CTLR_GROUP0 | GICD_CTLR_GROUP1;
	struct vm *vm = frame->vm;

	if (!access->is_write) {
		/* RWP is the physical one's: until then a disabled interrupt may still come. */
		access->value = vm->arch.gicd_ctlr | GICD_CTLR_ARE | GICD_CTLR_DS |
				(mmio_read32(hyp_plan->intc, GICD_CTLR) & GICD_CTLR_RWP);
		return;
	}
	if (vm->arch.gicd_ctlr == (access->value & groups))
		return;
	vm->arch.gicd_ctlr = (uint32_t)access->value & groups;
	if (vgic_is_direct(vm))
		vgic_apply_enables(vm);
	else
		vgic_injected_settle(vm);
}

/* Registers that the distributor and a redistributor's SGI frame have at the same offsets. */
static bool is_common(uint32_t offset)
{
	return (offset >= GICD_IGROUPR && offset < GICD_ITARGETSR) ||
	       (offset >= GICD_ICFGR && offset < GICD_IGRPMODR);
}

static ALWAYS_INLINE void access_common(struct vcpu *frame, struct mmio_access *access)
{
	const uint32_t offset = (uint32_t)access->address;

	if (offset < GICD_IPRIORITYR)
		access_bits(frame, access);
	else if (offset < GICD_ITARGETSR)
		access_priorities(frame, access);
	else
		access_triggers(frame, access);
}

/* A redistributor's second frame has the first word of each kind of register (12.11). */
static bool is_private_register(uint32_t offset)
{
	if (offset < GICD_IPRIORITYR)
		return (offset & 0x7f) < 4;
	if (offset < GICD_ITARGETSR)
		return offset < GICD_IPRIORITYR + GIC_PRIVATE_IRQS;
	return offset < GICD_ICFGR + 8;
}

/* With affinity routing the private interrupts' registers are reserved in the distributor. */
static bool is_distributor_state(uint32_t offset)
{
	if (offset == GICD_CTLR || is_common(offset))
		return !is_private_register(offset) || offset == GICD_CTLR;
	return offset >= GICD_IROUTER && offset < GICD_IROUTER + 8 * GIC_SPI_LIMIT;
}

/* What the VM's vCPUs share or may change under each other. */
static void access_distributor_state(struct vcpu *vcpu, struct mmio_access *access)
{
	const uint32_t offset = (uint32_t)access->address;

	lock_take(&vcpu->vm->arch.lock);
	if (offset == GICD_CTLR)
		access_control(vcpu, access);
	else if (offset >= GICD_IROUTER)
		access_route(vcpu, access);
	else
		access_common(vcpu, access);
	lock_release(&vcpu->vm->arch.lock);
}

static void access_distributor(struct vcpu *vcpu, struct mmio_access *access)
{
	const uint32_t offset = (uint32_t)access->address;

	if (offset == GICD_IIDR)
		access->value = GIC_IIDR;
	else if (is_distributor_state(offset))
		access_distributor_state(vcpu, access);
	else
		access->value = read_identification(offset);
}

static void access_redistributor(struct vcpu *frame, struct mmio_access *access)
{
	const struct plan_vcpu *plan = frame->plan;
	const bool last = plan->index + 1u == frame->vm->plan->vcpu_count;

	switch (access->address) {
	case GICR_CTLR: /* no LPIs; RWP is the physical one's */
		access->value = mmio_read32(frame->cpu->plan->intc, GICR_CTLR) & GICR_CTLR_RWP;
		break;
	case GICR_IIDR:
		access->value = GIC_IIDR;
		break;
	case GICR_TYPER:
		access->value = (plan->hw_id & 0xffffff) << 32 | (uint64_t)plan->index << 8 |
				(last ? GICR_TYPER_LAST : 0);
		if (access->size == 4)
			access->value = (uint32_t)access->value;
		break;
	case GICR_TYPER + 4:
		access->value = plan->hw_id & 0xffffff;
		break;
	case GICR_WAKER:
		if (access->is_write)
			frame->arch.asleep = (access->value & GICR_WAKER_SLEEP) != 0;
		access->value =
			frame->arch.asleep ? GICR_WAKER_SLEEP | GICR_WAKER_CHILDREN_SLEEP : 0;
		break;
	default:
		access->value = read_identification((uint32_t)access->address);
	}
}

/* Which widths but words a register has (12.1.3): bytes for priorities, 64 bits for a few. */
static bool is_width_valid(uint32_t unit, const struct mmio_access *access)
{
	const uint64_t offset = access->address & (GICD_SIZE - 1);
	const bool sgi_frame = unit == PLAN_MMIO_INTC_CPUS && (access->address & GICR_SGI_BASE);

	if (access->size == 1)
		return (unit == PLAN_MMIO_INTC || sgi_frame) && offset >= GICD_IPRIORITYR &&
		       offset < GICD_ICFGR;
	if (access->size == 8 && unit == PLAN_MMIO_INTC)
		return offset >= GICD_IROUTER && offset < GICD_IROUTER + 8 * GIC_SPI_LIMIT;
	/* GICR_TYPER, and the LPI registers, which are RAZ/WI */
	return access->size == 8 && !sgi_frame && offset >= GICR_TYPER && offset < 0x100 &&
	       offset != GICR_WAKER - 4;
}

static void access_sgi_frame(struct vcpu *frame, struct mmio_access *access)
{
	const uint32_t offset = (uint32_t)access->address;

	if (!is_common(offset) || !is_private_register(offset)) {
		access->value = read_identification(offset);
		return;
	}
	lock_take(&frame->vm->arch.lock);
	access_common(frame, access);
	lock_release(&frame->vm->arch.lock);
}

RARELY static enum mmio_result access_any(
	struct vcpu *vcpu, struct mmio_access *access, uint32_t unit)
{
	if (access->size != 4 && !is_width_valid(unit, access))
		return MMIO_DENIED;
	if (unit == PLAN_MMIO_INTC) {
		access_distributor(vcpu, access);
	} else {
		struct vcpu *frame = vcpu->vm->arch.vcpus + access->address / GICR_SIZE;

		access->address %= GICR_SIZE;
		if (access->address < GICR_SGI_BASE) {
			access_redistributor(frame, access);
		} else {
			access->address -= GICR_SGI_BASE;
			access_sgi_frame(frame, access);
		}
	}
	return MMIO_DONE;
}

/* On the direct way: `bits` of a vCPU's private interrupts are enabled or disabled. */
static ALWAYS_INLINE void enable_private(
	struct vm *vm, struct vcpu *frame, bool enable, uint32_t bits)
{
	struct irq_bank *bank = &frame->arch.bank;

	lock_take_inline(&vm->arch.lock);
	bits &= bank->owned;
	if (enable) {
		bank->enabled |= bits;
		vgic_direct_enable(vm, frame, 0, bits);
	} else {
		bank->enabled &= ~bits;
		vgic_direct_disable(frame, 0, bits);
	}
	lock_release(&vm->arch.lock);
}

/*
 * The frequent ones first: what a driver reads at its start to know what it has, and the enable
 * bits that an operating system writes for each of its ticks.
 */
enum mmio_result arch_intc_access(struct vcpu *vcpu, struct mmio_access *access, uint32_t unit)
{
	struct vm *vm = vcpu->vm;
	const uint32_t offset = (uint32_t)access->address;

	if (unit == PLAN_MMIO_INTC && offset == GICD_TYPER && access->size == 4) {
		/* 10 bits of INTID, no 1-of-N, one security state, no LPIs */
		access->value = (vm->plan->irq_limit / 32 - 1) | 9u << 19 | GICD_TYPER_NO1N;
		return MMIO_DONE;
	}
	if (unit == PLAN_MMIO_INTC_CPUS && access->is_write && access->size == 4 &&
		(offset % GICR_SIZE & ~0x80u) == GICR_SGI_BASE + GICD_ISENABLER &&
		vgic_is_direct(vm)) {
		enable_private(vm, vm->arch.vcpus + offset / GICR_SIZE, (offset & 0x80) == 0,
			(uint32_t)access->value);
		return MMIO_DONE;
	}
	return access_any(vcpu, access, unit);
}
