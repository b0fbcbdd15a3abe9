/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plan: everything that the host tool decided, in the form in which the hypervisor reads it.
 * The tool writes it into the image; the hypervisor maps it read-only and never changes it.
 * Pointers in it are virtual addresses of the hypervisor, *_pa fields are host-physical addresses.
 */
#ifndef ABI_PLAN_H
#define ABI_PLAN_H

#include <stdint.h>

#define PLAN_MAGIC     0x31304e4c50524f4cull
#define PLAN_NAME_SIZE 24u
#define PLAN_PAGE_SIZE 4096u

/* What becomes of a VM that made a mistake (on_fault) or asked for a reset (on_reset). */
enum plan_policy { PLAN_HALT, PLAN_RESTART, PLAN_STOP_SYSTEM };

/*
 * How interrupts reach a VM: without the hypervisor, put into its virtual interface by it, or by
 * upcall, for a guest that knows of it (docs/interface.md).
 */
enum plan_delivery { PLAN_DIRECT, PLAN_INJECTED, PLAN_UPCALL };

/*
 * What becomes of a fast interrupt (PLAN_IRQ_FAST) for a vCPU that waits for its shared core while
 * a vCPU that may be preempted has it: it waits for its turn, takes over what is left of the other
 * one's quantum, or gets a quantum of its own.
 */
enum plan_irq_policy { PLAN_DEFER, PLAN_RECYCLE_QUANTUM, PLAN_RESET_QUANTUM };

/* What answers an access to an address where the VM has nothing. */
enum plan_stray { PLAN_STRAY_FAULT, PLAN_STRAY_ABORT };

/* Where the hypervisor's own messages and the shared consoles go. */
enum plan_console { PLAN_CONSOLE_NONE, PLAN_CONSOLE_UART, PLAN_CONSOLE_DEBUGGER };

/* What emulates a region of a guest's addresses. */
enum plan_mmio_kind {
	PLAN_MMIO_UART,      /* the VM's shared console */
	PLAN_MMIO_VIRTIO,    /* a virtio device's registers */
	PLAN_MMIO_INTC,      /* the interrupt controller's part common to all vCPUs (GICD) */
	PLAN_MMIO_INTC_CPUS, /* its part per vCPU, frames in the order of the vCPUs (GICR) */
};

/* One emulated region; a VM's regions are sorted by base and do not overlap. */
struct plan_mmio {
	uint64_t base; /* guest-physical */
	uint64_t size_bytes;
	uint32_t kind;  /* enum plan_mmio_kind */
	uint32_t index; /* PLAN_MMIO_VIRTIO: in plan.virtio; else 0 */
};

#define PLAN_IRQ_EDGE 1u /* edge-triggered; else level-sensitive */
#define PLAN_IRQ_VIRTUAL \
	2u /* no device drives the line: the hypervisor does, for an emulated device */
#define PLAN_IRQ_FAST 4u /* may take the core from a vCPU of another VM (enum plan_irq_policy) */

/* One shared interrupt of a VM; a VM's interrupts are sorted by id. */
struct plan_irq {
	uint32_t id; /* the interrupt controller's number, as the guest counts (GIC: INTID) */
	uint16_t flags;
	uint16_t host_id; /* the board's number for it where that is another one, else 0 */
};

/* A step of putting a VM's memory back into its first state; pieces of whole pages, done in order.
 */
struct plan_restore {
	uint64_t target_pa;
	uint64_t source_pa; /* 0: fill with zeros */
	uint64_t size_bytes;
};

/* A piece of a VM's memory, which the hypervisor reaches through a CPU's window. */
struct plan_memory {
	uint64_t base; /* guest-physical */
	uint64_t host_pa;
	uint64_t size_bytes;
	uint32_t is_writable;
	uint32_t reserved;
};

/* A tunnel as one of its two VMs sees it. Its memory is mapped by stage 2 alone. */
struct plan_tunnel {
	char name[PLAN_NAME_SIZE];
	uint64_t base; /* guest-physical */
	uint64_t size_bytes;
	uint16_t peer;       /* the other VM */
	uint16_t peer_index; /* this tunnel's in the other VM's table */
	uint32_t is_writable;
};

/* A VM's place in a network: a virtio device (plan_virtio.port), or its region's packet rings. */
struct plan_port {
	uint16_t vm;
	uint16_t network;
	uint16_t virtio; /* in plan.virtio, or PLAN_NONE: the region's rings */
	uint8_t mac[6];
};

#define PLAN_NONE 0xffffu

enum plan_virtio_kind { PLAN_VIRTIO_NET, PLAN_VIRTIO_CONSOLE };

/* Virtio over MMIO. A console's port 0 is the VM's console, port 1 + n is messages from and to VM
 * n. */
struct plan_virtio {
	uint16_t vm;
	uint16_t kind;         /* enum plan_virtio_kind */
	uint32_t irq;          /* level-sensitive, PLAN_IRQ_VIRTUAL */
	uint16_t port;         /* PLAN_VIRTIO_NET: in plan.ports */
	uint16_t has_messages; /* PLAN_VIRTIO_CONSOLE: the ports for messages exist */
	uint32_t is_console;   /* PLAN_VIRTIO_CONSOLE: port 0 exists */
	void *state;           /* zeroed memory of hyp_info.virtio_bytes */
};

struct plan_vcpu {
	uint64_t hw_id; /* what the guest reads as its CPU's identity (AArch64: MPIDR affinity) */
	uint16_t vm;
	uint16_t index; /* within the VM */
	uint16_t cpu;   /* index of the physical CPU; best effort: of the first one it runs on */

	/* The CPU's guest interrupt file that is this vCPU's (IMSIC), from 1; 0: there is none. */
	uint16_t guest_file;

	/*
	 * On a core that several vCPUs share: zeroed memory of hyp_info.shared_vcpu_bytes. NULL: it
	 * is alone on its core, and nothing below counts.
	 */
	void *shared;
	uint64_t affinity; /* CPUs that it may run on, a bit for each index; real time: one bit */

	/*
	 * Real time: the least time between two releases, what it may run in it (the hypervisor's
	 * work for it included), and how long after a release it has got that. 0: best effort, or a
	 * task's vCPU, whose parameters come by HYPERCALL_RT_CREATE_APP.
	 */
	uint64_t period_ticks, capacity_ticks, deadline_ticks;
};

struct plan_vm {
	char name[PLAN_NAME_SIZE]; /* ends with a NUL */
	uint16_t id;               /* its index in the plan; VMID is id + 1 */
	uint16_t vcpu_first, vcpu_count;
	uint8_t on_fault, on_reset; /* enum plan_policy */
	uint8_t delivery;           /* enum plan_delivery */
	uint8_t stray_access;       /* enum plan_stray */
	uint8_t irq_policy;         /* enum plan_irq_policy */
	uint8_t preemptable;        /* 1: fast interrupts of other VMs may take the core from it */
	uint8_t own_time;           /* 1: its clock stands while it wants to run and cannot */
	uint8_t reserved[1];

	/*
	 * Its vCPUs from this index on are for tasks (HYPERCALL_RT_CREATE_APP); vcpu_count: none.
	 * `controllers`: VMs that may start and end its tasks, a bit for each; its own is set.
	 */
	uint16_t task_first;
	uint32_t controllers;
	uint64_t fast_interval_ticks; /* least time between two cores taken by its interrupts */

	uint64_t entry;         /* guest-physical address of the first instruction */
	uint64_t boot_argument; /* first argument of the guest (its device tree's address), or 0 */

	uint64_t stage2_root_pa;
	uint64_t stage2_control; /* the value for VTCR_EL2 or the mode bits of hgatp */
	uint64_t *stage2_root;   /* the root table, writable: clearing it cuts the VM off */
	uint32_t stage2_root_entries;

	uint32_t mmio_count, irq_count, restore_count;
	const struct plan_mmio *mmio;
	const struct plan_irq *irqs;
	const struct plan_restore *restore;
	void *irq_banks; /* irq_limit / 32 records of hyp_info.irq_bank_bytes, zeroed */

	uint32_t console_irq; /* interrupt of the shared console's UART, 0 if the VM has none */
	uint32_t irq_limit;   /* first interrupt number that the guest's controller does not have */

	/*
	 * Communication. `region` is the hypervisor's address of the communication region
	 * (abi/region.h), zeroed; NULL: the VM has none, and nothing below counts but `memory`.
	 */
	void *region;
	uint64_t region_base; /* guest-physical */
	uint32_t region_bytes;
	uint32_t region_irq; /* edge-triggered, PLAN_IRQ_VIRTUAL; 0: none */
	void *comm;          /* zeroed memory of hyp_info.comm_vm_bytes */

	/*
	 * Its ring: a power of two of slots, and the largest message that they hold; 0: none.
	 * `senders`: VMs that may send to it, a bit for each.
	 */
	uint16_t message_slots, message_bytes;
	uint32_t senders;
	uint32_t tunnel_count, memory_count;
	const struct plan_tunnel *tunnels;
	const struct plan_memory *memory; /* sorted by base; only of a VM with a virtio device */
	uint16_t packet_port; /* in plan.ports: the region's packet rings; PLAN_NONE: it has none */
	uint16_t packet_slots; /* of each of the two rings, a power of two */
	uint32_t reserved2;
};

struct plan_cpu {
	uint64_t hw_id; /* MPIDR affinity or hart id */
	void *intc;     /* the controller's registers of this CPU (GICR: RD page, then SGI page;
			   IMSIC: supervisor's file, then guest files; PLIC: the context's page) */
	uint32_t intc_index; /* how the controller counts this CPU (APLIC: target; PLIC: context) */
	uint32_t reserved;
	void *window; /* PLAN_WINDOW_PAGES pages of addresses for memory that is mapped for a while
		       */
	uint64_t *window_entries; /* their page-table entries */

	/* Zeroed memory of hyp_info.shared_cpu_bytes if several vCPUs share this CPU, else NULL. */
	void *shared;

	/*
	 * What real-time vCPUs may take of it in all, in 2^32nds: the rest is best effort's
	 * reserve.
	 */
	uint64_t real_time_share;
};

struct plan {
	uint64_t magic;
	uint32_t abi;        /* ABI_ID of the tool that made it */
	uint32_t size_bytes; /* of the plan with all its tables */
	uint64_t checksum;   /* sum of all 64-bit words of the plan, this one taken as 0 */
	uint64_t hyp_build;  /* hyp_info.build of the hypervisor it was made for */

	uint16_t cpu_count, vm_count, vcpu_count;
	uint8_t own_group; /* 1: the hypervisor's interrupts come apart from the guests' (GIC: Group
			      0 is its own; AIA: guest interrupt files) */
	uint8_t console;   /* enum plan_console */

	const struct plan_cpu *cpus;
	const struct plan_vm *vms;
	const struct plan_vcpu *vcpus;

	/* Zeroed memory for the hypervisor's records, as many as the counts say. */
	void *cpu_records, *vm_records, *vcpu_records;
	uint64_t cpu_stride; /* from one CPU's record, at the upper end of its stack, to the next
				one's */

	void *intc;           /* the interrupt controller's common registers (GICD) */
	void *console_uart;   /* registers of the hypervisor's UART */
	uint32_t console_irq; /* its interrupt, 0 if it has none */
	uint32_t irq_limit;   /* first interrupt number that the board's controller does not have */

	uint64_t timer_frequency; /* ticks a second of the counter that all *_ticks count */
	uint64_t quantum_ticks;   /* of best-effort vCPUs */
	uint64_t spin_ticks;      /* a best-effort vCPU that has run so long may be spinning for
				     another one of its VM, if that waits for the same core; 0:
				     nobody looks */
	uint64_t switch_ticks;    /* what a change of vCPU costs at most */
	uint64_t masked_ticks;    /* the longest time that the hypervisor goes without a decision */
	void *sched_common;       /* zeroed memory of hyp_info.sched_common_bytes; NULL: no core is
				     shared */
	uint32_t trace_records;   /* per CPU, a power of two */
	uint32_t reserved;

	/* Virtio devices, networks and their ports: the ports of a network lie together. */
	uint16_t virtio_count, port_count, network_count, reserved2;
	const struct plan_virtio *virtio;
	const struct plan_port *ports;
	void *networks; /* zeroed memory, network_count times hyp_info.network_bytes */
};

#define PLAN_WINDOW_PAGES 16u

_Static_assert(sizeof(void *) == 8, "the plan's pointers are 64 bits wide");

#endif
