/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dispatch of emulated accesses: the edges of regions, and tables of every length.
 */
#include "tests/unit/harness.h"

#include <string.h>

#define REGIONS 9u

static const struct harness_vm vms[] = {{"guest", 2, true, PLAN_HALT}};

static struct vcpu *vcpu;
static struct mmio_access last;

static void start(void)
{
	harness_start(vms, 1);
	vcpu = vcpu_at(0);
}

static enum mmio_result read_at(uint64_t address, uint8_t size)
{
	last = (struct mmio_access){.address = address, .size = size};
	return mmio_dispatch(vcpu, &last);
}

static void test_devices(void **state)
{
	(void)state;
	start();
	assert_int_equal(read_at(HARNESS_INTC + 0x104, 4), MMIO_DONE);
	assert_int_equal(last.value, (uint64_t)PLAN_MMIO_INTC << 32 | 0x104);
	assert_int_equal(read_at(HARNESS_INTC_N + 0x20008, 4), MMIO_DONE);
	assert_int_equal(last.value, (uint64_t)PLAN_MMIO_INTC_CPUS << 32 | 0x20008);
	assert_int_equal(read_at(HARNESS_INTC, 1), MMIO_DENIED);
	assert_int_equal(vcpu->exits[EXIT_CAUSE_INTC], 3);
	assert_int_equal(read_at(HARNESS_UART + 0x30, 4), MMIO_DONE);
	assert_int_equal(last.value, 0x301);
	assert_int_equal(read_at(HARNESS_UART + 0x30, 8), MMIO_DENIED);
	assert_int_equal(vcpu->exits[EXIT_CAUSE_DEVICE], 2);
	assert_int_equal(vm_at(0)->lock.next, vm_at(0)->lock.serving);
}

static void test_write(void **state)
{
	struct mmio_access access = {
		.address = HARNESS_UART, .size = 1, .value = '!', .is_write = true};

	(void)state;
	start();
	assert_int_equal(mmio_dispatch(vcpu, &access), MMIO_DONE);
	assert_string_equal(harness_said(), "[guest] !");
}

static void test_edges(void **state)
{
	static const struct {
		uint64_t address;
		enum mmio_result result;
	} cases[] = {
		{0, MMIO_NO_DEVICE},
		{HARNESS_INTC - 1, MMIO_NO_DEVICE},
		{HARNESS_INTC, MMIO_DONE},
		{HARNESS_INTC + 0xfffc, MMIO_DONE},
		{HARNESS_INTC + 0x10000, MMIO_NO_DEVICE},
		{HARNESS_INTC_N - 4, MMIO_NO_DEVICE},
		{HARNESS_INTC_N, MMIO_DONE},
		{HARNESS_INTC_N + 0x3fffc, MMIO_DONE},
		{HARNESS_INTC_N + 0x40000, MMIO_NO_DEVICE},
		{HARNESS_UART - 4, MMIO_NO_DEVICE},
		{HARNESS_UART, MMIO_DONE},
		{HARNESS_UART + 0xffc, MMIO_DONE},
		{HARNESS_UART + 0x1000, MMIO_NO_DEVICE},
		{~0ull, MMIO_NO_DEVICE},
	};

	(void)state;
	start();
	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++)
		assert_int_equal(read_at(cases[i].address, 4), cases[i].result);
	assert_int_equal(vcpu->exits[EXIT_CAUSE_INTC] + vcpu->exits[EXIT_CAUSE_DEVICE], 6);
}

static void test_every_table_length(void **state)
{
	static struct plan_mmio regions[REGIONS];

	(void)state;
	for (unsigned i = 0; i < REGIONS; i++)
		regions[i] = (struct plan_mmio){0x1000 + 0x3000 * i, 0x1000, PLAN_MMIO_INTC, 0};
	start();
	vm_vcpu(vm_at(0), 0)->mmio = regions;
	for (unsigned count = 1; count <= REGIONS; count++) {
		vm_vcpu(vm_at(0), 0)->mmio_end = regions + count;
		for (uint64_t page = 0; page < 3 * REGIONS + 3; page++) {
			bool there = page % 3 == 1 && page / 3 < count;

			assert_int_equal(read_at(page * 0x1000 + 0xff8, 8),
				there ? MMIO_DONE : MMIO_NO_DEVICE);
			if (there)
				assert_int_equal(last.value & 0xffffffff, 0xff8);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_every_table_length),
	};

	return cmocka_run_group_tests_name("mmio", tests, NULL, NULL);
}
