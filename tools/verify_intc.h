/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an image's interrupt controller is, as far as its proof needs to know.
 */
#ifndef TOOLS_VERIFY_INTC_H
#define TOOLS_VERIFY_INTC_H

#include "tools/verify_model.h"

struct verify_intc {
	uint64_t common_bytes;  /* that the plan's intc has mapped */
	uint64_t whole_bytes;   /* from there on that no VM may reach; 0: what is mapped says it */
	unsigned cpu_pages;     /* that each CPU's intc has mapped, guest files apart */
	uint64_t cpu_page_step; /* from one of them to the next, host-physical */
	uint64_t cpu_bytes;     /* around a CPU's first page that no VM may reach */
	uint32_t irq_first;     /* the lowest shared interrupt */
	uint32_t irq_limit;     /* the first number that no such controller has */
	bool virtual_apart;     /* emulated devices' interrupts are none of the board's */
	bool files;             /* each vCPU has an interrupt file on its CPU */
};

const struct verify_intc *verify_intc(const struct verify *verify);

/* Whether the page is the interrupt file of one of the VM's vCPUs. */
bool verify_intc_is_file(const struct verify *verify, int vm, uint64_t pa);

/* The rules about it. */
void verify_intc_check(const struct verify *verify);

#endif
