/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start-up: the plan's checks, the records, and the end by hyp_panic.
 */
#include "hyp/core/hypercall.h"
#include "tests/unit/harness.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "abi/image.h"

extern const struct hyp_info hyp_info;

static const struct harness_vm vms[] = {{"one", 2, true, PLAN_HALT}, {"two", 2, true, PLAN_HALT}};

static void assert_refused(const char *why)
{
	const char *said;

	assert_int_equal(harness_boot(), FAKE_HALTED);
	said = harness_said();
	assert_int_equal(strncmp(said, "[orlop] stopped at hyp/core/hyp.c:", 34), 0);
	assert_non_null(strstr(said, why));
	assert_string_equal(said + strlen(said) - 2, "\r\n");
	assert_int_equal(fake.cpus_started, 0);
}

static void test_start(void **state)
{
	(void)state;
	harness_plan(vms, 2);
	harness_seal();
	fake.ticks = 1234;
	assert_int_equal(harness_boot(), FAKE_ENTERED);
	assert_int_equal(fake.cpus_started, 3);
	assert_int_equal(fake.uart_inits, 1);
	assert_int_equal(fake.irq_inits, 1);
	for (unsigned i = 0; i < 4; i++)
		assert_ptr_equal(cpu_at(i)->plan, hyp_plan->cpus + i);
	assert_null(cpu_at(4)->plan);
	assert_null(vm_at(2)->plan);
	assert_int_equal(cpu_at(0)->boot_ticks, 1234);
	assert_int_equal(vcpu_at(2)->state, VCPU_STARTING);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(vm_at(i)->arch.irq_resets, 1);
		assert_ptr_equal(vm_at(i)->plan, harness_vm(i));
		assert_int_equal(vm_at(i)->state, VM_RUNNING);
	}
}

static void test_other_hypervisor(void **state)
{
	struct plan *plan = harness_plan(vms, 2);

	(void)state;
	harness_seal();
	plan->hyp_build++;
	plan->checksum++;
	assert_refused("made for another hypervisor; build the image again");
	plan = harness_plan(vms, 2);
	plan->magic ^= 1;
	harness_seal();
	assert_refused("made for another hypervisor; build the image again");
}

/* One bit anywhere in the plan or its tables. */
static void test_damaged(void **state)
{
	(void)state;
	srand(1);
	for (unsigned i = 0; i < 200; i++) {
		struct plan *plan = harness_plan(vms, 2);
		size_t first = offsetof(struct plan, checksum), at;

		harness_seal();
		do {
			at = (size_t)rand() % plan->size_bytes;
		} while (at < first || at / 8 == offsetof(struct plan, hyp_build) / 8 ||
			 (at >= offsetof(struct plan, console) &&
				 at < offsetof(struct plan, cpus)) ||
			 (at >= offsetof(struct plan, console_uart) &&
				 at < offsetof(struct plan, console_irq)) ||
			 /* the sum stops at the word boundary below the plan's end */
			 at >= plan->size_bytes / 8 * 8);
		((uint8_t *)plan)[at] ^= (uint8_t)(1u << rand() % 8);
		assert_refused("the image's plan is damaged; load the image again");
	}
}

static void test_firmware_refuses_a_cpu(void **state)
{
	(void)state;
	harness_plan(vms, 2);
	harness_seal();
	fake.start_result = -2;
	assert_int_equal(harness_boot(), FAKE_HALTED);
	assert_non_null(strstr(fake.uart.text, "the firmware does not start a CPU of the plan"));
	assert_int_equal(fake.cpus_started, 1);
}

static void fail_check(void *context)
{
	CHECK(context != NULL);
	CHECK(context == NULL);
}

static void test_check(void **state)
{
	(void)state;
	harness_start(vms, 2);
	assert_int_equal(fake_run(fail_check, &fake), FAKE_HALTED);
	assert_non_null(strstr(harness_said(), "tests/unit/hyp_start.c:"));
	assert_non_null(strstr(fake.uart.text, ": context == NULL\r\n"));
}

static void test_info(void **state)
{
	(void)state;
	assert_int_equal(hyp_info.magic, IMAGE_MAGIC);
	assert_int_equal(hyp_info.cpu_bytes, sizeof(struct cpu));
	assert_int_equal(hyp_info.vm_bytes, sizeof(struct vm));
	assert_int_equal(hyp_info.vcpu_bytes, sizeof(struct vcpu));
	assert_int_equal(hyp_info.vcpu_exits, offsetof(struct vcpu, exits));
	assert_int_equal(hyp_info.vm_restarts, offsetof(struct vm, restarts));
	assert_int_equal(hyp_info.cpu_trace, offsetof(struct cpu, trace));
}

/*
 * Scripted guests, each a number of hypercalls and then off: the machine ends by itself. None has
 * the input, so each line is shown once.
 */

#define CALLS 50u

static struct vcpu *talk(struct vcpu *vcpu)
{
	static const uint64_t hello[7] = {3, 0x0a6968}; /* "hi\n" */

	if (vcpu->exits[EXIT_CAUSE_HYPERCALL] < CALLS) {
		hypercall_handle(vcpu, hello, HYPERCALL_CONSOLE_WRITE);
		return vcpu;
	}
	vcpu_stop(vcpu);
	return cpu_next(vcpu->cpu);
}

static void test_scripted_guests_on_threads(void **state)
{
	static const struct harness_vm quiet[] = {
		{"one", 2, false, PLAN_HALT}, {"two", 2, false, PLAN_HALT}};
	const char *said;
	unsigned lines = 0;

	(void)state;
	harness_plan(quiet, 2);
	harness_seal();
	fake.threads = true;
	fake.guest = talk;
	harness_boot();
	assert_int_equal(fake_join(), FAKE_OFF);
	said = harness_said();
	for (const char *at = said; (at = strstr(at, "] hi\r\n")); at++)
		lines++;
	assert_int_equal(lines, 2 * CALLS);
	assert_non_null(strstr(said, "[orlop] every VM is halted: power off\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_other_hypervisor),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_firmware_refuses_a_cpu),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_scripted_guests_on_threads),
	};

	return cmocka_run_group_tests_name("start", tests, NULL, NULL);
}
