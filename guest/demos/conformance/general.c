/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sections 1 to 7: calls, discovery, errors, information, the region and its events, as far as they
 * need no partner.
 */
#include "conformance.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/region.h"
#include "guest/lib/smp.h"
#include "guest/lib/timer.h"
#include "tree.h"

#define FIRST_FREE_CALL HYPERCALL_COUNT
#define CALLS           256

static int64_t call(uint64_t number, uint64_t a)
{
	return hypercall(number, a, 0, 0, 0, 0);
}

void test_general(uint64_t tree)
{
	struct tree_node node = {0};
	const struct region *region = region_get();
	const uint8_t *magic = (const uint8_t *)&region->magic;

	clause("GEN-1");
	for (unsigned i = 0; i < 8; i++)
		expect_equal(magic[i], (uint8_t)(REGION_MAGIC >> 8 * i), "a byte of the magic");
	clause("GEN-3");
	for (unsigned i = 0; i < region->tunnel_count; i++)
		expect_equal(((const struct region_tunnel *)region_at(region->tunnels))[i].reserved,
			0, "what is reserved");
	if (!region->tunnel_count)
		not_applicable("there is nothing reserved");
	clause("GEN-7");
	expect_equal(
		(int64_t)region->timer_frequency, (int64_t)timer_frequency(), "the counter's rate");
	machine_test_discovery();
	clause("DISC-3");
	expect_equal(call(HYPERCALL_INFO_GET_VERSION, 0), HYPERCALL_INTERFACE_VERSION, "version");
	clause("DISC-6");
	if (!tree) {
		not_applicable("the guest has no device tree");
		return;
	}
	expect(tree_find(tree, REGION_COMPATIBLE, &node), "there is a node");
	expect_equal((int64_t)node.address, (int64_t)(uintptr_t)region, "its address");
	expect_equal((int64_t)node.size_bytes, region->size_bytes, "its size");
	expect(node.has_interrupt == (region->interrupt != 0), "its interrupt");
}

void test_calls(void)
{
	clause("CALL-1");
	expect_equal(call(HYPERCALL_INFO_GET_VERSION, 0), HYPERCALL_INTERFACE_VERSION, "a call");
	clause("CALL-2");
	expect(hypercall_get_id() >= 0, "a result that is no error");
	clause("CALL-3");
	machine_test_call_errors();
	clause("CALL-4");
	for (unsigned number = FIRST_FREE_CALL; number < CALLS; number++)
		expect_equal(call(number, 0), HYPERCALL_NOT_SUPPORTED, "a call without a meaning");
	clause("CALL-5");
	expect_equal(hypercall(HYPERCALL_INFO_GET_VERSION, ~0ull, 1, ~0ull, 3, ~0ull),
		HYPERCALL_INTERFACE_VERSION, "a call with parameters that it does not have");
	clause("CALL-6");
	machine_test_registers();
	clause("CALL-8");
	machine_test_immediate();
}

void test_information(void)
{
	const struct region *region = region_get();

	clause("INFO-1");
	expect_equal(hypercall_get_id(), region->vm, "the VM's number");
	expect_equal(hypercall_get_id(), hypercall_get_id(), "the same again");
	clause("INFO-2");
	expect_equal(call(HYPERCALL_INFO_GET_VERSION, 0), HYPERCALL_INTERFACE_VERSION, "version");
	clause("INFO-3");
	expect_equal(call(HYPERCALL_INFO_GET_REGION, 0), (int64_t)(uintptr_t)region, "the region");
	clause("INFO-4");
	expect_equal(call(HYPERCALL_CONSOLE_WRITE, HYPERCALL_CONSOLE_MAX + 1),
		HYPERCALL_INVALID_PARAMETER, "too much text");
	expect_equal(
		call(HYPERCALL_CONSOLE_WRITE, ~0ull), HYPERCALL_INVALID_PARAMETER, "much too much");
	expect_equal(call(HYPERCALL_CONSOLE_WRITE, 0), 0, "no text");
}

/* Parts must lie inside of the region, one behind the other in whatever order. */
static void expect_part(uint32_t offset, uint64_t bytes)
{
	static uint64_t from[8], to[8];
	static unsigned count;

	if (!offset)
		return;
	expect_equal(offset % 8, 0, "an offset's alignment");
	expect(offset + bytes <= region_get()->size_bytes, "a part inside of the region");
	for (unsigned i = 0; i < count; i++)
		expect(offset >= to[i] || offset + bytes <= from[i], "parts do not overlap");
	from[count] = offset;
	to[count++] = offset + bytes;
}

static void test_parts(void)
{
	const struct region *region = region_get();
	const struct region_ring *ring = region_at(region->ring);
	const struct region_packets *packets = region_at(region->packets);

	expect_part(region->vcpus, region->vcpu_count * sizeof(struct region_vcpu));
	expect_part(region->vms, region->vm_count * sizeof(struct region_vm));
	expect_part(region->tunnels, region->tunnel_count * sizeof(struct region_tunnel));
	expect_part(region->ring, sizeof(*ring));
	if (region->ring)
		expect_part(ring->slots, (uint64_t)ring->slot_count * ring->slot_bytes);
	expect_part(region->packets, sizeof(*packets));
	if (region->packets) {
		uint64_t bytes = (uint64_t)packets->slot_count * REGION_PACKET_SLOT;

		expect_part(packets->send, bytes);
		expect_part(packets->receive, bytes);
	}
}

static bool is_name(const char *name)
{
	for (unsigned i = 0; i < REGION_NAME_SIZE; i++)
		if (!name[i])
			return i > 0;
	return false;
}

void test_region(void)
{
	struct region *region = region_get();
	volatile uint8_t *outbox = region_own_vcpu()->outbox;

	clause("REG-1");
	expect_equal((int64_t)((uintptr_t)region % 4096), 0, "the address");
	expect_equal(region->size_bytes % 4096, 0, "the size");
	for (unsigned i = 0; i < REGION_OUTBOX_BYTES; i++)
		outbox[i] = (uint8_t)(i * 7);
	for (unsigned i = 0; i < REGION_OUTBOX_BYTES; i++)
		expect_equal(outbox[i], (uint8_t)(i * 7), "a byte that was written");
	clause("REG-3");
	expect(region->magic == REGION_MAGIC, "the magic");
	expect_equal(region->version, HYPERCALL_INTERFACE_VERSION, "the version");
	expect(region->vm < region->vm_count, "the VM's number");
	expect(region->vcpu_count > smp_cpu(), "the vCPUs");
	clause("REG-4");
	test_parts();
	clause("REG-6");
	for (unsigned vm = 0; vm < region->vm_count; vm++)
		expect(is_name(region_vm(vm)->name), "a name");
	expect_equal(region_find_vm(region_vm(region->vm)->name), region->vm, "the own name");
	clause("REG-7");
	expect_equal(region_vm_state(region->vm), 0, "the own state");
	clause("EVT-5");
	if (region->interrupt)
		not_applicable("the region has an interrupt");
	else
		expect_equal(region->interrupt, 0, "no interrupt");
}
