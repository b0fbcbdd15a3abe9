/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A recording as a file: what is written is read again, and what is wrong in a file is said with
 * its line.
 */
#include "tests/unit/tool_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/recording.h"

#define HEAD                                                 \
	"orlop-trace 1\n"                                    \
	"system two words\n"                                 \
	"frequency 1000000\n"                                \
	"quantum 30000\n"                                    \
	"# a comment\n"                                      \
	"cpu 0 shared 12\n"                                  \
	"cpu 3 dedicated 0\n"                                \
	"vcpu linux 0 shared best-effort 0x1 0 0 0\n"        \
	"vcpu control 1 shared real-time 1 5000 1000 4000\n" \
	"vcpu control 2 dedicated task 2 0 0 0\n"

static const char *file_of(const char *text)
{
	return fixture_file("saved.trace", text, strlen(text));
}

static void test_round_trip(void **state)
{
	static const char events[] = HEAD "event 300 0 1 TURN 0x0\n"
					  "event 100 0 0 WAKE 0x0\n"
					  "event 100 1 - CPU_START 0x1\n"
					  "event 300 0 1 RELEASE 0xffffffffffffffff\n";
	struct recording recording, again;
	char *text;
	size_t size;
	FILE *file;

	(void)state;
	assert_true(recording_load(&recording, file_of(events)));
	assert_string_equal(recording.name, "two words");
	assert_int_equal(recording.frequency, 1000000);
	assert_int_equal(recording.quantum, 30000);
	assert_int_equal(recording.cpu_count, 2);
	assert_int_equal(recording.cpus[0].lost, 12);
	assert_int_equal(recording.cpus[1].number, 3);
	assert_false(recording.cpus[1].is_shared);
	assert_int_equal(recording.vcpu_count, 3);
	assert_int_equal(recording.vcpus[1].deadline, 4000);
	assert_int_equal(recording.vcpus[2].class, RECORDING_TASK);
	assert_string_equal(recording_name(&recording, 1), "control/1");
	assert_string_equal(recording_name(&recording, 3), "-");

	/* By time; of one moment as they were written. */
	assert_int_equal(recording.event_count, 4);
	assert_int_equal(recording.events[0].kind, TRACE_WAKE);
	assert_int_equal(recording.events[1].kind, TRACE_CPU_START);
	assert_int_equal(recording.events[1].vcpu, RECORDING_NO_VCPU);
	assert_int_equal(recording.events[2].kind, TRACE_TURN);
	assert_int_equal(recording.events[3].value, UINT64_MAX);

	file = open_memstream(&text, &size);
	recording_save(file, &recording);
	fclose(file);
	assert_true(recording_load(&again, file_of(text)));
	free(text);
	assert_int_equal(again.event_count, 4);
	assert_memory_equal(again.cpus, recording.cpus, 2 * sizeof(again.cpus[0]));
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(again.events[i].ticks, recording.events[i].ticks);
		assert_int_equal(again.events[i].kind, recording.events[i].kind);
		assert_int_equal(again.events[i].vcpu, recording.events[i].vcpu);
	}
	assert_string_equal(again.vcpus[2].vm, "control");
	assert_int_equal(again.vcpus[1].period, 5000);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"", "saved.trace:1:1: error: '' is not the beginning of a trace"},
		{"orlop-trace 2\n", ":1:1: error: 'orlop-trace 2' is not the beginning"},
		{"orlop-trace 1\n", ":1:1: error: "},
		{HEAD "event 1 0 9 WAKE 0\n", ":11:1: error: '9' is not a number up to 2"},
		{HEAD "event 1 2 0 WAKE 0\n", ":11:1: error: '2' is not a number up to 1"},
		{HEAD "event 1 0 0 SLEEP 0\n", "'SLEEP' is not an event that this tool knows"},
		{HEAD "event 1 0 0 WAKE\n", "'' is not a number"},
		{HEAD "event 1 0 0 WAKE -4\n", "'-4' is not a number"},
		{HEAD "event 1 0 0 WAKE 0 0\n", "too many words"},
		{HEAD "event 281474976710656 0 0 WAKE 0\n",
			"is not a number up to 281474976710655"},
		{HEAD "cpu 1 idle 0\n", "'idle' is not 'dedicated' or 'shared'"},
		{HEAD "vcpu x 0 shared fast 1 0 0 0\n", "'fast' is not 'best-effort',"},
		{HEAD "clock 1\n", "'clock' is not the beginning of a line of a trace"},
		{"orlop-trace 1\nfrequency 5000000000\n", "is not a number up to 1000000000"},
		{"orlop-trace 1\nfrequency 5\nevent 1 0 - IDLE 0\n", "before there is a CPU"},
	};
	struct recording recording;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *path = file_of(cases[i].text), *said;

		fixture_listen();
		assert_false(recording_load(&recording, path));
		said = fixture_said();
		if (!strstr(said, cases[i].says))
			fail_msg("'%s' is not in:\n%s", cases[i].says, said);
	}
	fixture_listen();
	assert_false(recording_load(&recording, "/absent/trace"));
	assert_non_null(strstr(fixture_said(), "/absent/trace"));
}

static void test_command_mistakes(void **state)
{
	char *unknown[] = {"trace", "--what", NULL};
	char *twice[] = {"trace", "a", "b", NULL};
	char *absent[] = {"trace", "no-such-machine", NULL};

	(void)state;
	fixture_listen();
	assert_int_equal(recording_command(2, unknown), 2);
	assert_int_equal(recording_command(3, twice), 2);
	assert_int_equal(recording_command(2, absent), 1);
	assert_non_null(strstr(fixture_said(), "usage: orlop trace [--save FILE] [NAME]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_round_trip, fixture_release),
		cmocka_unit_test_teardown(test_mistakes, fixture_release),
		cmocka_unit_test_teardown(test_command_mistakes, fixture_release),
	};

	return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
