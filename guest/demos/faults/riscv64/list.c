/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mistakes that a guest can make on RISC-V.
 */
#include "faults.h"

#include "guest/lib/irq.h"
#include "guest/lib/print.h"
#include "guest/lib/riscv64/attempt.h"
#include "guest/lib/riscv64/board.h"
#include "guest/lib/riscv64/exception.h"
#include "guest/lib/riscv64/intc.h"
#include "guest/lib/riscv64/sbi.h"
#include "guest/lib/riscv64/system.h"

/*
 * X(name, who answers, what it is, scause, opcode): the opcode is the lowest seven bits of the
 * instruction.
 */
#define FAULTS(X)                                                                                  \
	X(unmapped_read, STOPS, "read of an address where there is nothing", 0, 0x03)              \
	X(unmapped_read_short, STOPS, "the same by a compressed instruction", 0, 0x00)             \
	X(unmapped_write, STOPS, "write to an address where there is nothing", 0, 0x23)            \
	X(unmapped_atomic, STOPS, "atomic addition where there is nothing", 0, 0x2f)               \
	X(unmapped_reserve, STOPS, "load-reserved where there is nothing", 0, 0x2f)                \
	X(unmapped_far, STOPS, "read of an address beyond all that the VM can have", 0, 0x03)      \
	X(unmapped_walk, STOPS, "page tables where there is nothing", 0, FAULT_ANY)                \
	X(jump_nowhere, STOPS, "jump to an address where there is nothing", 0, FAULT_ANY)          \
	X(wide_access, SURVIVES, "8-byte read of a controller's 4-byte register", 5, 0x03)         \
	X(narrow_access, SURVIVES, "1-byte write of a controller's 4-byte register", 7, 0x23)      \
	X(misaligned_access, SURVIVES, "misaligned read of a controller's register", 0, 0x03)      \
	X(atomic_access, STOPS, "atomic addition to a controller's register", 0, 0x2f)             \
	X(execute_device, STOPS, "jump into the controller's registers", 0, FAULT_ANY)             \
	X(undefined_instruction, SURVIVES, "undefined instruction", 2, 0x00)                       \
	X(undefined_wide, SURVIVES, "undefined instruction of 32 bits", 2, 0x7f)                   \
	X(register_hypervisor, SURVIVES, "read of hstatus", 2, 0x73)                               \
	X(register_translation, SURVIVES, "write of hgatp", 2, 0x73)                               \
	X(register_virtual, SURVIVES, "read of vsstatus", 2, 0x73)                                 \
	X(register_machine, SURVIVES, "read of mstatus", 2, 0x73)                                  \
	X(register_counter, SURVIVES, "read of a counter that the guest has not", 2, 0x73)         \
	X(register_unallocated, SURVIVES, "read of no register at all", 2, 0x73)                   \
	X(hypervisor_load, SURVIVES, "HLV.W, a load for hypervisors", 2, 0x73)                     \
	X(hypervisor_fence, SURVIVES, "HFENCE.GVMA", 2, 0x73)                                      \
	X(machine_return, SURVIVES, "MRET", 2, 0x73)                                               \
	X(breakpoint, SURVIVES, "breakpoint instruction", 3, FAULT_ANY)                            \
	X(unknown_hypercall, ANSWERS, "hypercall that does not exist", 0, FAULT_ANY)               \
	X(unknown_extension, ANSWERS, "SBI extension that does not exist", 0, FAULT_ANY)           \
	X(unknown_function, ANSWERS, "function that an SBI extension does not have", 0, FAULT_ANY) \
	X(unknown_legacy, ANSWERS, "legacy SBI call that is reserved", 0, FAULT_ANY)               \
	X(spin_masked, SPINS, "never yields, all interrupts masked", 0, FAULT_ANY)                 \
	X(lock_out, SPINS, "the same with the interrupt file and all delegation shut", 0, FAULT_ANY)

/* Nothing is there in the VM's address space: within stage 2's range, and beyond it (41 bits). */
#define FAULT_NOWHERE 0x60000000ull
#define FAULT_BEYOND  (1ull << 45)

#define SATP_SV39 (8ull << 60)

static uint64_t fault_controller; /* address of the first register of the emulated one */

/* An instruction of full length, whatever the compiler would make of it. */
#define WIDE(text) ".option push\n\t.option norvc\n\t" text "\n\t.option pop"

static uint64_t fault_unmapped_read(uint64_t argument)
{
	uint64_t value;

	(void)argument;
	__asm__ volatile(WIDE("lw %0, (%1)") : "=r"(value) : "r"(FAULT_NOWHERE));
	return value;
}

static uint64_t fault_unmapped_read_short(uint64_t argument)
{
	register uint64_t address __asm__("a0") = FAULT_NOWHERE;

	(void)argument;
	__asm__ volatile("c.lw a0, (a0)" : "+r"(address));
	return address;
}

static uint64_t fault_unmapped_write(uint64_t argument)
{
	__asm__ volatile(WIDE("sw %0, (%1)")::"r"(argument), "r"(FAULT_NOWHERE) : "memory");
	return 0;
}

static uint64_t fault_unmapped_atomic(uint64_t argument)
{
	uint64_t value;

	__asm__ volatile("amoadd.w %0, %1, (%2)"
			 : "=r"(value)
			 : "r"(argument), "r"(FAULT_NOWHERE)
			 : "memory");
	return value;
}

static uint64_t fault_unmapped_reserve(uint64_t argument)
{
	uint64_t value;

	(void)argument;
	__asm__ volatile("lr.w %0, (%1)" : "=r"(value) : "r"(FAULT_NOWHERE) : "memory");
	return value;
}

static uint64_t fault_unmapped_far(uint64_t argument)
{
	uint64_t value;

	(void)argument;
	__asm__ volatile(WIDE("lw %0, (%1)") : "=r"(value) : "r"(FAULT_BEYOND));
	return value;
}

/* The walk of the guest's own tables meets the second stage's fault. */
static uint64_t fault_unmapped_walk(uint64_t argument)
{
	(void)argument;
	__asm__ volatile("csrw satp, %0\n\tsfence.vma" ::"r"(SATP_SV39 | FAULT_NOWHERE >> 12)
			 : "memory");
	return 0;
}

static uint64_t fault_jump_nowhere(uint64_t argument)
{
	(void)argument;
	((void (*)(void))FAULT_NOWHERE)();
	return 0;
}

static uint64_t fault_wide_access(uint64_t argument)
{
	uint64_t value;

	(void)argument;
	__asm__ volatile(WIDE("ld %0, (%1)") : "=r"(value) : "r"(fault_controller));
	return value;
}

static uint64_t fault_narrow_access(uint64_t argument)
{
	__asm__ volatile(WIDE("sb %0, (%1)")::"r"(argument), "r"(fault_controller) : "memory");
	return 0;
}

static uint64_t fault_misaligned_access(uint64_t argument)
{
	uint64_t value;

	(void)argument;
	__asm__ volatile(WIDE("lw %0, 2(%1)") : "=r"(value) : "r"(fault_controller));
	return value;
}

static uint64_t fault_atomic_access(uint64_t argument)
{
	uint64_t value;

	__asm__ volatile("amoadd.w %0, %1, (%2)"
			 : "=r"(value)
			 : "r"(argument), "r"(fault_controller)
			 : "memory");
	return value;
}

static uint64_t fault_execute_device(uint64_t argument)
{
	(void)argument;
	((void (*)(void))fault_controller)();
	return 0;
}

static uint64_t fault_undefined_instruction(uint64_t argument)
{
	(void)argument;
	__asm__ volatile(".half 0");
	return 0;
}

static uint64_t fault_undefined_wide(uint64_t argument)
{
	(void)argument;
	__asm__ volatile(".word 0xffffffff");
	return 0;
}

#define FAULT_READ(name, number)                        \
	static uint64_t fault_##name(uint64_t argument) \
	{                                               \
		(void)argument;                         \
		return system_read(number);             \
	}

FAULT_READ(register_hypervisor, 0x600)
FAULT_READ(register_virtual, 0x200)
FAULT_READ(register_machine, 0x300)
FAULT_READ(register_counter, 0xc03)
FAULT_READ(register_unallocated, 0x5c0)

static uint64_t fault_register_translation(uint64_t argument)
{
	(void)argument;
	system_write(0x680, 0);
	return 0;
}

static uint64_t fault_hypervisor_load(uint64_t argument)
{
	uint64_t value;

	(void)argument;
	__asm__ volatile(".insn r 0x73, 4, 0x34, %0, %1, x0"
			 : "=r"(value)
			 : "r"((uint64_t)BOARD_RAM_BASE));
	return value;
}

static uint64_t fault_hypervisor_fence(uint64_t argument)
{
	(void)argument;
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" ::: "memory");
	return 0;
}

static uint64_t fault_machine_return(uint64_t argument)
{
	(void)argument;
	__asm__ volatile("mret");
	return 0;
}

static uint64_t fault_breakpoint(uint64_t argument)
{
	(void)argument;
	__asm__ volatile("ebreak");
	return 0;
}

static uint64_t fault_unknown_hypercall(uint64_t argument)
{
	(void)argument;
	return (uint64_t)sbi_call(0x0a4f524c, 0xffff, 1, 2, 3, 4, 5, 6).error;
}

static uint64_t fault_unknown_extension(uint64_t argument)
{
	(void)argument;
	return (uint64_t)sbi_call(0x12345678, 0, 1, 2, 3, 4, 5, 6).error;
}

static uint64_t fault_unknown_function(uint64_t argument)
{
	(void)argument;
	return (uint64_t)sbi_call(SBI_HSM, 77, 1, 2, 3, 4, 5, 6).error;
}

static uint64_t fault_unknown_legacy(uint64_t argument)
{
	(void)argument;
	return (uint64_t)sbi_call(0x0f, 0, 1, 2, 3, 4, 5, 6).error;
}

static _Noreturn void fault_spin(void)
{
	system_write(sie, 0);
	system_clear(sstatus, SYSTEM_SSTATUS_SIE);
	for (;;)
		__asm__ volatile("" ::: "memory");
}

static uint64_t fault_spin_masked(uint64_t argument)
{
	(void)argument;
	fault_spin();
}

static uint64_t shut_file(uint64_t argument)
{
	system_write(CSR_SISELECT, INTC_EIDELIVERY);
	system_write(CSR_SIREG, 0);
	system_write(CSR_SISELECT, INTC_EITHRESHOLD);
	system_write(CSR_SIREG, 1);
	return argument;
}

static uint64_t fault_lock_out(uint64_t argument)
{
	if (intc_has_files())
		shut_file(argument);
	fault_spin();
}

const struct fault faults[] = {FAULTS(FAULT_ROW){0}};

void fault_prepare(void)
{
	irq_init();
	fault_controller = intc_has_files() ? BOARD_APLIC_BASE : BOARD_PLIC_BASE;
}

void fault_recover(void)
{
	system_write(satp, 0);
}

bool fault_is_refusal(uint64_t value)
{
	return (int64_t)value == SBI_NOT_SUPPORTED;
}

uint32_t fault_print_exception(const struct attempt *result)
{
	print("got my exception, cause %lu, value 0x%lx, pc 0x%lx\n", result->cause, result->tval,
		result->pc);
	if (result->pc - BOARD_RAM_BASE >= BOARD_RAM_SIZE)
		return FAULT_ANY;
	return *(const uint16_t *)result->pc & 0x7f;
}

uint64_t fault_syndrome(const struct attempt *result)
{
	return result->cause;
}
