/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Networks and the VMs' ports in them.
 */
#include <stdio.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/comm.h"
#include "tools/message.h"
#include "tools/schema.h"
#include "tools/vm_names.h"

#define PACKET_SLOTS      16u
#define PACKET_SLOTS_MOST 128u
#define MAC_GROUP         1u /* in its first byte: an address of several (IEEE 802, 8.2) */
#define MAC_LOCAL         2u /* administered locally, not a vendor's */

const char *comm_mac_text(const uint8_t mac[6])
{
	return arena_text(
		"%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);

	return c && at ? (int)(at - digits) : -1;
}

/* Six pairs of hexadecimal digits, with colons between. */
static bool parse_mac(const char *text, uint8_t mac[6])
{
	if (strlen(text) != 17)
		return false;
	for (unsigned i = 0; i < 6; i++, text += 3) {
		int high = digit(text[0]), low = digit(text[1]);

		if (high < 0 || low < 0 || (i < 5 && text[2] != ':'))
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool read_mac(struct vm_port *port, const struct tree *mac)
{
	static const uint8_t zero[6];

	if (!mac)
		return true;
	port->is_mac_given = true;
	if (!parse_mac(mac->text, port->mac))
		message_error(mac->place, "write six bytes, as in \"02:00:00:00:00:01\"",
			"'%s' is not a MAC address", mac->text);
	else if (port->mac[0] & MAC_GROUP)
		message_error(mac->place, "write an even first byte, such as 02",
			"%s is the address of a group, not of one port", mac->text);
	else if (memcmp(port->mac, zero, sizeof(zero)) == 0)
		message_error(mac->place, "write another one, or leave mac out",
			"%s is nobody's MAC address", mac->text);
	else
		return true;
	return false;
}

static bool read_device(const struct vm *vm, struct vm_port *port, const struct tree *item)
{
	const struct tree *slots = tree_get(item, "slots"), *device = tree_get(item, "device");
	bool is_packets = device ? strcmp(device->text, "packets") == 0 : vm->os != GUEST_LINUX;

	if (!is_packets && slots)
		message_error(slots->key_place, "remove it, or write device: packets",
			"slots are for device: packets; a virtio device's driver has its own");
	else if (is_packets && slots &&
		 (slots->number == 0 || slots->number > PACKET_SLOTS_MOST ||
			 (slots->number & (slots->number - 1))))
		message_error(slots->place, "write a power of two: 1, 2, 4 up to 128",
			"rings of %s packets are not possible", slots->text);
	else {
		port->slots = !is_packets ? 0 : slots ? (unsigned)slots->number : PACKET_SLOTS;
		return true;
	}
	return false;
}

/* The network of that name, a new one if there is none; false after a message. */
static bool find_network(struct system *system, const struct tree *name, unsigned *network)
{
	if (!vm_names_check(name->text, name->place, "a network"))
		return false;
	for (*network = 0; *network < system->network_count; (*network)++) {
		if (strcmp(system->networks[*network], name->text) == 0)
			return true;
	}
	if (system->network_count == COMM_NETWORKS) {
		message_error(name->place, "use fewer", "more than %u networks", COMM_NETWORKS);
		return false;
	}
	system->networks =
		arena_grow(system->networks, system->network_count, sizeof(system->networks[0]));
	system->networks[system->network_count++] = name->text;
	return true;
}

/* What a VM's other ports allow. */
static bool check_others(const struct vm *vm, const struct vm_port *port, const char *network)
{
	for (unsigned i = 0; i < vm->comm.port_count; i++) {
		const struct vm_port *other = &vm->comm.ports[i];

		if (other->network == port->network)
			message_error(port->place, "keep one of the two",
				"VM '%s' is in network '%s' already (line %u)", vm->name, network,
				other->place.line);
		else if (other->slots != 0 && port->slots != 0)
			message_error(port->place, "write device: virtio for one of the two",
				"VM '%s' has a device: packets already (line %u), and its region "
				"has room for one",
				vm->name, other->place.line);
		else
			continue;
		return false;
	}
	return true;
}

static void add_port(struct system *system, unsigned index, const struct tree *item)
{
	struct vm *vm = &system->vms[index];
	const struct tree *name = item->kind == TREE_TEXT ? item : tree_get(item, "name");
	struct vm_port port = {.place = item->place};

	if (!name || !find_network(system, name, &port.network) ||
		!read_mac(&port, tree_get(item, "mac")) || !read_device(vm, &port, item) ||
		!check_others(vm, &port, name->text))
		return;
	vm->comm.ports = arena_grow(vm->comm.ports, vm->comm.port_count, sizeof(port));
	vm->comm.ports[vm->comm.port_count++] = port;
}

void comm_networks_read(struct system *system, unsigned index, const struct tree *list)
{
	unsigned count = 0;

	for (const struct tree *item = list ? list->first : NULL; item; item = item->next) {
		if (count++ == COMM_PORTS) {
			message_error(item->place, "remove some", "a VM in more than %u networks",
				COMM_PORTS);
			return;
		}
		if (!item->bad)
			add_port(system, index, item);
	}
}

/* The VM's port in a network, or NULL. */
static struct vm_port *port_in(struct vm *vm, unsigned network)
{
	for (unsigned i = 0; i < vm->comm.port_count; i++) {
		if (vm->comm.ports[i].network == network)
			return &vm->comm.ports[i];
	}
	return NULL;
}

/* Who has the address in the network; `except` is not looked at. NULL: nobody. */
static const struct vm *mac_owner(
	struct system *system, unsigned network, const struct vm_port *except, bool only_given)
{
	for (unsigned i = 0; i < system->vm_count; i++) {
		const struct vm_port *port = port_in(&system->vms[i], network);

		if (port && port != except && (port->is_mac_given || !only_given) &&
			memcmp(port->mac, except->mac, sizeof(port->mac)) == 0)
			return &system->vms[i];
	}
	return NULL;
}

/* From the names of network and VM, so that it stays when others come or go (FNV-1a). */
static void make_mac(struct system *system, const struct vm *vm, struct vm_port *port)
{
	const char *text = arena_text("%s/%s", system->networks[port->network], vm->name);
	uint64_t hash = 0xcbf29ce484222325;

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3;
	do {
		port->mac[0] = MAC_LOCAL;
		for (unsigned i = 1; i < 6; i++)
			port->mac[i] = (uint8_t)(hash >> 8 * i);
		hash += 1ull << 40;
	} while (mac_owner(system, port->network, port, false));
}

static void settle_port(struct system *system, struct vm *vm, struct vm_port *port, unsigned index)
{
	const struct vm *owner =
		port->is_mac_given ? mac_owner(system, port->network, port, true) : NULL;

	port->index = index;
	if (!port->is_mac_given)
		make_mac(system, vm, port);
	else if (owner && owner < vm)
		message_error(port->place, "give each port of a network an address of its own",
			"VM '%s' has the MAC address %s in network '%s', too", owner->name,
			comm_mac_text(port->mac), system->networks[port->network]);
}

static void warn_lonely(const struct system *system, unsigned network, const struct vm_port *port)
{
	const char *name = system->networks[network], *others = "", *near;

	for (unsigned i = 0; i < system->network_count; i++) {
		if (i != network)
			others = arena_text(
				"%s%s%s", others, *others ? " " : "", system->networks[i]);
	}
	near = *others ? schema_nearest(others, name) : NULL;
	message_warning(port->place,
		near ? arena_text("did you mean '%s'?", near)
		     : "name the network in another VM, too",
		"network '%s' has one VM, which has nobody to talk to", name);
}

void comm_networks_settle(struct system *system)
{
	unsigned index = 0;

	for (unsigned network = 0; network < system->network_count; network++) {
		unsigned first = index;
		struct vm_port *last = NULL;

		for (unsigned i = 0; i < system->vm_count; i++) {
			struct vm_port *port = port_in(&system->vms[i], network);

			if (!port)
				continue;
			settle_port(system, &system->vms[i], port, index++);
			last = port;
		}
		if (index - first == 1 && message_errors() == 0)
			warn_lonely(system, network, last);
	}
}
