/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt controller behind irq.h: AIA where the hart has an interrupt file, else a PLIC. A
 * source of the APLIC sends the message (identity) of its own number; the PLIC's sources are
 * claimed.
 */
#ifndef GUEST_LIB_RISCV64_INTC_H
#define GUEST_LIB_RISCV64_INTC_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/lib/riscv64/board.h"

/* Numbers of irq.h: sources and identities, then a hart's own interrupts by their cause. */
#define INTC_SOURCES 1024
#define INTC_OWN     INTC_SOURCES
#define INTC_COUNT   (INTC_OWN + 64)

#define APLIC_DOMAINCFG   (BOARD_APLIC_BASE + 0x0000)
#define APLIC_SOURCECFG   (BOARD_APLIC_BASE + 0x0000) /* + 4 * source, from 1 */
#define APLIC_SETIP       (BOARD_APLIC_BASE + 0x1c00) /* + 4 * (source / 32) */
#define APLIC_SETIPNUM    (BOARD_APLIC_BASE + 0x1cdc)
#define APLIC_IN_CLRIP    (BOARD_APLIC_BASE + 0x1d00)
#define APLIC_CLRIPNUM    (BOARD_APLIC_BASE + 0x1ddc)
#define APLIC_SETIE       (BOARD_APLIC_BASE + 0x1e00)
#define APLIC_SETIENUM    (BOARD_APLIC_BASE + 0x1edc)
#define APLIC_CLRIE       (BOARD_APLIC_BASE + 0x1f00)
#define APLIC_CLRIENUM    (BOARD_APLIC_BASE + 0x1fdc)
#define APLIC_SETIPNUM_LE (BOARD_APLIC_BASE + 0x2000)
#define APLIC_GENMSI      (BOARD_APLIC_BASE + 0x3000)
#define APLIC_TARGET      (BOARD_APLIC_BASE + 0x3000) /* + 4 * source */

#define APLIC_DOMAINCFG_IE 0x100u
#define APLIC_DOMAINCFG_DM 0x004u
#define APLIC_EDGE_RISING  4u
#define APLIC_LEVEL_HIGH   6u
#define APLIC_HART(index)  ((uint32_t)(index) << 18)

/* An interrupt file's registers, by siselect. */
#define INTC_EIDELIVERY  0x70
#define INTC_EITHRESHOLD 0x72
#define INTC_EIP         0x80 /* + 2 * (identity / 64) */
#define INTC_EIE         0xc0

#define PLIC_PRIORITY  (BOARD_PLIC_BASE + 0x000000) /* + 4 * source */
#define PLIC_PENDING   (BOARD_PLIC_BASE + 0x001000)
#define PLIC_ENABLE    (BOARD_PLIC_BASE + 0x002000) /* + 0x80 * context */
#define PLIC_THRESHOLD (BOARD_PLIC_BASE + 0x200000) /* + 0x1000 * context */
#define PLIC_CLAIM     (BOARD_PLIC_BASE + 0x200004)

/* Whether harts have interrupt files; after irq_init. */
bool intc_has_files(void);

/* Address of a CPU's interrupt file; the PLIC's context of a CPU. */
uint64_t intc_file(unsigned cpu);
unsigned intc_context(unsigned cpu);

/* Number for irq.h of the interrupt that intc_send makes pending in another CPU. */
unsigned intc_ipi(void);
void intc_send(unsigned cpu);

#endif
