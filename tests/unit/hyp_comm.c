/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regions, messages and tunnels: what they say in each state, and what hostile guests get.
 */
#include "tests/unit/comm_fixture.h"

#include <string.h>

#include "hyp/comm/message.h"

#define FULL_BYTES 64u

static const struct harness_vm vms[] = {
	{"first", 1, false, PLAN_RESTART},
	{"second", 2, false, PLAN_RESTART},
	{"third", 1, false, PLAN_HALT},
};

/* vCPU 0 is the first VM's, 1 and 2 are the second's, 3 is the third's; all have their own CPU. */
static void start(void)
{
	comm_plan(harness_plan(vms, 3));
	comm_messages(0, 4, FULL_BYTES, 1u << 1 | 1u << 0);
	comm_messages(1, 8, 16, 1u << 0 | 1u << 2);
	comm_tunnel(0, 1, "first-second", false);
	comm_tunnel(0, 2, "first-third", true);
	comm_tunnel(1, 0, "back", true);
	comm_boot();
}

static void test_header(void **state)
{
	const struct region *region;

	(void)state;
	start();
	region = comm_region(1);
	assert_int_equal(region->magic, REGION_MAGIC);
	assert_int_equal(region->version, HYPERCALL_INTERFACE_VERSION);
	assert_int_equal(region->size_bytes, harness_vm(1)->region_bytes);
	assert_int_equal(region->vm, 1);
	assert_int_equal(region->vm_count, 3);
	assert_int_equal(region->vcpu_count, 2);
	assert_int_equal(region->interrupt, COMM_IRQ + 1);
	assert_int_equal(region->timer_frequency, 1000000000);
	assert_int_equal(region->tunnel_count, 2);
	assert_int_equal(region->packets, 0);
	assert_int_equal(region->events, 0);
	assert_int_equal(comm_region(2)->ring, 0);
	assert_int_equal(comm_call(0, HYPERCALL_INFO_GET_REGION, 0, 0, 0), COMM_BASE);
}

static void test_parts(void **state)
{
	(void)state;
	start();
	assert_string_equal(comm_vm(0, 2)->name, "third");
	assert_int_equal(comm_vm(0, 2)->state, VM_RUNNING);
	assert_int_equal(comm_vm(0, 2)->may_send, 0);
	assert_int_equal(comm_vm(0, 1)->may_send, 1);
	assert_int_equal(comm_vm(0, 1)->message_bytes, 16);
	assert_int_equal(comm_ring_of(1)->slot_count, 8);
	assert_int_equal(comm_ring_of(1)->message_bytes, 16);
	assert_int_equal(comm_ring_of(1)->slots % 8, 0);
	assert_string_equal(comm_tunnel_of(1, 0)->name, "first-second");
	assert_int_equal(comm_tunnel_of(1, 0)->peer, 0);
	assert_int_equal(comm_tunnel_of(1, 0)->flags, 0);
	assert_int_equal(comm_tunnel_of(0, 0)->flags, REGION_TUNNEL_WRITABLE);
	assert_int_equal(comm_tunnel_of(0, 0)->address, 0x60000000);
	assert_int_equal(comm_tunnel_of(0, 0)->size_bytes, 0x4000);
	assert_int_equal(comm_vcpu(1, 1)->is_shared, 0);
	assert_int_equal((uintptr_t)comm_vcpu(1, 1)->outbox % 64, 0);
}

static void test_without_region(void **state)
{
	(void)state;
	harness_start(vms, 3);
	assert_int_equal(comm_call(0, HYPERCALL_INFO_GET_REGION, 0, 0, 0), HYPERCALL_EMPTY);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_RING, 0, 0, 0), HYPERCALL_NOT_SUPPORTED);
	for (uint64_t i = HYPERCALL_COMM_FIRST; i < HYPERCALL_COUNT + 2; i++)
		assert_int_equal(comm_call(0, i, 0, 0, 0), HYPERCALL_NOT_SUPPORTED);
}

static void check_message(unsigned vm, unsigned sender, const void *bytes, unsigned count)
{
	uint8_t taken[REGION_OUTBOX_BYTES];
	unsigned from;

	assert_int_equal(comm_take(vm, taken, &from), count);
	assert_int_equal(from, sender);
	assert_memory_equal(taken, bytes, count);
}

static void test_message(void **state)
{
	(void)state;
	start();
	assert_int_equal(comm_send(0, 1, "hello", 5), HYPERCALL_OK);
	assert_int_equal(comm_call(1, HYPERCALL_IPC_RECV_MSG, 0, 0, 0), 1);
	assert_int_equal(comm_events(1), REGION_EVENT_MESSAGE);
	assert_int_equal(vm_at(1)->arch.edge, COMM_IRQ + 1);
	check_message(1, 0, "hello", 5);
	assert_int_equal(comm_call(1, HYPERCALL_IPC_RECV_MSG, 0, 0, 0), HYPERCALL_EMPTY);
	assert_int_equal(comm_take(1, NULL, NULL), -1);
	assert_int_equal(comm_send(2, 0, "back", 4), HYPERCALL_OK); /* its second vCPU's outbox */
	check_message(0, 1, "back", 4);
	assert_int_equal(comm_send(0, 0, "self", 4), HYPERCALL_OK);
	check_message(0, 0, "self", 4);
}

/* Nothing of the outbox but the message itself goes over. */
static void test_every_size(void **state)
{
	uint8_t sent[FULL_BYTES + 8], slot[FULL_BYTES + 8];
	const uint8_t *data;

	(void)state;
	start();
	data = (uint8_t *)comm_region(0) + comm_ring_of(0)->slots + sizeof(struct region_message);
	for (unsigned size = 0; size <= FULL_BYTES; size++) {
		for (unsigned i = 0; i < sizeof(sent); i++)
			sent[i] = (uint8_t)(size + i + 1);
		comm_ring_of(0)->read = comm_ring_of(0)->written;
		memcpy(comm_vcpu(1, 0)->outbox, sent, sizeof(sent));
		assert_int_equal(comm_call(1, HYPERCALL_IPC_SEND_MSG, 0, size, 0), HYPERCALL_OK);
		memcpy(slot, data + (size & 3) * comm_ring_of(0)->slot_bytes, FULL_BYTES);
		check_message(0, 1, sent, size);
		for (unsigned i = size; i < (size + 7) / 8 * 8; i++)
			assert_int_equal(slot[i], 0);
	}
	assert_int_equal(
		comm_call(1, HYPERCALL_IPC_SEND_MSG, 0, FULL_BYTES + 1, 0), HYPERCALL_TOO_BIG);
	assert_int_equal(comm_call(1, HYPERCALL_IPC_SEND_MSG, 0, ~0ull, 0), HYPERCALL_TOO_BIG);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_SEND_MSG, 1, 17, 0), HYPERCALL_TOO_BIG);
	assert_int_equal(comm_take(0, NULL, NULL), -1);
}

static void test_errors(void **state)
{
	(void)state;
	start();
	assert_int_equal(comm_send(0, 3, "x", 1), HYPERCALL_NO_VM);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_SEND_MSG, 0x100000001, 1, 0), HYPERCALL_NO_VM);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_SEND_MSG, ~0ull, 1, 0), HYPERCALL_NO_VM);
	assert_int_equal(comm_send(0, 2, "x", 1), HYPERCALL_DENIED); /* it has no ring */
	assert_int_equal(comm_send(3, 0, "x", 1), HYPERCALL_DENIED); /* it is not named */
	assert_int_equal(comm_send(1, 1, "x", 1), HYPERCALL_DENIED); /* nor is it itself */
	assert_int_equal(comm_call(3, HYPERCALL_IPC_RECV_MSG, 0, 0, 0), HYPERCALL_DENIED);
	assert_int_equal(comm_call(0, HYPERCALL_COUNT, 0, 0, 0), HYPERCALL_NOT_SUPPORTED);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(comm_events(i), 0);
}

static void test_full(void **state)
{
	(void)state;
	start();
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(comm_send(1, 0, &i, sizeof(i)), HYPERCALL_OK);
	assert_int_equal(comm_ring_of(0)->wanted, 0);
	assert_int_equal(comm_send(1, 0, "?", 1), HYPERCALL_FULL);
	assert_int_equal(comm_vm_at(0)->full, 1);
	/* A vCPU that has its core for itself never waits. */
	assert_int_equal(
		comm_call(1, HYPERCALL_IPC_SEND_MSG, 0, 1, HYPERCALL_FOREVER), HYPERCALL_FULL);
	assert_int_equal(comm_ring_of(0)->wanted, 1);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_RECV_MSG, 0, 0, 0), 4);
	assert_int_equal(comm_events(1), 0); /* there is no room yet */
	for (unsigned i = 0; i < 4; i++)
		check_message(0, 1, &i, sizeof(i));
	assert_int_equal(comm_call(0, HYPERCALL_IPC_RECV_MSG, 0, 0, 0), HYPERCALL_EMPTY);
	assert_int_equal(comm_events(1), REGION_EVENT_ROOM);
	assert_int_equal(comm_ring_of(0)->wanted, 0);
	assert_int_equal(comm_send(1, 0, "!", 1), HYPERCALL_OK);
	check_message(0, 1, "!", 1);
}

/* The interrupt comes once for what has not been looked at. */
static void test_interrupts(void **state)
{
	(void)state;
	start();
	comm_send(0, 1, "a", 1);
	comm_send(0, 1, "b", 1);
	assert_int_equal(vm_at(1)->arch.edges, 1);
	comm_events(1);
	comm_send(0, 1, "c", 1);
	assert_int_equal(vm_at(1)->arch.edges, 2);
	assert_int_equal(vm_at(0)->arch.edges, 0);
	comm_vm_of(vm_at(0))->interrupt = 0; /* one that has none is not interrupted */
	comm_vm_of(vm_at(0))->doorbell = (struct arch_doorbell){0};
	comm_send(1, 0, "d", 1);
	assert_int_equal(vm_at(0)->arch.edges, 0);
	assert_int_equal(comm_events(0), REGION_EVENT_MESSAGE);
}

/* A guest that stores to its events all the time does not keep a sender, and is told. */
static void test_hindered(void **state)
{
	(void)state;
	start();
	fake.hinders = true;
	comm_send(0, 1, "a", 1);
	assert_int_equal(vm_at(1)->arch.edges, 1);
	assert_int_equal(comm_events(1), REGION_EVENT_MESSAGE);
	fake.hinders = false;
	comm_send(0, 1, "b", 1);
	assert_int_equal(vm_at(1)->arch.edges, 2);
	assert_int_equal(comm_events(1), REGION_EVENT_MESSAGE);
}

/* The counters go on behind 2^32. */
static void test_wrap(void **state)
{
	struct comm_vm *comm;

	(void)state;
	start();
	comm = comm_vm_of(vm_at(0));
	comm->written = comm_ring_of(0)->written = comm_ring_of(0)->read = 0xfffffffe;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(comm_send(1, 0, &i, sizeof(i)), HYPERCALL_OK);
	assert_int_equal(comm_ring_of(0)->written, 2);
	assert_int_equal(comm_send(1, 0, "?", 1), HYPERCALL_FULL);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_RECV_MSG, 0, 0, 0), 4);
	for (unsigned i = 0; i < 4; i++)
		check_message(0, 1, &i, sizeof(i));
}

/* A receiver that writes nonsense has a full ring, and nobody else has a worse one. */
static void test_nonsense(void **state)
{
	static const uint32_t values[] = {1, 5, 0x7fffffff, 0x80000000, 0xffffff00};

	(void)state;
	start();
	for (unsigned i = 0; i < ARRAY_LENGTH(values); i++) {
		comm_ring_of(0)->read = values[i];
		assert_int_equal(comm_send(1, 0, "x", 1), HYPERCALL_FULL);
		assert_int_equal(comm_call(0, HYPERCALL_IPC_RECV_MSG, HYPERCALL_FOREVER, 0, 0),
			HYPERCALL_WRONG_STATE);
	}
	memset(comm_region(0), 0xff, harness_vm(0)->region_bytes);
	assert_int_equal(comm_call(1, HYPERCALL_IPC_SEND_MSG, 0, 8, 0), HYPERCALL_OK);
	assert_int_equal(comm_send(0 + 1, 0, "x", 1), HYPERCALL_OK);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_SEND_MSG, 1, 8, 0), HYPERCALL_OK);
	check_message(1, 0, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
}

/* What it had accepted and not read is gone with it; to others it says so. */
static void test_receiver_restarts(void **state)
{
	(void)state;
	start();
	assert_int_equal(vcpu_start(vcpu_at(2), 0x1000, 0), VCPU_STARTED);
	assert_ptr_equal(harness_next(2), vcpu_at(2));
	comm_send(0, 1, "old", 3);
	comm_send(1, 0, "mine", 4);
	memset(comm_vcpu(1, 1), 0xee, sizeof(struct region_vcpu));
	comm_region(1)->magic = 0;
	comm_events(0);
	harness_fault(vcpu_at(1));
	assert_int_equal(comm_vm(0, 1)->state, VM_STOPPING);
	assert_int_equal(comm_events(0), REGION_EVENT_STATE);
	assert_int_equal(comm_send(0, 1, "x", 1), HYPERCALL_NOT_RUNNING);
	harness_attend(vcpu_at(2));
	assert_int_equal(comm_vm(0, 1)->state, VM_RESTORING);
	assert_int_equal(comm_send(0, 1, "x", 1), HYPERCALL_NOT_RUNNING);
	assert_ptr_equal(harness_next(1), vcpu_at(1));
	assert_int_equal(comm_vm(0, 1)->state, VM_RUNNING);
	assert_int_equal(comm_vm(0, 1)->restarts, 1);
	assert_int_equal(comm_vm(1, 1)->restarts, 1);
	assert_int_equal(comm_vm_at(1)->before, 1);
	assert_int_equal(comm_vm_at(1)->written, 0);
	assert_int_equal(comm_region(1)->magic, REGION_MAGIC);
	assert_int_equal(comm_region(1)->events, 0);
	assert_int_equal(comm_vcpu(1, 1)->outbox[5], 0);
	assert_int_equal(comm_take(1, NULL, NULL), -1);
	assert_int_equal(comm_vm(1, 1)->state, VM_RUNNING);
	assert_int_equal(comm_send(0, 1, "new", 3), HYPERCALL_OK);
	check_message(1, 0, "new", 3);
	check_message(0, 1, "mine", 4); /* what it sent before is sent */
}

/* As a device does it: nobody is told. */
static int64_t post(struct comm_vm *comm, unsigned bytes)
{
	struct message message;
	const int64_t result = message_begin(comm_vm_of(vm_at(1)), comm->id, bytes, &message);

	if (result == HYPERCALL_OK) {
		memset(message.data, 'x', bytes);
		message_end(&message, NULL);
	}
	return result;
}

/* A device that takes messages for a VM finds that the VM was stopped while it looked at one. */
static void test_taken_after_stop(void **state)
{
	struct comm_vm *comm;
	uint32_t sender, bytes;

	(void)state;
	start();
	comm = comm_vm_of(vm_at(0));
	comm->reader = comm;
	comm->listening = ~0u;
	post(comm, 3);
	post(comm, 2);
	assert_non_null(message_peek(comm, &sender, &bytes));
	assert_int_equal(sender, 1);
	assert_int_equal(bytes, 3);
	message_taken(comm);
	assert_non_null(message_peek(comm, &sender, &bytes));
	assert_int_equal(bytes, 2);
	comm_end(0);
	message_taken(comm);
	assert_null(message_peek(comm, &sender, &bytes));
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(post(comm, 4), HYPERCALL_OK);
	assert_int_equal(post(comm, 1), HYPERCALL_FULL);
	assert_non_null(message_peek(comm, &sender, &bytes));
	message_taken(comm);
	message_tell_room(comm);
	assert_int_equal(comm_events(1) & REGION_EVENT_ROOM, REGION_EVENT_ROOM);
	assert_int_equal(post(comm, 1), HYPERCALL_OK);
	/* What the guest writes there is not believed. */
	memset(comm_ring_of(0) + 1, 0xff, 64);
	assert_non_null(message_peek(comm, &sender, &bytes));
	assert_true(bytes <= FULL_BYTES);
	comm->reader = NULL;
}

static void test_halted(void **state)
{
	(void)state;
	start();
	comm_end(2);
	assert_int_equal(comm_vm(0, 2)->state, VM_HALTED);
	assert_int_equal(comm_vm(1, 2)->state, VM_HALTED);
	assert_int_equal(comm_events(0), REGION_EVENT_STATE);
	assert_int_equal(comm_events(1), REGION_EVENT_STATE); /* it may be sent to by the third */
	assert_int_equal(comm_call(0, HYPERCALL_IPC_SEND_MSG, 2, 1, 0), HYPERCALL_DENIED);
}

#define BOTH_OPEN (REGION_TUNNEL_OPEN | REGION_TUNNEL_PEER_OPEN)

static void test_tunnel(void **state)
{
	(void)state;
	start();
	assert_int_equal(comm_call(0, HYPERCALL_IPC_RING, 0, 0, 0), HYPERCALL_WRONG_STATE);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_CREATE_TUNNEL, 1, 0, 0), 0);
	assert_int_equal(comm_events(1), REGION_EVENT_STATE);
	assert_int_equal(comm_tunnel_of(0, 0)->flags, REGION_TUNNEL_WRITABLE | REGION_TUNNEL_OPEN);
	assert_int_equal(comm_tunnel_of(1, 0)->flags, REGION_TUNNEL_PEER_OPEN);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_RING, 0, 0, 0), HYPERCALL_NOT_RUNNING);
	assert_int_equal(comm_call(2, HYPERCALL_IPC_CREATE_TUNNEL, 0, 0, 0), 0);
	assert_int_equal(comm_tunnel_of(0, 0)->flags, REGION_TUNNEL_WRITABLE | BOTH_OPEN);
	assert_int_equal(comm_tunnel_of(1, 0)->flags, BOTH_OPEN);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_RING, 0, 0, 0), HYPERCALL_OK);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_RING, 0, 0, 0), HYPERCALL_OK);
	assert_int_equal(comm_tunnel_of(1, 0)->rings, 2);
	assert_int_equal(comm_events(1), REGION_EVENT_RING);
	assert_int_equal(comm_call(2, HYPERCALL_IPC_RING, 0, 0, 0), HYPERCALL_OK);
	assert_int_equal(comm_tunnel_of(0, 0)->rings, 1);
	/* Opened again, nothing changes. */
	comm_events(1);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_CREATE_TUNNEL, 1, 0, 0), 0);
	assert_int_equal(comm_events(1), 0);
}

static void test_tunnel_errors(void **state)
{
	(void)state;
	start();
	assert_int_equal(comm_call(0, HYPERCALL_IPC_CREATE_TUNNEL, 1, 1, 0), 2); /* "back" */
	assert_int_equal(comm_call(0, HYPERCALL_IPC_CREATE_TUNNEL, 1, 2, 0), HYPERCALL_DENIED);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_CREATE_TUNNEL, 1, ~0ull, 0), HYPERCALL_DENIED);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_CREATE_TUNNEL, 0, 0, 0), HYPERCALL_DENIED);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_CREATE_TUNNEL, 3, 0, 0), HYPERCALL_NO_VM);
	assert_int_equal(comm_call(1, HYPERCALL_IPC_CREATE_TUNNEL, 2, 0, 0), HYPERCALL_DENIED);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_RING, 3, 0, 0), HYPERCALL_INVALID_PARAMETER);
	assert_int_equal(
		comm_call(0, HYPERCALL_IPC_RING, ~0ull, 0, 0), HYPERCALL_INVALID_PARAMETER);
	assert_int_equal(
		comm_call(0, HYPERCALL_IPC_RING, 1ull << 32, 0, 0), HYPERCALL_INVALID_PARAMETER);
}

static void test_tunnel_restart(void **state)
{
	(void)state;
	start();
	comm_call(0, HYPERCALL_IPC_CREATE_TUNNEL, 1, 0, 0);
	comm_call(1, HYPERCALL_IPC_CREATE_TUNNEL, 0, 0, 0);
	comm_call(0, HYPERCALL_IPC_RING, 0, 0, 0);
	comm_events(0);
	comm_end(1);
	assert_int_equal(comm_tunnel_of(0, 0)->flags, REGION_TUNNEL_WRITABLE | REGION_TUNNEL_OPEN);
	assert_int_equal(comm_tunnel_of(1, 0)->flags, REGION_TUNNEL_PEER_OPEN);
	assert_int_equal(comm_tunnel_of(1, 0)->rings, 0);
	assert_int_equal(comm_events(0), REGION_EVENT_STATE);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_RING, 0, 0, 0), HYPERCALL_NOT_RUNNING);
	assert_int_equal(comm_tunnel_of(1, 0)->rings, 0);
	assert_int_equal(comm_call(1, HYPERCALL_IPC_RING, 0, 0, 0), HYPERCALL_WRONG_STATE);
	assert_int_equal(comm_call(1, HYPERCALL_IPC_CREATE_TUNNEL, 0, 0, 0), 0);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_RING, 0, 0, 0), HYPERCALL_OK);
}

/* A guest that writes over what is there to read only deceives itself. */
static void test_tunnel_nonsense(void **state)
{
	(void)state;
	start();
	comm_tunnel_of(0, 0)->flags = ~0u;
	comm_tunnel_of(0, 0)->peer = 2;
	assert_int_equal(comm_call(0, HYPERCALL_IPC_RING, 0, 0, 0), HYPERCALL_WRONG_STATE);
	comm_call(0, HYPERCALL_IPC_CREATE_TUNNEL, 1, 0, 0);
	comm_call(1, HYPERCALL_IPC_CREATE_TUNNEL, 0, 0, 0);
	memset(comm_region(0), 0x5a, harness_vm(0)->region_bytes);
	assert_int_equal(comm_call(0, HYPERCALL_IPC_RING, 0, 0, 0), HYPERCALL_OK);
	assert_int_equal(comm_tunnel_of(1, 0)->rings, 1);
	assert_int_equal(comm_call(1, HYPERCALL_IPC_RING, 0, 0, 0), HYPERCALL_OK);
	assert_int_equal(comm_tunnel_of(1, 0)->flags, BOTH_OPEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_without_region),
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_hindered),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_receiver_restarts),
		cmocka_unit_test(test_taken_after_stop),
		cmocka_unit_test(test_halted),
		cmocka_unit_test(test_tunnel),
		cmocka_unit_test(test_tunnel_errors),
		cmocka_unit_test(test_tunnel_restart),
		cmocka_unit_test(test_tunnel_nonsense),
	};

	return cmocka_run_group_tests_name("comm", tests, NULL, NULL);
}
