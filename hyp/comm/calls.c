/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls for communication, and what the core asks of it.
 */
#include "abi/hypercall.h"
#include "hyp/comm/message.h"
#include "hyp/comm/network.h"
#include "hyp/comm/packets.h"
#include "hyp/comm/region.h"
#include "hyp/comm/tunnel.h"
#include "hyp/comm/upcall.h"
#include "hyp/comm/virtio.h"
#include "hyp/comm/virtio_console.h"
#include "hyp/comm/virtio_messages.h"
#include "hyp/core/comm.h"
#include "lib/bits.h"

void comm_init(void)
{
	network_init();
	for (unsigned i = 0; i < hyp_plan->vm_count; i++) {
		if (!comm_vm_at(i))
			continue;
		region_init(vm_at(i));
		packets_init(comm_vm_at(i));
	}
	for (unsigned i = 0; i < hyp_plan->vm_count; i++) {
		if (comm_vm_at(i))
			region_connect(comm_vm_at(i));
	}
	virtio_init();
}

/* Devices first: they take what is in the ring. */
void comm_vm_left(struct vm *vm)
{
	struct comm_vm *comm = comm_vm_of(vm);

	virtio_vm_left(vm);
	if (!comm)
		return;
	packets_vm_left(comm);
	region_vm_left(comm);
}

void comm_vm_state(struct vm *vm)
{
	region_vm_state(vm);
	virtio_messages_vm_state(vm->plan->id);
}

void comm_vcpu_left(struct vcpu *vcpu)
{
	region_stops_waiting(vcpu);
}

int64_t comm_get_region(struct vcpu *vcpu, const uint64_t *args)
{
	(void)args;
	return vcpu->comm ? (int64_t)vcpu->vm->plan->region_base : HYPERCALL_EMPTY;
}

int64_t comm_create_tunnel(struct vcpu *vcpu, const uint64_t *args)
{
	return vcpu->comm ? tunnel_create(vcpu, args) : HYPERCALL_NOT_SUPPORTED;
}

int64_t comm_set_mac(struct vcpu *vcpu, const uint64_t *args)
{
	return vcpu->comm ? packets_set_mac(vcpu, args) : HYPERCALL_NOT_SUPPORTED;
}

int64_t comm_send_packets(struct vcpu *vcpu, const uint64_t *args)
{
	(void)args;
	return vcpu->comm ? packets_send(vcpu) : HYPERCALL_NOT_SUPPORTED;
}

int64_t comm_upcall_set(struct vcpu *vcpu, const uint64_t *args)
{
	return vcpu->comm ? upcall_set(vcpu, args[0]) : HYPERCALL_NOT_SUPPORTED;
}

int64_t comm_upcall_end(struct vcpu *vcpu, const uint64_t *args)
{
	return vcpu->comm ? upcall_end(vcpu, args[0]) : HYPERCALL_NOT_SUPPORTED;
}

enum mmio_result comm_access(
	struct vcpu *vcpu, const struct plan_mmio *region, struct mmio_access *access)
{
	return virtio_access(vcpu, region, access);
}

bool comm_has_console(const struct vm *vm)
{
	return virtio_console_has_input(vm);
}

bool comm_console_input(struct vm *vm, char c)
{
	return virtio_console_input(vm, c);
}
