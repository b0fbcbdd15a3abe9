/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the second CPU starts: notes the state in which it finds itself, before the library
 * changes it.
 */
#include "psci.h"

	.section .text.psci_entry, "ax"
	.globl psci_entry
	.type psci_entry, %function
psci_entry:
	mrs	x1, CurrentEL
	str	x1, [x0, #PSCI_SECOND_LEVEL]
	mrs	x1, daif
	str	x1, [x0, #PSCI_SECOND_DAIF]
	mrs	x1, SPSel
	str	x1, [x0, #PSCI_SECOND_SPSEL]
	mrs	x1, mpidr_el1
	str	x1, [x0, #PSCI_SECOND_MPIDR]
	mrs	x1, sctlr_el1
	str	x1, [x0, #PSCI_SECOND_SCTLR]
	b	start_secondary
