/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages: into the receiver's ring at once, or not at all.
 */
#ifndef HYP_COMM_MESSAGE_H
#define HYP_COMM_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/region.h"
#include "hyp/comm/region.h"

struct vcpu;

/* A slot of the receiver's ring that is being filled. */
struct message {
	struct comm_vm *to;
	uint8_t *data; /* room for the bytes, 8-byte aligned */
};

/*
 * Begins a message of `bytes` bytes from `from` to VM number `to`. HYPERCALL_OK: message->data is
 * to be filled, and message_end must follow without delay, as the receiver's lock
 * is held. Else nothing is held, and the result is HYPERCALL_NO_VM, _DENIED, _TOO_BIG, _NOT_RUNNING
 * or _FULL; after FULL the sender is told of room (REGION_EVENT_ROOM, message_wake_senders).
 */
int64_t message_begin(
	const struct comm_vm *from, uint64_t to, uint64_t bytes, struct message *message);

/*
 * Sends it: the receiver sees it, and is told; but where a device takes its messages that must be
 * told after this (message->to->reader). `sender`, or NULL: the loaded vCPU, which is shared, and
 * cpu_attend follows, so that a vCPU of the receiver that waits on this CPU may have the core next.
 */
void message_end(struct message *message, struct vcpu *sender);

/*
 * For a device that takes messages instead of its guest (comm_vm.reader): the oldest one, or NULL.
 * It stays where it is until message_taken, which makes room (message_tell_room) unless the VM has
 * been stopped in between. The guest can
 * write there, so its sender and its size (at most the ring's message_bytes) are given apart, and
 * the bytes may be anything. Only one asks at a time.
 */
const uint8_t *message_peek(struct comm_vm *comm, uint32_t *sender, uint32_t *bytes);
void message_taken(struct comm_vm *comm);

/* There may be room in its ring again: up to four of the VMs that wait for that are told. */
void message_tell_room(struct comm_vm *comm);

/* Whoever of the VM waits to send looks again. */
void message_wake_senders(struct comm_vm *comm);

#endif
