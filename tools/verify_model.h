/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image as its proof sees it: bytes at physical addresses, and what the hypervisor and each VM
 * reach by their translation tables.
 */
#ifndef TOOLS_VERIFY_MODEL_H
#define TOOLS_VERIFY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/image.h"
#include "abi/plan.h"
#include "tools/system.h"

#define VERIFY_HYP (-1) /* owner: the hypervisor; VMs are owners 0, 1, ... */

/* Physical memory that the image fills. */
struct verify_part {
	uint64_t base, size;
	const uint8_t *bytes;
};

/* Addresses that somebody reaches: one or more leaves in a row. */
struct verify_range {
	int owner;
	uint64_t address; /* guest-physical, or virtual for the hypervisor */
	uint64_t pa, size;
	bool write, execute, device;
	bool uncached;  /* Normal Non-cacheable memory */
	unsigned share; /* of a VM: what of it is here (VERIFY_SHARE_*), by the plan */
};

/* Not shared; the communication region; tunnel n of the VM's. */
#define VERIFY_SHARE_NONE      0u
#define VERIFY_SHARE_REGION    1u
#define VERIFY_SHARE_TUNNEL(n) (2u + (n))

struct verify_ranges {
	struct verify_range *ranges;
	size_t count;
};

/* A page that holds a translation table. */
struct verify_table {
	uint64_t pa, size;
	int owner;
	bool is_root;
};

struct verify {
	const char *path;
	uint16_t machine; /* ELF e_machine */
	struct blob file;
	struct verify_part *parts;
	unsigned part_count;
	const struct verify_part *hyp; /* the part with the entry: all of the hypervisor's memory */

	struct image_header header;
	const struct plan *plan; /* in the file's bytes; size_bytes of them are there */
	const struct hyp_info *info;
	const struct plan_vm *vms; /* the plan's tables; lists of a VM: verify_mmio() and so on */
	const struct plan_cpu *cpus;
	const struct plan_vcpu *vcpus;
	const struct plan_virtio *virtio;
	const struct plan_port *ports;
	const struct plan_tunnel **tunnels; /* of each VM, NULL: none */

	struct verify_ranges own;     /* the hypervisor's, but for the regions */
	struct verify_ranges regions; /* what it has of VMs' regions; the owner is the VM */
	struct verify_ranges *of_vm;
	struct verify_ranges all; /* of all VMs, by physical address */
	struct verify_table *tables;
	size_t table_count;
	uint64_t leaves; /* of all VMs */
};

/* Prints an error about the image; in words, with addresses. */
void verify_complain(const struct verify *verify, const char *what, ...)
	__attribute__((format(printf, 2, 3)));

/* A VM's name, or "the hypervisor". */
const char *verify_owner(const struct verify *verify, int owner);

/* The image's bytes at a physical address, NULL if the image does not fill all of them. */
const void *verify_bytes(const struct verify *verify, uint64_t pa, uint64_t size);

/* The same at one of the hypervisor's virtual addresses. */
const void *verify_own_bytes(const struct verify *verify, const void *address, uint64_t size);

/* What the hypervisor reaches at a virtual address, NULL if nothing. */
const struct verify_range *verify_own_at(const struct verify *verify, uint64_t address);

/*
 * A table of the plan: count records of size bytes at a pointer of the hypervisor's. NULL after a
 * message if it is not inside the plan, and for an empty one.
 */
const void *verify_table(const struct verify *verify, const void *address, uint64_t count,
	size_t size, const char *what);

/* Reads file, header, the hypervisor's own translation and plan; false after messages. */
bool verify_load(struct verify *verify, const char *path);

/* Whether the tables of an ELF machine can be walked. */
bool verify_walk_knows(uint16_t machine);

/* Walks the hypervisor's own tables. */
bool verify_walk_own(struct verify *verify);
/* Walks a VM's stage 2. */
bool verify_walk_vm(struct verify *verify, unsigned vm);

/* The rules. Each prints what it finds wrong. */
void verify_own_memory(const struct verify *verify);
void verify_vm_memory(const struct verify *verify);
void verify_separation(const struct verify *verify);
void verify_restore(const struct verify *verify);
void verify_interrupts(const struct verify *verify);
void verify_cpus(const struct verify *verify);
void verify_schedule(const struct verify *verify);
void verify_comm_memory(const struct verify *verify);
void verify_comm_plan(const struct verify *verify);

/* Takes the VMs' regions out of what the hypervisor reaches by itself. */
void verify_comm_split(struct verify *verify);

/* What the VM shares at a guest address, VERIFY_SHARE_*; none if only a part of it is. */
unsigned verify_comm_share(
	const struct verify *verify, unsigned vm, uint64_t address, uint64_t size);

/* Whether the range is the second VM's end of a tunnel, and the first one's end is the same. */
bool verify_comm_is_twin(const struct verify *verify, const struct verify_range *range);

/* Whether the hypervisor raises the VM's interrupt: of its console, region or virtio devices. */
bool verify_comm_is_virtual(const struct verify *verify, unsigned vm, uint32_t irq);

#endif
