/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a hypervisor's memory to tables: the counters, the trace, and what is said of memory that
 * makes no sense.
 */
#include "tests/unit/tool_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/image.h"
#include "tools/machine.h"
#include "tools/message.h"
#include "tools/stats.h"
#include "tools/terminal.h"

#define EXITS_AT   64u
#define STATE_AT   8u
#define FAULTS_AT  16u
#define RESTART_AT 20u
#define TRACE_AT   128u

static struct image image;
static struct machine machine;
static struct records records;

/* A place in the image's memory by the hypervisor's address of it. */
static void *at(uint64_t address)
{
	return image.memory + (hyp_layout_pa(&image.layout, address) - image.layout.base_pa);
}

static uint64_t *exits_of(unsigned vcpu)
{
	return at(image.layout.vcpu_records + vcpu * machine.info.vcpu_bytes + EXITS_AT);
}

/* Two VMs, three vCPUs; the machine has stood still since power-on. */
static int prepare(void **state)
{
	struct fixture_hyp hyp = fixture_hyp();
	const char *path = fixture_path("stats");
	uint8_t *bytes;
	size_t size;

	(void)state;
	hyp.info.cpu_trace = TRACE_AT;
	hyp.info.vcpu_exits = EXITS_AT;
	hyp.info.vcpu_state = STATE_AT;
	hyp.info.vm_state = STATE_AT;
	hyp.info.vm_faults = FAULTS_AT;
	hyp.info.vm_restarts = RESTART_AT;
	bytes = fixture_hyp_bytes(&hyp, &size);
	assert_true(image_build(&image, fixture_system(), fixture_file("hyp.elf", bytes, size)));
	assert_true(image_write(&image, path));
	assert_true(machine_read(&machine, path));
	records =
		(struct records){.machine = &machine, .size = machine.size, .memory = image.memory};
	return 0;
}

static char *printed(const struct stats *stats, const struct stats *earlier)
{
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	stats_print(file, stats, earlier);
	fclose(file);
	return text;
}

static void assert_says(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("'%s' is not in:\n%s", words, text);
}

static void test_machine(void **state)
{
	const char *path = fixture_path("stats");
	struct machine other;

	(void)state;
	assert_int_equal(machine.base, FIXTURE_HYP_BASE);
	assert_int_equal(machine.size, image.layout.size);
	assert_int_equal(machine.info.vcpu_bytes, image.hyp.info.vcpu_bytes);
	assert_true(machine_read(&other, arena_text("%s.elf", path)));
	assert_string_equal(other.path, path);
	assert_true(machine_read(&other, arena_text("%s.img", path)));
	assert_string_equal(other.path, path);
}

static void test_machine_without_file(void **state)
{
	struct machine other;

	(void)state;
	fixture_listen();
	assert_false(machine_read(&other, fixture_path("nothing.elf")));
	assert_says(fixture_said(), "nothing.json: error: ");
}

static void test_machine_incomplete(void **state)
{
	const char text[] = "{\"name\": \"x\", \"console\": \"uart\", \"cpus\": 1,"
			    " \"hypervisor\": {\"base\": 1, \"size\": 2, \"plan\": 3}}";
	struct machine other;

	(void)state;
	fixture_file("partial.json", text, sizeof(text) - 1);
	fixture_listen();
	assert_false(machine_read(&other, fixture_path("partial")));
	assert_says(fixture_said(), "partial.json: error: ");
}

static void test_counters(void **state)
{
	struct stats stats, later;
	char *text;

	(void)state;
	assert_true(records_check(&records));
	exits_of(0)[EXIT_CAUSE_HYPERCALL] = 123;
	exits_of(0)[EXIT_CAUSE_IPI] = 77;
	exits_of(2)[EXIT_CAUSE_FAULT] = 1;
	*(uint32_t *)at(image.layout.vm_records + machine.info.vm_bytes + FAULTS_AT) = 4;
	*(uint32_t *)at(image.layout.vm_records + machine.info.vm_bytes + RESTART_AT) = 3;
	*(uint32_t *)at(image.layout.vcpu_records + STATE_AT) = VCPU_ON;
	assert_true(stats_take(&stats, &records, 10));
	assert_int_equal(stats.vm_count, 2);
	assert_int_equal(stats.vcpu_count, 3);
	text = printed(&stats, NULL);
	assert_says(text, "linux/0       linux/1     control/0");
	assert_says(text, "hypercall                        123             0             0");
	assert_says(text, "fault                              0             0             1");
	assert_says(text, "in all                             200             0             1");
	assert_says(text, "per second                        20.0           0.0           0.1");
	assert_says(text, "on           off           off");
	assert_says(text, "VM control: running, faults: 4, restarts: 3");
	assert_null(strstr(text, "just now"));
	free(text);

	exits_of(0)[EXIT_CAUSE_IPI] += 50;
	assert_true(stats_take(&later, &records, 15));
	text = printed(&later, &stats);
	assert_says(text, "per second, just now              10.0           0.0           0.0");
	free(text);
}

static void test_state_unknown(void **state)
{
	struct stats stats;
	char *text;

	(void)state;
	assert_true(records_check(&records));
	*(uint32_t *)at(image.layout.vm_records + STATE_AT) = 99;
	assert_true(stats_take(&stats, &records, 0));
	text = printed(&stats, NULL);
	assert_says(text, "VM linux: in no valid state");
	free(text);
}

static void test_json(void **state)
{
	const char *vm_state;
	struct stats stats;
	json_t *object;
	int count, total;

	(void)state;
	assert_true(records_check(&records));
	exits_of(1)[EXIT_CAUSE_DEVICE] = 9;
	assert_true(stats_take(&stats, &records, 2));
	object = stats_json(&stats);
	assert_int_equal(
		json_unpack(object, "{s:{s:{s:s, s:[{},{s:i, s:{s:i}}]}}}", "vms", "linux", "state",
			&vm_state, "vcpus", "total", &total, "exits", "emulated device", &count),
		0);
	assert_string_equal(vm_state, "running");
	assert_int_equal(total, 9);
	assert_int_equal(count, 9);
	json_decref(object);
}

static struct trace_ring *ring_of(unsigned cpu)
{
	return at(image.layout.cpu_records + cpu * image.layout.stack_stride + TRACE_AT);
}

static void test_trace(void **state)
{
	char *text;
	size_t size;
	FILE *file;

	(void)state;
	assert_true(records_check(&records));
	ring_of(0)->records[0] =
		(struct trace_record){200ull << 16 | TRACE_CPU_START << 8 | 0xff, 0};
	ring_of(1)->records[5] =
		(struct trace_record){100ull << 16 | TRACE_MMIO_READ << 8 | 2, 0xabc};
	ring_of(1)->records[6] = (struct trace_record){300ull << 16 | 0xee << 8 | 1, 0};
	file = open_memstream(&text, &size);
	assert_true(stats_print_trace(file, &records));
	fclose(file);
	assert_says(text, "100  CPU 1  control/0         emulated read of 0xabc\n"
			  "             200  CPU 0  -                 CPU started 0x0\n"
			  "             300  CPU 1  linux/1           in no valid state 0x0\n");
	free(text);
}

/* Each spoils one thing of sound memory. */
static void spoil_magic(void)
{
	((struct image_header *)image.memory)->magic++;
}

static void spoil_plan_address(void)
{
	((struct image_header *)image.memory)->plan_pa += 8;
}

static void spoil_plan_mapping(void)
{
	((struct image_header *)image.memory)->plan = HYP_VIRTUAL_BASE + HYP_VIRTUAL_SIZE;
}

static void spoil_plan_magic(void)
{
	((struct plan *)at(image.layout.plan))->magic++;
}

static void spoil_root(void)
{
	((struct image_header *)image.memory)->root_pa = machine.base - 4096;
}

static void spoil_size(void)
{
	records.size = 100;
}

static void test_senseless_memory(void **state)
{
	static const struct {
		void (*spoil)(void);
		const char *says;
	} cases[] = {
		{spoil_magic, "there is no hypervisor in it"},
		{spoil_size, "there is no hypervisor in it"},
		{spoil_plan_address, "not built together"},
		{spoil_plan_mapping, "not mapped"},
		{spoil_plan_magic, "no plan in it"},
		{spoil_root, "lies outside it"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		prepare(state);
		cases[i].spoil();
		fixture_listen();
		assert_false(records_check(&records));
		assert_says(fixture_said(), cases[i].says);
	}
}

static void test_records_elsewhere(void **state)
{
	struct stats stats;

	(void)state;
	assert_true(records_check(&records));
	records.plan.vm_records = (void *)(uintptr_t)(HYP_VIRTUAL_BASE - 4096);
	fixture_listen();
	assert_false(stats_take(&stats, &records, 0));
	assert_says(fixture_said(), "not mapped");

	prepare(state);
	assert_true(records_check(&records));
	records.plan.vcpu_records = (void *)(uintptr_t)(HYP_VIRTUAL_BASE - 4096);
	fixture_listen();
	assert_false(stats_take(&stats, &records, 0));
	assert_says(fixture_said(), "not mapped");
}

static void test_vcpu_of_no_vm(void **state)
{
	struct stats stats;
	struct plan_vcpu *vcpu;

	(void)state;
	assert_true(records_check(&records));
	vcpu = at((uint64_t)(uintptr_t)records.plan.vcpus);
	vcpu[1].vm = 7;
	fixture_listen();
	assert_false(stats_take(&stats, &records, 0));
	assert_says(fixture_said(), "vCPU 1 belongs to no VM");
}

static void test_terminal_filter(void **state)
{
	static const struct {
		const char *typed, *passed;
		bool ends;
	} cases[] = {
		{"ls\r", "ls\r", false},
		{"a\x01xb", "ab", true},
		{"a\x01\x01z", "a\x01z", false},
		{"\x01q", "q", false},
		{"\x1d", "\x1d", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char bytes[8];
		bool end = false;
		size_t count = strlen(cases[i].typed);

		memcpy(bytes, cases[i].typed, count);
		count = terminal_filter(bytes, count, &end);
		assert_int_equal(count, strlen(cases[i].passed));
		assert_memory_equal(bytes, cases[i].passed, count);
		assert_int_equal(end, cases[i].ends);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_machine, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(
			test_machine_without_file, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_machine_incomplete, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_counters, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_state_unknown, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_json, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_trace, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_senseless_memory, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_records_elsewhere, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_vcpu_of_no_vm, prepare, fixture_release),
		cmocka_unit_test(test_terminal_filter),
	};

	return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
