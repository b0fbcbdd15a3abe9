/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the random guest share: the source of randomness, and code that can be skipped
 * where it faults.
 */
#ifndef DEMO_RANDOM_H
#define DEMO_RANDOM_H

#include <stdint.h>

#define RANDOM_CPUS 2

/* The next number of the calling CPU's fixed sequence. */
uint64_t random_next(void);

/* A number below `limit`, 1 or more. */
uint64_t random_below(uint64_t limit);

/* A number that is small, or large, or has few bits set, or many: where mistakes live. */
uint64_t random_value(void);

/* The calling CPU's memory that may be read and written. */
uint64_t random_scratch(void);
#define RANDOM_SCRATCH_BYTES 65536

/*
 * With RANDOM_COMM: the guest's communication region and its tunnels, one of them at random; else
 * nothing, and size_bytes is 0.
 */
struct random_area {
	uint64_t base, size_bytes;
};

struct random_area random_shared(void);

#define RANDOM_SLEEP_NS 1000000 /* below this, where a call lets the guest sleep */

/* One random operation of a kind. */
void random_call(void);   /* of hypervisor or firmware */
void random_system(void); /* system registers and instructions */
void random_memory(void); /* load or store */

#endif
