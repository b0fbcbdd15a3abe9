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

static uint32_t read_bit(struct vcpu *frame, uint32_t offset, uint32_t id, struct virq *virq)
{
	const struct vgic_route *route = vgic_route_of(frame->vm);

	switch (offset & ~0x7fu) {
	case GICD_IGROUPR:
		return (virq->flags & VIRQ_GROUP1) != 0;
	case GICD_ISENABLER:
	case GICD_ICENABLER:
		return (virq->flags & VIRQ_ENABLED) != 0;
	case GICD_ISPENDR:
	case GICD_ICPENDR:
		return route->is_pending(frame, id, virq);
	default:
		return route->is_active(frame, id, virq);
	}
}

static void set_group(struct vcpu *frame, struct virq *virq, bool group1)
{
	/* On the direct way Group 0 is the hypervisor's: the bit is RAO/WI. */
	if (frame->vm->plan->delivery == PLAN_DIRECT)
		return;
	virq->flags = (uint16_t)(group1 ? virq->flags | VIRQ_GROUP1 : virq->flags & ~VIRQ_GROUP1);
}

static void write_bit(struct vcpu *frame, uint32_t offset, uint32_t id, struct virq *virq)
{
	const struct vgic_route *route = vgic_route_of(frame->vm);

	switch (offset & ~0x7fu) {
	case GICD_ISENABLER:
		virq->flags |= VIRQ_ENABLED;
		route->enable(frame, id, virq);
		break;
	case GICD_ICENABLER:
		virq->flags &= ~VIRQ_ENABLED;
		route->disable(frame, id, virq);
		break;
	case GICD_ISPENDR:
	case GICD_ICPENDR:
		route->set_pending(frame, id, virq, (offset & 0x80) == 0);
		break;
	case GICD_ISACTIVER:
	case GICD_ICACTIVER:
		route->set_active(frame, id, virq, (offset & 0x80) == 0);
		break;
	}
}

/* IGROUPR to ICACTIVER: one bit per interrupt, 32 to a word. */
static void access_bits(struct vcpu *frame, struct mmio_access *access)
{
	const uint32_t offset = (uint32_t)access->address, first = (offset & 0x7f) * 8;
	const bool is_group = (offset & ~0x7fu) == GICD_IGROUPR;
	uint64_t todo = access->is_write && !is_group ? access->value : 0xffffffff, result = 0;

	for (; todo; todo &= todo - 1) {
		const unsigned bit = bits_lowest(todo);
		struct virq *virq = vgic_find(frame, first + bit);

		if (!virq)
			continue;
		if (!access->is_write)
			result |= (uint64_t)read_bit(frame, offset, first + bit, virq) << bit;
		else if (is_group)
			set_group(frame, virq, access->value >> bit & 1);
		else
			write_bit(frame, offset, first + bit, virq);
	}
	access->value = result;
}

/* IPRIORITYR: a byte per interrupt, by bytes or words. */
static void access_priorities(struct vcpu *frame, struct mmio_access *access)
{
	const uint32_t first = (uint32_t)access->address - GICD_IPRIORITYR;
	uint64_t result = 0;

	for (uint32_t i = 0; i < access->size; i++) {
		struct virq *virq = vgic_find(frame, first + i);

		if (!virq)
			continue;
		if (access->is_write) {
			virq->priority = (uint8_t)(access->value >> 8 * i) & VGIC_PRIORITY_MASK;
			vgic_route_of(frame->vm)->set_priority(frame, first + i, virq);
		} else {
			result |= (uint64_t)virq->priority << 8 * i;
		}
	}
	access->value = result;
}

static void set_trigger(uint32_t id, struct virq *virq, bool edge)
{
	if (id < GIC_PRIVATE_IRQS)
		return; /* SGIs are edge-triggered; whether a PPI can be changed is ours to say */
	virq->flags = (uint16_t)(edge ? virq->flags | VIRQ_EDGE : virq->flags & ~VIRQ_EDGE);
	if (virq->flags & VIRQ_HARDWARE)
		gic_set_edge(id, edge);
}

/* ICFGR: two bits per interrupt, of which the upper one says edge. */
static void access_triggers(struct vcpu *frame, struct mmio_access *access)
{
	const uint32_t first = ((uint32_t)access->address - GICD_ICFGR) * 4;
	uint64_t result = 0;

	for (uint32_t i = 0; i < 16; i++) {
		struct virq *virq = vgic_find(frame, first + i);

		if (!virq)
			continue;
		if (access->is_write)
			set_trigger(first + i, virq, access->value >> (2 * i + 1) & 1);
		else if (virq->flags & VIRQ_EDGE)
			result |= 2ull << 2 * i;
	}
	access->value = result;
}

/* IROUTER: 64 bits per shared interrupt, also by halves; only Aff0 can differ from zero here. */
static void access_route(struct vcpu *frame, struct mmio_access *access)
{
	const uint32_t id = ((uint32_t)access->address - GICD_IROUTER) / 8;
	const struct vm *vm = frame->vm;
	struct virq *virq = id < GIC_PRIVATE_IRQS ? 0 : vgic_find(frame, id);
	struct vcpu *target;

	if (!virq || (access->address & 4)) {
		access->value = 0;
		return;
	}
	if (!access->is_write) {
		access->value = vm_vcpu(vm, virq->vcpu)->plan->hw_id;
		return;
	}
	/* A CPU that does not exist: delivered nowhere on hardware (12.9.22); here the route stays. */
	if ((access->value & MPIDR_AFFINITY) >= vm->plan->vcpu_count)
		return;
	virq->vcpu = (uint8_t)access->value;
	target = vm_vcpu(vm, virq->vcpu);
	if (virq->flags & VIRQ_HARDWARE)
		gic_route(id, target->cpu);
	vgic_route_of(vm)->set_priority(frame, id, virq);
}

static void access_control(struct vcpu *frame, struct mmio_access *access)
{
	struct vm *vm = frame->vm;
	uint32_t writable = GICD_CTLR_GROUP1;

	if (!access->is_write) {
		access->value = vm->arch.gicd_ctlr | GICD_CTLR_ARE | GICD_CTLR_DS;
		return;
	}
	if (vm->plan->delivery == PLAN_INJECTED)
		writable |= GICD_CTLR_GROUP0;
	if (vm->arch.gicd_ctlr == (access->value & writable))
		return;
	vm->arch.gicd_ctlr = (uint32_t)access->value & writable;
	vgic_route_of(vm)->settle(frame);
}

/* Registers that the distributor and a redistributor's SGI frame have at the same offsets. */
static bool access_common(struct vcpu *frame, struct mmio_access *access)
{
	const uint32_t offset = (uint32_t)access->address;

	if (offset >= GICD_IGROUPR && offset < GICD_IPRIORITYR)
		access_bits(frame, access);
	else if (offset >= GICD_IPRIORITYR && offset < GICD_ITARGETSR)
		access_priorities(frame, access);
	else if (offset >= GICD_ICFGR && offset < GICD_IGRPMODR)
		access_triggers(frame, access);
	else
		return false;
	return true;
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

static void access_distributor(struct vcpu *vcpu, struct mmio_access *access)
{
	const uint32_t offset = (uint32_t)access->address;

	if (offset == GICD_CTLR) {
		access_control(vcpu, access);
	} else if (offset >= GICD_IROUTER && offset < GICD_IROUTER + 8 * GIC_SPI_LIMIT) {
		access_route(vcpu, access);
	} else if (offset == GICD_TYPER) {
		/* 10 bits of INTID, no 1-of-N, one security state, no LPIs */
		access->value = (vcpu->vm->plan->irq_limit / 32 - 1) | 9u << 19 | GICD_TYPER_NO1N;
	} else if (offset == GICD_IIDR) {
		access->value = GIC_IIDR;
	} else if (is_private_register(offset) || !access_common(vcpu, access)) {
		/* With affinity routing the private interrupts' registers are reserved here. */
		access->value = read_identification(offset);
	}
}

static void access_redistributor(struct vcpu *frame, struct mmio_access *access)
{
	const struct plan_vcpu *plan = frame->plan;
	const bool last = plan->index + 1u == frame->vm->plan->vcpu_count;

	switch (access->address) {
	case GICR_IIDR:
		access->value = GIC_IIDR;
		break;
	case GICR_TYPER:
		access->value = (plan->hw_id & 0xffffff) << 32 | (uint64_t)plan->index << 8 |
				(last ? GICR_TYPER_LAST : 0);
		break;
	case GICR_TYPER + 4:
		access->value = plan->hw_id & 0xffffff;
		break;
	case GICR_WAKER:
		if (access->is_write)
			frame->arch.asleep = (access->value & GICR_WAKER_SLEEP) != 0;
		access->value = frame->arch.asleep ? GICR_WAKER_SLEEP | GICR_WAKER_CHILDREN_SLEEP : 0;
		break;
	default:
		access->value = read_identification((uint32_t)access->address);
	}
}

/* Which widths a register has (12.1.3): words; bytes for priorities; 64 bits for these few. */
static bool is_width_valid(uint32_t unit, const struct mmio_access *access)
{
	const uint64_t offset = access->address & (GICD_SIZE - 1);
	const bool sgi_frame = unit == PLAN_MMIO_INTC_CPUS && (access->address & GICR_SGI_BASE);

	if (access->size == 4)
		return true;
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

	if (!is_private_register(offset) || !access_common(frame, access))
		access->value = read_identification(offset);
}

static void access_redistributors(struct vcpu *vcpu, struct mmio_access *access)
{
	struct vcpu *frame = vm_vcpu(vcpu->vm, (unsigned)(access->address / GICR_SIZE));

	access->address %= GICR_SIZE;
	if (access->address < GICR_SGI_BASE) {
		access_redistributor(frame, access);
	} else {
		access->address -= GICR_SGI_BASE;
		access_sgi_frame(frame, access);
	}
}

enum mmio_result arch_intc_access(struct vcpu *vcpu, uint32_t unit, struct mmio_access *access)
{
	struct vm *vm = vcpu->vm;

	if (!is_width_valid(unit, access))
		return MMIO_DENIED;
	lock_take(&vm->arch.lock);
	if (unit == PLAN_MMIO_INTC)
		access_distributor(vcpu, access);
	else
		access_redistributors(vcpu, access);
	lock_release(&vm->arch.lock);
	return MMIO_DONE;
}
