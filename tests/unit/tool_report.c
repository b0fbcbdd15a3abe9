/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report, and the commands build and report on a description of the tests' board.
 */
#include "tests/unit/tool_fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/arena.h"
#include "tools/image.h"
#include "tools/report.h"
#include "tools/report_schedule.h"
#include "tools/schedule.h"
#include "tools/verify.h"

static const char board_yaml[] = "name: small\n"
				 "architecture: aarch64\n"
				 "device-tree: ../../board.dtb\n"
				 "console: { device: serial0, driver: pl011 }\n"
				 "group0: hypervisor\ntimer-frequency: 62500000\n"
				 "interrupt-limit: 288\n"
				 "free-interrupts: { first: 200, count: 8 }\n";

static const char system_yaml[] = "board: small\n"
				  "vms:\n"
				  "  one:\n"
				  "    os: bare\n"
				  "    image: { file: program.bin }\n"
				  "    memory: 2M\n"
				  "    vcpus: [ { cpu: 1 } ]\n"
				  "    access: [ serial1 ]\n"
				  "    on-fault: restart\n"
				  "  two:\n"
				  "    os: bare\n"
				  "    image: { file: program.bin }\n"
				  "    memory: 64K\n"
				  "    vcpus: [ { cpu: 2 }, { cpu: 3 } ]\n"
				  "    console: shared\n";

static char *yaml, *boards, *hyp;

/* The description, its board and its images in the test's folder. */
static void prepare(void)
{
	struct fixture_hyp fixture = fixture_hyp();
	uint8_t program[100] = {0x14};
	size_t size;
	uint8_t *bytes = fixture_hyp_bytes(&fixture, &size);

	mkdir(fixture_path("boards"), 0777);
	mkdir(fixture_path("boards/small"), 0777);
	fixture_file("boards/small/board.yaml", board_yaml, sizeof(board_yaml) - 1);
	fixture_file("program.bin", program, sizeof(program));
	yaml = (char *)fixture_file("product.yaml", system_yaml, sizeof(system_yaml) - 1);
	hyp = (char *)fixture_file("hyp.elf", bytes, size);
	boards = (char *)fixture_path("boards");
}

/* Runs a command with stdout in a file and returns what it printed. */
static const char *printed(int (*command)(int, char **), int argc, char **argv, int expected)
{
	int kept = dup(STDOUT_FILENO), status;
	size_t size;

	fflush(stdout);
	assert_non_null(freopen(fixture_path("stdout"), "w", stdout));
	status = command(argc, argv);
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	assert_int_equal(status, expected);
	return (const char *)fixture_read(fixture_path("stdout"), &size);
}

static void expect(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("there is no '%s' in\n%s", words, text);
}

/* The fixture's system, line by line where a mistake would mislead. */
static void test_report(void **state)
{
	struct system *system = fixture_system();
	struct fixture_hyp fixture = fixture_hyp();
	struct image image;
	size_t size;
	uint8_t *bytes = fixture_hyp_bytes(&fixture, &size);
	const char *text;
	FILE *out;

	(void)state;
	assert_true(image_build(&image, system, fixture_file("hyp.elf", bytes, size)));
	out = fopen(fixture_path("report"), "w");
	report_print(out, &image);
	fclose(out);
	text = (const char *)fixture_read(fixture_path("report"), &size);
	expect(text, "System unit on board test\n");
	expect(text, "  linux (VM 0, Linux)\n    vCPUs run on CPUs     0, 1\n");
	expect(text, "    interrupts            injected by the hypervisor\n");
	expect(text, "    on a fault, a reset   restart, halt\n");
	expect(text, "    stray accesses        raise an abort in the guest\n");
	expect(text, "leaves: 0 x 1 GiB, 32 x 2 MiB, 0 x 4 KiB\n");
	expect(text, "    3  0x00000101  control, vCPU 0, alone\n");
	expect(text, "    2  0x00000100  nothing; not started\n");
	expect(text, "  hypervisor  0x0040200000-0x0040210fff          68 KiB  image, plan,");
	expect(text,
		"  control     0x0040300000-0x00403fffff           1 MiB  memory, guest address "
		"0x40000000\n");
	expect(text, "  control     0x0044400000-0x004440ffff          64 KiB  memory, read-only, "
		     "guest address 0x10000\n");
	expect(text, "  hypervisor  0x0050000000-0x005000ffff          64 KiB  copy that control "
		     "restarts from\n");
	expect(text, "  -           0x0040000000-0x00401fffff           2 MiB  unassigned RAM\n");
	expect(text, "  -           0x0050010000-0x007fffffff");
	expect(text,
		"  hypervisor  0x0009000000-0x0009000fff           4 KiB  /soc/serial@9000000\n");
	expect(text,
		"  control     0x0009010000-0x0009010fff           4 KiB  /soc/serial@9010000\n");
	expect(text, "  each vCPU   -                                       -  /timer\n");
	expect(text, "/soc/net@9100000,");
	expect(text,
		"  control     0x0008000000-0x000800ffff          64 KiB  interrupt controller "
		"(GICD)\n");
	expect(text, "              0x0009000000-0x0009000fff           4 KiB  shared console "
		     "(PL011)\n");
	expect(text, "  hypervisor      33  level      /soc/serial@9000000\n");
	expect(text, "  linux          200  virtual    shared console\n");
	expect(text, "  control         34  level      /soc/serial@9010000\n");
	expect(text, "  all RAM that it takes                             69632 bytes\n");
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 100);
}

/* Text in which line breaks do not matter. */
static const char *flat(const char *text)
{
	char *copy = arena_text("%s", text), *to = copy;

	for (const char *at = copy; *at != '\0'; at++) {
		char letter = *at == '\n' ? ' ' : *at;

		if (letter != ' ' || to == copy || to[-1] != ' ')
			*to++ = letter;
	}
	*to = '\0';
	return copy;
}

static const char *schedule_of(const struct system *system)
{
	FILE *out = fopen(fixture_path("schedule"), "w");
	size_t size;

	report_schedule_print(out, system);
	fclose(out);
	return (const char *)fixture_read(fixture_path("schedule"), &size);
}

/* Linux twice on CPU 0, a real-time vCPU and two tasks on CPU 3. */
static void test_schedule(void **state)
{
	struct system *system = fixture_shared_system();
	const char *text;

	(void)state;
	system->quantum_ns = 30000000;
	text = schedule_of(system);
	expect(text, "\nScheduling\n  a tick of the counter  16 ns\n");
	expect(text, "  a change of vCPU       2us at most:");
	expect(text, "  CPU 0, shared by 2 vCPUs\n"
		     "    best effort          linux/0, linux/1: round robin, a quantum of 30ms "
		     "each.\n"
		     "  CPU 1, shared by 1 vCPU, which may run elsewhere, too\n");
	expect(text,
		"  CPU 3, shared by 3 vCPUs\n"
		"    real-time vCPU         period   deadline   capacity with switches   "
		"share   response      slack\n"
		"    control/0                10ms        5ms        2ms       2.004ms  "
		"20.04%    2.024ms    2.976ms\n"
		"    utilisation          20.04% of the 100.00% that real-time vCPUs may take\n"
		"    tasks                control/1, control/2: they say their periods and ");
	expect(flat(text), "at run time; 79.96% of the CPU are left for them");
	expect(text, "    linux                   its console           -                     "
		     "defer           no\n");
	assert_null(strstr(text, "dedicated CPUs"));
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 100);
}

/*
 * Two real-time vCPUs, of which one is preemptable, beside best effort with a reserve. By hand: the
 * shares are 0.2004 and 0.3004 of 0.8, less 250 interrupts of 1 us a second; the lag is the sum of
 * C + C * D / P and 10 us each: 2.004 * 1.5 + 3.004 * 2 + 0.02 = 9.034 ms; it is made up for in
 * 9.034 / (0.79975 - 0.5008) = 30.219 ms.
 */
static void test_schedule_reserve(void **state)
{
	struct system *system = fixture_system();
	struct vm *linux = &system->vms[FIXTURE_LINUX], *control = &system->vms[FIXTURE_CONTROL];
	const char *text;

	(void)state;
	system->quantum_ns = 30000000;
	system->reserve_millionths = 200000;
	linux->vcpus[1].affinity = 1 << 3;
	linux->vcpus[1].cpu = 3;
	linux->vcpus[1].ns = (struct vm_time){10000000, 3000000, 10000000};
	linux->vcpus[1].ticks = (struct vm_time){10 * FIXTURE_MS, 3 * FIXTURE_MS, 10 * FIXTURE_MS};
	linux->vcpus[0].affinity = 1 << 3;
	linux->vcpus[0].cpu = 3;
	linux->irq_policy = PLAN_RECYCLE_QUANTUM;
	linux->is_console_fast = true;
	linux->fast_per_second = 250;
	control->vcpus[0].ns = (struct vm_time){10000000, 2000000, 5000000};
	control->vcpus[0].ticks = (struct vm_time){10 * FIXTURE_MS, 2 * FIXTURE_MS, 5 * FIXTURE_MS};
	control->is_preemptable = true;
	control->has_own_time = true;
	schedule_plan(system);
	text = schedule_of(system);
	expect(text, "  CPU 3, shared by 3 vCPUs\n");
	expect(text, "linux/1                  10ms       10ms        3ms       3.004ms  30.04%");
	expect(flat(text), "not guaranteed control/0: preemptable, and");
	expect(text, "utilisation          50.08% of the 79.97% that");
	expect(flat(text), "linux/0: round robin, a quantum of 30ms each. 20.00% of the CPU are");
	expect(flat(text), "they have at least 49.89% of it");
	expect(flat(text), "less 9.034");
	expect(flat(text), "the reserve is kept in any of 30.21");
	expect(text, "    linux                   its console           its console           "
		     "recycle-quantum no\n");
	expect(flat(text), "at most 250 times a second. It also");
	expect(flat(text), "real-time vCPUs of control, on their budgets");
	expect(flat(text), "Its clock stands while it waits");
}

/* Nothing is said of scheduling where there is none. */
static void test_schedule_dedicated(void **state)
{
	(void)state;
	assert_string_equal(schedule_of(fixture_system()), "");
}

static void test_build_command(void **state)
{
	char *arguments[] = {"build", NULL, "-o", NULL, "--hyp", NULL, "--boards", NULL};
	const char *text, *elf;
	char *path;

	(void)state;
	prepare();
	path = (char *)fixture_path("out/product");
	arguments[1] = yaml;
	arguments[3] = path;
	arguments[5] = hyp;
	arguments[7] = boards;
	text = printed(image_command, 8, arguments, 0);
	/* CPU 0 runs no guest; it is there because it boots the others. */
	expect(text, "out/product.elf: 2 VMs on 4 CPUs; the hypervisor takes ");
	elf = fixture_path("out/product.elf");
	assert_true(verify_image(elf, fopen(fixture_path("proof"), "w")));
	assert_int_equal(access(fixture_path("out/product.img"), R_OK), 0);
	assert_int_equal(access(fixture_path("out/product.json"), R_OK), 0);
	assert_int_equal(access(fixture_path("out/product.report.txt"), R_OK), 0);
}

static void test_report_command(void **state)
{
	char *arguments[] = {"report", NULL, "--hyp", NULL, "--boards", NULL};
	const char *text;

	(void)state;
	prepare();
	arguments[1] = yaml;
	arguments[3] = hyp;
	arguments[5] = boards;
	text = printed(report_command, 6, arguments, 0);
	expect(text, "System product on board small\n");
	expect(text, "    0  0x00000000  nothing; it boots the others\n");
}

static void test_mistakes(void **state)
{
	char *none[] = {"build", NULL};
	char *twice[] = {"build", "a.yaml", "b.yaml", NULL};
	char *cut[] = {"build", "a.yaml", "-o", NULL};
	char *unknown[] = {"build", "a.yaml", "--what", NULL};
	char *absent[] = {"build", "/absent/a.yaml", NULL};
	char *no_hyp[] = {"build", NULL, "--hyp", "/absent/hyp.elf", "--boards", NULL, NULL};
	char *no_folder[] = {
		"build", NULL, "--hyp", NULL, "--boards", NULL, "-o", "/dev/null/x", NULL};

	(void)state;
	prepare();
	no_hyp[1] = no_folder[1] = yaml;
	no_hyp[5] = no_folder[5] = boards;
	no_folder[3] = hyp;
	fixture_listen();
	assert_int_equal(image_command(1, none), 2);
	assert_int_equal(image_command(3, twice), 2);
	assert_int_equal(image_command(3, cut), 2);
	assert_int_equal(image_command(3, unknown), 2);
	assert_int_equal(image_command(2, absent), 1);
	assert_int_equal(image_command(6, no_hyp), 1);
	assert_int_equal(image_command(8, no_folder), 1);
	no_folder[7] = "/proc/folder/x";
	assert_int_equal(image_command(8, no_folder), 1);
	assert_int_equal(report_command(1, none), 2);
	assert_int_equal(report_command(3, twice), 2);
	assert_int_equal(report_command(3, unknown), 2);
	assert_int_equal(report_command(2, absent), 1);
	assert_int_equal(report_command(6, no_hyp), 1);
	const char *said = fixture_said();

	expect(said, "usage: orlop build FILE.yaml");
	expect(said, "the hypervisor, /absent/hyp.elf, cannot be read");
	expect(said, "/dev/null/x.elf: error: cannot be written: ");
	expect(said, "/proc/folder: error: cannot be written: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_report, fixture_release),
		cmocka_unit_test_teardown(test_schedule, fixture_release),
		cmocka_unit_test_teardown(test_schedule_reserve, fixture_release),
		cmocka_unit_test_teardown(test_schedule_dedicated, fixture_release),
		cmocka_unit_test_teardown(test_build_command, fixture_release),
		cmocka_unit_test_teardown(test_report_command, fixture_release),
		cmocka_unit_test_teardown(test_mistakes, fixture_release),
	};

	return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
