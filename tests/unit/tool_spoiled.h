/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image in memory that a test is about to spoil, and what `orlop check` says of it then.
 */
#ifndef TESTS_UNIT_TOOL_SPOILED_H
#define TESTS_UNIT_TOOL_SPOILED_H

#include "tests/unit/tool_fixture.h"
#include "tools/image.h"

#define PAGE 4096u

struct spoiled {
	struct image image;
	uint8_t *file; /* the ELF file that it was written to */
	size_t size;
	/* Of its plan, in the file. */
	struct plan *plan;
	struct plan_vm *vms;
	struct plan_cpu *cpus;
	struct plan_vcpu *vcpus;
};

extern struct spoiled it;

/* Builds and writes the image of a system, and reads it back. */
void spoiled_begin(const struct system *system, const char *hyp_file);
void spoiled_begin_with(const struct system *system, const struct fixture_hyp *hyp);

/* The file's bytes at a physical address, or at one of the hypervisor's. Its own headers may be
 * spoiled already. */
void *at_pa(uint64_t pa);
void *at(const void *pointer);

/* Puts the plan's sum right. */
void spoiled_seal(void);

/*
 * What check says of the file as it is now; "" if it takes it. spoiled_proof is what it has written
 * then.
 */
const char *spoiled_check(void);
const char *spoiled_proof(void);

/* A fault: what it does to the image, and words of the message. */
struct spoiled_fault {
	const char *name;
	void (*spoil)(void);
	const char *words;
};

#define FAULT(name, statement) \
	static void name(void) \
	{                      \
		statement;     \
	}

#define SAYS(name, words)          \
	{                          \
#name, name, words \
	}

/* Each of them, put into an image of its own, is found and said in its words. */
void spoiled_try(const struct spoiled_fault *faults, size_t count, void (*begin)(void));

/* A plan with any bits turned is refused or taken, and never makes the tool fail. */
void spoiled_noise(uint32_t seed, void (*begin)(void));

#endif
