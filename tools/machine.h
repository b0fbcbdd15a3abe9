/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `orlop build` wrote beside an image, in PATH.json: how to start QEMU for it, and where its
 * hypervisor keeps what.
 */
#ifndef TOOLS_MACHINE_H
#define TOOLS_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/image.h"

/* What the file tells of hyp_info. */
#define MACHINE_INFO(X)       \
	X(machine)            \
	X(cpu_bytes)          \
	X(vm_bytes)           \
	X(vcpu_bytes)         \
	X(irq_bank_bytes)     \
	X(cpu_trace)          \
	X(cpu_boot_ticks)     \
	X(vcpu_exits)         \
	X(vcpu_state)         \
	X(vm_state)           \
	X(vm_faults)          \
	X(vm_restarts)        \
	X(shared_stats)       \
	X(shared_limits)      \
	X(shared_told)        \
	X(shared_cpu_since)   \
	X(shared_cpu_idle)    \
	X(shared_cpu_running) \
	X(network_bytes)      \
	X(comm_messages)      \
	X(comm_before)        \
	X(comm_full)          \
	X(network_ports)      \
	X(port_bytes)         \
	X(port_stats)

struct machine {
	const char *path; /* PATH, without a suffix */
	const char *name; /* of the system */
	bool debugger;    /* the hypervisor's console is the debugger that watches the machine */
	unsigned cpus;    /* of the board */
	unsigned *board_cpus, board_cpu_count; /* the board's number of each CPU of the plan */

	uint64_t base, size;  /* the hypervisor's memory */
	uint64_t plan;        /* physical address of its plan */
	struct hyp_info info; /* sizes and offsets of its records; the rest is not set */

	struct {
		const char *binary, *machine,
			*cpu;           /* binary NULL: QEMU does not emulate the board */
		uint64_t memory;        /* bytes */
		const char **arguments; /* the board's further ones, NULL-terminated */
	} qemu;
};

/*
 * Reads what belongs to an image. path: its ELF, raw or JSON file, or PATH alone. Returns false
 * after a message.
 */
bool machine_read(struct machine *machine, const char *path);

/* Prints how large the parts of the hypervisor are. */
void machine_print_sizes(const struct machine *machine);

#endif
