/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power control by PSCI (Arm DEN0022). CPUs are named by their MPIDR affinity.
 */
#ifndef GUEST_LIB_AARCH64_PSCI_H
#define GUEST_LIB_AARCH64_PSCI_H

#include <stdint.h>

/* Function numbers; those with _64 have a 64-bit variant at + PSCI_64. */
#define PSCI_VERSION          0x84000000
#define PSCI_CPU_SUSPEND      0x84000001
#define PSCI_CPU_OFF          0x84000002
#define PSCI_CPU_ON           0x84000003
#define PSCI_AFFINITY_INFO    0x84000004
#define PSCI_MIGRATE          0x84000005
#define PSCI_MIGRATE_INFO     0x84000006
#define PSCI_MIGRATE_INFO_CPU 0x84000007
#define PSCI_SYSTEM_OFF       0x84000008
#define PSCI_SYSTEM_RESET     0x84000009
#define PSCI_FEATURES         0x8400000a
#define PSCI_64               0x40000000

#define PSCI_SUCCESS            0
#define PSCI_NOT_SUPPORTED      (-1)
#define PSCI_INVALID_PARAMETERS (-2)
#define PSCI_DENIED             (-3)
#define PSCI_ALREADY_ON         (-4)
#define PSCI_ON_PENDING         (-5)
#define PSCI_INTERNAL_FAILURE   (-6)
#define PSCI_NOT_PRESENT        (-7)
#define PSCI_DISABLED           (-8)
#define PSCI_INVALID_ADDRESS    (-9)

#define PSCI_STATE_ON         0
#define PSCI_STATE_OFF        1
#define PSCI_STATE_ON_PENDING 2

int64_t psci_cpu_on(uint64_t affinity, uint64_t entry, uint64_t context);

/* Turns off the calling CPU; returns only if that was refused. */
int64_t psci_cpu_off(void);

#endif
