/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The nodes of what a VM has to talk to others: its communication region, tunnels and virtio
 * devices (bindings: docs/interface.md; Linux, virtio,mmio).
 */
#include <inttypes.h>

#include "abi/region.h"
#include "tools/arena.h"
#include "tools/guest_tree_write.h"
#include "tools/stage2.h"

#define TUNNEL_COMPATIBLE "orlop,tunnel-1.0"

static void put_irq(struct guest_tree *tree, uint32_t irq, bool is_edge)
{
	if (tree->vm->delivery != PLAN_UPCALL)
		guest_tree_put_cell(tree, "interrupt-parent", tree->intc_phandle);
	tree->style->virtual_irq(tree, irq, is_edge);
}

static void write_region(struct guest_tree *tree, const struct vm_comm *comm)
{
	guest_tree_begin(tree, arena_text("region@%" PRIx64, comm->region_guest));
	guest_tree_put_text(tree, "compatible", REGION_COMPATIBLE);
	guest_tree_put_range(tree, comm->region_guest, comm->region_size);
	put_irq(tree, comm->region_irq, true);
	guest_tree_end(tree);
}

/* No memory of the guest's own, so that no system takes it for that. */
static void write_tunnel(struct guest_tree *tree, const struct vm_tunnel *tunnel)
{
	guest_tree_begin(tree, arena_text("tunnel@%" PRIx64, tunnel->guest));
	guest_tree_put_text(tree, "compatible", TUNNEL_COMPATIBLE);
	guest_tree_put_range(tree, tunnel->guest, tunnel->size);
	guest_tree_put_text(tree, "label", tunnel->name);
	if (!tunnel->is_writable)
		guest_tree_put(tree, "read-only", NULL, 0);
	guest_tree_end(tree);
}

static void write_virtio(struct guest_tree *tree, const struct vm_virtio *virtio)
{
	guest_tree_begin(tree, arena_text("virtio@%" PRIx64, virtio->guest));
	guest_tree_put_text(tree, "compatible", "virtio,mmio");
	guest_tree_put_range(tree, virtio->guest, STAGE2_PAGE);
	put_irq(tree, virtio->irq, false);
	guest_tree_put(tree, "dma-coherent", NULL, 0);
	guest_tree_end(tree);
}

void guest_tree_comm(struct guest_tree *tree)
{
	const struct vm_comm *comm = &tree->vm->comm;

	if (comm->region_size != 0)
		write_region(tree, comm);
	for (unsigned i = 0; i < comm->tunnel_count; i++)
		write_tunnel(tree, &comm->tunnels[i]);
	for (unsigned i = 0; i < comm->virtio_count; i++)
		write_virtio(tree, &comm->virtio[i]);
}
