/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a hypervisor's memory to tables: the counters, the trace, how vCPUs shared a core, and what
 * is said of memory that makes no sense.
 */
#include "tests/unit/tool_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/image.h"
#include "tools/machine.h"
#include "tools/message.h"
#include "tools/recording.h"
#include "tools/stats.h"
#include "tools/terminal.h"

#define EXITS_AT   64u
#define STATE_AT   8u
#define FAULTS_AT  16u
#define RESTART_AT 20u
#define BOOT_AT    24u
#define TRACE_AT   128u
#define SCHED_AT   16u /* in a vCPU's record of sharing */
#define LIMITS_AT  80u
#define TOLD_AT    104u
#define SHARED_AT  400u /* of that record, which the test puts into its vCPU's */

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

static struct plan *plan_of(void)
{
	return at(image.layout.plan);
}

static struct plan_vm *vm_of(unsigned index)
{
	return (struct plan_vm *)at((uint64_t)(uintptr_t)plan_of()->vms) + index;
}

static struct plan_vcpu *vcpu_of(unsigned index)
{
	return (struct plan_vcpu *)at((uint64_t)(uintptr_t)plan_of()->vcpus) + index;
}

static struct trace_ring *ring_of(unsigned cpu)
{
	return at(image.layout.cpu_records + cpu * image.layout.stack_stride + TRACE_AT);
}

/* Writes an event as the hypervisor does. */
static void write_event(unsigned cpu, uint64_t ticks, unsigned event, unsigned vcpu, uint64_t value)
{
	struct trace_ring *ring = ring_of(cpu);

	ring->mask = TRACE_RING_RECORDS - 1;
	ring->records[ring->next++ & ring->mask] =
		(struct trace_record){ticks << 16 | event << 8 | vcpu, value};
}

/* Makes it a vCPU of a shared core, with a record of how it ran. */
static struct sched_stats *share(unsigned index)
{
	uint64_t record = image.layout.vcpu_records + index * machine.info.vcpu_bytes + SHARED_AT;

	vcpu_of(index)->shared = (void *)(uintptr_t)record;
	vcpu_of(index)->affinity = 1ull << vcpu_of(index)->cpu;
	return at(record + SCHED_AT);
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
	hyp.info.cpu_boot_ticks = BOOT_AT;
	hyp.info.shared_stats = SCHED_AT;
	hyp.info.shared_limits = LIMITS_AT;
	hyp.info.shared_told = TOLD_AT;
	bytes = fixture_hyp_bytes(&hyp, &size);
	assert_true(image_build(&image, fixture_system(), fixture_file("hyp.elf", bytes, size)));
	assert_true(image_write(&image, path));
	assert_true(machine_read(&machine, path));
	records =
		(struct records){.machine = &machine, .size = machine.size, .memory = image.memory};
	plan_of()->trace_records = TRACE_RING_RECORDS;
	plan_of()->timer_frequency = 62500000;
	for (unsigned i = 0; i < 2; i++)
		vm_of(i)->task_first = vm_of(i)->vcpu_count;
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

static void test_trace(void **state)
{
	struct recording recording;
	char *text;
	size_t size;
	FILE *file;

	(void)state;
	assert_true(records_check(&records));
	write_event(0, 200, TRACE_CPU_START, 0xff, 0);
	write_event(0, 250, TRACE_SWITCH, 1, 0);
	write_event(0, 260, TRACE_BLOCK, 1, UINT64_MAX);
	write_event(0, 270, TRACE_IDLE, 0xff, 900);
	write_event(2, 100, TRACE_MMIO_READ, 2, 0xabc);
	write_event(2, 300, 0xee, 1, 0);
	file = open_memstream(&text, &size);
	assert_true(recording_take(&recording, &records));
	recording_print(file, &recording);
	fclose(file);
	assert_says(text, "100  CPU 3  control/0         emulated read of 0xabc\n"
			  "             200  CPU 0  -                 CPU started 0x0\n"
			  "             250  CPU 0  linux/1           runs, after vCPU linux/0\n"
			  "             260  CPU 0  linux/1           waits until for ever\n"
			  "             270  CPU 0  -                 nothing to run until 900\n"
			  "             300  CPU 3  linux/1           in no valid state 0x0\n");
	free(text);
}

/* More records than the ring holds: the oldest are gone, and counted. */
static void test_trace_wraps(void **state)
{
	struct recording recording;

	(void)state;
	assert_true(records_check(&records));
	for (unsigned i = 0; i < TRACE_RING_RECORDS + 6; i++)
		write_event(0, 1000 + i, TRACE_WAKE, i % 3, i);
	assert_true(recording_take(&recording, &records));
	assert_int_equal(recording.event_count, TRACE_RING_RECORDS);
	assert_int_equal(recording.cpus[0].lost, 6);
	assert_int_equal(recording.cpus[1].lost, 0);
	assert_int_equal(recording.events[0].value, 6);
	assert_int_equal(recording.events[TRACE_RING_RECORDS - 1].value, TRACE_RING_RECORDS + 5);
	for (unsigned i = 0; i < TRACE_RING_RECORDS; i++)
		assert_int_equal(recording.events[i].ticks, 1006 + i);
}

/* The machine was stopped between the count and the record, in its first lap or a later one. */
static void test_trace_torn(void **state)
{
	struct recording recording;

	(void)state;
	assert_true(records_check(&records));
	write_event(0, 1000, TRACE_WAKE, 0, 0);
	ring_of(0)->next++;
	for (unsigned i = 0; i < TRACE_RING_RECORDS + 6; i++)
		write_event(1, 2000 + i, TRACE_WAKE, i % 3, i);
	ring_of(1)->next++;
	assert_true(recording_take(&recording, &records));
	assert_int_equal(recording.event_count, 1 + TRACE_RING_RECORDS - 1);
	assert_int_equal(recording.cpus[1].lost, 7);
	assert_int_equal(recording.events[1].value, 7);
	assert_int_equal(recording.events[TRACE_RING_RECORDS - 1].value, TRACE_RING_RECORDS + 5);
}

static void test_recording_of_vcpus(void **state)
{
	struct recording recording;
	uint64_t *limits;

	(void)state;
	share(0);
	share(1);
	vcpu_of(1)->period_ticks = 5000;
	share(2);
	vm_of(1)->task_first = 0;
	limits =
		at(image.layout.vcpu_records + 2 * machine.info.vcpu_bytes + SHARED_AT + LIMITS_AT);
	limits[0] = 9000;
	limits[1] = 100;
	limits[2] = 8000;
	assert_true(records_check(&records));
	assert_true(recording_take(&recording, &records));
	assert_int_equal(recording.frequency, 62500000);
	assert_string_equal(recording.name, "unit");
	assert_int_equal(recording.vcpu_count, 3);
	assert_int_equal(recording.vcpus[0].class, RECORDING_BEST_EFFORT);
	assert_int_equal(recording.vcpus[1].class, RECORDING_REAL_TIME);
	assert_int_equal(recording.vcpus[1].affinity, 1 << 1);
	assert_int_equal(recording.vcpus[2].class, RECORDING_TASK);
	assert_int_equal(recording.vcpus[2].period, 9000);
	assert_int_equal(recording.vcpus[2].capacity, 100);
	assert_int_equal(recording.vcpus[2].deadline, 8000);
	assert_int_equal(recording.cpus[2].number, 3);
}

static void test_shared(void **state)
{
	struct stats stats, later;
	struct sched_stats *best_effort, *real_time;
	char *text;

	(void)state;
	best_effort = share(0);
	real_time = share(2);
	vcpu_of(0)->affinity = 1 | 1 << 2;
	vcpu_of(2)->period_ticks = 5000;
	*best_effort = (struct sched_stats){.ran_ticks = 2500, .dispatches = 17, .fast = 4};
	*real_time = (struct sched_stats){
		.ran_ticks = 500, .dispatches = 5, .jobs = 3, .misses = 2, .budget_ends = 1};
	((uint64_t *)at(image.layout.vcpu_records + SHARED_AT + TOLD_AT))[1] = 6;
	*(uint64_t *)at(image.layout.cpu_records + BOOT_AT) = 1000;
	write_event(0, 11000, TRACE_SWITCH, 0, 2);
	write_event(2, 1000, TRACE_SWITCH, 2, 0xff);
	assert_true(records_check(&records));
	assert_true(stats_take(&stats, &records, 10));
	text = printed(&stats, NULL);
	assert_says(text, "on shared cores          CPU    of the time   dispatches     fast");
	assert_says(text, "  linux/0                0,3         25.0 %           17        4"
			  "   best effort\n"
			  "    its guest says: scheduler 0, mode 6\n"
			  "  control/0              3           50.0 %            5        0"
			  "         3        2           1\nVM ");
	free(text);

	best_effort->ran_ticks += 9000;
	write_event(0, 21000, TRACE_SWITCH, 2, 0);
	assert_true(stats_take(&later, &records, 15));
	text = printed(&later, &stats);
	assert_says(text, "  linux/0                0,3         57.5 %       90.0 %");
	assert_says(text, "  control/0              3           50.0 %            -");
	free(text);
}

/* A table of dedicated vCPUs says nothing of schedulers. */
static void test_dedicated(void **state)
{
	struct stats stats;
	json_t *object;
	char *text;

	(void)state;
	assert_true(records_check(&records));
	assert_true(stats_take(&stats, &records, 1));
	text = printed(&stats, NULL);
	assert_null(strstr(text, "shared"));
	free(text);
	object = stats_json(&stats);
	text = json_dumps(object, 0);
	assert_null(strstr(text, "scheduling"));
	free(text);
	json_decref(object);
}

static void test_shared_json(void **state)
{
	struct stats stats;
	json_t *object;
	int real_time, of, ran, misses;

	(void)state;
	share(1)->ran_ticks = 77;
	*share(2) = (struct sched_stats){.misses = 5, .ran_ticks = 40};
	vm_of(1)->task_first = 0;
	write_event(2, 600, TRACE_IDLE, 0xff, 0);
	assert_true(records_check(&records));
	assert_true(stats_take(&stats, &records, 2));
	object = stats_json(&stats);
	assert_int_equal(json_unpack(object, "{s:{s:{s:[{s:{s:b, s:i, s:i, s:i}}]}}}", "vms",
				 "control", "vcpus", "scheduling", "real_time", &real_time,
				 "of_ticks", &of, "ran_ticks", &ran, "misses", &misses),
		0);
	assert_true(real_time);
	assert_int_equal(of, 600);
	assert_int_equal(ran, 40);
	assert_int_equal(misses, 5);
	json_decref(object);
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
	plan_of()->magic++;
}

static void spoil_root(void)
{
	((struct image_header *)image.memory)->root_pa = machine.base - 4096;
}

static void spoil_size(void)
{
	records.size = 100;
}

static void spoil_trace_size(void)
{
	plan_of()->trace_records = 0x80000000;
}

static void spoil_trace_mask(void)
{
	ring_of(0)->mask = 31;
}

/* What the plan, sound in itself, says of the traces is wrong. */
static void test_senseless_trace(void **state)
{
	static const struct {
		void (*spoil)(void);
		const char *says;
	} cases[] = {
		{spoil_trace_size, "larger than it"},
		{spoil_trace_mask, "not the size"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct recording recording;

		prepare(state);
		cases[i].spoil();
		assert_true(records_check(&records));
		fixture_listen();
		assert_false(recording_take(&recording, &records));
		assert_says(fixture_said(), cases[i].says);
	}
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

	(void)state;
	assert_true(records_check(&records));
	vcpu_of(1)->vm = 7;
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
		cmocka_unit_test_setup_teardown(test_trace_wraps, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_trace_torn, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_recording_of_vcpus, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_shared, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_dedicated, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_shared_json, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_senseless_trace, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_senseless_memory, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_records_elsewhere, prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_vcpu_of_no_vm, prepare, fixture_release),
		cmocka_unit_test(test_terminal_filter),
	};

	return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
