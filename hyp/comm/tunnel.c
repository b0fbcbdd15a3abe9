/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tunnels and their doorbells.
 */
#include "hyp/comm/tunnel.h"

#include "abi/hypercall.h"
#include "hyp/comm/region.h"
#include "hyp/core/comm.h"
#include "lib/bits.h"

int64_t tunnel_create(struct vcpu *vcpu, const uint64_t *args)
{
	const struct plan_vm *plan = vcpu->vm->plan;
	uint64_t which = args[1];

	if (args[0] >= hyp_plan->vm_count)
		return HYPERCALL_NO_VM;
	for (uint32_t i = 0; i < plan->tunnel_count; i++) {
		if (plan->tunnels[i].peer != args[0] || which-- != 0)
			continue;
		region_set_open(comm_vm_of(vcpu->vm), 1u << i, 1u << i);
		return i;
	}
	return HYPERCALL_DENIED;
}

RARELY static int64_t refuse(const struct vcpu *vcpu, uint64_t tunnel)
{
	if (!vcpu->comm)
		return HYPERCALL_NOT_SUPPORTED;
	return tunnel < vcpu->vm->plan->tunnel_count ? HYPERCALL_WRONG_STATE
						     : HYPERCALL_INVALID_PARAMETER;
}

/* The ends of comm_ring that are out of its way: the lock is held. */
RARELY static int64_t refuse_closed(struct comm_vm *peer)
{
	lock_release(&peer->lock);
	return HYPERCALL_NOT_RUNNING;
}

RARELY static int64_t raise(struct comm_vm *peer)
{
	region_raise(peer);
	lock_release(&peer->lock);
	return HYPERCALL_OK;
}

RARELY static int64_t tell(struct comm_vm *peer)
{
	region_tell(peer, REGION_EVENT_RING);
	lock_release(&peer->lock);
	return HYPERCALL_OK;
}

/*
 * Under the other side's lock, so that it is not told of anything once it has been stopped, which
 * closes it. Its counter is read back from its region, where it can only fool itself. What was
 * stored into the tunnel is seen before the counter, and that before the event and the interrupt.
 */
int64_t comm_ring(struct vcpu *vcpu, const uint64_t *args)
{
	const struct comm_vm *comm = vcpu->comm;
	const uint64_t tunnel = args[0];
	const struct comm_tunnel *end;
	struct comm_vm *peer;
	uint64_t events;

	if (__builtin_expect(!comm || tunnel >= REGION_TUNNELS_MOST, 0))
		return refuse(vcpu, tunnel);
	end = &comm->ends[tunnel];
	if (__builtin_expect(!__atomic_load_n(&end->open, __ATOMIC_RELAXED), 0))
		return refuse(vcpu, tunnel);
	peer = end->peer;
	lock_take_inline(&peer->lock);
	if (__builtin_expect(!end->other->open, 0))
		return refuse_closed(peer);
	__atomic_store_n(
		end->rings, __atomic_load_n(end->rings, __ATOMIC_RELAXED) + 1, __ATOMIC_RELEASE);
	if (__builtin_expect(!arch_bits_try(&peer->region->events, REGION_EVENT_RING, &events), 0))
		return tell(peer);
	if (!(events & REGION_EVENT_RING) && !arch_doorbell_ring(&peer->doorbell))
		return raise(peer);
	lock_release(&peer->lock);
	return HYPERCALL_OK;
}
