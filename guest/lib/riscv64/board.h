/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The QEMU virt board as a guest sees it, the same on bare QEMU and under the hypervisor, so that a
 * small guest needs no device tree.
 */
#ifndef GUEST_LIB_RISCV64_BOARD_H
#define GUEST_LIB_RISCV64_BOARD_H

#define BOARD_APLIC_BASE 0x0d000000 /* the supervisor's domain */
#define BOARD_IMSIC_BASE 0x28000000 /* the supervisor's files; a guest's are a page apart */
#define BOARD_PLIC_BASE  0x0c000000
#define BOARD_UART_BASE  0x10000000 /* 16550 */
#define BOARD_UART_IRQ   10
#define BOARD_RAM_BASE   0x80000000
#define BOARD_RAM_SIZE   0x100000 /* what the demo guests are given */
#define BOARD_TREE_SIZE  0x4000   /* its end: the device tree */

#define BOARD_TIMER_HZ 10000000

#endif
