/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the bench guest needs of RISC-V.
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#define BENCH_ENTRY_INSTRUCTIONS 0 /* executed before entry.S reads the counter */

/* Whether the counter goes on in WFI; else it is one for all CPUs, of instructions alone. */
#define BENCH_COUNTS_SLEEP 0

#ifndef __ASSEMBLER__
#include <stdint.h>

#include "guest/lib/riscv64/counter.h"
#include "guest/lib/riscv64/intc.h"
#include "guest/lib/riscv64/sbi.h"
#include "guest/lib/riscv64/smp_hart.h"

static inline void bench_counter_init(void)
{
	counter_init();
}

static inline uint64_t bench_counter_epoch(void)
{
	return counter_epoch();
}

/*
 * Instructions from one counter read to the next with `code` between them; a0 is its operand, a1
 * the address of a register; a6 and a7 name the null hypercall. The read itself counts as one,
 * which bench_empty measures.
 */
#define BENCH_COUNT(code, operand, address)                                            \
	({                                                                             \
		register uint64_t a0_ __asm__("a0") = (operand);                       \
		register uint64_t a1_ __asm__("a1") = (address);                       \
		register uint64_t a6_ __asm__("a6") = HYPERCALL_INFO_GET_ID;           \
		register uint64_t a7_ __asm__("a7") = HYPERCALL_EXTENSION;             \
		uint64_t before_, after_;                                              \
		__asm__ volatile("csrr %2, instret\n\t" code "\n\tcsrr %3, instret"    \
				 : "+r"(a0_), "+r"(a1_), "=&r"(before_), "=&r"(after_) \
				 : "r"(a6_), "r"(a7_)                                  \
				 : "memory");                                          \
		after_ - before_;                                                      \
	})

/* Code and operand of the null hypercall. */
#define BENCH_HYPERCALL "ecall", 0

#define BENCH_WAIT  "wfi"
#define BENCH_PAUSE ".word 0x0100000f"

/* IPIs to CPU 1 and back, numbers for irq.h. */
#define BENCH_IPI_REQUEST intc_ipi()
#define BENCH_IPI_REPLY   intc_ipi()

/* Sends the request and sleeps; returns the counter as it was before the instruction that sends. */
static inline uint64_t bench_send(void)
{
	uint64_t sent;

	if (intc_has_files()) {
		__asm__ volatile("fence iorw, iorw\n\tcsrr %0, instret\n\tsw %1, (%2)\n\twfi"
				 : "=&r"(sent)
				 : "r"(intc_ipi()), "r"(intc_file(1))
				 : "memory");
		return sent;
	}
	register uint64_t mask __asm__("a0") = 1;
	register uint64_t base __asm__("a1") = smp_hart(1);
	register uint64_t function __asm__("a6") = 0;
	register uint64_t extension __asm__("a7") = SBI_IPI;
	__asm__ volatile("fence iorw, iorw\n\tcsrr %0, instret\n\tecall\n\twfi"
			 : "=&r"(sent), "+r"(mask), "+r"(base)
			 : "r"(function), "r"(extension)
			 : "memory");
	return sent;
}

static inline void bench_reply(void)
{
	intc_send(0);
}
#endif
#endif
