/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stage-2 tables: sizes, blocks, attributes, and what is refused.
 */
#include "tests/unit/tool_fixture.h"

#include "tools/stage2.h"

#define LEAF_RAM      0x7fdull /* block: AF, inner shareable, read and write, normal, valid */
#define LEAF_CONSTANT 0x77dull
#define LEAF_DEVICE   0x4c7ull /* page; XN is added below */

static struct stage2 started(uint64_t guest_end)
{
	struct stage2 stage2;

	assert_true(stage2_start(&stage2, &translation_aarch64, guest_end));
	return stage2;
}

static void test_smallest_size(void **state)
{
	static const struct {
		uint64_t end;
		unsigned bits, entries, align;
	} cases[] = {
		{1, 32, 4, 64},
		{1ull << 32, 32, 4, 64},
		{(1ull << 32) + 1, 33, 8, 64},
		{1ull << 36, 36, 64, 512},
		{1ull << 39, 39, 512, 4096},
		{1ull << 40, 40, 1024, 8192},
	};
	struct stage2 stage2;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		stage2 = started(cases[i].end);
		assert_int_equal(stage2.bits, cases[i].bits);
		assert_int_equal(stage2.root_entries, cases[i].entries);
		assert_int_equal(stage2_root_bytes(&stage2), cases[i].entries * 8);
		assert_int_equal(stage2_root_align(&stage2), cases[i].align);
	}
	assert_false(stage2_start(&stage2, &translation_aarch64, (1ull << 40) + 1));
}

/* VTCR_EL2 by hand: T0SZ, SL0 = 1, write-back and inner shareable walks, 4 KiB, PS, RES1. */
static void test_control(void **state)
{
	(void)state;
	assert_int_equal(translation_aarch64.control(32, 1ull << 32), 0x80003560);
	assert_int_equal(translation_aarch64.control(32, (1ull << 32) + 1), 0x80013560);
	assert_int_equal(translation_aarch64.control(37, 1ull << 32), 0x8002355b);
	assert_int_equal(translation_aarch64.control(40, 1ull << 41), 0x80033558);
	assert_int_equal(translation_aarch64.control(40, 1ull << 44), 0x80043558);
	assert_int_equal(translation_aarch64.control(40, 1ull << 60), 0x80053558);
}

static void test_largest_blocks(void **state)
{
	struct stage2 stage2 = started(0x100000000);
	uint64_t where;

	(void)state;
	/* 4 KiB up to 2 MiB, 2 MiB up to 1 GiB, 1 GiB, and down again. */
	assert_true(stage2_map(&stage2, STAGE2_RAM, 0x3fdff000, 0x7fdff000, 0x40402000, &where));
	assert_int_equal(stage2.leaves[0], 2);
	assert_int_equal(stage2.leaves[1], 2);
	assert_int_equal(stage2.leaves[2], 1);
	assert_int_equal(stage2.table_count, 4);
	stage2_place(&stage2, 0x40210000);
	assert_int_equal(stage2.root[1], 0x80000000 | LEAF_RAM);
	assert_int_equal(stage2.root[0], 0x40210003);
	assert_int_equal(stage2.tables[0][510], 0x40211003);
	assert_int_equal(stage2.tables[0][511], 0x7fe00000 | LEAF_RAM);
	assert_int_equal(stage2.tables[1][511], 0x7fdff000 | LEAF_RAM | 2);
	assert_int_equal(stage2.tables[1][510], 0);
}

static void test_congruence(void **state)
{
	struct stage2 stage2 = started(0x100000000);
	uint64_t where;

	(void)state;
	/* Guest and host differ below 2 MiB: pages only. */
	assert_true(stage2_map(&stage2, STAGE2_RAM, 0x40000000, 0x40001000, 0x200000, &where));
	assert_int_equal(stage2.leaves[0], 512);
	/* They differ below 1 GiB: blocks of 2 MiB only. */
	assert_true(stage2_map(&stage2, STAGE2_RAM, 0x80000000, 0x40200000, 0x40000000, &where));
	assert_int_equal(stage2.leaves[1], 512);
	assert_int_equal(stage2.leaves[2], 0);
}

static void test_attributes(void **state)
{
	struct stage2 stage2 = started(0x100000000);
	uint64_t where;

	(void)state;
	assert_true(stage2_map(&stage2, STAGE2_DEVICE, 0x08000000, 0x08000000, 0x200000, &where));
	assert_int_equal(stage2.leaves[0], 512); /* never a block */
	assert_int_equal(stage2.tables[1][1], 0x08001000 | LEAF_DEVICE | 1ull << 54);
	assert_true(
		stage2_map(&stage2, STAGE2_RAM_READ_ONLY, 0x200000, 0x50000000, 0x200000, &where));
	assert_int_equal(stage2.tables[0][1], 0x50000000 | LEAF_CONSTANT);
}

static void test_refused(void **state)
{
	struct stage2 stage2 = started(0x100000000);
	uint64_t where;

	(void)state;
	assert_true(stage2_map(&stage2, STAGE2_RAM, 0x40000000, 0x40000000, 0x400000, &where));
	assert_false(stage2_map(&stage2, STAGE2_RAM, 0x401ff000, 0x50000000, 0x1000, &where));
	assert_int_equal(where, 0x401ff000);
	assert_false(stage2_map(&stage2, STAGE2_RAM, 0x3fe00000, 0x50000000, 0x400000, &where));
	assert_int_equal(where, 0x40000000);
	assert_false(stage2_map(&stage2, STAGE2_RAM, 0x40000000, 0x80000000, 0x40000000, &where));
	assert_false(stage2_map(&stage2, STAGE2_RAM, 0x1800, 0x1000, 0x1000, &where));
	assert_false(stage2_map(&stage2, STAGE2_RAM, 0x1000, 0x1000, 0x1800, &where));
	assert_false(stage2_map(&stage2, STAGE2_RAM, 0xfffff000, 0x1000, 0x2000, &where));
	assert_false(stage2_map(&stage2, STAGE2_RAM, 0x1fffff000, 0x1000, 0x1000, &where));
}

static void test_machine(void **state)
{
	(void)state;
	assert_ptr_equal(translation_for(183), &translation_aarch64);
	assert_null(translation_for(62));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_smallest_size, fixture_release),
		cmocka_unit_test(test_control),
		cmocka_unit_test_teardown(test_largest_blocks, fixture_release),
		cmocka_unit_test_teardown(test_congruence, fixture_release),
		cmocka_unit_test_teardown(test_attributes, fixture_release),
		cmocka_unit_test_teardown(test_refused, fixture_release),
		cmocka_unit_test(test_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
