/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules for the plan's tables of messages, networks and virtio devices: what they name exists, and
 * belongs to the VM that it is for.
 */
#include <inttypes.h>
#include <string.h>

#include "abi/region.h"
#include "tools/verify_model.h"

#define SLOTS_MOST 1024u

bool verify_comm_is_virtual(const struct verify *verify, unsigned vm, uint32_t irq)
{
	const struct plan_vm *plan = &verify->vms[vm];

	if (irq == plan->console_irq || irq == plan->region_irq)
		return true;
	for (unsigned i = 0; verify->virtio && i < verify->plan->virtio_count; i++) {
		if (verify->virtio[i].vm == vm && verify->virtio[i].irq == irq)
			return true;
	}
	return false;
}

static bool is_power(uint32_t count)
{
	return count != 0 && (count & (count - 1)) == 0;
}

static void check_messages(const struct verify *verify, unsigned vm)
{
	const struct plan_vm *plan = &verify->vms[vm];
	uint32_t all = (uint32_t)((1ull << verify->plan->vm_count) - 1);
	bool none = plan->message_slots == 0 && plan->message_bytes == 0 && plan->senders == 0;

	if (!none &&
		(!is_power(plan->message_slots) || plan->message_slots > SLOTS_MOST ||
			plan->message_bytes == 0 || plan->message_bytes > REGION_OUTBOX_BYTES ||
			(plan->senders & ~all) != 0 || !plan->region))
		verify_complain(verify,
			"%s has a ring of %u messages of %u bytes from VMs 0x%x, which cannot be",
			verify_owner(verify, (int)vm), plan->message_slots, plan->message_bytes,
			plan->senders);
}

static const struct plan_irq *find_irq(const struct verify *verify, unsigned vm, uint32_t id)
{
	const struct plan_vm *plan = &verify->vms[vm];
	const struct plan_irq *irqs =
		verify_table(verify, plan->irqs, plan->irq_count, sizeof(*irqs), "interrupts");

	for (uint32_t i = 0; irqs && i < plan->irq_count; i++) {
		if (irqs[i].id == id)
			return &irqs[i];
	}
	return NULL;
}

/* An interrupt that the hypervisor raises is in the VM's list as that. */
static void check_irq(const struct verify *verify, unsigned vm, uint32_t id, bool is_edge)
{
	const struct plan_irq *irq = find_irq(verify, vm, id);

	if (!irq || !(irq->flags & PLAN_IRQ_VIRTUAL) || !!(irq->flags & PLAN_IRQ_EDGE) != is_edge)
		verify_complain(verify,
			"interrupt %u of %s is not in its list as %s-triggered and the "
			"hypervisor's",
			id, verify_owner(verify, (int)vm), is_edge ? "edge" : "level");
}

static void check_packets(const struct verify *verify, unsigned vm)
{
	const struct plan_vm *plan = &verify->vms[vm];
	const struct plan_port *port = NULL;

	if (!plan->region || plan->packet_port == PLAN_NONE)
		return;
	if (verify->ports && plan->packet_port < verify->plan->port_count)
		port = &verify->ports[plan->packet_port];
	if (!port || port->vm != vm || port->virtio != PLAN_NONE || !is_power(plan->packet_slots))
		verify_complain(verify, "the packet rings of %s have port %u, which is not theirs",
			verify_owner(verify, (int)vm), plan->packet_port);
}

/* Its own memory at a guest address, in one piece, with the place and rights that are said. */
static bool is_memory(const struct verify *verify, unsigned vm, const struct plan_memory *memory)
{
	const struct verify_ranges *ranges = &verify->of_vm[vm];
	uint64_t done = 0;

	for (size_t i = 0; i < ranges->count && done < memory->size_bytes; i++) {
		const struct verify_range *range = &ranges->ranges[i];
		uint64_t at = memory->base + done, offset = at - range->address;

		if (at < range->address || offset >= range->size)
			continue;
		if (range->device || range->share != VERIFY_SHARE_NONE ||
			range->pa + offset != memory->host_pa + done ||
			(memory->is_writable && !range->write))
			return false;
		done += range->size - offset;
	}
	return memory->size_bytes != 0 && done >= memory->size_bytes;
}

static void check_memory(const struct verify *verify, unsigned vm)
{
	const struct plan_vm *plan = &verify->vms[vm];
	const struct plan_memory *memory =
		verify_table(verify, plan->memory, plan->memory_count, sizeof(*memory), "memories");

	for (uint32_t i = 0; memory && i < plan->memory_count; i++) {
		if (!is_memory(verify, vm, &memory[i]) ||
			(i > 0 && memory[i].base < memory[i - 1].base + memory[i - 1].size_bytes))
			verify_complain(verify,
				"the devices of %s would reach 0x%" PRIx64 " at 0x%" PRIx64
				", which is not its own memory",
				verify_owner(verify, (int)vm), memory[i].base, memory[i].host_pa);
	}
}

/* The VM's registers of a device: how many regions of it there are. */
static unsigned count_regions(const struct verify *verify, unsigned vm, unsigned device)
{
	const struct plan_vm *plan = &verify->vms[vm];
	const struct plan_mmio *mmio = verify_table(
		verify, plan->mmio, plan->mmio_count, sizeof(*mmio), "emulated regions");
	unsigned count = 0;

	for (uint32_t i = 0; mmio && i < plan->mmio_count; i++)
		count += mmio[i].kind == PLAN_MMIO_VIRTIO && mmio[i].index == device;
	return count;
}

static void check_virtio(const struct verify *verify, unsigned index)
{
	const struct plan_virtio *virtio = &verify->virtio[index];
	unsigned regions = 0;

	for (unsigned vm = 0; vm < verify->plan->vm_count; vm++)
		regions += count_regions(verify, vm, index);
	if (virtio->vm >= verify->plan->vm_count || virtio->kind > PLAN_VIRTIO_CONSOLE ||
		regions != 1 || count_regions(verify, virtio->vm, index) != 1 ||
		!verify->vms[virtio->vm].region) {
		verify_complain(verify,
			"virtio device %u is of no kind, or not in one place of one VM", index);
		return;
	}
	check_irq(verify, virtio->vm, virtio->irq, false);
	if (virtio->kind == PLAN_VIRTIO_NET &&
		(!verify->ports || virtio->port >= verify->plan->port_count ||
			verify->ports[virtio->port].virtio != index ||
			verify->ports[virtio->port].vm != virtio->vm))
		verify_complain(verify, "virtio device %u has port %u, which is not its own", index,
			virtio->port);
}

/* Whose a port is: a device's, or a region's. */
static bool has_owner(const struct verify *verify, unsigned index)
{
	const struct plan_port *port = &verify->ports[index];

	if (port->vm >= verify->plan->vm_count || port->network >= verify->plan->network_count)
		return false;
	if (port->virtio == PLAN_NONE)
		return verify->vms[port->vm].packet_port == index;
	return verify->virtio && port->virtio < verify->plan->virtio_count &&
	       verify->virtio[port->virtio].kind == PLAN_VIRTIO_NET &&
	       verify->virtio[port->virtio].port == index;
}

static void check_port(const struct verify *verify, unsigned index)
{
	const struct plan_port *port = &verify->ports[index];

	if (!has_owner(verify, index) || (port->mac[0] & 1))
		verify_complain(verify,
			"port %u is in no network, nobody's, or has the address of a group", index);
	if (index > 0 && port->network < port[-1].network)
		verify_complain(
			verify, "the ports of network %u do not lie together", port->network);
	for (unsigned i = 0; i < index; i++) {
		if (verify->ports[i].network == port->network &&
			memcmp(verify->ports[i].mac, port->mac, sizeof(port->mac)) == 0)
			verify_complain(verify, "ports %u and %u of network %u have one address", i,
				index, port->network);
	}
}

static void check_hypervisor(const struct verify *verify)
{
	bool needs = verify->plan->virtio_count != 0 || verify->plan->port_count != 0;

	for (unsigned vm = 0; vm < verify->plan->vm_count; vm++)
		needs = needs || verify->vms[vm].region;
	if (needs && verify->info->comm_vm_bytes == 0)
		verify_complain(
			verify, "VMs communicate, and this hypervisor has no communication");
}

void verify_comm_plan(const struct verify *verify)
{
	check_hypervisor(verify);
	for (unsigned vm = 0; vm < verify->plan->vm_count; vm++) {
		const struct plan_vm *plan = &verify->vms[vm];

		check_messages(verify, vm);
		check_packets(verify, vm);
		check_memory(verify, vm);
		if (plan->region_irq != 0)
			check_irq(verify, vm, plan->region_irq, true);
		if (plan->delivery == PLAN_UPCALL && !plan->region)
			verify_complain(verify, "%s takes upcalls, and has no region",
				verify_owner(verify, (int)vm));
	}
	for (unsigned i = 0; verify->virtio && i < verify->plan->virtio_count; i++)
		check_virtio(verify, i);
	for (unsigned i = 0; verify->ports && i < verify->plan->port_count; i++)
		check_port(verify, i);
}
