/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of this architecture's exit handling know of each other.
 */
#ifndef RISCV64_EXIT_H
#define RISCV64_EXIT_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* A load or store, as far as an emulated register needs it. */
struct access {
	uint8_t reg;    /* 0 to 31: what is written, or where what is read goes */
	uint8_t size;   /* bytes: 1, 2, 4 or 8 */
	uint8_t length; /* bytes of the instruction */
	bool is_write, is_signed;
};

/*
 * Decodes a standard transformed load or store of htinst (priv, "Transformed Instruction"), or a
 * fetched instruction of 2 or 4 bytes; false for every other one.
 */
bool access_decode_transformed(uint64_t htinst, struct access *access);
bool access_decode(uint32_t instruction, struct access *access);

/* The instruction that trapped, or its first 4 bytes; 0 if it cannot be fetched. */
uint64_t exit_fetch(void);

/* Gives the guest an exception of its own, as a delegated trap would (priv, traps into VS-mode). */
void exception_inject(struct vcpu *vcpu, unsigned cause, uint64_t value);

/*
 * The guest's call to its firmware (SBI), which is the hypervisor. Returns true if the guest goes
 * on at once, false if the vCPU may have to leave (cpu_attend). All registers are saved.
 */
bool sbi_handle(struct vcpu *vcpu);

/* exit.S: stvec of a shared CPU with Sstc. */
extern const char exit_entry_shared[];

/* Finds out what this hart has of what guests may use; once per hart. */
void vcpu_probe_features(void);

/* What guests may do by themselves, on this hart: its control registers. */
void vcpu_set_controls(void);

/* Whether this board's harts have a timer for guests, and one for the hypervisor (Sstc). */
bool vcpu_has_timer(void);

/* Guest's SBI TIME: the vCPU's next timer interrupt at `ticks`, on this hart. */
void vcpu_set_timer(struct vcpu *vcpu, uint64_t ticks);

/* The hypervisor's timer went off in the guest's place, where a guest has no timer (Sstc). */
void vcpu_timer_arrived(void);

/* The vCPU goes on at `pc` as after a non-retentive suspend: translation and interrupts off. */
void vcpu_resume_at(struct vcpu *vcpu, uint64_t pc, uint64_t argument);

#endif
