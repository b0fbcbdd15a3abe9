/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/access.c: loads and stores as an assembler encodes them, and as htinst gives them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/riscv64/access.c"

struct expected {
	const char *text;
	uint32_t instruction;
	unsigned reg, size, length;
	bool is_write, is_signed;
};

static void check(const struct expected *expected, const struct access *access)
{
	if (access->reg != expected->reg || access->size != expected->size ||
		access->length != expected->length || access->is_write != expected->is_write ||
		(!access->is_write && access->is_signed != expected->is_signed))
		fail_msg("%s: register %u, %u bytes, length %u, write %d, signed %d",
			expected->text, access->reg, access->size, access->length, access->is_write,
			access->is_signed);
}

static const struct expected wide[] = {
	{"lb a0, 5(a1)", 0x00558503, 10, 1, 4, false, true},
	{"lh t6, -2(sp)", 0xffe11f83, 31, 2, 4, false, true},
	{"lw s3, 0(a5)", 0x0007a983, 19, 4, 4, false, true},
	{"ld zero, 8(a5)", 0x0087b003, 0, 8, 4, false, true},
	{"lbu a0, 7(t6)", 0x007fc503, 10, 1, 4, false, false},
	{"lhu ra, 0(a0)", 0x00055083, 1, 2, 4, false, false},
	{"lwu t0, 0(a0)", 0x00056283, 5, 4, 4, false, false},
	{"sb a7, 3(a0)", 0x011501a3, 17, 1, 4, true, false},
	{"sh zero, -2(a0)", 0xfe051f23, 0, 2, 4, true, false},
	{"sw t3, 2047(a0)", 0x7fc52fa3, 28, 4, 4, true, false},
	{"sd s11, 0(gp)", 0x01b1b023, 27, 8, 4, true, false},
};

static void test_wide(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(wide); i++) {
		struct access access;

		assert_true(access_decode(wide[i].instruction, &access));
		check(&wide[i], &access);
	}
}

/* The same in htinst: no offset, no base; bit 1 is 0 if the instruction was compressed. */
static void test_transformed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(wide); i++) {
		const uint32_t offsets = wide[i].is_write ? 0xfe000f80 : 0xfff00000;
		uint64_t htinst = wide[i].instruction & ~(offsets | 0x1ful << 15);
		struct expected expected = wide[i];
		struct access access;

		assert_true(access_decode_transformed(htinst, &access));
		check(&expected, &access);
		expected.length = 2;
		assert_true(access_decode_transformed(htinst & ~2ull, &access));
		check(&expected, &access);
		/* the second part of a misaligned access, and no instruction at all */
		assert_false(access_decode_transformed(htinst | 4 << 15, &access));
		assert_false(access_decode_transformed(htinst & ~1ull, &access));
	}
}

static void test_compressed(void **state)
{
	static const struct expected cases[] = {
		{"c.lw a4, 4(a5)", 0x43d8, 14, 4, 2, false, true},
		{"c.ld s0, 8(a0)", 0x6500, 8, 8, 2, false, true},
		{"c.sw a5, 0(s1)", 0xc09c, 15, 4, 2, true, false},
		{"c.sd a0, 0(a1)", 0xe188, 10, 8, 2, true, false},
		{"c.lwsp t6, 4(sp)", 0x4f92, 31, 4, 2, false, true},
		{"c.ldsp ra, 8(sp)", 0x60a2, 1, 8, 2, false, true},
		{"c.swsp t0, 0(sp)", 0xc016, 5, 4, 2, true, false},
		{"c.sdsp s11, 16(sp)", 0xe86e, 27, 8, 2, true, false},
		{"c.lbu a0, 1(a1)", 0x81c8, 10, 1, 2, false, false},
		{"c.lhu a0, 0(a1)", 0x8588, 10, 2, 2, false, false},
		{"c.lh a0, 0(a1)", 0x85c8, 10, 2, 2, false, true},
		{"c.sb a5, 0(s0)", 0x881c, 15, 1, 2, true, false},
		{"c.sh a5, 0(s0)", 0x8c1c, 15, 2, 2, true, false},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct access access;

		assert_true(access_decode(cases[i].instruction, &access));
		check(&cases[i], &access);
	}
}

static void test_refused(void **state)
{
	static const uint32_t instructions[] = {
		0x00057503,           /* a load of width 7, which is reserved */
		0x00f54023 | 4 << 12, /* a store of width 4 */
		0x00052507,           /* flw */
		0x00053527,           /* fsd */
		0x00a5252f,           /* amoadd.w */
		0x1005252f,           /* lr.w */
		0x00000013,           /* addi */
		0x2108,               /* c.fld */
		0xa108,               /* c.fsd */
		0x2502,               /* c.fldsp */
		0x0001,               /* c.nop */
		0x8082,               /* c.jr ra */
		0x0000,               /* no instruction */
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(instructions); i++) {
		struct access access;

		assert_false(access_decode(instructions[i], &access));
	}
	for (uint64_t walk = 0x3000; walk <= 0x3020; walk += 0x20) {
		struct access access;

		assert_false(access_decode_transformed(walk, &access));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_transformed),
		cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("riscv64_access", tests, NULL, NULL);
}
