/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host tool and the hypervisor's start-up code agree on: the header at the hypervisor's
 * first byte, which the tool fills in, and hyp_info, which tells the tool how much memory to lay
 * out.
 */
#ifndef ABI_IMAGE_H
#define ABI_IMAGE_H

#define IMAGE_MAGIC      0x5059485f504f4c52
#define HYP_VIRTUAL_BASE 0x200000 /* where the hypervisor is linked and mapped */
#define HYP_VIRTUAL_SIZE 0x200000 /* one page of page-table entries maps all of it */

/* Offsets in struct image_header, for assembly. */
#define IMAGE_ROOT_PA      72
#define IMAGE_PLAN         80
#define IMAGE_STACK_TOP    96
#define IMAGE_STACK_STRIDE 104

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct image_header {
	uint32_t linux_header[16]; /* the boot loaders' kernel header, whose layout the ISA defines
				    */
	uint64_t magic;            /* IMAGE_MAGIC */
	uint64_t root_pa;          /* the hypervisor's own page table */
	uint64_t plan;             /* virtual address of struct plan */
	uint64_t plan_pa;
	uint64_t stack_top; /* of CPU 0, below its record; CPU n has stack_top + n * stack_stride */
	uint64_t stack_stride; /* guard page, stack and the CPU's record */
};

_Static_assert(offsetof(struct image_header, root_pa) == IMAGE_ROOT_PA, "IMAGE_ROOT_PA");
_Static_assert(offsetof(struct image_header, plan) == IMAGE_PLAN, "IMAGE_PLAN");
_Static_assert(offsetof(struct image_header, stack_top) == IMAGE_STACK_TOP, "IMAGE_STACK_TOP");
_Static_assert(offsetof(struct image_header, stack_stride) == IMAGE_STACK_STRIDE, "STACK_STRIDE");

/* Section .orlop.info of the hypervisor's ELF file holds one of these. */
struct hyp_info {
	uint64_t magic;   /* IMAGE_MAGIC */
	uint64_t build;   /* differs between builds */
	uint32_t abi;     /* ABI_ID, a sum over these headers: the tool must have the same */
	uint32_t machine; /* ELF e_machine */
	uint32_t cpu_bytes, vm_bytes, vcpu_bytes, irq_bank_bytes;
	uint32_t stack_bytes; /* per CPU, at least; the CPU's record lies above it */

	/* Of plan_cpu.shared, plan_vcpu.shared and plan.sched_common; 0: no core can be shared. */
	uint32_t shared_cpu_bytes, shared_vcpu_bytes, sched_common_bytes;

	/* Of plan_vm.comm, plan_virtio.state and plan.networks; 0: VMs cannot talk to each other.
	 */
	uint32_t comm_vm_bytes, virtio_bytes, network_bytes;

	/* Where `orlop stats` finds what it shows. */
	uint32_t cpu_trace;  /* offset of struct trace_ring (abi/trace.h), which ends a CPU's record
			      */
	uint32_t vcpu_exits; /* offset of uint64_t[EXIT_CAUSE_COUNT] (abi/stats.h) in a vCPU's */
	uint32_t vcpu_state; /* offset of uint32_t, enum vcpu_state */
	uint32_t vm_state;   /* offset of uint32_t, enum vm_state */
	uint32_t vm_faults;  /* offset of uint32_t, faults so far */
	uint32_t vm_restarts;    /* offset of uint32_t, restarts so far */
	uint32_t shared_stats;   /* offset of struct sched_stats in plan_vcpu.shared */
	uint32_t shared_limits;  /* there: uint64_t[3]: period, capacity, deadline, ticks */
	uint32_t shared_told;    /* there: uint64_t[2], the guest's own scheduler and mode */
	uint32_t cpu_boot_ticks; /* offset of uint64_t, counter at the start of this CPU */

	/*
	 * In plan_cpu.shared, uint64_t each: the counter until which all time of the CPU has been
	 * charged; how much of that nobody had; the address of plan_vcpu.shared of who has it now,
	 * or 0.
	 */
	uint32_t shared_cpu_since, shared_cpu_idle, shared_cpu_running;

	/*
	 * In plan_vm.comm, uint32_t each: messages that came since the VM's start, and before that;
	 * times that one found no room. In a network: the first port, how far they are apart, and
	 * in each struct port_stats (abi/stats.h).
	 */
	uint32_t comm_messages, comm_before, comm_full;
	uint32_t network_ports, port_bytes, port_stats;
};
#endif
#endif
