/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of supervisor and user mode that a hypervisor could forget, those of the hart's
 * interrupt file among them. All are named by their numbers: not every assembler knows them.
 */
#include "leak.h"

#include "guest/lib/riscv64/attempt.h"
#include "guest/lib/riscv64/system.h"

#define ALL 0xffffffffffffffff

/* X(name, number, bits that may hold anything while interrupts are masked and nothing faults) */
#define SYSTEM_REGISTERS(X)                                             \
	X(sstatus, 0x100, 0x00000000000c0120) /* SPIE, SPP, SUM, MXR */ \
	X(sie, 0x104, 0x222)                                            \
	X(stvec, 0x105, 0xfffffffffffffffc)                             \
	X(scounteren, 0x106, 0xffffffff)                                \
	X(senvcfg, 0x10a, 0xc1) /* FIOM, CBCFE, CBZE */                 \
	X(sstateen0, 0x10c, ALL)                                        \
	X(sscratch, 0x140, ALL)                                         \
	X(sepc, 0x141, 0xfffffffffffffffe)                              \
	X(scause, 0x142, 0x800000000000000f)                            \
	X(stval, 0x143, ALL)                                            \
	X(sip, 0x144, 0x2)                                              \
	X(stimecmp, 0x14d, ALL)                                         \
	X(siselect, 0x150, 0xfff)                                       \
	X(srmcfg, 0x181, ALL)                                           \
	X(scontext, 0x5a8, ALL)                                         \
	X(fcsr, 0x003, 0xff)                                            \
	X(vstart, 0x008, 0x7)                                           \
	X(vcsr, 0x00f, 0x7)                                             \
	X(ssp, 0x011, 0xfffffffffffffff8)                               \
	X(jvt, 0x017, 0xffffffffffffffc0)

/* X(name, what siselect is for it, bits): an interrupt file without identity 0 (AIA 3.8). */
#define FILE_REGISTERS(X)                 \
	X(eidelivery, 0x70, 0x1)          \
	X(eithreshold, 0x72, 0x3f)        \
	X(eie0, 0xc0, 0xfffffffffffffffe) \
	X(eie2, 0xc2, ALL)                \
	X(eie62, 0xfe, ALL)               \
	X(eip0, 0x80, 0xfffffffffffffffe) \
	X(eip2, 0x82, ALL)                \
	X(eip62, 0xbe, ALL)

#define FLOATS_0(X)  X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define FLOATS_8(X)  X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define FLOATS_16(X) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)
#define FLOATS_24(X) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
#define FLOATS(X)    FLOATS_0(X) FLOATS_8(X) FLOATS_16(X) FLOATS_24(X)

/* The first element of some vector registers. */
#define VECTORS(X) X(0) X(1) X(8) X(31)

#define SYSTEM_FUNCTIONS(name, reg, allowed)         \
	static uint64_t read_##name(uint64_t unused) \
	{                                            \
		(void)unused;                        \
		return system_read(reg);             \
	}                                            \
	static uint64_t write_##name(uint64_t value) \
	{                                            \
		system_write(reg, value);            \
		return 0;                            \
	}

/* siselect is one of the registers that are looked at, so it stays. */
#define FILE_FUNCTIONS(name, select, allowed)                      \
	static uint64_t read_##name(uint64_t unused)               \
	{                                                          \
		const uint64_t before = system_read(CSR_SISELECT); \
		uint64_t value;                                    \
                                                                   \
		(void)unused;                                      \
		system_write(CSR_SISELECT, select);                \
		value = system_read(CSR_SIREG);                    \
		system_write(CSR_SISELECT, before);                \
		return value;                                      \
	}                                                          \
	static uint64_t write_##name(uint64_t value)               \
	{                                                          \
		const uint64_t before = system_read(CSR_SISELECT); \
                                                                   \
		system_write(CSR_SISELECT, select);                \
		system_write(CSR_SIREG, value);                    \
		system_write(CSR_SISELECT, before);                \
		return 0;                                          \
	}

/* FMV.X.D and FMV.D.X; the assembler is told of no floating point, so x5 stands for f5. */
#define FLOAT_FUNCTIONS(n)                                                                \
	static uint64_t read_f##n(uint64_t unused)                                        \
	{                                                                                 \
		uint64_t value;                                                           \
                                                                                          \
		(void)unused;                                                             \
		__asm__ volatile(".insn r 0x53, 0, 0x71, %0, x" #n ", x0" : "=r"(value)); \
		return value;                                                             \
	}                                                                                 \
	static uint64_t write_f##n(uint64_t value)                                        \
	{                                                                                 \
		__asm__ volatile(".insn r 0x53, 0, 0x79, x" #n ", %0, x0" ::"r"(value));  \
		return 0;                                                                 \
	}

/* VSETIVLI zero, 1, e64, m1; then VMV.X.S and VMV.S.X. */
#define ONE_ELEMENT ".word 0xc180f057\n"
#define VECTOR_FUNCTIONS(n)                                                                        \
	static uint64_t read_v##n(uint64_t unused)                                                 \
	{                                                                                          \
		uint64_t value;                                                                    \
                                                                                                   \
		(void)unused;                                                                      \
		__asm__ volatile(ONE_ELEMENT ".insn r 0x57, 2, 0x21, %0, x0, x" #n : "=r"(value)); \
		return value;                                                                      \
	}                                                                                          \
	static uint64_t write_v##n(uint64_t value)                                                 \
	{                                                                                          \
		__asm__ volatile(                                                                  \
			ONE_ELEMENT ".insn r 0x57, 6, 0x21, x" #n ", %0, x0" ::"r"(value));        \
		return 0;                                                                          \
	}

SYSTEM_REGISTERS(SYSTEM_FUNCTIONS)
FILE_REGISTERS(FILE_FUNCTIONS)
FLOATS(FLOAT_FUNCTIONS)
VECTORS(VECTOR_FUNCTIONS)

#define ROW(name, reg, allowed) {#name, allowed, read_##name, write_##name},
#define FLOAT_ROW(n)            {"f" #n, ALL, read_f##n, write_f##n},
#define VECTOR_ROW(n)           {"v" #n, ALL, read_v##n, write_v##n},

const struct leak_register leak_registers[] = {
	FLOATS(FLOAT_ROW) VECTORS(VECTOR_ROW) FILE_REGISTERS(ROW) SYSTEM_REGISTERS(ROW)};
const unsigned leak_register_count = sizeof(leak_registers) / sizeof(leak_registers[0]);

_Static_assert(sizeof(leak_registers) / sizeof(leak_registers[0]) < LEAK_REGISTERS_MOST,
	"LEAK_REGISTERS_MOST");

/* sstatus.FS and VS: floating point and vectors for all, if they are there. */
void leak_begin(void)
{
	system_set(sstatus, 0x6600);
}

bool leak_attempt(uint64_t (*function)(uint64_t argument), uint64_t argument, uint64_t *value)
{
	const struct attempt result = attempt(function, argument);

	if (!result.failed)
		*value = result.value;
	return !result.failed;
}
