/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices and interrupts have one owner each. Devices are kept apart by the page, which is
 * the grain of translation, and so against devices that nobody owns as well.
 */
#include "tools/ownership.h"

#include <libfdt.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/board.h"
#include "tools/controller.h"
#include "tools/devicetree.h"
#include "tools/message.h"
#include "tools/schema.h"
#include "tools/space.h"

/* Kinds of nodes that no VM gets: what their nodes are compatible with, and the reason. */
static const struct forbidden {
	const char *const compatible[9];
	const char *what, *mend;
} forbidden[] = {
	{{"arm,gic-v3", "arm,gic-v3-its", "arm,gic-v2m-frame", "arm,gic-400", "riscv,aplic",
		 "riscv,imsics", "riscv,plic0", "sifive,plic-1.0.0", NULL},
		"part of the interrupt controller, which the hypervisor shares out",
		"remove it: every VM sees an interrupt controller of its own"},
	{{"arm,armv8-timer", "arm,armv7-timer", "arm,armv7-timer-mem", "riscv,clint0",
		 "sifive,clint0", "riscv,aclint-mtimer", NULL},
		"the CPUs' timer", "remove it: every vCPU has a timer of its own"},
	{{"sifive,test0", "syscon-poweroff", "syscon-reboot", NULL},
		"what switches the whole board off",
		"remove it: every VM can switch itself off by its firmware interface"},
	{{"arm,psci", "arm,psci-0.2", "arm,psci-1.0", NULL}, "the firmware's interface",
		"remove it: every VM has a firmware interface of its own"},
	{{"arm,smmu-v3", "arm,mmu-500", "arm,smmu-v2", "riscv,iommu", NULL},
		"an IOMMU, which guards memory", "remove it: it cannot be a guest's"},
	{{"pci-host-ecam-generic", "pci-host-cam-generic", NULL}, "a PCI host bridge",
		"remove it: PCI devices cannot be given to VMs yet"},
};

static bool is_below(const struct board *board, int node, const char *path)
{
	char found[512];
	size_t length = strlen(path);
	return fdt_get_path(board->fdt, node, found, sizeof(found)) == 0 &&
	       strncmp(found, path, length) == 0 && (found[length] == '/' || !found[length]);
}

static bool refuse(const struct tree *said, const char *what, const char *mend)
{
	message_error(said->place, mend, "'%s' is %s", said->text, what);
	return false;
}

static bool is_kind(const struct board *board, int node, const struct tree *said)
{
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		if (devicetree_compatible(board, node, forbidden[i].compatible))
			return !refuse(said, forbidden[i].what, forbidden[i].mend);
	const char *type = fdt_getprop(board->fdt, node, "device_type", NULL);
	if (is_below(board, node, "/cpus") || (type && strcmp(type, "cpu") == 0))
		return !refuse(said, "a CPU node", "list CPUs under vcpus");
	if (is_below(board, node, "/reserved-memory") || (type && strcmp(type, "memory") == 0))
		return !refuse(said, "a memory node", "ask for memory under memory");
	if (board->console == CONSOLE_UART && node == board->console_device.node)
		return !refuse(said, "the hypervisor's console",
			"remove it and write console: shared for the VM, or move the hypervisor's "
			"console away with console: debugger or console: none at the top");
	return false;
}

/* Whether a VM can be given these registers and interrupts. */
static bool can_own(
	const struct board *board, const struct board_device *device, const struct tree *said)
{
	for (unsigned i = 0; i < device->reg_count; i++) {
		struct range pages = space_pages(device->regs[i]);
		if (pages.base + pages.size > SPACE_LIMIT)
			return refuse(said, "beyond 40 bits of address", "remove it");
		for (unsigned j = 0; j < board->ram_count; j++)
			if (space_overlap(pages, board->ram[j]))
				return refuse(said, "in RAM, by its registers",
					"remove it, or mend the board's device tree");
		if (space_overlap(pages, board->intc) || space_overlap(pages, board->intc_cpus))
			return refuse(said, forbidden[0].what, forbidden[0].mend);
	}
	for (unsigned i = 0; i < device->irq_count; i++)
		if (device->irqs[i] < board->controller->irq_first)
			return refuse(said, "wired to an interrupt that each CPU has for itself",
				"remove it: only shared interrupts have an owner");
	return true;
}

static const char *known_names(const struct board *board)
{
	const char *words = "";
	int aliases = fdt_path_offset(board->fdt, "/aliases"), property;
	fdt_for_each_property_offset(property, board->fdt, aliases)
	{
		const char *name = NULL;
		fdt_getprop_by_offset(board->fdt, property, &name, NULL);
		if (name)
			words = arena_text("%s%s ", words, name);
	}
	for (unsigned i = 0; i < board->device_count; i++)
		words = arena_text("%s%s ", words, strrchr(board->devices[i].path, '/') + 1);
	return words;
}

static const struct board_device *find_device(const struct board *board, const struct tree *said)
{
	int node = board_find(board, said->text);
	if (node == BOARD_AMBIGUOUS) {
		message_error(said->place,
			"add the unit address, as in name@9000000, or the full path",
			"several nodes of the board's device tree are named '%s'", said->text);
		return NULL;
	}
	if (node < 0) {
		const char *near = schema_nearest(known_names(board), said->text);
		message_error(said->place,
			near ? arena_text("did you mean '%s'?", near)
			     : "write a label, alias, node name or full path of the device tree",
			"board %s has no device '%s'", board->name, said->text);
		return NULL;
	}
	if (is_kind(board, node, said))
		return NULL;
	const struct board_device *device = devicetree_device(board, node);
	if (!device && !devicetree_enabled(board->fdt, node))
		refuse(said, "disabled in the board's device tree",
			"remove it, or enable it where the board's device tree is made");
	else if (!device)
		refuse(said, "a node without registers or interrupts",
			"name the device that a driver would use");
	return device && can_own(board, device, said) ? device : NULL;
}

static const struct vm_device *owned(const struct vm *vm, int node)
{
	for (unsigned i = 0; i < vm->device_count; i++)
		if (vm->devices[i].device.node == node)
			return &vm->devices[i];
	return NULL;
}

static void warn_of_dma(const struct board *board, const struct vm_device *device)
{
	static const char *const masters[] = {"virtio,mmio", "qemu,fw-cfg-mmio", NULL};
	if (devicetree_compatible(board, device->device.node, masters) ||
		fdt_getprop(board->fdt, device->device.node, "dma-coherent", NULL) ||
		fdt_getprop(board->fdt, device->device.node, "dmas", NULL))
		message_warning(device->place,
			"give it only to a VM that you trust, with guest = host addresses",
			"'%s' moves data by DMA with no IOMMU in front: its owner reaches all "
			"memory",
			device->said);
}

static void add_device(struct system *system, struct vm *vm, const struct tree *said)
{
	const struct board_device *device = find_device(&system->board, said);
	if (!device)
		return;
	const struct vm_device *earlier = owned(vm, device->node);
	if (earlier) {
		message_error(said->place, "keep one of the two",
			"'%s' and '%s' are the same device", said->text, earlier->said);
		return;
	}
	vm->devices = arena_grow(vm->devices, vm->device_count, sizeof(*vm->devices));
	struct vm_device *added = &vm->devices[vm->device_count++];
	*added = (struct vm_device){.device = *device, .said = said->text, .place = said->place};
	warn_of_dma(&system->board, added);
}

void ownership_read_devices(struct system *system, struct vm *vm, const struct tree *access)
{
	for (const struct tree *said = access ? access->first : NULL; said; said = said->next)
		if (!said->bad)
			add_device(system, vm, said);
}

static bool shares_irq(const struct board_device *a, const struct board_device *b, uint32_t *irq)
{
	for (unsigned i = 0; i < a->irq_count; i++)
		for (unsigned j = 0; j < b->irq_count; j++)
			if (a->irqs[i] == b->irqs[j]) {
				*irq = a->irqs[i];
				return true;
			}
	return false;
}

static bool shares_page(const struct board_device *a, const struct board_device *b, uint64_t *page)
{
	for (unsigned i = 0; i < a->reg_count; i++)
		for (unsigned j = 0; j < b->reg_count; j++) {
			struct range x = space_pages(a->regs[i]), y = space_pages(b->regs[j]);
			if (space_overlap(x, y)) {
				*page = x.base > y.base ? x.base : y.base;
				return true;
			}
		}
	return false;
}

/* Two devices of different VMs, the second said later in the file. */
static bool check_pair(const struct vm *first, const struct vm_device *a, const struct vm_device *b)
{
	uint64_t page;
	uint32_t irq;
	if (a->device.node == b->device.node)
		message_error(b->place, "leave it to one of the two",
			"device '%s' already belongs to VM '%s' (line %u)", b->said, first->name,
			a->place.line);
	else if (shares_page(&a->device, &b->device, &page))
		message_error(b->place, "give both devices to the same VM",
			"'%s' lies in the same 4 KiB page, 0x%llx, as '%s' of VM '%s' (line %u)",
			b->said, (unsigned long long)page, a->said, first->name, a->place.line);
	else if (shares_irq(&a->device, &b->device, &irq))
		message_error(b->place, "give both devices to the same VM",
			"'%s' shares interrupt %u with '%s' of VM '%s' (line %u)", b->said, irq,
			a->said, first->name, a->place.line);
	else
		return true;
	return false;
}

static bool check_against_owners(
	const struct system *system, const struct vm *vm, const struct vm_device *device)
{
	for (const struct vm *other = system->vms; other < vm; other++)
		for (unsigned i = 0; i < other->device_count; i++)
			if (!check_pair(other, &other->devices[i], device))
				return false;
	return true;
}

static bool is_anyones(const struct system *system, int node)
{
	for (unsigned i = 0; i < system->vm_count; i++)
		if (owned(&system->vms[i], node))
			return true;
	return false;
}

/* A device's page must not let its owner at a neighbour that is not this VM's. */
static void check_neighbours(
	const struct system *system, const struct vm *vm, const struct vm_device *device)
{
	const struct board *board = &system->board;
	const char *missing = "", *first = NULL;
	uint64_t page = 0;
	for (unsigned i = 0; i < board->device_count; i++) {
		const struct board_device *other = &board->devices[i];
		uint64_t shared;
		if (is_anyones(system, other->node) ||
			!shares_page(&device->device, other, &shared))
			continue;
		if (!first) {
			first = other->path;
			page = shared;
		}
		missing = arena_text("%s%s%s", missing, *missing ? ", " : "", other->path);
	}
	if (first)
		message_error(device->place,
			arena_text("add what shares its page to access: %s", missing),
			"'%s' lies in the same 4 KiB page, 0x%llx, as %s, which is not VM '%s''s",
			device->said, (unsigned long long)page, first, vm->name);
}

static void check_hypervisor_irq(const struct board *board, const struct vm_device *device)
{
	uint32_t irq;
	if (board->console == CONSOLE_UART &&
		shares_irq(&board->console_device, &device->device, &irq))
		message_error(device->place,
			"remove it, or write console: debugger or console: none at the top",
			"'%s' shares interrupt %u with the hypervisor's console", device->said,
			irq);
}

static void check_device(
	const struct system *system, const struct vm *vm, const struct vm_device *device)
{
	if (!check_against_owners(system, vm, device))
		return;
	check_neighbours(system, vm, device);
	check_hypervisor_irq(&system->board, device);
}

void ownership_check(const struct system *system)
{
	for (const struct vm *vm = system->vms; vm < system->vms + system->vm_count; vm++)
		for (unsigned i = 0; i < vm->device_count; i++)
			check_device(system, vm, &vm->devices[i]);
}

bool ownership_is_uart(const struct board *board, const struct board_device *device)
{
	static const char *const uarts[] = {
		"arm,pl011", "ns16550a", "ns16550", "snps,dw-apb-uart", "arm,sbsa-uart", NULL};
	const char *name = strrchr(device->path, '/') + 1;
	return devicetree_compatible(board, device->node, uarts) ||
	       strncmp(name, "serial@", 7) == 0 || strncmp(name, "uart@", 5) == 0;
}
