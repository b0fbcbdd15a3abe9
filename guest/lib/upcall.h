/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts by upcall (docs/upcall.md), in the place of irq.h where the VM's description says
 * `interrupts: { route: upcall }`. A vCPU begins with upcalls masked and its CPU closed to
 * interrupts (PSTATE.I set, sstatus.SIE clear).
 */
#ifndef GUEST_LIB_UPCALL_H
#define GUEST_LIB_UPCALL_H

/* For upcall_entry.S: offsets in struct region_vcpu, and what it pushes. */
#define UPCALL_PC          104
#define UPCALL_STATE       112
#define UPCALL_FRAME_BYTES 176

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/region.h"

_Static_assert(offsetof(struct region_vcpu, upcall_pc) == UPCALL_PC, "UPCALL_PC");
_Static_assert(offsetof(struct region_vcpu, upcall_state) == UPCALL_STATE, "UPCALL_STATE");

/* Runs on the interrupted code's kernel stack, masked, the CPU closed. */
typedef void (*upcall_handler)(unsigned irq);

/*
 * Finds the region and tells the hypervisor the entry; of each vCPU. Returns 0 or an error of
 * abi/hypercall.h. Upcalls stay masked, and the CPU closed, until upcall_open.
 */
int64_t upcall_init(void);

/* Handler of an interrupt, below REGION_UPCALL_LIMIT, on all vCPUs. */
void upcall_set_handler(unsigned irq, upcall_handler handler);

/* Opens the CPU: from then on the flag alone masks. */
void upcall_open(void);

/* Closes the CPU again, as is needed before registers of an exception are written. */
void upcall_close(void);

/* In a handler: between the two, other interrupts are handled at once. */
void upcall_let_in(void);
void upcall_shut(void);

/* One store; calls do not nest. upcall_unmask handles what came meanwhile before it returns. */
void upcall_mask(void);
void upcall_unmask(void);
bool upcall_is_masked(void);

/*
 * Sleeps until anything is pending, if nothing is, and handles it unless upcalls are masked. For an
 * idle loop that must not miss what changes its condition: mask, look at the condition,
 * upcall_wait, unmask.
 */
void upcall_wait(void);

/* A level-triggered interrupt of a device has been served, and may come again. */
void upcall_end(unsigned irq);

/* Number of the timer's interrupt; its handler arms the timer anew (timer.h) or leaves it. */
unsigned upcall_timer_irq(void);

/*
 * The rest is for upcall_entry.S and an architecture's own part. upcall_run handles all that waits,
 * and returns unmasked with nothing left at its last look; masked upcalls are left alone by
 * upcall_nudged, which the interrupt vector calls.
 */
void upcall_run(struct region_vcpu *record);
void upcall_nudged(void);

/* The architecture's: the entry's address, the rest of upcall_init, and the CPU's own flag. */
extern const char upcall_entry[];
void upcall_init_cpu(struct region_vcpu *record);
void upcall_sleep(void);
#endif
#endif
