/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lays out the hypervisor's memory: its image, the plan, its records and stacks, the VMs' stage-2
 * tables and its own table, one after the other from a physical base, and where each is mapped.
 */
#ifndef TOOLS_HYP_LAYOUT_H
#define TOOLS_HYP_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/image.h"
#include "tools/hyp_elf.h"
#include "tools/stage2.h"
#include "tools/system.h"
#include "tools/vm_image.h"

#define HYP_LAYOUT_PAGES (HYP_VIRTUAL_SIZE / STAGE2_PAGE)

/* What the hypervisor's memory is used for, bytes. Their sum is the whole. */
struct hyp_sizes {
	uint64_t text, read_only, data; /* of its ELF file, zeroed data included */
	uint64_t plan;                  /* with its own root table beside it */
	uint64_t records, stacks;
	uint64_t scheduling;    /* records of shared CPUs and vCPUs */
	uint64_t communication; /* records of VMs, virtio devices and networks */
	uint64_t own_table;     /* maps the hypervisor */
	uint64_t stage2;        /* roots and tables of all VMs */
	uint64_t padding;       /* to the ends of pages */
};

/* Addresses are the hypervisor's virtual ones unless they end in _pa. */
struct hyp_layout {
	const struct hyp_elf *hyp;
	const struct system *system;
	struct vm_image *vms; /* their stage 2 is placed, and relocated, by the layout */
	const struct translation *format;
	uint64_t base_pa, size; /* all of its memory, whole pages */

	unsigned *cpus; /* indices of the board's CPUs that the system uses, ascending */
	unsigned cpu_count, vcpu_count;

	uint64_t cpu_records, vm_records, vcpu_records;
	uint64_t *irq_banks, *roots;        /* per VM */
	uint64_t shared_cpus, shared_vcpus; /* arrays for those CPUs and vCPUs that are shared */
	uint64_t sched_common;              /* 0: no CPU is */
	uint64_t *comm_vms, *virtio;        /* per VM with a region, per device: their records */
	uint64_t networks;                  /* array of them */
	unsigned virtio_count;
	uint64_t *regions; /* per VM: its region, 0 if it has none; its memory is the VM's own */
	uint64_t cpu_record_bytes; /* with its trace */
	unsigned cpu_pages;        /* of the interrupt controller, per CPU */
	uint64_t plan, plan_size;
	uint64_t own_root, own_table;
	uint64_t stack_top,
		stack_stride; /* of CPU 0, whose record is there, and to the next one's */
	uint64_t windows, intc, intc_cpus, console_uart;

	struct range gap; /* whole pages of RAM before the root tables, which stacks take */
	uint64_t entries[HYP_LAYOUT_PAGES]; /* of own_table */
	struct hyp_sizes sizes;
};

/* Returns false after the errors have been printed. */
bool hyp_layout_build(struct hyp_layout *layout, const struct system *system,
	const struct hyp_elf *hyp, struct vm_image *vms);

/* Physical address of one of the hypervisor's virtual addresses that is mapped. */
uint64_t hyp_layout_pa(const struct hyp_layout *layout, uint64_t address);

/* The position of a board's CPU among those that the system uses. */
unsigned hyp_layout_cpu(const struct hyp_layout *layout, unsigned board_cpu);

/* From one shared CPU's or vCPU's record to the next one's. */
uint64_t hyp_layout_shared_stride(uint32_t record_bytes);

#endif
