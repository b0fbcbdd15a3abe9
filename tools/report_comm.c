/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report's part on communication.
 */
#include "tools/report_comm.h"

#include <inttypes.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/comm.h"
#include "tools/report_text.h"

static size_t longer(size_t width, const char *name)
{
	return strlen(name) > width ? strlen(name) : width;
}

/* As wide as the longest name. */
static int width_of(const struct system *system)
{
	size_t width = strlen("name, size");

	for (unsigned i = 0; i < system->vm_count; i++) {
		const struct vm *vm = &system->vms[i];

		width = longer(width, vm->name);
		for (unsigned n = 0; n < vm->comm.tunnel_count; n++)
			width = longer(width, vm->comm.tunnels[n].name);
	}
	for (unsigned i = 0; i < system->network_count; i++)
		width = longer(width, system->networks[i]);
	return (int)width;
}

static const char *senders_of(const struct system *system, const struct vm *vm)
{
	const char *names = "";

	for (unsigned i = 0; i < system->vm_count; i++) {
		if (vm->comm.senders >> i & 1)
			names = report_list(names, system->vms[i].name);
	}
	return names;
}

static void print_messages(FILE *out, int width, const struct system *system)
{
	const char *title = "  messages\n";

	for (unsigned i = 0; i < system->vm_count; i++) {
		const struct vm *vm = &system->vms[i];
		const struct vm_comm *comm = &vm->comm;

		if (comm->message_slots == 0)
			continue;
		if (title)
			fprintf(out, "%s    %-*s  %18s  %-14s  %s\n", title, width, "to",
				"ring       ", "taken by", "from");
		title = NULL;
		fprintf(out, "    %-*s  %4u of %3u bytes  %-14s  %s\n", width, vm->name,
			comm->message_slots, comm->message_bytes,
			comm->has_message_ports ? "virtio console" : "its region",
			senders_of(system, vm));
	}
}

static void print_end(FILE *out, int width, const char *title, const struct vm *vm,
	const struct vm_tunnel *tunnel)
{
	fprintf(out, "    %-*s  %-*s   0x%010" PRIx64 "  %s%s\n", width, title, width, vm->name,
		tunnel->guest, tunnel->is_writable ? "reads, writes" : "reads",
		tunnel->is_cached ? "" : "; uncached");
}

static void print_tunnels(FILE *out, int width, const struct system *system)
{
	const char *title = "  tunnels\n";

	for (unsigned i = 0; i < system->vm_count; i++) {
		const struct vm *vm = &system->vms[i];

		for (unsigned n = 0; n < vm->comm.tunnel_count; n++) {
			const struct vm_tunnel *tunnel = &vm->comm.tunnels[n];
			const struct vm *peer = &system->vms[tunnel->peer];

			if (tunnel->peer < i)
				continue;
			if (title)
				fprintf(out, "%s    %-*s  %-*s  guest address  access\n", title,
					width, "name, size", width, "VM");
			title = NULL;
			print_end(out, width, tunnel->name, vm, tunnel);
			print_end(out, width, arena_text("%" PRIu64 " KiB", tunnel->size >> 10),
				peer, &peer->comm.tunnels[tunnel->peer_index]);
		}
	}
}

/* The VM's ports in one network; *title is the network's name, for the first one. */
static void print_ports(
	FILE *out, int width, const struct vm *vm, unsigned network, const char **title)
{
	for (unsigned i = 0; i < vm->comm.port_count; i++) {
		const struct vm_port *port = &vm->comm.ports[i];

		if (port->network != network)
			continue;
		fprintf(out, "    %-*s  %-*s  %s  %s\n", width, *title, width, vm->name,
			comm_mac_text(port->mac),
			port->slots == 0 ? "virtio-net"
					 : arena_text("packet rings of %u slots", port->slots));
		*title = "";
	}
}

static void print_networks(FILE *out, int width, const struct system *system)
{
	if (system->network_count != 0)
		fprintf(out, "  networks\n    %-*s  %-*s  MAC address        device\n", width,
			"name", width, "VM");
	for (unsigned network = 0; network < system->network_count; network++) {
		const char *title = system->networks[network];

		for (unsigned i = 0; i < system->vm_count; i++)
			print_ports(out, width, &system->vms[i], network, &title);
	}
}

static void print_regions(FILE *out, int width, const struct system *system)
{
	fprintf(out, "  communication regions\n    %-*s  guest address      size  interrupt\n",
		width, "VM");
	for (unsigned i = 0; i < system->vm_count; i++) {
		const struct vm *vm = &system->vms[i];

		if (vm->comm.region_size != 0)
			fprintf(out, "    %-*s   0x%010" PRIx64 "  %4" PRIu64 " KiB  %9u\n", width,
				vm->name, vm->comm.region_guest, vm->comm.region_size >> 10,
				vm->comm.region_irq);
	}
}

void report_comm_print(FILE *out, const struct system *system)
{
	int width = width_of(system);

	if (!system->has_comm)
		return;
	fprintf(out, "\nCommunication\n");
	print_messages(out, width, system);
	print_tunnels(out, width, system);
	print_networks(out, width, system);
	print_regions(out, width, system);
}

const char *report_comm_virtio(
	const struct system *system, const struct vm *vm, const struct vm_virtio *virtio)
{
	if (virtio->kind == PLAN_VIRTIO_NET)
		return arena_text("virtio-net, network %s",
			system->networks[vm->comm.ports[virtio->port].network]);
	return arena_text("virtio-console%s%s", virtio->is_console ? ", console" : "",
		virtio->has_messages ? ", messages" : "");
}

const char *report_comm_irq(const struct system *system, const struct vm *vm, uint32_t irq)
{
	for (unsigned i = 0; i < vm->comm.virtio_count; i++) {
		if (vm->comm.virtio[i].irq == irq)
			return report_comm_virtio(system, vm, &vm->comm.virtio[i]);
	}
	return irq == vm->comm.region_irq ? "communication region" : "shared console";
}
