/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Architecture contract: which interrupts may disturb whoever runs on a shared CPU.
 */
#ifndef ARCH_FILTER_H
#define ARCH_FILTER_H

/*
 * Of vCPUs that do not run. IRQ_FILTER_REAL_TIME: only those of VMs with real-time vCPUs; all
 * others wait in the hardware and cost the running vCPU nothing.
 */
enum irq_filter { IRQ_FILTER_NONE, IRQ_FILTER_REAL_TIME };

#endif
