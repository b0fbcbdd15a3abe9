/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Communication regions: what is in them, and how their guests get to know of it.
 */
#include "hyp/comm/region.h"

#include "abi/hypercall.h"
#include "hyp/comm/message.h"
#include "hyp/core/shared_types.h"
#include "lib/bits.h"
#include "lib/string.h"

/* The guest's own stores may come between so often; only one that means harm meets the limit. */
#define TRIES 16u

/*
 * Held where several regions are to agree: about the states of VMs, and the sides of tunnels.
 */
static struct lock state_lock;

/* VMs that `plan` describes tunnels with, or that it may send to or receive from. */
static uint32_t peers_of(const struct plan_vm *plan)
{
	uint32_t peers = plan->senders;

	for (uint32_t i = 0; i < plan->tunnel_count; i++)
		peers |= 1u << plan->tunnels[i].peer;
	for (unsigned i = 0; i < hyp_plan->vm_count; i++) {
		if (hyp_plan->vms[i].senders >> plan->id & 1)
			peers |= 1u << i;
	}
	return peers & ~(1u << plan->id);
}

static void show_vm(struct region_vm *to, const struct vm *vm)
{
	__atomic_store_n(&to->restarts, vm->restarts, __ATOMIC_RELAXED);
	__atomic_store_n(&to->state, vm_state(vm), __ATOMIC_RELEASE);
}

static void fill_vms(const struct comm_vm *comm)
{
	for (unsigned i = 0; i < hyp_plan->vm_count; i++) {
		const struct plan_vm *other = &hyp_plan->vms[i];
		struct region_vm *to = &comm->vms[i];

		memcpy(to->name, other->name, sizeof(to->name));
		show_vm(to, vm_at(i));
		to->may_send = other->senders >> comm->vm->plan->id & 1;
		to->message_bytes = to->may_send ? other->message_bytes : 0;
	}
}

static void fill_ring(const struct comm_vm *comm, uint32_t offset)
{
	const struct plan_vm *plan = comm->vm->plan;

	memset(comm->ring, 0, sizeof(*comm->ring));
	comm->ring->slots = offset + (uint32_t)sizeof(*comm->ring);
	comm->ring->slot_count = plan->message_slots;
	comm->ring->slot_bytes = (uint32_t)comm->slot_bytes;
	comm->ring->message_bytes = plan->message_bytes;
}

static bool is_open(const struct plan_tunnel *tunnel)
{
	return comm_vm_at(tunnel->peer)->ends[tunnel->peer_index].open;
}

/* Under the state lock. */
static void show_tunnel(const struct comm_vm *comm, unsigned index)
{
	const struct plan_tunnel *plan = &comm->vm->plan->tunnels[index];
	uint32_t flags = plan->is_writable ? REGION_TUNNEL_WRITABLE : 0;

	if (comm->ends[index].open)
		flags |= REGION_TUNNEL_OPEN;
	if (is_open(plan))
		flags |= REGION_TUNNEL_PEER_OPEN;
	__atomic_store_n(&comm->tunnels[index].flags, flags, __ATOMIC_RELEASE);
}

static void fill_tunnels(const struct comm_vm *comm)
{
	for (uint32_t i = 0; i < comm->vm->plan->tunnel_count; i++) {
		const struct plan_tunnel *plan = &comm->vm->plan->tunnels[i];
		struct region_tunnel *to = &comm->tunnels[i];

		memset(to, 0, sizeof(*to));
		memcpy(to->name, plan->name, sizeof(to->name));
		to->address = plan->base;
		to->size_bytes = plan->size_bytes;
		to->peer = plan->peer;
		show_tunnel(comm, i);
	}
}

/* The slots stay as they are: nobody but the VM itself has put or read anything there. */
static void fill_packets(const struct comm_vm *comm, uint32_t offset)
{
	const struct plan_vm *plan = comm->vm->plan;
	struct region_packets *to = comm->packets;

	memset(to, 0, sizeof(*to));
	to->send = offset + (uint32_t)sizeof(*to);
	to->receive = to->send + plan->packet_slots * REGION_PACKET_SLOT;
	to->slot_count = plan->packet_slots;
	memcpy(to->mac, hyp_plan->ports[plan->packet_port].mac, sizeof(to->mac));
}

static void *place(const struct comm_vm *comm, uint32_t offset)
{
	return offset ? (char *)comm->region + offset : 0;
}

static bool is_power(uint32_t number)
{
	return (number & (number - 1)) == 0;
}

/* Where the parts are. Returns what the region's header says. */
static struct region lay_out(struct comm_vm *comm)
{
	const struct plan_vm *plan = comm->vm->plan;
	const struct region_parts parts = {
		.vcpu_count = plan->vcpu_count,
		.vm_count = hyp_plan->vm_count,
		.tunnel_count = plan->tunnel_count,
		.slot_count = plan->message_slots,
		.message_bytes = plan->message_bytes,
		.packet_slots = plan->packet_port == PLAN_NONE ? 0 : plan->packet_slots,
	};
	struct region header = {
		.magic = REGION_MAGIC,
		.version = HYPERCALL_INTERFACE_VERSION,
		.vm = plan->id,
		.vm_count = hyp_plan->vm_count,
		.vcpu_count = plan->vcpu_count,
		.interrupt = plan->region_irq,
		.timer_frequency = hyp_plan->timer_frequency,
		.tunnel_count = plan->tunnel_count,
	};

	header.size_bytes = plan->region_bytes;
	CHECK(region_place(&parts, &header) <= plan->region_bytes &&
		hyp_plan->vm_count <= COMM_VMS_MOST && plan->tunnel_count <= REGION_TUNNELS_MOST &&
		plan->message_bytes <= REGION_OUTBOX_BYTES && is_power(parts.slot_count) &&
		is_power(parts.packet_slots));
	comm->vcpus = place(comm, header.vcpus);
	comm->vms = place(comm, header.vms);
	comm->tunnels = place(comm, header.tunnels);
	comm->ring = place(comm, header.ring);
	comm->slots = comm->ring ? (uint8_t *)(comm->ring + 1) : 0;
	comm->packets = place(comm, header.packets);
	return header;
}

static void fill(struct comm_vm *comm)
{
	const struct region header = lay_out(comm);

	lock_take(&comm->lock);
	memcpy(comm->region, &header, sizeof(header));
	memset(comm->vcpus, 0, header.vcpu_count * sizeof(*comm->vcpus));
	for (unsigned i = 0; i < header.vcpu_count; i++) {
		struct vcpu *vcpu = vm_vcpu(comm->vm, i);

		vcpu->comm = comm;
		vcpu->region = &comm->vcpus[i];
		vcpu->region->is_shared = vcpu->shared != 0;
	}
	if (comm->ring)
		fill_ring(comm, header.ring);
	if (comm->packets)
		fill_packets(comm, header.packets);
	comm->before += comm->written;
	comm->written = 0;
	comm->read = 0;
	comm->peeked = false;
	__atomic_store_n(&comm->receivers, 0, __ATOMIC_RELAXED);
	comm->refused = 0;
	__atomic_store_n(&comm->gave, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&comm->senders, 0, __ATOMIC_RELAXED);
	lock_release(&comm->lock);
}

void region_connect(struct comm_vm *comm)
{
	for (unsigned i = 0; i < hyp_plan->vm_count; i++) {
		struct comm_vm *to = comm_vm_at(i);

		if (to && (to->allowed >> comm->id & 1))
			comm->to[i] = to;
	}
	for (uint32_t i = 0; i < comm->vm->plan->tunnel_count; i++) {
		const struct plan_tunnel *plan = &comm->vm->plan->tunnels[i];
		struct comm_vm *peer = comm_vm_at(plan->peer);

		comm->ends[i] = (struct comm_tunnel){
			.peer = peer,
			.other = &peer->ends[plan->peer_index],
			.rings = &peer->tunnels[plan->peer_index].rings,
		};
	}
}

void region_init(struct vm *vm)
{
	struct comm_vm *comm = comm_vm_of(vm);

	comm->vm = vm;
	comm->region = vm->plan->region;
	comm->id = vm->plan->id;
	comm->interrupt = vm->plan->region_irq;
	comm->allowed = vm->plan->message_slots ? vm->plan->senders : 0;
	comm->slot_count = vm->plan->message_slots;
	comm->message_bytes = vm->plan->message_bytes;
	comm->slot_bytes = region_slot_bytes(vm->plan->message_bytes);
	comm->peers = peers_of(vm->plan);
	if (comm->interrupt)
		arch_doorbell_init(&comm->doorbell, vm, comm->interrupt);
	fill(comm);
	fill_vms(comm);
	fill_tunnels(comm);
}

void region_vm_left(struct comm_vm *comm)
{
	region_set_open(comm, ~0u, 0);
	fill(comm);
	lock_take(&state_lock);
	fill_vms(comm);
	fill_tunnels(comm);
	lock_release(&state_lock);
}

/*
 * A guest that writes there all the time cannot keep us here, which exclusive accesses alone would
 * let it: at last the word is overwritten, and it finds bits that it has had already.
 */
uint64_t region_set_bits(uint64_t *word, uint64_t bits)
{
	uint64_t old;

	for (unsigned i = 0; i < TRIES; i++) {
		if (arch_bits_try(word, bits, &old))
			return old;
	}
	__atomic_store_n(word, old | bits, __ATOMIC_SEQ_CST);
	return 0;
}

void region_raise(const struct comm_vm *comm)
{
	if (comm->interrupt)
		arch_virq_raise(comm->vm, comm->interrupt);
}

/*
 * With the lock, so that what is raised for a VM that is being stopped is raised before its
 * interrupts are reset.
 */
void region_announce(struct comm_vm *comm, uint64_t bits)
{
	lock_take(&comm->lock);
	if (vm_state(comm->vm) == VM_RUNNING)
		region_tell(comm, bits);
	lock_release(&comm->lock);
}

/* Two changes of the same VM's state may come here in the other order: the newest one is shown. */
static void show_state(const struct vm *vm)
{
	lock_take(&state_lock);
	for (unsigned i = 0; i < hyp_plan->vm_count; i++) {
		const struct comm_vm *comm = comm_vm_at(i);

		if (comm)
			show_vm(&comm->vms[vm->plan->id], vm);
	}
	lock_release(&state_lock);
}

/* Those who have to do with it are told, and those who wait for room in its ring look again. */
void region_vm_state(const struct vm *vm)
{
	const struct comm_vm *own = comm_vm_of(vm);

	show_state(vm);
	for (uint32_t todo = own ? own->peers : 0; todo; todo &= todo - 1) {
		struct comm_vm *comm = comm_vm_at(bits_lowest(todo));

		region_announce(comm, REGION_EVENT_STATE);
		message_wake_senders(comm);
	}
}

/* Under the state lock. Returns which of them were not so. */
static uint32_t change_open(struct comm_vm *comm, uint32_t which, uint32_t open)
{
	uint32_t changed = 0;

	lock_take(&comm->lock);
	for (; which; which &= which - 1) {
		const unsigned index = bits_lowest(which);
		const uint32_t is_open = open >> index & 1;

		changed |= (comm->ends[index].open ^ is_open) << index;
		__atomic_store_n(&comm->ends[index].open, is_open, __ATOMIC_RELAXED);
	}
	lock_release(&comm->lock);
	return changed;
}

void region_set_open(struct comm_vm *comm, uint32_t which, uint32_t open)
{
	const uint32_t all = (uint32_t)(BIT(comm->vm->plan->tunnel_count) - 1);
	uint32_t changed, peers = 0;

	lock_take(&state_lock);
	changed = change_open(comm, which & all, open);
	for (; changed; changed &= changed - 1) {
		const unsigned index = bits_lowest(changed);
		const struct plan_tunnel *tunnel = &comm->vm->plan->tunnels[index];

		show_tunnel(comm, index);
		show_tunnel(comm_vm_at(tunnel->peer), tunnel->peer_index);
		peers |= 1u << tunnel->peer;
	}
	lock_release(&state_lock);
	for (; peers; peers &= peers - 1)
		region_announce(comm_vm_at(bits_lowest(peers)), REGION_EVENT_STATE);
}
