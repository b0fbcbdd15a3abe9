/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images whose VMs communicate: what their plans hold, and that check finds each fault that is put
 * into one.
 */
#include "tests/unit/tool_spoiled.h"

#include <string.h>

#include "abi/region.h"
#include "tools/arena.h"

#define LINUX   FIXTURE_LINUX
#define CONTROL FIXTURE_CONTROL

static struct plan_virtio *virtio;
static struct plan_port *ports;

static void start(void)
{
	const struct fixture_hyp hyp = fixture_comm_hyp();

	spoiled_begin_with(fixture_comm_system(), &hyp);
	virtio = at(it.plan->virtio);
	ports = at(it.plan->ports);
}

/* A page's entry in the VM's stage 2, at level 3. */
static uint64_t *leaf(unsigned vm, uint64_t address)
{
	uint64_t *table = at_pa(it.vms[vm].stage2_root_pa);

	table = at_pa(table[address >> 30] & 0xfffffffff000);
	table = at_pa(table[address >> 21 & 511] & 0xfffffffff000);
	return &table[address >> 12 & 511];
}

/* The hypervisor's entry for one of its addresses. */
static uint64_t *own(const void *address)
{
	uint64_t *table = at((const void *)(uintptr_t)it.image.layout.own_table);

	return &table[((uintptr_t)address - HYP_VIRTUAL_BASE) / PAGE];
}

static struct plan_tunnel *tunnel(unsigned vm)
{
	return at(it.vms[vm].tunnels);
}

static struct plan_irq *irq(unsigned vm, uint32_t id)
{
	struct plan_irq *irqs = at(it.vms[vm].irqs);

	while (irqs->id != id)
		irqs++;
	return irqs;
}

static struct plan_mmio *registers(unsigned index)
{
	struct plan_mmio *mmio = at(it.vms[LINUX].mmio);

	while (mmio->kind != PLAN_MMIO_VIRTIO || mmio->index != index)
		mmio++;
	return mmio;
}

static void test_plan_regions(void **state)
{
	const struct plan_vm *linux, *control;

	(void)state;
	start();
	linux = &it.vms[LINUX];
	control = &it.vms[CONTROL];
	assert_int_equal(linux->region_base, 0x44000000);
	assert_int_equal(hyp_layout_pa(&it.image.layout, (uintptr_t)linux->region), 0x50100000);
	assert_int_equal(linux->region_irq, 201);
	assert_int_equal(linux->message_slots, 16);
	assert_int_equal(linux->message_bytes, 64);
	assert_int_equal(linux->senders, 1u << CONTROL);
	assert_int_equal(linux->packet_port, PLAN_NONE);
	assert_int_equal(linux->memory_count, 1);
	assert_int_equal(control->region_bytes, 5 * PAGE); /* 16 KiB of packets in it */
	assert_int_equal(control->packet_port, 1);
	assert_int_equal(control->packet_slots, 4);
	assert_int_equal(control->memory_count, 0);
	assert_string_equal(tunnel(LINUX)->name, "telemetry");
	assert_int_equal(tunnel(LINUX)->peer, CONTROL);
	assert_int_equal(tunnel(LINUX)->is_writable, 0);
	assert_int_equal(tunnel(CONTROL)->base, 0x40200000);
	assert_int_equal(tunnel(CONTROL)->is_writable, 1);
	assert_int_equal(*leaf(LINUX, 0x44100000) & 0xfffffffff000, FIXTURE_TUNNEL);
	assert_int_equal(*leaf(CONTROL, 0x40200000) & 0xfffffffff000, FIXTURE_TUNNEL);
}

static void test_plan_devices(void **state)
{
	(void)state;
	start();
	assert_int_equal(it.plan->virtio_count, 2);
	assert_int_equal(virtio[0].kind, PLAN_VIRTIO_CONSOLE);
	assert_int_equal(virtio[0].is_console, 0);
	assert_int_equal(virtio[0].has_messages, 1);
	assert_int_equal(virtio[1].kind, PLAN_VIRTIO_NET);
	assert_int_equal(virtio[1].port, 0);
	assert_int_equal(registers(1)->base, 0x80001000);
	assert_int_equal(it.plan->port_count, 2);
	assert_int_equal(ports[0].virtio, 1);
	assert_int_equal(ports[1].virtio, PLAN_NONE);
	assert_int_equal(ports[1].mac[5], 1);
	assert_int_equal(it.plan->network_count, 1);
	assert_int_equal(irq(LINUX, 201)->flags, PLAN_IRQ_VIRTUAL | PLAN_IRQ_EDGE);
	assert_int_equal(irq(LINUX, 203)->flags, PLAN_IRQ_VIRTUAL);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(((const uint8_t *)at(virtio[1].state))[i], 0);
}

/* Regions and tunnels are zeros of the image, and no restart touches them. */
static void test_contents(void **state)
{
	const struct plan_restore *steps;

	(void)state;
	start();
	for (unsigned i = 0; i < FIXTURE_TUNNEL_BYTES; i++)
		assert_int_equal(((const uint8_t *)at_pa(FIXTURE_TUNNEL))[i], 0);
	for (unsigned i = 0; i < it.vms[CONTROL].region_bytes; i++)
		assert_int_equal(((const uint8_t *)at(it.vms[CONTROL].region))[i], 0);
	steps = at(it.vms[CONTROL].restore);
	for (unsigned i = 0; i < it.vms[CONTROL].restore_count; i++)
		assert_true(steps[i].target_pa + steps[i].size_bytes <= 0x50100000 ||
			    steps[i].target_pa >= FIXTURE_TUNNEL + FIXTURE_TUNNEL_BYTES);
}

static void test_proof(void **state)
{
	const char *proof;

	(void)state;
	start();
	assert_string_equal(spoiled_check(), "");
	proof = spoiled_proof();
	assert_non_null(strstr(proof, "reachable twice, but for tunnels"));
	assert_non_null(strstr(proof, "each of the 2 communication regions"));
	assert_non_null(strstr(proof, "each of the 1 tunnels"));
	assert_non_null(strstr(proof, "the 2 virtio devices"));
}

/* The first image that fits the description, with a hypervisor that cannot do it. */
static void test_no_communication(void **state)
{
	struct fixture_hyp hyp = fixture_hyp();
	struct image image;
	size_t size;
	uint8_t *bytes = fixture_hyp_bytes(&hyp, &size);

	(void)state;
	fixture_listen();
	assert_false(
		image_build(&image, fixture_comm_system(), fixture_file("hyp.elf", bytes, size)));
	assert_non_null(strstr(fixture_said(), "this hypervisor has no communication"));
}

/* A tunnel that is not cached says so at both ends, and holds. */
static void test_uncached(void **state)
{
	struct system *system = fixture_comm_system();
	const struct fixture_hyp hyp = fixture_comm_hyp();

	(void)state;
	system->vms[LINUX].comm.tunnels[0].is_cached = false;
	system->vms[CONTROL].comm.tunnels[0].is_cached = false;
	spoiled_begin_with(system, &hyp);
	assert_string_equal(spoiled_check(), "");
}

#define S2_W  (1ull << 7)
#define S2_XN (2ull << 53)

/* Regions. */
FAULT(region_small, it.vms[CONTROL].packet_slots = 8)
FAULT(region_odd, it.vms[LINUX].region_bytes -= 1)
FAULT(region_elsewhere, it.vms[LINUX].region_base += PAGE)
FAULT(region_missing, it.vms[LINUX].region = NULL)
FAULT(region_read_only, *leaf(LINUX, 0x44000000) &= ~S2_W)
FAULT(region_executable, *leaf(LINUX, 0x44000000) &= ~S2_XN)
FAULT(region_uncached, *leaf(LINUX, 0x44000000) &= ~(0xaull << 2))
FAULT(region_unmapped, *leaf(LINUX, 0x44000000) = 0)
FAULT(region_own_unmapped, *own(it.vms[LINUX].region) = 0)
FAULT(region_own_read_only, *own(it.vms[LINUX].region) |= 1ull << 7)
FAULT(region_own_executable, *own(it.vms[LINUX].region) &= ~(1ull << 54))
FAULT(region_other, *own(it.vms[LINUX].region) += 0x40000000)
FAULT(region_of_two, *leaf(LINUX, 0x44100000) += 0x50200000 - FIXTURE_TUNNEL)
FAULT(region_not_named, it.vms[LINUX].region = it.vms[CONTROL].region)
FAULT(region_irq_level, irq(LINUX, 201)->flags &= (uint16_t)~PLAN_IRQ_EDGE)
FAULT(region_irq_real, irq(LINUX, 201)->flags &= (uint16_t)~PLAN_IRQ_VIRTUAL)
FAULT(region_irq_missing, it.vms[LINUX].region_irq = 199)
FAULT(record_dirty, *(uint8_t *)at(it.vms[LINUX].comm) = 1)
FAULT(record_shared, it.vms[LINUX].comm = it.vms[CONTROL].comm)
FAULT(record_without_region, it.vms[LINUX].region = NULL; it.vms[LINUX].tunnel_count = 0)

/* Tunnels. */
FAULT(tunnel_writable, *leaf(LINUX, 0x44100000) |= S2_W)
FAULT(tunnel_all_writable, tunnel(LINUX)->is_writable = 1)
FAULT(tunnel_read_only, tunnel(CONTROL)->is_writable = 0)
FAULT(tunnel_executable, *leaf(CONTROL, 0x40203000) &= ~S2_XN)
FAULT(tunnel_hole, *leaf(CONTROL, 0x40203000) = 0)
FAULT(tunnel_other_memory, *leaf(CONTROL, 0x40200000) += 0x1000000)
FAULT(tunnel_of_third, *leaf(CONTROL, 0x40101000) = *leaf(CONTROL, 0x40200000))
FAULT(tunnel_uncached,
	for (unsigned i = 0; i < 16; i++) * leaf(CONTROL, 0x40200000 + i * PAGE) &= ~(0xaull << 2))
FAULT(tunnel_device, *leaf(CONTROL, 0x40200000) &= ~(0xeull << 2))
FAULT(tunnel_not_named, it.vms[CONTROL].tunnel_count = 0)
FAULT(tunnel_longer, tunnel(CONTROL)->size_bytes += PAGE)
FAULT(tunnel_elsewhere, tunnel(LINUX)->base += PAGE)
FAULT(tunnel_with_itself, tunnel(LINUX)->peer = LINUX)
FAULT(tunnel_with_nobody, tunnel(LINUX)->peer = 7)
FAULT(tunnel_no_index, tunnel(LINUX)->peer_index = 1)
FAULT(tunnel_of_the_hypervisor, *own(it.vms[LINUX].region) += FIXTURE_TUNNEL - 0x50100000)
FAULT(tunnels_outside, it.vms[LINUX].tunnels = (void *)(uintptr_t)HYP_VIRTUAL_BASE)

/* Messages, ports and virtio devices. */
FAULT(slots_odd, it.vms[LINUX].message_slots = 12)
FAULT(slots_many, it.vms[LINUX].message_slots = 2048)
FAULT(message_long, it.vms[LINUX].message_bytes = 257)
FAULT(senders_unknown, it.vms[LINUX].senders = 8)
FAULT(packets_of_device, it.vms[CONTROL].packet_port = 0)
FAULT(port_of_other_network, ports[1].network = 1)
FAULT(port_of_nobody, it.vms[CONTROL].packet_port = PLAN_NONE)
FAULT(port_of_group, ports[1].mac[0] = 3)
FAULT(port_twice, ports[1].mac[5] = 0)
FAULT(virtio_of_other, virtio[0].vm = CONTROL)
FAULT(virtio_of_nobody, virtio[0].vm = 9)
FAULT(virtio_of_no_kind, virtio[0].kind = 2)
FAULT(virtio_port, virtio[1].port = 1)
FAULT(virtio_irq, virtio[1].irq = 202)
FAULT(virtio_irq_edge, irq(LINUX, 203)->flags |= PLAN_IRQ_EDGE)
FAULT(virtio_state_dirty, *(uint8_t *)at(virtio[1].state) = 1)
FAULT(virtio_state_shared, virtio[1].state = virtio[0].state)
FAULT(virtio_twice, registers(1)->index = 0)
FAULT(virtio_mapped, registers(0)->base = 0x44000000)
FAULT(network_dirty, *(uint8_t *)at(it.plan->networks) = 1)
FAULT(memory_of_other, ((struct plan_memory *)at(it.vms[LINUX].memory))->host_pa = 0x40300000)
FAULT(memory_longer, ((struct plan_memory *)at(it.vms[LINUX].memory))->size_bytes += PAGE)
FAULT(memory_elsewhere, ((struct plan_memory *)at(it.vms[LINUX].memory))->base -= PAGE)
FAULT(upcall_with_controller, it.vms[CONTROL].delivery = PLAN_UPCALL)
FAULT(delivery_unknown, it.vms[CONTROL].delivery = 3)

static const struct spoiled_fault faults[] = {
	SAYS(region_small, "the region of VM control, 20480 bytes, is no whole pages or too small"),
	SAYS(region_odd, "is no whole pages or too small"),
	SAYS(region_elsewhere, "VM linux has the table entry"),
	SAYS(region_missing, "VM linux has the table entry"),
	SAYS(region_read_only, "VM linux does not reach its region at 0x44000000"),
	SAYS(region_executable, "VM linux does not reach its region at 0x44000000"),
	SAYS(region_uncached, "VM linux does not reach its region at 0x44000000"),
	SAYS(region_unmapped, "VM linux does not reach its region at 0x44000000"),
	SAYS(region_own_unmapped, "the hypervisor does not reach the region of VM linux"),
	SAYS(region_own_read_only, "the hypervisor does not reach the region of VM linux"),
	SAYS(region_own_executable, "the hypervisor does not reach the region of VM linux"),
	SAYS(region_other,
		"VM linux has its region at 0x50100000, and the hypervisor has it at 0x9"),
	SAYS(region_of_two, "is reachable by two VMs"),
	SAYS(region_not_named, "outside its own memory"),
	SAYS(region_irq_level, "interrupt 201 of VM linux is not in its list as edge-triggered"),
	SAYS(region_irq_real, "interrupt 201 of VM linux is driven by a device and by the hyperv"),
	SAYS(region_irq_missing, "interrupt 199 of VM linux is not in its list"),
	SAYS(record_dirty, "the communication record of VM linux at"),
	SAYS(record_shared, "the communication record of VM linux and the communication record of"),
	SAYS(record_without_region, "VM linux communicates, and has no region"),
	SAYS(tunnel_writable, "VM linux does not reach its tunnel 0 at 0x44100000 with the rights"),
	SAYS(tunnel_all_writable, "VM linux does not reach its tunnel 0 at 0x44100000 with the ri"),
	SAYS(tunnel_read_only, "nobody can write to tunnel 'telemetry' of VM linux"),
	SAYS(tunnel_executable, "VM control does not reach its tunnel 0 at 0x40200000"),
	SAYS(tunnel_hole, "VM control does not reach its tunnel 0 at 0x40200000"),
	SAYS(tunnel_other_memory, "VM control does not reach its tunnel 0 at 0x40200000"),
	SAYS(tunnel_of_third, "the page at 0x50300000 is reachable by two VMs"),
	SAYS(tunnel_uncached, "are not the same memory, or not cached alike"),
	SAYS(tunnel_device, "VM control does not reach its tunnel 0 at 0x40200000"),
	SAYS(tunnel_not_named, "shared memory that the plan does not name"),
	SAYS(tunnel_longer, "the two ends of tunnel 'telemetry' of VM linux differ in size"),
	SAYS(tunnel_elsewhere, "shared memory that the plan does not name"),
	SAYS(tunnel_with_itself, "tunnel 0 of VM linux has no other end"),
	SAYS(tunnel_with_nobody, "tunnel 0 of VM linux has no other end"),
	SAYS(tunnel_no_index, "tunnel 0 of VM linux has no other end"),
	SAYS(tunnel_of_the_hypervisor, "and the hypervisor has it at 0x50300000"),
	SAYS(tunnels_outside, "the plan's table of tunnels is not inside the plan"),
	SAYS(slots_odd, "VM linux has a ring of 12 messages of 64 bytes"),
	SAYS(slots_many, "VM linux has a ring of 2048 messages"),
	SAYS(message_long, "messages of 257 bytes"),
	SAYS(senders_unknown, "from VMs 0x8, which cannot be"),
	SAYS(packets_of_device, "the packet rings of VM control have port 0, which is not theirs"),
	SAYS(port_of_other_network, "port 1 is in no network"),
	SAYS(port_of_nobody, "port 1 is in no network, nobody's"),
	SAYS(port_of_group, "port 1 is in no network, nobody's, or has the address of a group"),
	SAYS(port_twice, "ports 0 and 1 of network 0 have one address"),
	SAYS(virtio_of_other, "virtio device 0 is of no kind, or not in one place of one VM"),
	SAYS(virtio_of_nobody, "virtio device 0 is of no kind, or not in one place of one VM"),
	SAYS(virtio_of_no_kind, "virtio device 0 is of no kind"),
	SAYS(virtio_port, "virtio device 1 has port 1, which is not its own"),
	SAYS(virtio_irq, "interrupt 203 of VM linux is driven by a device and by the hypervisor"),
	SAYS(virtio_irq_edge, "interrupt 203 of VM linux is not in its list as level-triggered"),
	SAYS(virtio_state_dirty, "the state of virtio device 1 at"),
	SAYS(virtio_state_shared, "the state of virtio device 0 and the state of virtio device 1"),
	SAYS(virtio_twice, "virtio device 0 is of no kind, or not in one place"),
	SAYS(virtio_mapped, "VM linux reaches 0x44000000, which the hypervisor emulates for it"),
	SAYS(network_dirty, "the networks' records at"),
	SAYS(memory_of_other, "the devices of VM linux would reach 0x40000000 at 0x40300000"),
	SAYS(memory_longer, "the devices of VM linux would reach 0x40000000"),
	SAYS(memory_elsewhere, "the devices of VM linux would reach 0x3ffff000"),
	SAYS(upcall_with_controller, "VM control has an emulated region at 0x8000000"),
	SAYS(delivery_unknown, "VM control has a policy that does not exist"),
};

static void test_faults(void **state)
{
	(void)state;
	spoiled_try(faults, sizeof(faults) / sizeof(faults[0]), start);
}

static void test_noise(void **state)
{
	(void)state;
	spoiled_noise(7, start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_plan_regions, fixture_release),
		cmocka_unit_test_teardown(test_plan_devices, fixture_release),
		cmocka_unit_test_teardown(test_contents, fixture_release),
		cmocka_unit_test_teardown(test_proof, fixture_release),
		cmocka_unit_test_teardown(test_no_communication, fixture_release),
		cmocka_unit_test_teardown(test_uncached, fixture_release),
		cmocka_unit_test_teardown(test_faults, fixture_release),
		cmocka_unit_test_teardown(test_noise, fixture_release),
	};

	return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
