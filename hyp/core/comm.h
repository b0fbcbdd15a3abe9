/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the core asks of communication between VMs (hyp/comm). There where HYP_COMM is 1 (extent.h).
 */
#ifndef HYP_CORE_COMM_H
#define HYP_CORE_COMM_H

#include <stdint.h>

#include "hyp/core/hypercall.h"
#include "hyp/core/mmio.h"

struct plan_mmio;
struct vcpu;
struct vm;

/* Fills the regions, and connects the plan's memory for communication to the VMs. At start-up. */
void comm_init(void);

/*
 * Every vCPU of `vm` is off: its tunnels are closed, its ring is empty, its devices are reset, and
 * the others are told. Its region is filled anew.
 */
void comm_vm_left(struct vm *vm);

/* vm->state has changed: the regions of all VMs say so. */
void comm_vm_state(struct vm *vm);

/*
 * `vcpu`, which is loaded, has got its core after `from` (or NULL); the next decision there falls
 * at `until`. Either has a region.
 */
void comm_dispatched(struct vcpu *from, struct vcpu *vcpu, uint64_t now, uint64_t until);

/* `vcpu` has begun to wait for a message (shared_vcpu.receives), and has got its core. */
void comm_goes_on(struct vcpu *vcpu);

/* `vcpu`, which is shared and has a region, is off. */
void comm_vcpu_left(struct vcpu *vcpu);

/* The calls of abi/hypercall.h for communication; comm_send_message and comm_receive_message may
 * wait. */
hypercall_service comm_get_region, comm_ring, comm_send_message, comm_receive_message,
	comm_create_tunnel, comm_set_mac, comm_send_packets, comm_upcall_set, comm_upcall_end;

/* A guest's access to virtio registers; access->address is the offset. cpu_attend follows
 * MMIO_BUSY. */
enum mmio_result comm_access(
	struct vcpu *vcpu, const struct plan_mmio *region, struct mmio_access *access);

/*
 * Whether the VM's console is a virtio device, and a character for it, which is dropped if there is
 * no room; false if it is not.
 */
bool comm_has_console(const struct vm *vm);
bool comm_console_input(struct vm *vm, char c);

/*
 * Interrupts by upcall, of VMs that have them (vm_has_upcalls). comm_upcall_record: interrupt `irq`
 * has arrived for the vCPU and stands in its region from now on; returns whether the vCPU is to
 * look (comm_upcall). comm_upcall_raise does the same and sees to that. Both from any CPU.
 */
bool comm_upcall_record(struct vcpu *vcpu, uint32_t irq);
void comm_upcall_raise(struct vcpu *vcpu, uint32_t irq);

/* Whether anything stands there. */
bool comm_upcall_waits(const struct vcpu *vcpu);

/* The vCPU, loaded on this CPU, is about to return to its guest: injects what waits, if it may. */
void comm_upcall(struct vcpu *vcpu);

/*
 * Whether that can be done before all of the guest's registers have been saved. Not in the copying
 * variant that the bench compares with (tests/bench/upcall_copy).
 */
#ifndef COMM_UPCALL_AT_ONCE
#define COMM_UPCALL_AT_ONCE 1
#endif

#endif
