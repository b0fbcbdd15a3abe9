/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The product as the host tool understands it once every rule has been checked: names resolved,
 * memory placed, owners known. description.c and planner.c fill it, image.c and report.c read it.
 */
#ifndef TOOLS_SYSTEM_H
#define TOOLS_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/plan.h"

/* Where in which file something was said, for messages: "file:line:column". */
struct place {
	const char *file;
	unsigned line, column;
};

/* A file read whole. */
struct blob {
	const char *path;
	uint8_t *bytes;
	size_t size;
};

struct range {
	uint64_t base, size;
};

/* A register block or interrupt of the board, as its device tree says. */
struct board_device {
	const char *path; /* full path in the board's device tree */
	int node;         /* libfdt offset */
	struct range *regs;
	unsigned reg_count;
	uint32_t *irqs; /* numbers as the controller counts (GIC INTID) */
	bool *irq_is_edge;
	unsigned irq_count;
};

enum board_console { CONSOLE_NONE, CONSOLE_UART, CONSOLE_DEBUGGER };

struct board {
	const char *name, *directory;
	uint16_t machine; /* ELF e_machine */
	void *fdt;        /* the board's device tree */
	struct range *ram;
	unsigned ram_count;
	struct range *reserved; /* parts of RAM that the device tree reserves for others */
	unsigned reserved_count;
	struct board_device *devices; /* every node with registers or interrupts of its own */
	unsigned device_count;
	uint64_t *cpu_hw_ids; /* MPIDR affinities or hart ids, in device-tree order */
	unsigned cpu_count;

	const struct controller *controller; /* the kind of interrupt controller (controller.h) */
	int intc_node, msi_node;             /* libfdt offsets: of it, of the IMSICs or -1 */
	struct range intc;                   /* GICD, APLIC domain or PLIC */
	struct range intc_cpus;              /* GICR of all CPUs, or IMSICs; PLIC: none */
	uint64_t *intc_frames; /* per CPU: address of its GICR, interrupt file, or context */
	uint32_t *intc_index;  /* per CPU: plan_cpu.intc_index */
	uint32_t irq_limit;    /* first interrupt number that the board does not have */
	uint64_t intc_stride;  /* from one CPU's part of the controller to the next; 0: not said */
	bool own_group;        /* the hypervisor's interrupts come apart from the guests' */
	unsigned guest_files;  /* guest interrupt files that each CPU has (AIA), else 0 */
	struct range *free_irqs; /* interrupts no device drives: base is a number, size a count */
	unsigned free_irq_count; /* of those ranges */

	enum board_console console;
	struct board_device console_device; /* of the hypervisor and, emulated, of its guests */

	uint64_t timer_frequency;      /* Hz, of the counter that all ticks count */
	struct board_costs {           /* of the hypervisor on this board, ns, at most */
		uint64_t switch_ns;    /* a change of vCPU */
		uint64_t masked_ns;    /* the longest time without a decision */
		uint64_t interrupt_ns; /* an interrupt for a vCPU that does not run */
		const char *assumed;   /* those that board.yaml does not say; "" if none */
	} costs;

	struct { /* how to start QEMU; binary NULL if the board is not QEMU's */
		const char *binary, *machine, *cpu;
		uint64_t memory;
		const char *const *arguments; /* further ones, argument_count of them */
		unsigned argument_count;
	} qemu;
};

enum guest_os { GUEST_LINUX, GUEST_BARE, GUEST_REALTIME };

/* Shared and virtio consoles speak through the hypervisor's, and are an emulated UART or virtio. */
enum guest_console {
	GUEST_CONSOLE_NONE,
	GUEST_CONSOLE_SHARED,
	GUEST_CONSOLE_OWN,
	GUEST_CONSOLE_VIRTIO
};

/* A piece of a VM's memory. */
struct vm_memory {
	uint64_t guest, host, size;
	bool read_only;
	bool host_fixed; /* the description said where (before placing) */
	struct place place;
};

/* Bytes of a file that lie in the VM's memory when it starts. */
struct vm_load {
	uint64_t guest;
	const uint8_t *bytes;
	size_t size;
	const char *what; /* "kernel", "initrd", "device tree", "image" */
};

/* What a real-time vCPU may have of its core. */
struct vm_time {
	uint64_t period, capacity, deadline;
};

/*
 * A vCPU is real-time if ns.period is not 0, is for a task of an `os: realtime` VM (whose
 * parameters come at run time), or is best effort. Alone on its core it is dedicated, and its time
 * parameters bind nobody.
 */
struct vm_vcpu {
	unsigned cpu;      /* index of the physical CPU; with several, the lowest of them */
	uint64_t affinity; /* the board's CPUs that it may run on, a bit for each index */
	bool is_task;
	bool is_shared;       /* its core is */
	bool is_assigned;     /* the tool chose its core */
	uint16_t guest_file;  /* number of its guest interrupt file on its cores (AIA); 0: none */
	struct vm_time ns;    /* as described; 0: not real-time */
	struct vm_time ticks; /* as the plan has them: capacity with the hypervisor's own work */
	struct place place;
	struct place period_place, capacity_place, deadline_place;
};

/* A device region or interrupt that the VM owns. */
struct vm_device {
	struct board_device device;
	const char *said; /* as the description names it */
	struct place place;
	bool is_fast; /* its interrupts may take the core from others */
};

/* Memory that two VMs share, as one of them has it. */
struct vm_tunnel {
	const char *name;
	unsigned peer;       /* the other VM */
	unsigned peer_index; /* of this tunnel among the other VM's */
	uint64_t guest, host, size;
	bool is_writable;    /* by this VM */
	bool is_guest_fixed; /* the description said where the guest has it */
	bool is_cached;      /* else both VMs have it as Normal Non-cacheable memory */
	bool is_cached_said;
	struct place place;
};

/* A VM's place in a network. */
struct vm_port {
	unsigned network; /* in system.networks */
	unsigned slots;   /* of each of the region's packet rings, a power of two; 0: virtio */
	uint8_t mac[6];
	bool is_mac_given;
	unsigned index; /* in plan.ports */
	struct place place;
};

/* An emulated virtio device of a VM, one page of registers. */
struct vm_virtio {
	enum plan_virtio_kind kind;
	uint64_t guest; /* of its registers */
	uint32_t irq;
	unsigned port;     /* PLAN_VIRTIO_NET: in vm_comm.ports */
	bool is_console;   /* PLAN_VIRTIO_CONSOLE: the VM's console */
	bool has_messages; /* PLAN_VIRTIO_CONSOLE: messages from and to other VMs */
};

/* What a VM has to talk to others and to the hypervisor (comm.h). */
struct vm_comm {
	/* The communication region (abi/region.h); size 0: the VM has none. */
	uint64_t region_guest, region_host, region_size;
	uint32_t region_irq;
	bool is_fast; /* interrupts of region and virtio devices may take the core from others */

	unsigned message_slots, message_bytes; /* of the ring for messages; 0: none */
	uint32_t senders;                      /* VMs that may send to it, a bit for each */
	bool has_message_ports;                /* it has messages by a virtio console, too */

	struct vm_tunnel *tunnels;
	unsigned tunnel_count;
	struct vm_port *ports;
	unsigned port_count;
	struct vm_virtio *virtio;
	unsigned virtio_count;
};

struct vm {
	const char *name;
	struct place place;
	enum guest_os os;
	enum guest_console console;
	enum plan_policy on_fault, on_reset;
	enum plan_delivery delivery;
	enum plan_stray stray_access;
	enum plan_irq_policy irq_policy;
	bool is_preemptable; /* fast interrupts of other VMs may take the core from it */
	bool has_own_time;
	bool is_console_fast;         /* the shared console's interrupt is fast */
	uint64_t fast_per_second;     /* cores that its fast interrupts may take, at most */
	uint64_t fast_interval_ticks; /* least time between two of them */
	uint32_t controllers;         /* VMs that may start and end its tasks, itself included */
	unsigned task_first;          /* its vCPUs from here on are tasks'; vcpu_count: none */
	const char *bootargs;

	struct vm_memory *memory; /* [0] is its main memory, where the device tree and kernel go */
	unsigned memory_count;
	struct vm_load *loads;
	unsigned load_count;
	struct vm_vcpu *vcpus;
	unsigned vcpu_count;
	struct vm_device *devices;
	unsigned device_count;

	uint64_t entry, device_tree; /* guest-physical; device_tree 0: none */
	uint64_t device_tree_room;   /* bytes kept free for the device tree there */
	uint32_t console_irq;        /* of the shared console, as the guest counts, else 0 */
	struct range pristine;       /* host-physical: what a restart copies from; size 0: none */
	struct vm_comm comm;
};

/* How a CPU of the board is used. */
struct system_cpu {
	unsigned vcpu_count;      /* that may run on it; 0: it is not used */
	unsigned real_time_count; /* of those: real-time ones, and tasks' */
	unsigned best_effort_count;
	bool is_shared;           /* several may, or a task: the scheduler's */
	uint64_t real_time_share; /* what real-time vCPUs may take of it, in 2^32nds */
};

struct system {
	const char *name; /* file name without its suffix */
	struct board board;
	struct vm *vms;
	unsigned vm_count;
	struct range hyp; /* host-physical memory of the hypervisor, tables included */

	struct system_cpu *cpus; /* board.cpu_count of them */
	bool is_shared;          /* some CPU is: the image takes the hypervisor with a scheduler */
	uint64_t quantum_ns, quantum_ticks;  /* of best-effort vCPUs */
	uint64_t spin_ticks;                 /* plan.spin_ticks */
	uint64_t switch_ticks, masked_ticks; /* costs.switch_ns and masked_ns, rounded up */
	uint32_t reserve_millionths;         /* of a core with best-effort vCPUs, kept for them */
	unsigned trace_records;              /* per CPU, a power of two */

	bool has_comm; /* a VM has a region: the image takes the hypervisor with communication */
	const char **networks; /* their names */
	unsigned network_count;
};

#endif
