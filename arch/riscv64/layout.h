/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host tool and this architecture's start-up code agree on about translation and about
 * what is mapped where: the tool writes the tables, start.S and vcpu.c only load the registers
 * (RISC-V Privileged Architecture, chapters "Supervisor-Level ISA" and "Hypervisor Extension").
 */
#ifndef RISCV64_LAYOUT_H
#define RISCV64_LAYOUT_H

/*
 * The hypervisor's own translation is Sv39. Its root is two pages, both read-only: the level 2
 * table, whose entry 0 points at the second page, a level 1 table, whose entry
 * HYP_VIRTUAL_BASE / HYP_VIRTUAL_SIZE points at the level 0 table that maps everything.
 */
#define HYP_ROOT_BYTES 8192
#define HYP_LEVEL1     4096 /* offset of the level 1 table in the root */
#define HYP_SATP_MODE  (8ull << 60)

/* Entries of both stages. A pointer to the next table is PTE_V alone. */
#define PTE_V         0x01ull
#define PTE_R         0x02ull
#define PTE_W         0x04ull
#define PTE_X         0x08ull
#define PTE_U         0x10ull
#define PTE_A         0x40ull            /* set in every leaf: nobody is there to set it later */
#define PTE_D         0x80ull            /* the same in every writable leaf */
#define PTE_PPN(pa)   ((pa) >> 12 << 10) /* of a host-physical address, whole pages */
#define PTE_TABLE(pa) (PTE_PPN(pa) | PTE_V)

/* The hypervisor's pages; W^X. */
#define HYP_PTE_TEXT  (PTE_V | PTE_R | PTE_X | PTE_A)
#define HYP_PTE_CONST (PTE_V | PTE_R | PTE_A)
#define HYP_PTE_DATA  (PTE_V | PTE_R | PTE_W | PTE_A | PTE_D) /* also devices: the PMAs rule */

/* Stage 2: every leaf has U, as all of a guest's accesses count as user's there. */
#define S2_PTE_RAM       (PTE_V | PTE_R | PTE_W | PTE_X | PTE_U | PTE_A | PTE_D)
#define S2_PTE_READ_ONLY (PTE_V | PTE_R | PTE_X | PTE_U | PTE_A)
#define S2_PTE_DEVICE    (PTE_V | PTE_R | PTE_W | PTE_U | PTE_A | PTE_D)

/* Memory shared with another VM; the PMAs tell it from devices. With Svpbmt: PBMT = NC. */
#define S2_PTE_SHARED           S2_PTE_DEVICE
#define S2_PTE_SHARED_READ_ONLY (PTE_V | PTE_R | PTE_U | PTE_A)
#define S2_PTE_UNCACHED         (1ull << 61)

/*
 * Stage 2 is Sv39x4: 41 bits of guest-physical address, a root of 2048 entries (16 KiB, aligned to
 * that), each of them 1 GiB. plan_vm.stage2_control is HGATP_MODE; VMID and root are added to it.
 * plan_vm.stage2_root_entries may be less than the root has: no entry from there on is valid.
 */
#define HGATP_MODE    (8ull << 60)
#define S2_BITS       41
#define S2_ROOT_BYTES 16384

/*
 * Interrupt controllers, as the hypervisor's own addresses hold them.
 *
 * With AIA (plan.own_group = 1, every VM PLAN_DIRECT):
 *   plan.intc            HYP_APLIC_PAGES of the supervisor-level APLIC domain (MSI mode)
 *   plan_cpu.intc        the CPU's supervisor-level interrupt file (IMSIC page), and in the pages
 *                        behind it the CPU's guest interrupt files 1, 2, ... up to the last used
 *   plan_cpu.intc_index  what an APLIC's target register calls the CPU (AIA 4.5.16: bits 31:18)
 *   plan_vcpu.guest_file which of them is the vCPU's, from 1, on each CPU that it may run on; a
 *                        task's has none: 0
 * Stage 2 of the VM shows each vCPU's guest file, one page, at the guest's own IMSIC address; of a
 * vCPU with several CPUs, that of plan_vcpu.cpu.
 *
 * With a PLIC (plan.own_group = 0, every VM PLAN_INJECTED):
 *   plan.intc            HYP_PLIC_PAGES from the PLIC's start: priority, pending, enables
 *   plan_cpu.intc        the page of the CPU's supervisor context: threshold, claim/complete
 *   plan_cpu.intc_index  number of that context
 * The guest's PLIC has one context per vCPU, in their order.
 *
 * A guest's APLIC or PLIC is one emulated region, PLAN_MMIO_INTC. Guest hart ids are the vCPUs'
 * indices.
 */
#define HYP_APLIC_PAGES 4
#define HYP_PLIC_PAGES  16

#endif
