/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mistakes that a guest can make on AArch64.
 */
#include "faults.h"

#include "guest/lib/aarch64/attempt.h"
#include "guest/lib/aarch64/board.h"
#include "guest/lib/aarch64/exception.h"
#include "guest/lib/aarch64/gic.h"
#include "guest/lib/aarch64/mmu.h"
#include "guest/lib/aarch64/smccc.h"
#include "guest/lib/aarch64/system.h"
#include "guest/lib/print.h"

/*
 * X(name, who answers, what it is, ESR_EL1, opcode): the opcode is the highest byte of the
 * instruction.
 */
#define FAULTS(X)                                                                                \
	X(unmapped_read, STOPS, "read of an address where there is nothing", 0, 0xb9)            \
	X(unmapped_read_pair, STOPS, "the same with LDP, which leaves no syndrome", 0, 0xa9)     \
	X(unmapped_read_step, STOPS, "the same with post-indexed LDR: no syndrome", 0, 0xf8)     \
	X(unmapped_write, STOPS, "write to an address where there is nothing", 0, 0xb9)          \
	X(unmapped_far, STOPS, "read of an address beyond all that the VM can have", 0, 0xb9)    \
	X(unmapped_walk, STOPS, "page tables where there is nothing", 0, FAULT_ANY)              \
	X(jump_nowhere, STOPS, "jump to an address where there is nothing", 0, FAULT_ANY)        \
	X(wide_access, SURVIVES, "8-byte read of a 4-byte register of the distributor", 0, 0xf9) \
	X(narrow_access, SURVIVES, "1-byte write of a 4-byte register of the distributor", 0,    \
		0x39)                                                                            \
	X(exclusive_access, STOPS, "exclusive read of a distributor's register", 0, 0x88)        \
	X(misaligned_access, SURVIVES, "misaligned read of a distributor's register", 0, 0xb9)   \
	X(execute_device, STOPS, "jump into the distributor", 0, FAULT_ANY)                      \
	X(misaligned_jump, SURVIVES, "jump to no multiple of 4", 0x8a000000, FAULT_ANY)          \
	X(undefined_instruction, SURVIVES, "undefined instruction", 0x02000000, 0x00)            \
	X(register_el2, SURVIVES, "read of HCR_EL2", 0x02000000, 0xd5)                           \
	X(register_el2_gic, SURVIVES, "read of ICH_HCR_EL2", 0x02000000, 0xd5)                   \
	X(register_el3, SURVIVES, "write of SCR_EL3", 0x02000000, 0xd5)                          \
	X(register_implementation, SURVIVES, "write of an IMPLEMENTATION DEFINED register",      \
		0x02000000, 0xd5)                                                                \
	X(register_unallocated, SURVIVES, "read of no register at all", 0x02000000, 0xd5)        \
	X(breakpoint, SURVIVES, "breakpoint instruction", 0xf2000001, 0xd4)                      \
	X(unknown_hypercall, ANSWERS, "hypercall that does not exist", 0, FAULT_ANY)             \
	X(unknown_psci, ANSWERS, "PSCI function that does not exist", 0, FAULT_ANY)              \
	X(unknown_smc, ANSWERS, "SMC to a trusted OS that does not exist", 0, FAULT_ANY)         \
	X(spin_masked, SPINS, "never yields, all interrupts masked", 0, FAULT_ANY)               \
	X(lock_out, SPINS, "the same with the highest running priority", 0, FAULT_ANY)

/* Nothing is there in the VM's address space: within stage 2's range, and beyond it (39 bits). */
#define FAULT_NOWHERE 0x80000000ull
#define FAULT_BEYOND  0x8000000000ull
#define SCTLR_M       1

static uint64_t fault_unmapped_read(uint64_t argument)
{
	(void)argument;
	return mmio_read32(FAULT_NOWHERE);
}

static uint64_t fault_unmapped_read_pair(uint64_t argument)
{
	uint64_t first, second;

	(void)argument;
	__asm__ volatile("ldp %0, %1, [%2]" : "=&r"(first), "=&r"(second) : "r"(FAULT_NOWHERE));
	return first + second;
}

static uint64_t fault_unmapped_read_step(uint64_t argument)
{
	uint64_t address = FAULT_NOWHERE, value;

	(void)argument;
	__asm__ volatile("ldr %0, [%1], #8" : "=&r"(value), "+r"(address));
	return value;
}

static uint64_t fault_unmapped_write(uint64_t argument)
{
	(void)argument;
	mmio_write32(FAULT_NOWHERE, 1);
	return 0;
}

static uint64_t fault_unmapped_far(uint64_t argument)
{
	(void)argument;
	return mmio_read32(FAULT_BEYOND);
}

/* The walk of stage 1 itself meets stage 2's fault. */
static uint64_t fault_unmapped_walk(uint64_t argument)
{
	(void)argument;
	mmu_enable();
	system_write(ttbr0_el1, FAULT_NOWHERE);
	system_isb();
	__asm__ volatile("tlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
	return mmio_read32(BOARD_RAM_BASE);
}

static uint64_t fault_jump_nowhere(uint64_t argument)
{
	(void)argument;
	((void (*)(void))FAULT_NOWHERE)();
	return 0;
}

static uint64_t fault_wide_access(uint64_t argument)
{
	(void)argument;
	return mmio_read64(GICD_CTLR);
}

static uint64_t fault_narrow_access(uint64_t argument)
{
	(void)argument;
	mmio_write8(BOARD_GICD_BASE + GIC_ISENABLER + 4, 1);
	return 0;
}

static uint64_t fault_exclusive_access(uint64_t argument)
{
	uint32_t value;

	(void)argument;
	__asm__ volatile("ldxr %w0, [%1]" : "=r"(value) : "r"((uint64_t)GICD_CTLR));
	return value;
}

/* Only memory that stage 1 calls Normal may be read like this; what it really is, stage 2 knows. */
static uint64_t fault_misaligned_access(uint64_t argument)
{
	(void)argument;
	mmu_enable_all_normal();
	return mmio_read32(GICD_TYPER + 2);
}

static uint64_t fault_execute_device(uint64_t argument)
{
	(void)argument;
	((void (*)(void))(uint64_t)BOARD_GICD_BASE)();
	return 0;
}

static uint64_t fault_misaligned_jump(uint64_t argument)
{
	(void)argument;
	__asm__ volatile("br %0" ::"r"(BOARD_RAM_BASE + 2ull));
	return 0;
}

static uint64_t fault_undefined_instruction(uint64_t argument)
{
	(void)argument;
	__asm__ volatile(".word 0");
	return 0;
}

static uint64_t fault_register_el2(uint64_t argument)
{
	(void)argument;
	return system_read(hcr_el2);
}

static uint64_t fault_register_el2_gic(uint64_t argument)
{
	(void)argument;
	return system_read(ICH_HCR_EL2);
}

static uint64_t fault_register_el3(uint64_t argument)
{
	(void)argument;
	system_write(S3_6_C1_C1_0, 0);
	return 0;
}

static uint64_t fault_register_implementation(uint64_t argument)
{
	(void)argument;
	system_write(S3_0_C15_C8_7, 0);
	return 0;
}

static uint64_t fault_register_unallocated(uint64_t argument)
{
	(void)argument;
	return system_read(S3_0_C8_C8_7);
}

static uint64_t fault_breakpoint(uint64_t argument)
{
	(void)argument;
	__asm__ volatile("brk #1");
	return 0;
}

static uint64_t fault_unknown_hypercall(uint64_t argument)
{
	(void)argument;
	return (uint64_t)smccc_hvc(0xc600ffff, 1, 2, 3, 4, 5, 6, 7);
}

static uint64_t fault_unknown_psci(uint64_t argument)
{
	(void)argument;
	return (uint64_t)smccc_call(0x8400001f, 1, 2, 3);
}

static uint64_t fault_unknown_smc(uint64_t argument)
{
	(void)argument;
	return (uint64_t)smccc_smc(0xf2000000, 1, 2, 3, 4, 5, 6, 7);
}

static _Noreturn void fault_spin(void)
{
	__asm__ volatile("msr daifset, #0xf");
	for (;;)
		__asm__ volatile("" ::: "memory");
}

static uint64_t fault_spin_masked(uint64_t argument)
{
	(void)argument;
	fault_spin();
}

static uint64_t fault_lock_out(uint64_t argument)
{
	(void)argument;
	system_write(ICC_SRE_EL1, 7);
	system_isb();
	system_write(ICC_AP1R0_EL1, 0xffffffff);
	system_isb();
	fault_spin();
}

const struct fault faults[] = {FAULTS(FAULT_ROW){0}};

void fault_prepare(void)
{
}

void fault_recover(void)
{
	system_write(sctlr_el1, system_read(sctlr_el1) & ~(uint64_t)SCTLR_M);
	system_isb();
}

bool fault_is_refusal(uint64_t value)
{
	return (int32_t)value == SMCCC_NOT_SUPPORTED;
}

uint32_t fault_print_exception(const struct attempt *result)
{
	print("got my exception, class 0x%x, syndrome 0x%lx, address 0x%lx, pc 0x%lx\n",
		(unsigned)EXCEPTION_CLASS(result->esr), result->esr, result->far, result->pc);
	if (result->pc % 4 == 0 && result->pc - BOARD_RAM_BASE < BOARD_RAM_SIZE)
		return mmio_read32(result->pc) >> 24;
	return FAULT_ANY;
}

uint64_t fault_syndrome(const struct attempt *result)
{
	return result->esr;
}
