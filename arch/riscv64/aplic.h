/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of an APLIC interrupt domain (AIA chapter 4) and of interrupt files (chapter 3).
 */
#ifndef RISCV64_APLIC_H
#define RISCV64_APLIC_H

#include <stdint.h>

#include "lib/bits.h"

struct vcpu;
struct virq_target;

#define APLIC_DOMAINCFG   0x0000
#define APLIC_SOURCECFG   0x0000 /* + 4 * source, from 1 */
#define APLIC_SETIP       0x1c00 /* + 4 * (source / 32) */
#define APLIC_SETIPNUM    0x1cdc
#define APLIC_IN_CLRIP    0x1d00
#define APLIC_CLRIPNUM    0x1ddc
#define APLIC_SETIE       0x1e00
#define APLIC_SETIENUM    0x1edc
#define APLIC_CLRIE       0x1f00
#define APLIC_CLRIENUM    0x1fdc
#define APLIC_SETIPNUM_LE 0x2000
#define APLIC_SETIPNUM_BE 0x2004
#define APLIC_GENMSI      0x3000
#define APLIC_TARGET      0x3000 /* + 4 * source */
#define APLIC_SIZE        0x4000

#define DOMAINCFG_FIXED 0x80000000u /* bits 31:24 read so */
#define DOMAINCFG_IE    0x100u
#define DOMAINCFG_DM    0x004u /* delivery by MSI */

#define SOURCECFG_D  0x400u /* delegated to a child domain */
#define SOURCECFG_SM 0x007u

/* Source modes (AIA 4.5.2). */
enum source_mode {
	SOURCE_INACTIVE = 0,
	SOURCE_DETACHED = 1,
	SOURCE_EDGE1 = 4,
	SOURCE_EDGE0 = 5,
	SOURCE_LEVEL1 = 6,
	SOURCE_LEVEL0 = 7,
};

/* target and genmsi in MSI mode (AIA 4.5.16, 4.5.15). */
#define TARGET_HART(index) ((uint32_t)(index) << 18)
#define TARGET_FILE(index) ((uint32_t)(index) << 12)
#define TARGET_EIID_MASK   0x7ffu
#define TARGET_HART_OF(t)  ((t) >> 18)
#define TARGET_FILE_OF(t)  ((t) >> 12 & 0x3f)

/* Registers of an interrupt file, by siselect or vsiselect (AIA 3.8). */
#define FILE_EIDELIVERY  0x70
#define FILE_EITHRESHOLD 0x72
#define FILE_EIP0        0x80
#define FILE_EIE0        0xc0
#define FILE_WORDS       64 /* of 32 bits; with XLEN 64 the even ones hold two */

#endif
