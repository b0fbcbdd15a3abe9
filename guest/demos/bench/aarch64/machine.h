/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the bench guest needs of AArch64.
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

/*
 * On a shared core there is no cycle counter. On a machine whose clock has 1 GHz that counts the
 * same and is one for all CPUs (BENCH_BY_CLOCK).
 */
#ifdef BENCH_BY_CLOCK
#define BENCH_COUNTER            "cntvct_el0"
#define BENCH_ENTRY_INSTRUCTIONS 0 /* executed before entry.S reads the counter */
#else
#define BENCH_COUNTER            "pmccntr_el0"
#define BENCH_ENTRY_INSTRUCTIONS 7
#endif

/* Whether the counter goes on in WFI; else it is one for all CPUs, of instructions alone. */
#define BENCH_COUNTS_SLEEP 1

#ifndef __ASSEMBLER__
#include <stdint.h>

#include "guest/lib/aarch64/counter.h"
#include "guest/lib/aarch64/gic.h"

static inline void bench_counter_init(void)
{
#ifndef BENCH_BY_CLOCK
	counter_init();
#endif
}

/* counter_epoch() of the counter in use. */
static inline uint64_t bench_counter_epoch(void)
{
#ifdef BENCH_BY_CLOCK
	return 0;
#else
	return counter_epoch();
#endif
}

/*
 * Instructions from one counter read to the next with `code` between them; x0 is its operand, x1
 * the address of a register. The read itself counts as one, which bench_empty measures.
 */
#define BENCH_COUNT(code, operand, address)                                                        \
	({                                                                                         \
		register uint64_t x0_ __asm__("x0") = (operand);                                   \
		register uint64_t x1_ __asm__("x1") = (address);                                   \
		uint64_t before_, after_;                                                          \
		__asm__ volatile("mrs %2, " BENCH_COUNTER "\n\t" code "\n\tmrs %3, " BENCH_COUNTER \
				 : "+r"(x0_), "+r"(x1_), "=&r"(before_), "=&r"(after_)             \
				 :                                                                 \
				 : "memory", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9",       \
				 "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17");          \
		after_ - before_;                                                                  \
	})

/* Code and operand of the null hypercall. */
#define BENCH_HYPERCALL "hvc #0", HYPERCALL_BASE + HYPERCALL_INFO_GET_ID

#define BENCH_WAIT  "wfi"
#define BENCH_PAUSE "yield"

/* IPIs to CPU 1 and back, numbers for irq.h. */
#define BENCH_IPI_REQUEST 1
#define BENCH_IPI_REPLY   2

/* Sends the request and sleeps; returns the counter as it was before the instruction that sends. */
static inline uint64_t bench_send(void)
{
	/* In an argument's register, where a compiler has such a value (exits save those first). */
	register uint64_t request __asm__("x1") = GIC_SGI_TO(1, BENCH_IPI_REQUEST);
	uint64_t sent;

	__asm__ volatile("dsb sy\n\tmrs %0, " BENCH_COUNTER
			 "\n\tmsr " SYSTEM_STRING(ICC_SGI1R_EL1) ", %1\n\twfi"
			 : "=&r"(sent)
			 : "r"(request)
			 : "memory");
	return sent;
}

static inline void bench_reply(void)
{
	gic_send_sgi(0, BENCH_IPI_REPLY);
}
#endif
#endif
