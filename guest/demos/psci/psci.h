/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the second CPU finds when it starts, for entry.S and psci.c.
 */
#ifndef DEMO_PSCI_H
#define DEMO_PSCI_H

#define PSCI_SECOND_LEVEL 24
#define PSCI_SECOND_DAIF  32
#define PSCI_SECOND_SPSEL 40
#define PSCI_SECOND_MPIDR 48
#define PSCI_SECOND_SCTLR 56

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

#include "guest/lib/smp.h"

struct psci_second {
	struct smp_start start; /* the context argument, which start_secondary wants */
	uint64_t level, daif, spsel, mpidr, sctlr;
};

_Static_assert(offsetof(struct psci_second, level) == PSCI_SECOND_LEVEL, "PSCI_SECOND_LEVEL");
_Static_assert(offsetof(struct psci_second, sctlr) == PSCI_SECOND_SCTLR, "PSCI_SECOND_SCTLR");

/* Entry point to hand to CPU_ON; the context argument is a struct psci_second. */
void psci_entry(void);
#endif
#endif
