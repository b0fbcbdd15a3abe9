/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User mode and interrupts between CPUs on AArch64. The map is that of mmu.h, but the first 2 MiB
 * of memory are in pages: the program's may be read and executed by it, and its stack written.
 */
#include "guest/lib/aarch64/exception.h"
#include "guest/lib/aarch64/gic.h"
#include "guest/lib/aarch64/mmu.h"
#include "guest/lib/aarch64/system.h"
#include "guest/lib/upcall.h"
#include "upcall.h"

#define RAM        0x40000000ull
#define PAGE       4096ull
#define BLOCK      0x200000ull
#define TABLE      3ull
#define NORMAL     (1ull << 10 | 3ull << 8 | 1ull << 2)
#define IS_BLOCK   1ull
#define IS_PAGE    3ull
#define USER_READS 0xc0ull /* AP: read-only for all, so that EL1 may execute it, too */
#define USER_DATA  0x40ull
#define EL1H_DAIF  0x3c5

#define CLASS_SVC 0x15

#define IPI 1

extern const char user_page[], user_leave[];
void user_enter(uint64_t user_stack);

unsigned user_calls;
static bool (*user_over)(void);
static uint64_t user_result;

static uint64_t blocks[512] __attribute__((aligned(4096)));
static uint64_t pages[512] __attribute__((aligned(4096)));
static uint64_t tables[4] __attribute__((aligned(64)));
static uint8_t user_stack[4096] __attribute__((aligned(4096)));

static void set_page(const void *at, uint64_t rights)
{
	pages[((uint64_t)at - RAM) / PAGE] |= rights;
}

/* A system call: kernel work with the CPU open, and at last the way out. */
static void handle_call(struct exception_frame *frame)
{
	if (EXCEPTION_CLASS(system_read(esr_el1)) != CLASS_SVC) {
		exception_print(frame);
		return;
	}
	upcall_open();
	user_calls++;
	user_result = frame->x[0];
	upcall_close();
	if (user_result == 0 && !user_over())
		return;
	frame->pc = (uint64_t)user_leave;
	frame->state = EL1H_DAIF;
}

void user_init(void)
{
	for (unsigned i = 0; i < 512; i++) {
		blocks[i] = (RAM + i * BLOCK) | NORMAL | IS_BLOCK;
		pages[i] = (RAM + i * PAGE) | NORMAL | IS_PAGE;
	}
	set_page(user_page, USER_READS);
	set_page(user_stack, USER_DATA);
	blocks[0] = (uint64_t)pages | TABLE;
	tables[0] = mmu_table[0];
	tables[1] = (uint64_t)blocks | TABLE;
	exception_set_handler(EXCEPTION_SYNC, handle_call);
	mmu_enable_table(tables);
}

uint64_t user_run(bool (*over)(void))
{
	user_over = over;
	user_enter((uint64_t)(user_stack + sizeof(user_stack)));
	upcall_open();
	return user_result;
}

void ipi_send(unsigned cpu)
{
	gic_send_sgi(cpu, IPI);
}

unsigned ipi_irq(void)
{
	return IPI;
}
