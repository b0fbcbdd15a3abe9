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
	uint64_t *intc_frames;  /* per CPU: address of its GICR, interrupt file, or context */
	uint32_t *intc_index;   /* per CPU: plan_cpu.intc_index */
	uint32_t irq_limit;     /* first interrupt number that the board does not have */
	uint64_t intc_stride;   /* from one CPU's part of the controller to the next; 0: not said */
	bool own_group;         /* the hypervisor's interrupts come apart from the guests' */
	struct range free_irqs; /* interrupts no device drives: base is a number, size a count */

	enum board_console console;
	struct board_device console_device; /* of the hypervisor and, emulated, of its guests */

	struct { /* how to start QEMU; binary NULL if the board is not QEMU's */
		const char *binary, *machine, *cpu;
		uint64_t memory;
	} qemu;
};

enum guest_os { GUEST_LINUX, GUEST_BARE };
enum guest_console { GUEST_CONSOLE_NONE, GUEST_CONSOLE_SHARED, GUEST_CONSOLE_OWN };

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

struct vm_vcpu {
	unsigned cpu; /* index of the physical CPU */
	struct place place;
};

/* A device region or interrupt that the VM owns. */
struct vm_device {
	struct board_device device;
	const char *said; /* as the description names it */
	struct place place;
};

struct vm {
	const char *name;
	struct place place;
	enum guest_os os;
	enum guest_console console;
	enum plan_policy on_fault, on_reset;
	enum plan_delivery delivery;
	enum plan_stray stray_access;
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
};

struct system {
	const char *name; /* file name without its suffix */
	struct board board;
	struct vm *vms;
	unsigned vm_count;
	struct range hyp; /* host-physical memory of the hypervisor, tables included */
};

#endif
