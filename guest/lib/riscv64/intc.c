/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts over AIA (RISC-V Advanced Interrupt Architecture 1.0, MSI mode) or a PLIC (RISC-V
 * Platform-Level Interrupt Controller 1.0.0).
 */
#include "guest/lib/riscv64/intc.h"

#include <stddef.h>

#include "guest/lib/hypercall.h"
#include "guest/lib/irq.h"
#include "guest/lib/riscv64/attempt.h"
#include "guest/lib/riscv64/exception.h"
#include "guest/lib/riscv64/sbi.h"
#include "guest/lib/riscv64/smp_hart.h"
#include "guest/lib/riscv64/system.h"
#include "guest/lib/smp.h"
#include "guest/lib/timer.h"

#define IPI_IDENTITY 255u /* above all sources of the board */

/* Without a hypervisor each hart has seven guest files behind its own, and a machine-level context.
 */
#define BARE_FILE_STRIDE  0x8000u
#define GUEST_FILE_STRIDE 0x1000u

static irq_handler intc_handlers[INTC_COUNT];
static bool intc_files, intc_is_guest;

bool intc_has_files(void)
{
	return intc_files;
}

uint64_t intc_file(unsigned cpu)
{
	return BOARD_IMSIC_BASE +
	       smp_hart(cpu) * (intc_is_guest ? GUEST_FILE_STRIDE : BARE_FILE_STRIDE);
}

unsigned intc_context(unsigned cpu)
{
	unsigned hart = (unsigned)smp_hart(cpu);

	return intc_is_guest ? hart : 2 * hart + 1;
}

unsigned intc_ipi(void)
{
	return intc_files ? IPI_IDENTITY : INTC_OWN + SYSTEM_IRQ_SOFT;
}

void intc_send(unsigned cpu)
{
	system_fence(); /* what was written before is seen by whom the interrupt wakes */
	if (intc_files)
		mmio_write32(intc_file(cpu), IPI_IDENTITY);
	else
		sbi_call(SBI_IPI, 0, 1, smp_hart(cpu), 0, 0, 0, 0);
}

static uint64_t read_file(uint64_t select)
{
	system_write(CSR_SISELECT, select);
	return system_read(CSR_SIREG);
}

static void write_file(uint64_t select, uint64_t value)
{
	system_write(CSR_SISELECT, select);
	system_write(CSR_SIREG, value);
}

static void enable_identity(unsigned identity, bool enable)
{
	uint64_t select = INTC_EIE + identity / 64 * 2, bit = 1ull << identity % 64;
	uint64_t word = read_file(select);

	write_file(select, enable ? word | bit : word & ~bit);
}

static void call_handler(unsigned irq, uint64_t arrival)
{
	if (intc_handlers[irq])
		intc_handlers[irq](irq, arrival);
}

__attribute__((noinline)) static void call_now(unsigned irq)
{
	intc_handlers[irq](irq, timer_now());
}

/* Takes the interrupt that the file has, if any: its identity; else 0, which has no handler. */
static inline unsigned claim_identity(void)
{
	uint64_t top;

	__asm__ volatile("csrrw %0, " SYSTEM_STRING(CSR_STOPEI) ", zero" : "=r"(top));
	return (unsigned)(top >> 16);
}

__attribute__((noinline)) static void handle_source(uint64_t arrival)
{
	const unsigned context = intc_context(smp_cpu());
	const uint32_t source = mmio_read32(PLIC_CLAIM + 0x1000 * context);

	if (source == 0 || source >= INTC_SOURCES)
		return;
	call_handler(source, arrival);
	mmio_write32(PLIC_CLAIM + 0x1000 * context, source);
}

static void handle_external(uint64_t arrival)
{
	if (intc_files)
		call_handler(claim_identity(), arrival);
	else
		handle_source(arrival);
}

/* An interrupt without a handler only wakes; that is a short path. */
static inline void poll_external(void)
{
	unsigned irq;

	if (!intc_files) {
		handle_source(timer_now());
		return;
	}
	irq = claim_identity();
	if (intc_handlers[irq])
		call_now(irq);
}

static void take(unsigned cause, uint64_t arrival)
{
	if (cause == SYSTEM_IRQ_EXTERNAL) {
		handle_external(arrival);
		return;
	}
	if (cause == SYSTEM_IRQ_SOFT)
		system_clear(sip, 1 << SYSTEM_IRQ_SOFT);
	call_handler(INTC_OWN + cause, arrival);
}

static void handle_irq(struct exception_frame *frame)
{
	take((unsigned)(frame->cause & 63), frame->x[0]);
}

void irq_poll(void)
{
	uint64_t pending = system_read(sip) & system_read(sie);

	if (pending >> SYSTEM_IRQ_EXTERNAL & 1)
		poll_external();
	else if (pending >> SYSTEM_IRQ_SOFT & 1)
		take(SYSTEM_IRQ_SOFT, timer_now());
	else if (pending >> SYSTEM_IRQ_TIMER & 1)
		take(SYSTEM_IRQ_TIMER, timer_now());
}

void irq_init_cpu(void)
{
	system_write(sie, 0);
	if (intc_files) {
		write_file(INTC_EITHRESHOLD, 0);
		write_file(INTC_EIDELIVERY, 1);
	} else {
		mmio_write32(PLIC_THRESHOLD + 0x1000 * intc_context(smp_cpu()), 0);
	}
	system_set(sie, 1 << SYSTEM_IRQ_EXTERNAL);
}

void irq_init(void)
{
	intc_is_guest = hypercall_present();
	intc_files = !attempt(read_file, INTC_EIDELIVERY).failed;
	if (intc_files)
		mmio_write32(APLIC_DOMAINCFG, APLIC_DOMAINCFG_IE | APLIC_DOMAINCFG_DM);
	exception_set_handler(EXCEPTION_IRQ, handle_irq);
	irq_init_cpu();
}

void irq_set_handler(unsigned irq, irq_handler handler)
{
	intc_handlers[irq] = handler;
}

static void enable_source(unsigned source)
{
	mmio_write32(APLIC_SOURCECFG + 4 * source, APLIC_EDGE_RISING);
	mmio_write32(APLIC_TARGET + 4 * source, APLIC_HART(smp_hart(smp_cpu())) | source);
	mmio_write32(APLIC_SETIENUM, source);
}

static void enable_plic(unsigned source, bool enable)
{
	uint64_t word = PLIC_ENABLE + 0x80 * intc_context(smp_cpu()) + source / 32 * 4;
	uint32_t bit = 1u << source % 32, bits = mmio_read32(word);

	mmio_write32(PLIC_PRIORITY + 4 * source, 1);
	mmio_write32(word, enable ? bits | bit : bits & ~bit);
}

void irq_enable(unsigned irq)
{
	if (irq >= INTC_OWN) {
		system_set(sie, 1ull << (irq - INTC_OWN));
	} else if (!intc_files) {
		enable_plic(irq, true);
	} else {
		enable_identity(irq, true);
		if (irq != IPI_IDENTITY)
			enable_source(irq);
	}
}

void irq_disable(unsigned irq)
{
	if (irq >= INTC_OWN) {
		system_clear(sie, 1ull << (irq - INTC_OWN));
	} else if (!intc_files) {
		enable_plic(irq, false);
	} else {
		if (irq != IPI_IDENTITY)
			mmio_write32(APLIC_CLRIENUM, irq);
		enable_identity(irq, false);
	}
}

void irq_unmask(void)
{
	system_set(sstatus, SYSTEM_SSTATUS_SIE);
}

void irq_mask(void)
{
	system_clear(sstatus, SYSTEM_SSTATUS_SIE);
}
