/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the random guest share: the source of randomness, and code that can be skipped
 * where it faults.
 */
#ifndef DEMO_RANDOM_H
#define DEMO_RANDOM_H

#include <stdint.h>

#define RANDOM_REGISTERS 18 /* x0 to x17: what generated code may use */

#define RANDOM_CPUS 2

/* The next number of the calling CPU's fixed sequence. */
uint64_t random_next(void);

/* A number below `limit`, 1 or more. */
uint64_t random_below(uint64_t limit);

/* A number that is small, or large, or has few bits set, or many: where mistakes live. */
uint64_t random_value(void);

/* Calls the code at `code`, which ends in RET, with x0 to x17 from and to `registers`. */
void random_execute(const uint32_t *code, uint64_t *registers);

/* The calling CPU's memory that may be read and written. */
uint64_t random_scratch(void);
#define RANDOM_SCRATCH_BYTES 65536

/* One random operation of a kind. */
void random_call(void);   /* HVC or SMC */
void random_system(void); /* MRS, MSR, SYS or SYSL */
void random_memory(void); /* load or store */

/* The instructions behind random_memory: random_accesses[kind](address, value). */
typedef void (*random_access)(uint64_t address, uint64_t value);
extern const random_access random_accesses[];

#endif
