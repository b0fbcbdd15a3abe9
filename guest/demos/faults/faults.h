/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an architecture's list of mistakes and the judge of them share.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>
#include <stdint.h>

struct attempt;

/*
 * STOPS: the hypervisor ends this life (if the VM's stray accesses are to abort, some become
 * SURVIVES); SURVIVES: the guest gets its own exception; ANSWERS: a call that is refused; SPINS:
 * nothing happens here, and nothing may happen elsewhere.
 */
enum fault_answer { STOPS, SURVIVES, ANSWERS, SPINS };

#define FAULT_ANY 0x100

/*
 * A guest that survives must have got this syndrome, if it is not 0, for an instruction with this
 * opcode, if it is not FAULT_ANY; what both are is the architecture's affair.
 */
struct fault {
	const char *name;
	enum fault_answer answer;
	const char *what;
	uint64_t syndrome;
	uint32_t opcode;
	uint64_t (*make)(uint64_t argument);
};

/* A row of an architecture's list X(name, answer, what, syndrome, opcode). */
#define FAULT_ROW(name, answer, what, syndrome, opcode) \
	{#name, answer, what, syndrome, opcode, fault_##name},

/* The list, in ARCH/list.c; a row without a name ends it. */
extern const struct fault faults[];

/* Before the first mistake, and after each one that was survived. */
void fault_prepare(void);
void fault_recover(void);

/* Whether a call's result says that there is no such. */
bool fault_is_refusal(uint64_t value);

/* Prints the exception; returns what opcode its instruction has, FAULT_ANY if it has none. */
uint32_t fault_print_exception(const struct attempt *result);

/* The exception's syndrome, as a row has it. */
uint64_t fault_syndrome(const struct attempt *result);

#endif
