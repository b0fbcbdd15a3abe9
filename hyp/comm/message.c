/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages. A sender's CPU puts them into the receiver's ring, under the receiver's lock; so all
 * that was accepted is in the order in which it was accepted, and once. `written` is the
 * hypervisor's, `read` is the guest's: it is read once, and if it makes no sense, the ring is full.
 */
#include "hyp/comm/message.h"

#include "abi/hypercall.h"
#include "arch/include/arch_cpu.h"
#include "hyp/comm/virtio_messages.h"
#include "hyp/core/comm.h"
#include "hyp/core/shared.h"
#include "hyp/core/shared_types.h"
#include "lib/bits.h"

/* VMs that wait for room are told in one call: what a call costs is bounded. */
#define TOLD_MOST 4u

/* A word that may alias anything. */
typedef uint64_t __attribute__((may_alias)) word_t;

static struct region_message *slot_of(const struct comm_vm *comm, uint32_t index)
{
	return (struct region_message *)(comm->slots +
					 (index & (comm->slot_count - 1)) * comm->slot_bytes);
}

/* How many messages wait; more than there are slots if the guest wrote nonsense. */
static uint32_t waiting(const struct comm_vm *comm)
{
	const uint32_t read = __builtin_expect(comm->reader != 0, 0)
				      ? comm->read
				      : __atomic_load_n(&comm->ring->read, __ATOMIC_ACQUIRE);

	return comm->written - read;
}

static bool is_full(const struct comm_vm *comm)
{
	return waiting(comm) >= comm->slot_count;
}

/* Where there is a device that takes messages, it takes them from some VMs only. */
static bool is_closed(const struct comm_vm *comm, const struct comm_vm *from)
{
	return comm->reader &&
	       !(__atomic_load_n(&comm->listening, __ATOMIC_RELAXED) >> from->id & 1);
}

/*
 * Why no message goes into the ring; HYPERCALL_OK if one does after all. The receiver counts `read`
 * up and then looks at `wanted`, here it is the other way round: one of the two sees the other
 * (interface.md).
 */
RARELY static int64_t refuse(struct comm_vm *comm, const struct comm_vm *from, uint64_t bytes)
{
	if (bytes > comm->message_bytes)
		return HYPERCALL_TOO_BIG;
	if (vm_state(comm->vm) != VM_RUNNING || is_closed(comm, from))
		return HYPERCALL_NOT_RUNNING;
	if (!is_full(comm))
		return HYPERCALL_OK;
	comm->refused |= 1u << from->id;
	__atomic_store_n(&comm->ring->wanted, 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!is_full(comm))
		return HYPERCALL_OK;
	comm->full++;
	return HYPERCALL_FULL;
}

int64_t message_begin(
	const struct comm_vm *from, uint64_t to, uint64_t bytes, struct message *message)
{
	struct comm_vm *comm;
	struct region_message *slot;
	int64_t error;

	if (to >= hyp_plan->vm_count)
		return HYPERCALL_NO_VM;
	comm = comm_vm_at((unsigned)to);
	if (!comm || !(comm->allowed >> from->id & 1))
		return HYPERCALL_DENIED;
	lock_take(&comm->lock);
	error = refuse(comm, from, bytes);
	if (error) {
		lock_release(&comm->lock);
		return error;
	}
	slot = slot_of(comm, comm->written);
	slot->sender = from->id;
	slot->size_bytes = (uint32_t)bytes;
	message->to = comm;
	message->data = slot->data;
	return HYPERCALL_OK;
}

/* As shared_hand_over by `sender`, or shared_wake if that is NULL. */
static void wake_receivers(struct vcpu *sender, const struct comm_vm *comm, uint32_t receivers)
{
	for (; HYP_SHARED && receivers; receivers &= receivers - 1) {
		struct vcpu *vcpu = vm_vcpu(comm->vm, bits_lowest(receivers));

		if (sender)
			shared_hand_over(sender, vcpu);
		else
			shared_wake(vcpu);
	}
}

/* A plain store: for an atomic one some compilers take an exchange. */
static ALWAYS_INLINE void set_gave(struct comm_vm *comm, struct vcpu *vcpu)
{
	struct vcpu *volatile *gave = &comm->gave;

	*gave = vcpu;
}

/*
 * No vCPU of the receiver waits in IPC_RECV_MSG. One that gave its core away by sending may have
 * it back for the answer, and so may one that waits for the interrupt, which was raised or not.
 */
static ALWAYS_INLINE void hand_back(struct vcpu *sender, struct comm_vm *comm, bool raised)
{
	struct vcpu *vcpu = __atomic_load_n(&comm->gave, __ATOMIC_RELAXED);

	if (HYP_SHARED && vcpu) {
		set_gave(comm, 0);
		if (__atomic_load_n(&vcpu->cpu, __ATOMIC_RELAXED) != sender->cpu)
			return;
		set_gave(sender->comm, sender);
		shared_hand_over(sender, vcpu);
	} else if (raised && vcpu_is_shared(vm_vcpu(comm->vm, 0))) {
		shared_hand_over_interrupted(sender, vm_vcpu(comm->vm, 0));
	}
}

/*
 * One more message can be seen in the ring. The receiver is told once: its vCPUs that wait in
 * IPC_RECV_MSG look at the ring when they go on (a vCPU that waits stops to do so when it runs
 * next, region_stops_waiting, or here); else it gets the event, and with that the interrupt. If
 * `sender` is not NULL, one of them may be given its core. Releases the lock.
 */
NEVER_INLINE static int64_t tell(struct vcpu *sender, struct comm_vm *comm)
{
	uint32_t receivers = 0;
	bool raised = false;

	if (__atomic_load_n(&comm->receivers, __ATOMIC_RELAXED) != 0)
		receivers = __atomic_exchange_n(&comm->receivers, 0, __ATOMIC_SEQ_CST);
	if (!receivers)
		raised = region_tell(comm, REGION_EVENT_MESSAGE);
	lock_release(&comm->lock);
	wake_receivers(sender, comm, receivers);
	if (sender && receivers)
		set_gave(sender->comm, sender);
	else if (sender)
		hand_back(sender, comm, raised);
	return HYPERCALL_OK;
}

/* The end of `tell` where only the interrupt is missing. */
RARELY static int64_t interrupt(struct vcpu *sender, struct comm_vm *comm)
{
	region_raise(comm);
	lock_release(&comm->lock);
	if (vcpu_is_shared(sender))
		hand_back(sender, comm, true);
	return HYPERCALL_OK;
}

NEVER_INLINE static int64_t give_back(struct vcpu *sender, struct comm_vm *comm, bool raised)
{
	hand_back(sender, comm, raised);
	return HYPERCALL_OK;
}

static ALWAYS_INLINE void publish(struct comm_vm *comm)
{
	__atomic_store_n(&comm->ring->written, ++comm->written, __ATOMIC_RELEASE);
}

void message_end(struct message *message, struct vcpu *sender)
{
	struct comm_vm *comm = message->to;

	publish(comm);
	if (comm->reader)
		lock_release(&comm->lock);
	else
		tell(sender, comm);
}

/* Each word of the outbox is read once. What lies behind the message in its last word stays here.
 */
static ALWAYS_INLINE void copy_outbox(void *to, const void *outbox, uint64_t bytes)
{
	const word_t *from = outbox;
	const word_t *const fours = from + bytes / (4 * sizeof(*from)) * 4;
	word_t *data = to;

	while (from != fours) {
		const word_t words[] = {from[0], from[1], from[2], from[3]};

		data[0] = words[0];
		data[1] = words[1];
		data[2] = words[2];
		data[3] = words[3];
		data += 4;
		from += 4;
		__asm__ volatile("" : "+r"(data), "+r"(from)::"memory"); /* two counters, no more */
	}
	bytes %= 4 * sizeof(*from);
	for (; bytes >= sizeof(*from); bytes -= sizeof(*from))
		*data++ = *from++;
	if (bytes)
		*data = *from & (BIT(bytes * 8) - 1);
}

/* Begins a message; known as one that waits before it looks again: so no room goes unnoticed. */
static int64_t begin_or_wait(struct vcpu *vcpu, const uint64_t *args, struct message *message)
{
	struct comm_vm *comm = vcpu->comm;
	int64_t result = message_begin(comm, args[0], args[1], message);

	if (result != HYPERCALL_FULL || !args[2] || !vcpu_is_shared(vcpu))
		return result;
	__atomic_fetch_or(&comm->senders, 1u << vcpu->plan->index, __ATOMIC_SEQ_CST);
	result = message_begin(comm, args[0], args[1], message);
	if (result != HYPERCALL_FULL)
		return result;
	shared_wait_for(vcpu, args[2]);
	return HYPERCALL_WAITED;
}

/* As comm_send_message, where there is more to look at. */
RARELY static int64_t send_slowly(struct vcpu *vcpu, const uint64_t *args)
{
	struct message message;
	int64_t result;

	if (!vcpu->comm)
		return HYPERCALL_NOT_SUPPORTED;
	result = begin_or_wait(vcpu, args, &message);
	if (result != HYPERCALL_OK)
		return result;
	copy_outbox(message.data, vcpu->region->outbox, args[1]);
	message_end(&message, vcpu_is_shared(vcpu) ? vcpu : 0);
	if (message.to->reader)
		virtio_messages_arrived(message.to);
	return HYPERCALL_OK;
}

RARELY static int64_t send_again(struct vcpu *vcpu, const uint64_t *args, struct comm_vm *to)
{
	lock_release(&to->lock);
	return send_slowly(vcpu, args);
}

/* The usual case, on a straight way. */
int64_t comm_send_message(struct vcpu *vcpu, const uint64_t *args)
{
	const struct comm_vm *from = vcpu->comm;
	struct region_message *slot;
	const uint64_t bytes = args[1];
	struct comm_vm *to;
	uint64_t events;

	to = __builtin_expect(from && args[0] < COMM_VMS_MOST, 1) ? from->to[args[0]] : 0;
	if (__builtin_expect(!to, 0))
		return send_slowly(vcpu, args);
	lock_take_inline(&to->lock);
	if (__builtin_expect(bytes > to->message_bytes || vm_state(to->vm) != VM_RUNNING ||
				     to->reader || is_full(to),
		    0))
		return send_again(vcpu, args, to);
	slot = slot_of(to, to->written);
	slot->sender = from->id;
	slot->size_bytes = (uint32_t)bytes;
	copy_outbox(slot->data, vcpu->region->outbox, bytes);
	publish(to);
	if (__builtin_expect(__atomic_load_n(&to->receivers, __ATOMIC_RELAXED) != 0, 0) ||
		!arch_bits_try(&to->region->events, REGION_EVENT_MESSAGE, &events))
		return tell(vcpu_is_shared(vcpu) ? vcpu : 0, to);
	if (!(events & REGION_EVENT_MESSAGE) && !arch_doorbell_ring(&to->doorbell))
		return interrupt(vcpu, to);
	lock_release(&to->lock);
	return vcpu_is_shared(vcpu) ? give_back(vcpu, to, !(events & REGION_EVENT_MESSAGE))
				    : HYPERCALL_OK;
}

void message_wake_senders(struct comm_vm *comm)
{
	uint32_t senders = __atomic_exchange_n(&comm->senders, 0, __ATOMIC_SEQ_CST);

	for (; HYP_SHARED && senders; senders &= senders - 1)
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

int64_t comm_receive_message(struct vcpu *vcpu, const uint64_t *args)
{
	struct comm_vm *comm = vcpu->comm;
	const uint64_t timeout = args[0];
	uint32_t count, told = 0;
	bool waits;

	if (!comm)
		return HYPERCALL_NOT_SUPPORTED;
	if (!comm->ring)
		return HYPERCALL_DENIED;
	lock_take_inline(&comm->lock);
	count = waiting(comm);
	waits = count == 0 && timeout && vcpu_is_shared(vcpu);
	if (waits)
		__atomic_fetch_or(&comm->receivers, 1u << vcpu->plan->index, __ATOMIC_SEQ_CST);
	if (__builtin_expect(comm->refused && count < comm->slot_count, 0))
		told = take_refused(comm);
	lock_release(&comm->lock);
	if (__builtin_expect(told, 0)) {
		tell_room(told);
		virtio_messages_settle_all();
	}
	if (waits) {
		vcpu->shared->receives = shared_wait_for(vcpu, timeout);
		if (!vcpu->shared->receives)
			region_stops_waiting(vcpu);
		return HYPERCALL_WAITED;
	}
	if (count > comm->slot_count)
		return HYPERCALL_WRONG_STATE;
	return count ? (int64_t)count : HYPERCALL_EMPTY;
}

const uint8_t *message_peek(struct comm_vm *comm, uint32_t *sender, uint32_t *bytes)
{
	const uint8_t *data = 0;
	struct region_message *slot;

	lock_take(&comm->lock);
	comm->peeked = comm->written != comm->read;
	if (comm->peeked) {
		slot = slot_of(comm, comm->read);
		*sender = __atomic_load_n(&slot->sender, __ATOMIC_RELAXED);
		*bytes = __atomic_load_n(&slot->size_bytes, __ATOMIC_RELAXED);
		if (*bytes > comm->message_bytes)
			*bytes = comm->message_bytes;
		data = slot->data;
	}
	lock_release(&comm->lock);
	return data;
}

void message_taken(struct comm_vm *comm)
{
	lock_take(&comm->lock);
	comm->read += comm->peeked;
	comm->peeked = false;
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
