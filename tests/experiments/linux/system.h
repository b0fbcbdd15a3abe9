/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few calls of Linux that packets.c needs, without a C library: none for the target's
 * architecture need be installed. The numbers are those of include/uapi/asm-generic/unistd.h.
 */
#ifndef EXPERIMENT_SYSTEM_H
#define EXPERIMENT_SYSTEM_H

#include <stdint.h>

#define SYSTEM_WRITE              64
#define SYSTEM_EXIT               93
#define SYSTEM_CLOCK_NANOSLEEP    115
#define SYSTEM_SCHED_SETSCHEDULER 119
#define SYSTEM_SOCKET             198
#define SYSTEM_BIND               200
#define SYSTEM_SENDTO             206
#define SYSTEM_RECVFROM           207

#if defined(__aarch64__)
static inline long system_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

static inline uint64_t system_ticks(void)
{
	uint64_t ticks;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
}

/* Executes `instructions`, two at a time. */
static inline void system_spend(uint64_t instructions)
{
	uint64_t turns = instructions / 2;

	__asm__ volatile("1:\tsubs %0, %0, #1\n\tb.hi 1b" : "+r"(turns)::"cc");
}

static inline uint64_t system_frequency(void)
{
	uint64_t hertz;

	__asm__("mrs %0, cntfrq_el0" : "=r"(hertz));
	return hertz;
}

#define SYSTEM_START \
	__asm__(".globl _start\n_start:\n\tmov x29, xzr\n\tmov x0, sp\n\tb system_main\n")

#elif defined(__riscv)
static inline long system_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long a7 __asm__("a7") = number;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;
	register long a5 __asm__("a5") = f;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
			 : "memory");
	return a0;
}

static inline uint64_t system_ticks(void)
{
	uint64_t ticks;

	__asm__ volatile("rdtime %0" : "=r"(ticks));
	return ticks;
}

static inline void system_spend(uint64_t instructions)
{
	uint64_t turns = instructions / 2;

	__asm__ volatile("1:\taddi %0, %0, -1\n\tbgtz %0, 1b" : "+r"(turns));
}

static inline uint64_t system_frequency(void)
{
	return 10000000; /* QEMU's virt board; user programs are not told */
}

#define SYSTEM_START __asm__(".globl _start\n_start:\n\tmv a0, sp\n\ttail system_main\n")
#endif

#endif
