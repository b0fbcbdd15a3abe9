/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Communication between VMs: messages, who has a region, and which virtio devices.
 */
#include "tools/comm.h"

#include <string.h>

#include "abi/region.h"
#include "tools/arena.h"
#include "tools/message.h"
#include "tools/space.h"
#include "tools/vm_names.h"

#define MESSAGE_SLOTS 16u
#define MESSAGE_BYTES 64u

/* A number from 1 to `most`; the fallback if it is not said, and after a message. */
static unsigned read_number(
	const struct tree *tree, unsigned fallback, unsigned most, const char *what)
{
	if (tree && tree->number >= 1 && tree->number <= most)
		return (unsigned)tree->number;
	if (tree)
		message_error(tree->place, arena_text("write a number from 1 to %u", most),
			"%s of %s is not possible", what, tree->text);
	return fallback;
}

/* A VM that a list `from` names. */
static void add_sender(struct system *system, unsigned index, const struct tree *said)
{
	struct vm *vm = &system->vms[index];
	unsigned sender;

	if (said->bad || !vm_names_find(system, said, &sender))
		return;
	if (vm->comm.senders >> sender & 1)
		message_error(
			said->place, "keep one of the two", "'%s' is named twice", said->text);
	else
		vm->comm.senders |= 1u << sender;
}

static void read_senders(struct system *system, unsigned index, const struct tree *from)
{
	struct vm *vm = &system->vms[index];

	if (from && from->kind == TREE_TEXT)
		vm->comm.senders = ((1u << system->vm_count) - 1) & ~(1u << index);
	for (const struct tree *said = from ? from->first : NULL; said; said = said->next)
		add_sender(system, index, said);
	if (from && (from->kind == TREE_TEXT ? system->vm_count == 1 : !from->first))
		message_error(tree_place(from), "name the VMs that may send to it, or remove it",
			"nobody may send messages to VM '%s'", vm->name);
}

static void read_messages(struct system *system, unsigned index, const struct tree *messages)
{
	struct vm_comm *comm = &system->vms[index].comm;
	const struct tree *slots = tree_get(messages, "slots");

	if (!messages)
		return;
	comm->message_slots = read_number(slots, MESSAGE_SLOTS, COMM_SLOTS, "a ring");
	if (comm->message_slots & (comm->message_slots - 1)) {
		message_error(slots->place, "write a power of two: 1, 2, 4 up to 1024",
			"a ring of %s is not a power of two", slots->text);
		comm->message_slots = MESSAGE_SLOTS;
	}
	comm->message_bytes = read_number(
		tree_get(messages, "size"), MESSAGE_BYTES, REGION_OUTBOX_BYTES, "a message size");
	read_senders(system, index, tree_get(messages, "from"));
}

/* Whether the VM may send messages to another. */
static bool may_send(const struct system *system, unsigned vm)
{
	for (unsigned i = 0; i < system->vm_count; i++) {
		if (system->vms[i].comm.senders >> vm & 1)
			return true;
	}
	return false;
}

static bool has_messages(const struct system *system, unsigned vm)
{
	return system->vms[vm].comm.message_slots != 0 || may_send(system, vm);
}

static void read_message_ports(struct system *system, unsigned index, const struct tree *key)
{
	struct vm *vm = &system->vms[index];
	bool has = has_messages(system, index);

	vm->comm.has_message_ports =
		key ? strcmp(key->text, "yes") == 0 : vm->os == GUEST_LINUX && has;
	if (!vm->comm.has_message_ports || has)
		return;
	message_error(key->place,
		"add messages, let another VM have messages from it, or remove it",
		"VM '%s' has message-ports, and neither gets nor sends messages", vm->name);
	vm->comm.has_message_ports = false;
}

static const struct vm_port *packet_port(const struct vm *vm)
{
	for (unsigned i = 0; i < vm->comm.port_count; i++) {
		if (vm->comm.ports[i].slots != 0)
			return &vm->comm.ports[i];
	}
	return NULL;
}

/* Whether a VM has something in its region, so that it needs one. */
static bool needs_region(const struct system *system, unsigned index)
{
	const struct vm *vm = &system->vms[index];

	return has_messages(system, index) || vm->comm.tunnel_count != 0 ||
	       vm->comm.port_count != 0 || vm->console == GUEST_CONSOLE_VIRTIO ||
	       vm->delivery == PLAN_UPCALL;
}

uint64_t comm_region_bytes(const struct system *system, const struct vm *vm)
{
	const struct vm_port *packets = packet_port(vm);
	const struct region_parts parts = {.vcpu_count = vm->vcpu_count,
		.vm_count = system->vm_count,
		.slot_count = vm->comm.message_slots,
		.message_bytes = vm->comm.message_bytes,
		.tunnel_count = vm->comm.tunnel_count,
		.packet_slots = packets ? packets->slots : 0};
	struct region region;

	return space_up(region_place(&parts, &region), SPACE_PAGE);
}

static void read_region(struct system *system, unsigned index, const struct tree *key)
{
	struct vm *vm = &system->vms[index];
	bool needs = needs_region(system, index);
	bool asks = key && strcmp(key->text, "yes") == 0;

	if (key && !asks && needs)
		message_error(key->place,
			"remove region: no, or the VM's messages, tunnels, networks, virtio "
			"console "
			"and upcalls",
			"VM '%s' needs its region for what else it has", vm->name);
	if (needs || asks)
		vm->comm.region_size = comm_region_bytes(system, vm);
}

static void add_virtio(struct vm *vm, struct vm_virtio virtio)
{
	struct vm_comm *comm = &vm->comm;

	comm->virtio = arena_grow(comm->virtio, comm->virtio_count, sizeof(virtio));
	comm->virtio[comm->virtio_count++] = virtio;
}

static void decide_virtio(struct vm *vm)
{
	bool is_console = vm->console == GUEST_CONSOLE_VIRTIO;

	if (is_console || vm->comm.has_message_ports)
		add_virtio(vm, (struct vm_virtio){.kind = PLAN_VIRTIO_CONSOLE,
				       .is_console = is_console,
				       .has_messages = vm->comm.has_message_ports});
	for (unsigned i = 0; i < vm->comm.port_count; i++) {
		if (vm->comm.ports[i].slots == 0)
			add_virtio(vm, (struct vm_virtio){.kind = PLAN_VIRTIO_NET, .port = i});
	}
}

void comm_read(struct system *system, const struct tree *const *maps)
{
	for (unsigned i = 0; i < system->vm_count; i++) {
		read_messages(system, i, tree_get(maps[i], "messages"));
		comm_tunnels_read(system, i, tree_get(maps[i], "tunnels"));
		comm_networks_read(system, i, tree_get(maps[i], "networks"));
	}
	comm_tunnels_pair(system, maps);
	comm_networks_settle(system);
	for (unsigned i = 0; i < system->vm_count; i++) {
		struct vm *vm = &system->vms[i];

		read_message_ports(system, i, tree_get(maps[i], "message-ports"));
		read_region(system, i, tree_get(maps[i], "region"));
		decide_virtio(vm);
		system->has_comm |= vm->comm.region_size != 0;
	}
}
