/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a hypervisor's memory to tables: the counters, how vCPUs shared a core, and what is said of
 * memory that makes no sense.
 */
#include "tests/unit/tool_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/image.h"
#include "tools/machine.h"
#include "tools/message.h"
#include "tools/stats.h"
#include "tools/terminal.h"

static char *printed(const struct stats *stats, const struct stats *earlier)
{
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	stats_print(file, stats, earlier);
	fclose(file);
	return text;
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
	memory_exits(0)[EXIT_CAUSE_HYPERCALL] = 123;
	memory_exits(0)[EXIT_CAUSE_IPI] = 77;
	memory_exits(2)[EXIT_CAUSE_FAULT] = 1;
	*(uint32_t *)memory_at(image.layout.vm_records + machine.info.vm_bytes + FAULTS_AT) = 4;
	*(uint32_t *)memory_at(image.layout.vm_records + machine.info.vm_bytes + RESTART_AT) = 3;
	*(uint32_t *)memory_at(image.layout.vcpu_records + STATE_AT) = VCPU_ON;
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

	memory_exits(0)[EXIT_CAUSE_IPI] += 50;
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
	*(uint32_t *)memory_at(image.layout.vm_records + STATE_AT) = 99;
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
	memory_exits(1)[EXIT_CAUSE_DEVICE] = 9;
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

static void test_shared(void **state)
{
	struct stats stats, later;
	struct sched_stats *best_effort, *real_time;
	char *text;

	(void)state;
	best_effort = memory_share(0);
	real_time = memory_share(2);
	memory_vcpu(2)->period_ticks = 5000;
	*best_effort = (struct sched_stats){.ran_ticks = 2500, .dispatches = 17, .fast = 4};
	*real_time = (struct sched_stats){
		.ran_ticks = 500, .dispatches = 5, .jobs = 3, .misses = 2, .budget_ends = 1};
	((uint64_t *)memory_at(image.layout.vcpu_records + SHARED_AT + TOLD_AT))[1] = 6;
	*(uint64_t *)memory_at(image.layout.cpu_records + BOOT_AT) = 1000;
	memory_share_cpu(0, 11000, 1000 + 7500, memory_shared_vcpu(0));
	memory_share_cpu(2, 1000, 500, 0);
	memory_event(0, 2000, TRACE_SWITCH, 0, 2); /* the last one: no matter how long ago */
	assert_true(records_check(&records));
	assert_true(stats_take(&stats, &records, 10));
	text = printed(&stats, NULL);
	assert_says(text, "on shared cores          CPU    of the time   dispatches     fast");
	assert_says(text, "  linux/0                0           25.0 %           17        4"
			  "   best effort\n"
			  "    its guest says: scheduler 0, mode 6\n"
			  "  control/0              3           50.0 %            5        0"
			  "         3        2           1\n"
			  "  nobody                 0           75.0 %\n"
			  "  nobody                 3           50.0 %\nVM ");
	free(text);

	best_effort->ran_ticks += 9000;
	memory_share_cpu(0, 21000, 1000 + 8500, memory_shared_vcpu(0));
	assert_true(stats_take(&later, &records, 15));
	text = printed(&later, &stats);
	assert_says(text, "  linux/0                0           57.5 %       90.0 %");
	assert_says(text, "  control/0              3           50.0 %        0.0 %");
	assert_says(text, "  nobody                 0           42.5 %       10.0 %");
	assert_says(text, "  nobody                 3           50.0 %      100.0 %");
	free(text);
}

/* One that runs alone is charged at some exits, and nothing is decided that the trace would have.
 */
static void test_share_of_one_alone(void **state)
{
	struct stats stats, later;
	struct sched_stats *alone;

	(void)state;
	alone = memory_share(0);
	memory_share_cpu(0, 50000, 0, memory_shared_vcpu(0));
	alone->ran_ticks = 50000;
	memory_event(0, 10, TRACE_SWITCH, 0, 0xff);
	assert_true(records_check(&records));
	assert_true(stats_take(&stats, &records, 1));
	assert_float_equal(stats_share(&stats, NULL, 0), 1, 0);
	assert_float_equal(stats_idle(&stats, NULL, 0), 0, 0);

	assert_true(stats_take(&later, &records, 2)); /* it was not disturbed since */
	assert_float_equal(stats_share(&later, &stats, 0), 1, 0);
	assert_float_equal(stats_idle(&later, &stats, 0), 0, 0);
}

/* Two CPUs and two vCPUs that run on both: the shares add up to 1 for each CPU. */
static void test_shares_of_a_group(void **state)
{
	struct stats stats;
	double sum;

	(void)state;
	memory_share(0)->ran_ticks = 900;
	memory_share(1)->ran_ticks = 500;
	memory_vcpu(0)->affinity = 3;
	memory_vcpu(1)->affinity = 3;
	memory_share_cpu(0, 1000, 100, memory_shared_vcpu(1));
	memory_share_cpu(1, 1000, 500, 0);
	assert_true(records_check(&records));
	assert_true(stats_take(&stats, &records, 1));
	sum = stats_share(&stats, NULL, 0) + stats_share(&stats, NULL, 1) +
	      stats_idle(&stats, NULL, 0) + stats_idle(&stats, NULL, 1);
	assert_float_equal(stats_share(&stats, NULL, 0), 0.9, 1e-9);
	assert_float_equal(sum, 2, 1e-9);
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
	int real_time, of, ran, misses, cpu, idle;

	(void)state;
	memory_share(1)->ran_ticks = 77;
	*memory_share(2) = (struct sched_stats){.misses = 5, .ran_ticks = 40};
	memory_vm(1)->task_first = 0;
	memory_share_cpu(2, 600, 560, 0);
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
	assert_int_equal(json_unpack(object, "{s:[{s:i, s:i, s:i}]}", "shared_cpus", "cpu", &cpu,
				 "of_ticks", &of, "idle_ticks", &idle),
		0);
	assert_int_equal(cpu, 3);
	assert_int_equal(of, 600);
	assert_int_equal(idle, 560);
	json_decref(object);
}

/* Messages for the second VM; two networks, the first one with two ports. */
static void put_communication(void)
{
	static const struct plan_port ports[] = {
		{.vm = 0, .network = 0}, {.vm = 1, .network = 0}, {.vm = 1, .network = 1}};
	const uint64_t comm = memory_shared_vcpu(0), plan = memory_shared_vcpu(1),
		       networks = memory_shared_vcpu(2);

	memory_vm(1)->comm = (void *)(uintptr_t)comm;
	memory_vm(1)->message_slots = 4;
	*(uint32_t *)memory_at(comm + MESSAGES_AT) = 81;
	*(uint32_t *)memory_at(comm + BEFORE_AT) = 10;
	*(uint32_t *)memory_at(comm + FULL_AT) = 5;
	memory_plan()->ports = (void *)(uintptr_t)plan;
	memory_plan()->port_count = 3;
	memcpy(memory_at(plan), ports, sizeof(ports));
	memory_plan()->networks = (void *)(uintptr_t)networks;
	*(struct port_stats *)memory_at(networks + PORTS_AT + PORT_STATS_AT) =
		(struct port_stats){.sent = 11, .received = 12, .lost = 13};
	*(struct port_stats *)memory_at(networks + PORTS_AT + PORT_BYTES + PORT_STATS_AT) =
		(struct port_stats){.sent = 21, .received = 22, .lost = 23};
	*(struct port_stats *)memory_at(networks + NETWORK_BYTES + PORTS_AT + PORT_STATS_AT) =
		(struct port_stats){.sent = 31, .received = 32, .lost = 33};
}

static void test_communication(void **state)
{
	struct stats stats;
	char *text;

	(void)state;
	put_communication();
	assert_true(records_check(&records));
	assert_true(stats_take(&stats, &records, 1));
	text = printed(&stats, NULL);
	assert_says(text, "messages for                      came found no room\n"
			  "  control                           91             5\n"
			  "packets of VM, network            sent          came          lost\n"
			  "  linux, 0                          11            12            13\n"
			  "  control, 0                        21            22            23\n"
			  "  control, 1                        31            32            33\n"
			  "VM ");
	free(text);
}

static void test_communication_json(void **state)
{
	int came, full, sent, received, lost, network;
	struct stats stats;
	json_t *object, *linux_vm;

	(void)state;
	put_communication();
	assert_true(records_check(&records));
	assert_true(stats_take(&stats, &records, 1));
	object = stats_json(&stats);
	assert_int_equal(json_unpack(object, "{s:{s:o, s:{s:{s:i, s:i}}}}", "vms", "linux",
				 &linux_vm, "control", "messages", "came", &came, "full", &full),
		0);
	assert_int_equal(came, 91);
	assert_int_equal(full, 5);
	assert_null(json_object_get(linux_vm, "messages"));
	assert_int_equal(
		json_unpack(object, "{s:[{}, {}, {s:i, s:i, s:i, s:i}]}", "ports", "network",
			&network, "sent", &sent, "received", &received, "lost", &lost),
		0);
	assert_int_equal(network, 1);
	assert_int_equal(sent, 31);
	assert_int_equal(received, 32);
	assert_int_equal(lost, 33);
	json_decref(object);
}

static void test_port_of_no_vm(void **state)
{
	struct stats stats;

	(void)state;
	put_communication();
	((struct plan_port *)memory_at(memory_shared_vcpu(1)))[1].vm = 7;
	assert_true(records_check(&records));
	fixture_listen();
	assert_false(stats_take(&stats, &records, 0));
	assert_says(fixture_said(), "port 1 belongs to no VM");
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
	memory_plan()->magic++;
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
		memory_prepare(state);
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

	memory_prepare(state);
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
	memory_vcpu(1)->vm = 7;
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
		cmocka_unit_test_setup_teardown(test_machine, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(
			test_machine_without_file, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(
			test_machine_incomplete, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_counters, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(
			test_state_unknown, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_json, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_shared, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(
			test_share_of_one_alone, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(
			test_shares_of_a_group, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_dedicated, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_shared_json, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(
			test_communication, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(
			test_communication_json, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(
			test_port_of_no_vm, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(
			test_senseless_memory, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(
			test_records_elsewhere, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(
			test_vcpu_of_no_vm, memory_prepare, fixture_release),
		cmocka_unit_test(test_terminal_filter),
	};

	return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
