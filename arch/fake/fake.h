/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fake architecture: the core runs as a program of the host. Time moves by hand, guests are
 * functions that make one exit after the other, and what would end the machine ends fake_run.
 */
#ifndef ARCH_FAKE_FAKE_H
#define ARCH_FAKE_FAKE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/plan.h"

struct cpu;
struct vcpu;

#define FAKE_CPUS      8u
#define FAKE_RAM_BASE  0x40000000ull /* host-physical address of fake.ram */
#define FAKE_RAM_PAGES 64u
#define FAKE_TEXT_SIZE 0x40000u

#define FAKE_STATE       0x3c5ull /* of every guest that an upcall interrupts */
#define FAKE_UPCALL_IRQS 100u     /* interrupts of a VM with upcalls */

enum fake_end {
	FAKE_RETURNED, /* the function itself returned */
	FAKE_ENTERED,  /* a guest was entered, and there is no fake.guest */
	FAKE_IDLE,    /* the CPU would sleep for ever: fake.threads is off and nothing is pending */
	FAKE_STOPPED, /* another thread ended the machine */
	FAKE_OFF,     /* the board was switched off */
	FAKE_HALTED,  /* hyp_panic, as a rule */
};

/* What was sent somewhere, ended by a NUL; what does not fit is a failure of the test. */
struct fake_text {
	size_t length;
	char text[FAKE_TEXT_SIZE];
};

struct fake {
	uint64_t ticks; /* accessed atomically */

	/*
	 * The guest: makes one exit (or none) and returns the vCPU to go on with, which is what
	 * vcpu_handle_exit said. Called again and again in turn with what other CPUs ask of this
	 * one.
	 */
	struct vcpu *(*guest)(struct vcpu *vcpu);

	bool threads;         /* arch_cpu_start starts a thread, arch_cpu_wait sleeps */
	int64_t start_result; /* what the firmware says to arch_cpu_start */
	unsigned cpus_started, irq_inits;
	uint64_t sleep_limit; /* a shared CPU's sleep does not move time beyond this */
	uint64_t frequency;   /* of the counter as the hardware says it, or 0 */

	struct fake_text uart, debugger;
	unsigned uart_room;  /* characters that the UART still takes, ~0u: any number */
	unsigned uart_delay; /* times that it says no before each character */
	bool hinders;        /* guests store so often that arch_bits_try never comes through */
	bool out_of_reach;   /* the others of a VM that stops do not come */
	unsigned uart_inits;
	const char *typed; /* input that waits in the UART; NULL or "": none */
	uint32_t routed_irq;
	const struct cpu *routed_cpu;

	uint8_t *ram; /* FAKE_RAM_PAGES pages, aligned */

	/* Below: the fake's own, guarded by `mutex`. */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	pthread_t thread[FAKE_CPUS];
	bool kicked[FAKE_CPUS];
	bool started[FAKE_CPUS];
	enum fake_end end; /* why the machine ended, FAKE_RETURNED while it runs */
	unsigned windows[FAKE_CPUS][2];
	uint16_t window_pages[FAKE_CPUS]; /* arch_window_page: a bit for each that is mapped */
	uint64_t timer[FAKE_CPUS];        /* that the hypervisor armed: ticks, or ARCH_NEVER */
	int filter[FAKE_CPUS];            /* enum irq_filter */
};

extern struct fake fake;

/* A new machine: nothing said, nothing pending, RAM filled with 0xa5. */
void fake_reset(void);

/* Calls body(context) as a CPU would and says how it ended. */
enum fake_end fake_run(void (*body)(void *context), void *context);

/* Lets this thread act as `cpu` (arch_cpu_init does it for a CPU that starts). */
void fake_become(const struct cpu *cpu);

/* Waits for the threads of all CPUs; returns how the machine ended. */
enum fake_end fake_join(void);

/* Bytes of fake.ram at a host-physical address. */
uint8_t *fake_ram_at(uint64_t pa);

/* Types `text` (which must stay) and signals the CPU that gets the UART's interrupt. */
void fake_type(const char *text);

/* Whether a kick of `cpu` is pending; takes it. */
bool fake_take_kick(const struct cpu *cpu);

#endif
