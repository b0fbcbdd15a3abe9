/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of the four hypervisors this object is compiled for: with a scheduler for CPUs that several
 * vCPUs share or without, with communication between VMs or without. Conditions on that are
 * ordinary ones; the compiler drops what can never be, and with it the calls into files that this
 * hypervisor is linked without (make/target.mk). One that is left over does not link.
 */
#ifndef HYP_CORE_EXTENT_H
#define HYP_CORE_EXTENT_H

/* The build says 0 or 1; tests on the host have both. */
#ifndef HYP_SHARED
#define HYP_SHARED 1
#endif
#ifndef HYP_COMM
#define HYP_COMM 1
#endif

#endif
