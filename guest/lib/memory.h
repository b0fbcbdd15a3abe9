/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that others reach, too: other CPUs, other VMs, the hypervisor.
 */
#ifndef GUEST_LIB_MEMORY_H
#define GUEST_LIB_MEMORY_H

/*
 * From here on the calling CPU sees memory as all others do, and can use atomic operations. To be
 * called before anything is shared; once more does no harm.
 */
void memory_init_cpu(void);

#endif
