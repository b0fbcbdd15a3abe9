/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which nodes and properties of the board's device tree a VM gets to see (Devicetree
 * Specification 0.4; bindings of the references' properties).
 */
#include "tools/guest_tree_select.h"

#include <libfdt.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/devicetree.h"
#include "tools/message.h"

/* A property that refers to other nodes: phandles, each with as many cells as the target says. */
struct reference {
	const char *name;
	const char *cells;  /* the target's property that counts them; NULL: none follow */
	const char *labels; /* the property that names them, dropped together with it */
	bool optional;      /* a driver does without it */
};

static const struct reference references[] = {
	{"clocks", "#clock-cells", "clock-names", false},
	{"assigned-clocks", "#clock-cells", "assigned-clock-rates", true},
	{"assigned-clock-parents", "#clock-cells", NULL, true},
	{"resets", "#reset-cells", "reset-names", false},
	{"power-domains", "#power-domain-cells", "power-domain-names", false},
	{"phys", "#phy-cells", "phy-names", false},
	{"phy-handle", NULL, NULL, false},
	{"mboxes", "#mbox-cells", "mbox-names", false},
	{"pwms", "#pwm-cells", "pwm-names", false},
	{"io-channels", "#io-channel-cells", "io-channel-names", false},
	{"memory-region", NULL, "memory-region-names", false},
	{"interrupt-parent", NULL, NULL, false},
	{"interrupts-extended", "#interrupt-cells", NULL, false},
	{"dmas", "#dma-cells", "dma-names", true},
	{"iommus", "#iommu-cells", NULL, true},
	{"msi-parent", "#msi-cells", NULL, true},
	{"interconnects", "#interconnect-cells", "interconnect-names", true},
	{"interrupt-affinity", NULL, NULL, true},
};

/* Their tables hold more than phandles; what they lead to is never a guest's. */
static const char *const never[] = {"msi-map", "msi-map-mask", "iommu-map", "iommu-map-mask"};

/* What a node that is only passed through keeps. */
static const char *const passage[] = {"compatible", "#address-cells", "#size-cells", "ranges",
	"dma-ranges", "dma-coherent", "interrupt-parent", "phandle"};

static bool is_one_of(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(name, list[i]) == 0)
			return true;
	}
	return false;
}

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), tail = strlen(end);

	return length >= tail && strcmp(name + length - tail, end) == 0;
}

/* How a property refers to nodes; name is NULL in the answer if it does not. */
static struct reference reference_of(const char *property)
{
	for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
		if (strcmp(property, references[i].name) == 0)
			return references[i];
	}
	if (property[0] == '#' || strcmp(property, "nr-gpios") == 0)
		return (struct reference){0};
	if (strcmp(property, "gpios") == 0 || strcmp(property, "gpio") == 0 ||
		ends_with(property, "-gpios") || ends_with(property, "-gpio"))
		return (struct reference){property, "#gpio-cells", NULL, false};
	if (ends_with(property, "-supply"))
		return (struct reference){property, NULL, NULL, false};
	if (strncmp(property, "pinctrl-", 8) == 0 && strcmp(property, "pinctrl-names") != 0)
		return (struct reference){property, NULL, "pinctrl-names", false};
	return (struct reference){0};
}

static uint32_t cell(const void *bytes)
{
	fdt32_t value;

	memcpy(&value, bytes, sizeof(value));
	return fdt32_to_cpu(value);
}

/* The next node that the property's cells refer to; *at moves on. Negative at the end. */
static int reference_next(
	const void *fdt, const struct reference *reference, const char *bytes, int size, int *at)
{
	int node, length;
	const void *cells;

	if (size - *at < 4)
		return -1;
	node = fdt_node_offset_by_phandle(fdt, cell(bytes + *at));
	*at += 4;
	if (node >= 0 && reference->cells) {
		cells = fdt_getprop(fdt, node, reference->cells, &length);
		if (cells && length == 4 && cell(cells) < 64)
			*at += (int)cell(cells) * 4;
	}
	return node;
}

void guest_tree_select_node(struct guest_tree_select *select, int node, enum guest_tree_fate fate)
{
	if (select->fate[node] < fate)
		select->fate[node] = (uint8_t)fate;
	for (node = fdt_parent_offset(select->fdt, node); node >= 0;
		node = fdt_parent_offset(select->fdt, node)) {
		if (select->fate[node] < GUEST_TREE_PATH)
			select->fate[node] = GUEST_TREE_PATH;
	}
}

/* A device with everything below it that is in use. */
static void select_subtree(struct guest_tree_select *select, int node)
{
	int child;

	guest_tree_select_node(select, node, GUEST_TREE_WHOLE);
	fdt_for_each_subnode(child, select->fdt, node)
	{
		if (devicetree_enabled(select->fdt, child))
			select_subtree(select, child);
	}
}

/* A node that gives nobody any power: neither it nor a parent has registers of its own. */
static bool is_harmless(const struct guest_tree_select *select, int node)
{
	for (; node > 0; node = fdt_parent_offset(select->fdt, node)) {
		if (select->fate[node] == GUEST_TREE_WHOLE)
			return true;
		if (fdt_getprop(select->fdt, node, "reg", NULL))
			return false;
	}
	return true;
}

static const char *path_of(const void *fdt, int node)
{
	char path[512];

	if (fdt_get_path(fdt, node, path, sizeof(path)) != 0)
		return fdt_get_name(fdt, node, NULL);
	return arena_text("%s", path);
}

static bool follow_node(struct guest_tree_select *select, int node);

/* Follows one property to the nodes it refers to. */
static bool follow_property(struct guest_tree_select *select, int node, int property)
{
	const char *name;
	int size, at = 0, target;
	const char *bytes = fdt_getprop_by_offset(select->fdt, property, &name, &size);
	struct reference reference = reference_of(name);
	bool good = true;

	if (!reference.name || reference.optional)
		return true;
	while ((target = reference_next(select->fdt, &reference, bytes, size, &at)) >= 0) {
		if (select->fate[target] == GUEST_TREE_WHOLE)
			continue;
		if (is_harmless(select, target)) {
			guest_tree_select_node(select, target, GUEST_TREE_WHOLE);
			good = follow_node(select, target) && good;
			continue;
		}
		message_error(select->vm->place,
			arena_text("add %s to the VM's access", path_of(select->fdt, target)),
			"%s, which VM %s has, needs %s (%s), which it has not",
			path_of(select->fdt, node), select->vm->name, path_of(select->fdt, target),
			name);
		good = false;
	}
	return good;
}

static bool follow_node(struct guest_tree_select *select, int node)
{
	int property, child;
	bool good = true;

	fdt_for_each_property_offset(property, select->fdt, node) good =
		follow_property(select, node, property) && good;
	fdt_for_each_subnode(child, select->fdt, node)
	{
		if (select->fate[child] == GUEST_TREE_WHOLE)
			good = follow_node(select, child) && good;
	}
	return good;
}

bool guest_tree_select(struct guest_tree_select *select, const struct system *system,
	const struct vm *vm, const char *kept)
{
	const void *fdt = system->board.fdt;
	int node = kept ? fdt_node_offset_by_compatible(fdt, -1, kept) : 0;
	bool good = true;

	*select = (struct guest_tree_select){.fdt = fdt, .vm = vm};
	select->fate = arena_alloc(fdt_size_dt_struct(fdt), 1);
	if (node < 0) {
		message_error(message_file(system->board.name), "mend the board's device tree",
			"the board's device tree has no node compatible with %s", kept);
		return false;
	}
	if (kept)
		guest_tree_select_node(select, node, GUEST_TREE_WHOLE);
	guest_tree_select_node(select, system->board.intc_node, GUEST_TREE_WHOLE);
	if (system->board.msi_node >= 0)
		guest_tree_select_node(select, system->board.msi_node, GUEST_TREE_WHOLE);
	for (unsigned i = 0; i < vm->device_count; i++)
		select_subtree(select, vm->devices[i].device.node);
	for (unsigned i = 0; i < vm->device_count; i++)
		good = follow_node(select, vm->devices[i].device.node) && good;
	return good;
}

/* Whether all that the property refers to is there for the VM. */
static bool leads_somewhere(
	const struct guest_tree_select *select, int node, const struct reference *reference)
{
	int size, at = 0;
	const char *bytes = fdt_getprop(select->fdt, node, reference->name, &size);

	while (bytes && at < size) {
		int target = reference_next(select->fdt, reference, bytes, size, &at);

		if (target < 0 || select->fate[target] != GUEST_TREE_WHOLE)
			return false;
	}
	return true;
}

bool guest_tree_select_has(const struct guest_tree_select *select, int node, const char *property)
{
	struct reference reference = reference_of(property);

	if (node != 0 && select->fate[node] == GUEST_TREE_PATH)
		return is_one_of(property, passage, sizeof(passage) / sizeof(passage[0]));
	if (is_one_of(property, never, sizeof(never) / sizeof(never[0])))
		return false;
	if (reference.name && reference.optional && !leads_somewhere(select, node, &reference))
		return false;
	/* Names of what was dropped. */
	for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
		if (references[i].optional && references[i].labels &&
			strcmp(property, references[i].labels) == 0 &&
			!leads_somewhere(select, node, &references[i]))
			return false;
	}
	return true;
}
