/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages. A sender's CPU puts them into the receiver's ring, under the receiver's lock; so all
 * that was accepted is in the order in which it was accepted, and once. `written` is the
 * hypervisor's, `read` is the guest's: it is read once, and if it makes no sense, the ring is full.
 */
#include "hyp/comm/message.h"

#include "abi/hypercall.h"
#include "hyp/comm/virtio_messages.h"
#include "hyp/core/shared.h"
#include "lib/bits.h"

/* VMs that wait for room are told in one call: what a call costs is bounded. */
#define TOLD_MOST 4u

/* A word that may alias anything. */
typedef uint64_t __attribute__((may_alias)) word_t;

static struct region_message *slot_of(const struct comm_vm *comm, uint32_t index)
{
	index &= comm->vm->plan->message_slots - 1u;
	return (struct region_message *)((char *)(comm->ring + 1) + index * comm->slot_bytes);
}

/* How many messages wait; more than there are slots if the guest wrote nonsense. */
static uint32_t waiting(const struct comm_vm *comm)
{
	const uint32_t read =
		comm->reader ? comm->read : __atomic_load_n(&comm->ring->read, __ATOMIC_ACQUIRE);

	return comm->written - read;
}

static bool is_full(const struct comm_vm *comm)
{
	return waiting(comm) >= comm->vm->plan->message_slots;
}

/* A device may be there that takes messages only from some. */
static bool is_reachable(const struct comm_vm *comm, const struct comm_vm *from)
{
	return vm_state(comm->vm) == VM_RUNNING &&
	       (!comm->reader ||
		       (__atomic_load_n(&comm->listening, __ATOMIC_RELAXED) >> from->vm->plan->id &
			       1));
}

/*
 * The receiver counts `read` up and then looks at `wanted`, here it is the other way round: one of
 * the two sees the other (interface.md). Returns whether there is room after all.
 */
RARELY static bool refuse(struct comm_vm *comm, const struct comm_vm *from)
{
	comm->refused |= 1u << from->vm->plan->id;
	__atomic_store_n(&comm->ring->wanted, 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return !is_full(comm);
}

int64_t message_begin(
	const struct comm_vm *from, uint64_t to, uint64_t bytes, struct message *message)
{
	const struct plan_vm *plan;
	struct region_message *slot;
	struct comm_vm *comm;
	int64_t error;

	if (to >= hyp_plan->vm_count)
		return HYPERCALL_NO_VM;
	plan = &hyp_plan->vms[to];
	if (!(plan->senders >> from->vm->plan->id & 1))
		return HYPERCALL_DENIED;
	if (bytes > plan->message_bytes)
		return HYPERCALL_TOO_BIG;
	comm = plan->comm;
	lock_take_inline(&comm->lock);
	if (!is_reachable(comm, from)) {
		error = HYPERCALL_NOT_RUNNING;
	} else if (__builtin_expect(is_full(comm), 0) && !refuse(comm, from)) {
		error = HYPERCALL_FULL;
	} else {
		slot = slot_of(comm, comm->written);
		slot->sender = from->vm->plan->id;
		slot->size_bytes = (uint32_t)bytes;
		message->to = comm;
		message->data = slot->data;
		return HYPERCALL_OK;
	}
	lock_release(&comm->lock);
	return error;
}

static void wake_receivers(const struct comm_vm *comm, uint32_t receivers, bool attends)
{
	for (; receivers; receivers &= receivers - 1) {
		struct vcpu *vcpu = vm_vcpu(comm->vm, bits_lowest(receivers));

		if (attends)
			shared_hand_over(vcpu);
		else
			shared_wake(vcpu);
	}
}

/* A vCPU that waits stops to do so when it runs next (region_stops_waiting), or here. */
static uint32_t take_receivers(struct comm_vm *comm)
{
	if (!__atomic_load_n(&comm->receivers, __ATOMIC_SEQ_CST))
		return 0;
	return __atomic_exchange_n(&comm->receivers, 0, __ATOMIC_SEQ_CST);
}

/*
 * The receiver is told once: its vCPUs that wait in IPC_RECV_MSG look at the ring when they go on;
 * else it gets the event, and with that the interrupt.
 */
void message_end(struct message *message, bool attends)
{
	struct comm_vm *comm = message->to;
	uint32_t receivers = 0;
	bool raised = false;

	__atomic_store_n(&comm->ring->written, ++comm->written, __ATOMIC_SEQ_CST);
	if (__builtin_expect(!comm->reader, 1)) {
		receivers = take_receivers(comm);
		if (!receivers)
			raised = region_tell(comm, REGION_EVENT_MESSAGE);
	}
	lock_release(&comm->lock);
	if (receivers)
		wake_receivers(comm, receivers, attends);
	else if (raised && attends && vm_vcpu(comm->vm, 0)->shared)
		shared_hand_over_interrupted(vm_vcpu(comm->vm, 0));
}

void message_drop(struct message *message)
{
	lock_release(&message->to->lock);
}

/* Each word of the outbox is read once. What lies behind the message in its last word stays here.
 */
static void copy_outbox(void *to, const void *outbox, uint64_t bytes)
{
	const word_t *from = outbox;
	word_t *data = to;

	for (; bytes >= sizeof(*from); bytes -= sizeof(*from))
		*data++ = *from++;
	if (bytes)
		*data = *from & (BIT(bytes * 8) - 1);
}

int64_t message_send(struct vcpu *vcpu, const uint64_t *args)
{
	struct comm_vm *comm = comm_vm_of(vcpu->vm);
	const uint64_t bytes = args[1];
	struct message message;
	int64_t result;

	result = message_begin(comm, args[0], bytes, &message);
	if (__builtin_expect(result == HYPERCALL_FULL, 0) && args[2] && vcpu->shared) {
		/* First known as one that waits, then looks again: so no room goes unnoticed. */
		__atomic_fetch_or(&comm->senders, 1u << vcpu->plan->index, __ATOMIC_SEQ_CST);
		result = message_begin(comm, args[0], bytes, &message);
		if (result == HYPERCALL_FULL) {
			shared_wait_for(vcpu, args[2]);
			return HYPERCALL_WAITED;
		}
	}
	if (result != HYPERCALL_OK)
		return result;
	copy_outbox(message.data, comm->vcpus[vcpu->plan->index].outbox, bytes);
	message_end(&message, true);
	if (__builtin_expect(message.to->reader != 0, 0))
		virtio_messages_arrived(message.to);
	return HYPERCALL_OK;
}

void message_wake_senders(struct comm_vm *comm)
{
	uint32_t senders = __atomic_exchange_n(&comm->senders, 0, __ATOMIC_SEQ_CST);

	for (; senders; senders &= senders - 1)
		shared_wake(vm_vcpu(comm->vm, bits_lowest(senders)));
}

/*
 * There is room. The lock is held; returns the VMs to tell after that. While there are more, the
 * receiver is still wanted.
 */
RARELY static uint32_t take_refused(struct comm_vm *comm)
{
	const uint32_t refused = comm->refused;

	for (unsigned i = 0; i < TOLD_MOST; i++)
		comm->refused &= comm->refused - 1; /* without its lowest bit */
	__atomic_store_n(&comm->ring->wanted, comm->refused != 0, __ATOMIC_SEQ_CST);
	return refused ^ comm->refused;
}

RARELY static void tell_room(uint32_t vms)
{
	for (; vms; vms &= vms - 1) {
		struct comm_vm *comm = comm_vm_at(bits_lowest(vms));

		region_announce(comm, REGION_EVENT_ROOM);
		message_wake_senders(comm);
		if (comm->reader)
			virtio_messages_room(comm);
	}
}

int64_t message_receive(struct vcpu *vcpu, const uint64_t *args)
{
	struct comm_vm *comm = comm_vm_of(vcpu->vm);
	const uint64_t timeout = args[0];
	uint32_t count, told = 0;
	bool waits;

	if (!comm->ring)
		return HYPERCALL_DENIED;
	lock_take_inline(&comm->lock);
	count = waiting(comm);
	waits = count == 0 && timeout && vcpu->shared;
	if (waits)
		__atomic_fetch_or(&comm->receivers, 1u << vcpu->plan->index, __ATOMIC_SEQ_CST);
	if (__builtin_expect(comm->refused && count < vcpu->vm->plan->message_slots, 0))
		told = take_refused(comm);
	lock_release(&comm->lock);
	if (__builtin_expect(told, 0)) {
		tell_room(told);
		virtio_messages_settle_all();
	}
	if (waits) {
		if (!shared_wait_for(vcpu, timeout))
			region_stops_waiting(vcpu);
		return HYPERCALL_WAITED;
	}
	if (count > vcpu->vm->plan->message_slots)
		return HYPERCALL_WRONG_STATE;
	return count ? (int64_t)count : HYPERCALL_EMPTY;
}

const uint8_t *message_peek(struct comm_vm *comm, uint32_t *sender, uint32_t *bytes)
{
	const uint8_t *data = 0;
	struct region_message *slot;

	lock_take(&comm->lock);
	if (comm->written != comm->read) {
		slot = slot_of(comm, comm->read);
		*sender = __atomic_load_n(&slot->sender, __ATOMIC_RELAXED);
		*bytes = __atomic_load_n(&slot->size_bytes, __ATOMIC_RELAXED);
		if (*bytes > comm->vm->plan->message_bytes)
			*bytes = comm->vm->plan->message_bytes;
		data = slot->data;
	}
	lock_release(&comm->lock);
	return data;
}

void message_taken(struct comm_vm *comm)
{
	lock_take(&comm->lock);
	comm->read++;
	lock_release(&comm->lock);
}

void message_tell_room(struct comm_vm *comm)
{
	uint32_t told = 0;

	lock_take(&comm->lock);
	if (!is_full(comm))
		told = take_refused(comm);
	lock_release(&comm->lock);
	tell_room(told);
}
