/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GICv3 that a guest sees: a distributor and redistributors (vgic_mmio.c) over one of two ways
 * to deliver (struct vgic_route): direct, or injected through list registers.
 */
#ifndef AARCH64_VGIC_H
#define AARCH64_VGIC_H

#include <stdbool.h>
#include <stdint.h>

#include "arch_types.h"

struct vcpu;
struct vm;

enum virq_flag {
	VIRQ_OWNED = 1 << 0,    /* the guest has this interrupt */
	VIRQ_HARDWARE = 1 << 1, /* a physical interrupt of the same number stands behind it */
	VIRQ_ENABLED = 1 << 2,
	VIRQ_GROUP1 = 1 << 3,
	VIRQ_EDGE = 1 << 4,
	/* The injected way only. */
	VIRQ_PENDING = 1 << 5, /* pending, and in no list register */
	VIRQ_ACTIVE = 1 << 6,  /* active, and in no list register */
	VIRQ_HELD = 1 << 7,    /* its physical interrupt is active on the guest's behalf */
	VIRQ_LINE = 1 << 8,    /* the emulated device's line is high */
};

/* The guest sees four bits of priority; the physical ones lie below the hypervisor's own. */
#define VGIC_PRIORITY_MASK 0xf0u

/* The interrupt `id` of `vcpu`'s controller, or NULL if the guest has none of that number. */
struct virq *vgic_find(const struct vcpu *vcpu, uint32_t id);

/* The vCPU whose registers hold `id`: the redistributor's, or for a shared one its target. */
struct vcpu *vgic_target(struct vcpu *frame, uint32_t id, const struct virq *virq);

/* True if the distributor forwards interrupts of the virq's group. */
bool vgic_group_enabled(const struct vm *vm, const struct virq *virq);

/*
 * One way of delivery. `frame` is the vCPU whose redistributor is meant (any of the VM for shared
 * interrupts). The caller holds vm->arch.lock and has updated the flags of `virq`.
 */
struct vgic_route {
	void (*enable)(struct vcpu *frame, uint32_t id, struct virq *virq);
	void (*disable)(struct vcpu *frame, uint32_t id, struct virq *virq);
	void (*set_pending)(struct vcpu *frame, uint32_t id, struct virq *virq, bool pending);
	bool (*is_pending)(struct vcpu *frame, uint32_t id, const struct virq *virq);
	void (*set_active)(struct vcpu *frame, uint32_t id, struct virq *virq, bool active);
	bool (*is_active)(struct vcpu *frame, uint32_t id, const struct virq *virq);
	void (*set_priority)(struct vcpu *frame, uint32_t id, struct virq *virq);
	/* Several flags may have changed: what is deliverable now is delivered. */
	void (*settle)(struct vcpu *frame);
};

extern const struct vgic_route vgic_direct, vgic_injected;

const struct vgic_route *vgic_route_of(const struct vm *vm);

/* The guest wrote `request` to ICC_SGI1R_EL1 (or a Group 0 request to ICC_SGI0R_EL1). */
void vgic_send_sgi(struct vcpu *vcpu, uint64_t request);
void vgic_send_group0_sgi(struct vcpu *vcpu, uint64_t request);

/* Sends SGI `id` by the VM's route; called for each target. */
void vgic_direct_sgi(struct vcpu *target, uint32_t id);
void vgic_injected_sgi(struct vcpu *sender, struct vcpu *target, uint32_t id);

/* On the vCPU's own CPU: its interface after reset, and off. */
void vgic_cpu_start(struct vcpu *vcpu);
void vgic_cpu_park(struct vcpu *vcpu);
void vgic_injected_start(void);
void vgic_injected_stop(void);

/* The injected way: brings the book and the list registers together, on the vCPU's own CPU. */
void vgic_injected_sync(struct vcpu *vcpu);
/* A physical interrupt of the guest's has been acknowledged. */
void vgic_injected_arrived(struct vcpu *vcpu, uint32_t id);
/* Whether the guest would take a virtual interrupt if it ran. */
bool vgic_injected_pending(void);

#endif
