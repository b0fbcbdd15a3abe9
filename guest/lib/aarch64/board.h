/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The QEMU virt board as a guest sees it, the same on bare QEMU and under the hypervisor, so that a
 * small guest needs no device tree.
 */
#ifndef GUEST_LIB_AARCH64_BOARD_H
#define GUEST_LIB_AARCH64_BOARD_H

#define BOARD_GICD_BASE   0x08000000 /* distributor */
#define BOARD_GICR_BASE   0x080a0000 /* redistributors: RD frame, then SGI frame, per CPU */
#define BOARD_GICR_STRIDE 0x20000
#define BOARD_UART_BASE   0x09000000 /* PL011 */
#define BOARD_UART_IRQ    33
#define BOARD_RAM_BASE    0x40000000
#define BOARD_RAM_SIZE    0x100000 /* what the demo guests are given */
#define BOARD_TREE_SIZE   0x4000   /* its end: the device tree */
#define BOARD_IRQ_LIMIT   1020     /* first INTID that is not an SGI, PPI or SPI */

#define BOARD_PMU_IRQ            23 /* overflow of a performance counter */
#define BOARD_TIMER_IRQ          27 /* virtual timer, CNTV */
#define BOARD_PHYSICAL_TIMER_IRQ 30 /* CNTP */

#endif
