/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host tool and this architecture's start-up code agree on about translation:
 * the tool writes the tables, start.S only loads the registers (Arm ARM D8, DDI 0487).
 */
#ifndef AARCH64_LAYOUT_H
#define AARCH64_LAYOUT_H

/*
 * The hypervisor's stage 1: 25 bits of virtual address with 4 KiB pages, so the walk starts at
 * level 2 with a root of 16 entries (128 bytes, aligned to that); one level 3 table behind entry
 * HYP_VIRTUAL_BASE >> 21 maps everything.
 */
#define HYP_VA_BITS     25
#define HYP_ROOT_BYTES  128
#define HYP_MAIR        0xff04 /* attribute 0: Device-nGnRE, attribute 1: Normal write-back */
#define HYP_ATTR_DEVICE 0
#define HYP_ATTR_NORMAL 1

/* Descriptor bits common to both stages. */
#define DESC_VALID 0x1ull
#define DESC_TABLE 0x2ull /* levels 0 to 2: a table; level 3: a page */
#define DESC_AF    (1ull << 10)
#define DESC_ISH   (3ull << 8) /* inner shareable */

/* Stage 1 at EL2: AP[2:1] with AP[1] RES1, XN in bit 54. */
#define S1_ATTR(index) ((uint64_t)(index) << 2)
#define S1_AP_RES1     (1ull << 6)
#define S1_READ_ONLY   (1ull << 7)
#define S1_XN          (1ull << 54)

/* Stage 2: MemAttr[3:0] in bits 5:2, S2AP in bits 7:6. */
#define S2_NORMAL   (0xfull << 2) /* Normal write-back, inner and outer */
#define S2_UNCACHED (0x5ull << 2) /* Normal non-cacheable, inner and outer */
#define S2_DEVICE   (0x1ull << 2) /* Device-nGnRE */
#define S2_READ     (1ull << 6)
#define S2_WRITE    (1ull << 7)
#define S2_XN       (2ull << 53) /* XN[1:0] = 0b10: not executable at EL1 and EL0 */

#endif
