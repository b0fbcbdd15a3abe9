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
	if (!comm_vm_of(vcpu->vm))
		return HYPERCALL_NOT_SUPPORTED;
	return tunnel < vcpu->vm->plan->tunnel_count ? HYPERCALL_WRONG_STATE
						     : HYPERCALL_INVALID_PARAMETER;
}

/*
 * Under the other side's lock, so that it is not told of anything once it has been stopped, which
 * closes it. Its counter is read back from its region, where it can only fool itself. What was
 * stored into the tunnel is seen before the counter, and that before the interrupt.
 */
int64_t comm_ring(struct vcpu *vcpu, uint64_t tunnel)
{
	struct comm_vm *comm = comm_vm_of(vcpu->vm), *peer;
	const struct comm_tunnel *end;
	int64_t result = HYPERCALL_NOT_RUNNING;
	uint32_t *rings;

	if (__builtin_expect(!comm || tunnel >= REGION_TUNNELS_MOST, 0) ||
		__builtin_expect(
			!(__atomic_load_n(&comm->open, __ATOMIC_RELAXED) >> tunnel & 1), 0))
		return refuse(vcpu, tunnel);
	end = &comm->ends[tunnel];
	peer = end->peer;
	lock_take_inline(&peer->lock);
	if (__builtin_expect((peer->open & end->far_bit) != 0, 1)) {
		rings = &end->far->rings;
		__atomic_store_n(
			rings, __atomic_load_n(rings, __ATOMIC_RELAXED) + 1, __ATOMIC_SEQ_CST);
		region_tell(peer, REGION_EVENT_RING);
		result = HYPERCALL_OK;
	}
	lock_release(&peer->lock);
	return result;
}
