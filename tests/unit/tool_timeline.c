/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The schedule that a trace tells, and its picture: hand-made traces, in ticks of a microsecond.
 */
#include "tests/unit/tool_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/arena.h"
#include "tools/timeline.h"

#define LINUX  0u
#define TASK   1u
#define EDF    2u
#define ROAMER 3u
#define ALONE  4u

#define HEAD                                              \
	"orlop-trace 1\n"                                 \
	"system a&b\n"                                    \
	"frequency 1000000\n"                             \
	"quantum 10000\n"                                 \
	"cpu 0 shared 9\n"                                \
	"cpu 2 shared 0\n"                                \
	"cpu 3 dedicated 0\n"                             \
	"vcpu linux 0 shared best-effort 1 0 0 0\n"       \
	"vcpu rt 0 shared task 1 5000 1000 4000\n"        \
	"vcpu rt 1 shared real-time 1 10000 2000 10000\n" \
	"vcpu roamer 0 shared best-effort 3 0 0 0\n"      \
	"vcpu alone 0 dedicated best-effort 4 0 0 0\n"

static struct recording recording;
static struct timeline timeline;

static const char *file_of(const char *events)
{
	const char *text = arena_text("%s%s", HEAD, events);

	return fixture_file("saved.trace", text, strlen(text));
}

static void build(const char *events, struct timeline_options options)
{
	assert_true(recording_load(&recording, file_of(events)));
	assert_true(timeline_build(&timeline, &recording, &options));
}

static const struct timeline_options everything = {.has_from = true};

/* That the timeline has just this span of the kind, from..to, and how many of the kind in all. */
static void assert_span(
	enum timeline_kind kind, unsigned cpu, unsigned vcpu, uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < timeline.span_count; i++) {
		const struct timeline_span *span = &timeline.spans[i];

		if (span->kind == kind && span->cpu == cpu && span->vcpu == vcpu &&
			span->from == from && span->to == to)
			return;
	}
	for (size_t i = 0; i < timeline.span_count; i++)
		print_message("kind %u, CPU %u, vCPU %u: %lu to %lu\n", timeline.spans[i].kind,
			timeline.spans[i].cpu, timeline.spans[i].vcpu,
			(unsigned long)timeline.spans[i].from, (unsigned long)timeline.spans[i].to);
	fail_msg("no span of kind %u of vCPU %u from %lu to %lu", kind, vcpu, (unsigned long)from,
		(unsigned long)to);
}

static unsigned spans_of(enum timeline_kind kind, unsigned vcpu)
{
	unsigned count = 0;

	for (size_t i = 0; i < timeline.span_count; i++)
		count += timeline.spans[i].kind == kind && timeline.spans[i].vcpu == vcpu;
	return count;
}

static const struct timeline_mark *mark_of(unsigned kind, unsigned vcpu)
{
	for (size_t i = 0; i < timeline.mark_count; i++) {
		if (timeline.marks[i].kind == kind && timeline.marks[i].vcpu == vcpu)
			return &timeline.marks[i];
	}
	fail_msg("vCPU %u has no mark of kind %u", vcpu, kind);
	return NULL;
}

static char *drawn(void)
{
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	timeline_draw(file, &timeline);
	fclose(file);
	return text;
}

/* A task takes the core from Linux, ends its job, and Linux goes on. */
static const char preemption[] = "event 1000 0 - IDLE 0\n"
				 "event 2000 0 0 WAKE 0\n"
				 "event 2000 0 0 SWITCH 0xff\n"
				 "event 5000 0 1 RELEASE 9000\n"
				 "event 5000 0 1 SWITCH 0\n"
				 "event 6000 0 1 JOB_END 10000\n"
				 "event 6000 0 0 SWITCH 1\n"
				 "event 8000 0 0 BLOCK 0xffffffffffffffff\n"
				 "event 8000 0 - IDLE 10000\n"
				 "event 9500 0 0 ARRIVED 0x30\n";

static void test_preemption(void **state)
{
	(void)state;
	build(preemption, everything);
	assert_int_equal(timeline.from, 1000);
	assert_int_equal(timeline.to, 9500);
	assert_span(TIMELINE_IDLE, 0, RECORDING_NO_VCPU, 1000, 2000);
	assert_span(TIMELINE_RAN, 0, LINUX, 2000, 5000);
	assert_span(TIMELINE_RAN, 0, TASK, 5000, 6000);
	assert_span(TIMELINE_WAITED, 0, LINUX, 5000, 6000);
	assert_span(TIMELINE_RAN, 0, LINUX, 6000, 8000);
	assert_span(TIMELINE_IDLE, 0, RECORDING_NO_VCPU, 8000, 9500);
	assert_int_equal(timeline.span_count, 6);
	assert_int_equal(timeline_ran(&timeline, 0, LINUX), 5000);
	assert_int_equal(mark_of(TRACE_RELEASE, TASK)->at, 5000);
	assert_int_equal(mark_of(TIMELINE_DEADLINE, TASK)->at, 9000);
	assert_int_equal(mark_of(TIMELINE_DEADLINE, TASK)->value, 5000);
	assert_int_equal(mark_of(TRACE_ARRIVED, LINUX)->value, 0x30);
}

/* Without a budget it wants to run in vain; with one it may still have to wait. */
static void test_budget(void **state)
{
	(void)state;
	build("event 1000 0 1 RELEASE 5000\n"
	      "event 1000 0 1 SWITCH 0\n"
	      "event 2000 0 1 BUDGET_END 6000\n"
	      "event 2000 0 0 SWITCH 1\n"
	      "event 6010 0 2 RELEASE 9000\n"
	      "event 6010 0 2 SWITCH 0\n"
	      "event 7000 0 2 BLOCK 20000\n"
	      "event 7000 0 1 SWITCH 2\n"
	      "event 7500 0 2 WAKE 0\n"
	      "event 7700 0 2 RELEASE 17700\n"
	      "event 8000 0 1 JOB_END 11000\n"
	      "event 8000 0 2 SWITCH 1\n"
	      "event 9000 0 - IDLE 0\n",
		everything);
	assert_span(TIMELINE_EXHAUSTED, 0, TASK, 2000, 6000);
	assert_span(TIMELINE_WAITED, 0, TASK, 6000, 7000);
	assert_span(TIMELINE_EXHAUSTED, 0, EDF, 7500, 7700);
	assert_span(TIMELINE_WAITED, 0, EDF, 7700, 8000);
	assert_span(TIMELINE_RAN, 0, EDF, 8000, 9000);
	assert_int_equal(spans_of(TIMELINE_EXHAUSTED, TASK), 1);
	assert_int_equal(mark_of(TRACE_BUDGET_END, TASK)->at, 2000);
}

/* The ring begins in the middle: who ran is known if it is seen to, else only from then on. */
static void test_beginning(void **state)
{
	(void)state;
	build("event 1000 0 0 IPI 3\n"
	      "event 3000 0 1 SWITCH 0\n"
	      "event 4000 0 - IDLE 0\n",
		everything);
	assert_int_equal(timeline.recorded[0], 1000);
	assert_span(TIMELINE_RAN, 0, LINUX, 1000, 3000);
	assert_span(TIMELINE_WAITED, 0, LINUX, 3000, 4000);

	build("event 1000 0 0 ARRIVED 3\n"
	      "event 3000 0 1 SWITCH 0\n"
	      "event 4000 0 - IDLE 0\n",
		everything);
	assert_int_equal(timeline.recorded[0], 3000);
	assert_span(TIMELINE_RAN, 0, TASK, 3000, 4000);
	assert_int_equal(timeline.span_count, 1);
}

/* A miss is noticed late, and belongs where the deadline is. */
static void test_miss(void **state)
{
	char *svg;

	(void)state;
	build("event 1000 0 1 RELEASE 5000\n"
	      "event 1000 0 0 SWITCH 1\n"
	      "event 5200 0 1 DEADLINE_MISS 5000\n"
	      "event 9000 0 - IDLE 0\n",
		everything);
	assert_int_equal(mark_of(TRACE_DEADLINE_MISS, TASK)->at, 5000);
	svg = drawn();
	assert_non_null(strstr(svg, "1 deadline missed"));
	assert_null(strstr(svg, "No missed deadline is recorded"));
	free(svg);
}

static unsigned deadlines(void)
{
	unsigned count = 0;

	for (size_t i = 0; i < timeline.mark_count; i++)
		count += timeline.marks[i].kind == TIMELINE_DEADLINE;
	return count;
}

/* A guest that says when its job is due: the deadline is where it said, and nowhere else. */
static void test_deadline_set(void **state)
{
	char *svg;

	(void)state;
	build("event 1000 0 1 RELEASE 5000\n"
	      "event 1000 0 0 SWITCH 1\n"
	      "event 1500 0 1 DEADLINE_SET 7000\n"
	      "event 1600 0 1 DEADLINE_SET 8000\n"
	      "event 9000 0 - IDLE 0\n",
		everything);
	assert_int_equal(deadlines(), 1);
	assert_int_equal(mark_of(TIMELINE_DEADLINE, TASK)->at, 8000);
	assert_int_equal(mark_of(TIMELINE_DEADLINE, TASK)->value, 1000);

	build("event 1000 0 1 RELEASE 2000\n" /* another job's stays */
	      "event 3000 0 1 RELEASE 50000\n"
	      "event 3500 0 1 DEADLINE_SET 60000\n"
	      "event 9000 0 - IDLE 0\n",
		everything);
	assert_int_equal(deadlines(), 1);
	assert_int_equal(mark_of(TIMELINE_DEADLINE, TASK)->at, 2000);

	build("event 1000 0 1 DEADLINE_SET 4000\n" /* its release was not recorded */
	      "event 9000 0 - IDLE 0\n",
		everything);
	assert_int_equal(mark_of(TIMELINE_DEADLINE, TASK)->at, 4000);
	svg = drawn();
	assert_non_null(strstr(svg, "deadline, as its guest said"));
	free(svg);
}

/* A best-effort vCPU that goes on on another CPU has a row on each, and a line between them. */
static const char migration[] = "event 1000 0 3 WAKE 0\n"
				"event 1000 0 3 SWITCH 0xff\n"
				"event 3000 0 2 RELEASE 13000\n"
				"event 3000 0 2 SWITCH 3\n"
				"event 3100 1 3 SWITCH 0xff\n"
				"event 4000 0 2 BLOCK 13000\n"
				"event 4000 0 - IDLE 13000\n"
				"event 5000 1 3 QUANTUM_END 0\n"
				"event 6000 1 3 BLOCK 9000\n"
				"event 6000 1 - IDLE 9000\n"
				"event 7000 2 4 IPI 1\n";

static void test_migration(void **state)
{
	(void)state;
	build(migration, everything);
	assert_span(TIMELINE_RAN, 0, ROAMER, 1000, 3000);
	assert_span(TIMELINE_WAITED, 0, ROAMER, 3000, 3100);
	assert_span(TIMELINE_RAN, 1, ROAMER, 3100, 6000);
	assert_int_equal(spans_of(TIMELINE_RAN, ROAMER), 2);
	assert_int_equal(timeline.to, 6000);
	assert_int_equal(timeline_ran(&timeline, 0, ROAMER), 2000);
	assert_int_equal(timeline_ran(&timeline, 1, ROAMER), 2900);
	assert_true(timeline_has_cpu(&timeline, 1));
	assert_false(timeline_has_cpu(&timeline, 2));
}

/* One event says that a quantum ends, and who has the core after that. */
static void test_turns(void **state)
{
	(void)state;
	build("event 1000 0 3 WAKE 0\n"
	      "event 1000 0 3 SWITCH 0xff\n"
	      "event 1500 0 0 WAKE 0\n"
	      "event 2000 0 0 TURN 3\n"
	      "event 3000 0 3 TURN 99\n"
	      "event 4000 0 - IDLE 0\n",
		everything);
	assert_span(TIMELINE_RAN, 0, ROAMER, 1000, 2000);
	assert_span(TIMELINE_WAITED, 0, LINUX, 1500, 2000);
	assert_span(TIMELINE_RAN, 0, LINUX, 2000, 3000);
	assert_span(TIMELINE_RAN, 0, ROAMER, 3000, 4000);
	assert_int_equal(mark_of(TRACE_QUANTUM_END, ROAMER)->at, 2000);
	assert_int_equal(timeline.mark_count, 1);
}

/* A fast interrupt: the roamer runs on the real-time vCPU's budget. */
static void test_fast(void **state)
{
	(void)state;
	build("event 1000 0 2 RELEASE 11000\n"
	      "event 1000 0 2 SWITCH 0xff\n"
	      "event 1500 0 3 WAKE 0\n"
	      "event 1500 0 3 FAST 2\n"
	      "event 1500 0 3 SWITCH 2\n"
	      "event 1600 0 3 BLOCK 0xffffffffffffffff\n"
	      "event 1600 0 2 SWITCH 3\n"
	      "event 2000 0 - IDLE 0\n",
		everything);
	assert_span(TIMELINE_RAN, 0, ROAMER, 1500, 1600);
	assert_span(TIMELINE_WAITED, 0, EDF, 1500, 1600);
	assert_int_equal(mark_of(TRACE_FAST, ROAMER)->value, EDF);
}

/* A VM that was stopped wants nothing any more. */
static void test_stop(void **state)
{
	(void)state;
	build("event 1000 0 1 SWITCH 0xff\n"
	      "event 2000 0 1 VCPU_STOP 0\n"
	      "event 2000 0 - IDLE 0\n"
	      "event 9000 0 0 SWITCH 1\n",
		everything);
	assert_int_equal(timeline.span_count, 2);
}

static void test_window(void **state)
{
	static const char long_trace[] = "event 1000 0 0 SWITCH 0xff\n"
					 "event 100000 0 1 SWITCH 0\n"
					 "event 200000 0 - IDLE 0\n";

	(void)state;
	build(long_trace, (struct timeline_options){0});
	assert_int_equal(timeline.from, 150000);
	assert_int_equal(timeline.to, 200000);
	assert_span(TIMELINE_RAN, 0, TASK, 150000, 200000);
	assert_int_equal(timeline.spans[timeline.span_count - 1].start, 0 + 100000);

	build(long_trace, (struct timeline_options){.has_to = true, .to_ns = 120000000});
	assert_int_equal(timeline.from, 70000);
	assert_int_equal(timeline.to, 120000);
	assert_span(TIMELINE_RAN, 0, LINUX, 70000, 100000);

	build(long_trace, (struct timeline_options){.has_from = true, .from_ns = -10000000});
	assert_int_equal(timeline.from, 190000);
	build(long_trace, (struct timeline_options){.has_from = true,
				  .from_ns = 20000000,
				  .has_to = true,
				  .to_ns = -150000000});
	assert_int_equal(timeline.from, 20000);
	assert_int_equal(timeline.to, 50000);
}

/* What is outside the trace is not drawn, and that is said. */
static void test_window_outside(void **state)
{
	const struct timeline_options more = {
		.has_from = true, .from_ns = 1, .has_to = true, .to_ns = 900000000};
	const struct timeline_options after = {.has_from = true, .from_ns = 900000000};
	const struct timeline_options inverted = {
		.has_from = true, .from_ns = 5000000, .has_to = true, .to_ns = 3000000};
	const char *said;

	(void)state;
	assert_true(recording_load(&recording, file_of(preemption)));
	fixture_listen();
	assert_true(timeline_build(&timeline, &recording, &more));
	assert_int_equal(timeline.from, 1000);
	assert_int_equal(timeline.to, 9500);
	assert_false(timeline_build(&timeline, &recording, &after));
	assert_false(timeline_build(&timeline, &recording, &inverted));
	said = fixture_said();
	assert_non_null(strstr(said, "warning: the trace holds 1.000000 ms to 9.500000 ms"));
	assert_non_null(strstr(said, "nothing between 900.000000 ms and 9.500000 ms"));
	assert_non_null(strstr(said, "nothing between 5.000000 ms and 3.000000 ms"));
}

static void test_nothing(void **state)
{
	static const char dedicated[] = "orlop-trace 1\nfrequency 1000\ncpu 0 dedicated 0\n"
					"event 5 0 - CPU_START 0\n";
	const struct timeline_options other = {.has_cpu = true, .cpu = 3};
	const struct timeline_options quiet = {.has_cpu = true, .cpu = 2};
	const char *said;

	(void)state;
	fixture_listen();
	assert_true(recording_load(
		&recording, fixture_file("dedicated.trace", dedicated, sizeof(dedicated) - 1)));
	assert_false(timeline_build(&timeline, &recording, &everything));
	assert_true(recording_load(&recording, file_of(preemption)));
	assert_false(timeline_build(&timeline, &recording, &other));
	assert_false(timeline_build(&timeline, &recording, &quiet));
	said = fixture_said();
	assert_non_null(strstr(said, "no core is shared"));
	assert_non_null(strstr(said, "CPU 3 is none that several vCPUs share"));
	assert_non_null(strstr(said, "nothing has happened yet"));
}

/* A group of the picture, from its id to its end. */
static char *group_of(const char *svg, const char *id)
{
	const char *start = strstr(svg, arena_text("<g id=\"%s\"", id));

	if (!start)
		fail_msg("there is no group %s in\n%s", id, svg);
	return arena_text("%.*s", (int)(strstr(start, "</g>") - start), start);
}

static unsigned count_of(const char *text, const char *words)
{
	unsigned count = 0;

	for (const char *at = strstr(text, words); at; at = strstr(at + 1, words))
		count++;
	return count;
}

/* A number after `name="` in the first element of a class. */
static double attribute(const char *text, const char *class, const char *name)
{
	const char *element = strstr(text, arena_text("class=\"%s\"", class));
	const char *value;

	if (!element)
		fail_msg("there is no %s in\n%s", class, text);
	value = strstr(element, arena_text(" %s=\"", name));
	assert_non_null(value);
	return strtod(value + strlen(name) + 3, NULL);
}

static void assert_near(double value, double expected)
{
	if (value < expected - 0.02 || value > expected + 0.02)
		fail_msg("%f is not %f", value, expected);
}

/* Every element is closed in its turn, attributes are quoted, and no < or & stands alone. */
static void assert_well_formed(const char *svg)
{
	const char *open[32];
	unsigned depth = 0;

	for (const char *at = strchr(svg, '<'); at; at = strchr(at + 1, '<')) {
		const char *end = at + strcspn(at, ">");

		assert_int_equal(*end, '>');
		assert_true(strcspn(at + 1, "<") > (size_t)(end - at - 1));
		assert_int_equal(count_of(arena_text("%.*s", (int)(end - at), at), "\"") % 2, 0);
		if (at[1] == '?' || end[-1] == '/')
			continue;
		if (at[1] != '/') {
			assert_true(depth < 32);
			open[depth++] = at + 1;
			continue;
		}
		assert_true(depth-- > 0);
		assert_memory_equal(open[depth], at + 2, (size_t)(end - at - 2));
	}
	assert_int_equal(depth, 0);
	for (const char *at = strchr(svg, '&'); at; at = strchr(at + 1, '&'))
		assert_true(strncmp(at, "&amp;", 5) == 0 || strncmp(at, "&lt;", 4) == 0);
}

/* The axis goes from x = 206 to x = 1106: of 8.5 ms. */
static void test_picture(void **state)
{
	const double scale = 900.0 / 8500;
	char *svg, *row;

	(void)state;
	build(preemption, everything);
	svg = drawn();
	assert_well_formed(svg);
	assert_non_null(strstr(svg, "<title>Schedule of a&amp;b</title>"));
	assert_non_null(strstr(svg, "No missed deadline is recorded."));
	row = group_of(svg, "cpu0-linux-0");
	assert_int_equal(count_of(row, "class=\"run\""), 2);
	assert_int_equal(count_of(row, "class=\"wait\""), 1);
	assert_int_equal(count_of(row, "class=\"arrived\""), 1);
	assert_near(attribute(row, "run", "x"), 206 + 1000 * scale);
	assert_near(attribute(row, "run", "width"), 3000 * scale);
	assert_near(attribute(row, "wait", "x"), 206 + 4000 * scale);
	assert_near(attribute(row, "wait", "width"), 1000 * scale);
	assert_non_null(
		strstr(row, "<title>linux/0 runs for 3 ms\n2.000000 ms to 5.000000 ms, CPU 0<"));
	assert_non_null(strstr(row, "linux/0: interrupt 48 arrives"));
	assert_non_null(strstr(row, ">58.8 %</text>"));
	row = group_of(svg, "cpu0-rt-0");
	assert_int_equal(count_of(row, "class=\"release\""), 1);
	assert_int_equal(count_of(row, "class=\"deadline\""), 1);
	assert_near(strtod(strstr(row, "class=\"deadline\" d=\"M") + 21, NULL), 206 + 8000 * scale);
	assert_non_null(strstr(row, ">1 ms each 5 ms, within 4 ms</text>"));
	assert_non_null(strstr(row, "rt/0: a job is released, due at 9.000000 ms\n5.000000 ms<"));
	row = group_of(svg, "cpu0");
	assert_int_equal(count_of(row, "class=\"on\""), 3);
	assert_non_null(strstr(row, ">70.6 %</text>"));
	assert_int_equal(count_of(svg, "class=\"moved\""), 0);
	free(svg);
}

static void test_picture_of_two(void **state)
{
	char *svg, *row;

	(void)state;
	build(migration, everything);
	svg = drawn();
	assert_well_formed(svg);
	assert_int_equal(count_of(svg, "class=\"moved\""), 1);
	assert_non_null(strstr(svg, "roamer/0 moves from CPU 0 to CPU 2"));
	assert_int_equal(count_of(group_of(svg, "cpu0-roamer-0"), "class=\"run\""), 1);
	row = group_of(svg, "cpu2-roamer-0");
	assert_int_equal(count_of(row, "class=\"run\""), 1);
	assert_int_equal(count_of(row, "class=\"quantum-end\""), 1);
	assert_int_equal(count_of(row, "class=\"unknown\""), 1);
	assert_near(attribute(row, "unknown", "width"), 2100 * 900.0 / 5000);
	assert_null(strstr(svg, "alone/0"));
	free(svg);

	build(migration, (struct timeline_options){.has_from = true, .has_cpu = true, .cpu = 2});
	svg = drawn();
	assert_well_formed(svg);
	assert_null(strstr(svg, "id=\"cpu0"));
	group_of(svg, "cpu2-roamer-0");
	free(svg);
}

/* Arrows without heads where there is no room for them, and the legend says so. */
static void test_dense(void **state)
{
	const char *events = "event 0 0 - IDLE 0\n";
	char *svg;

	(void)state;
	for (unsigned i = 1; i <= 100; i++)
		events = arena_text(
			"%sevent %u 0 1 RELEASE %u\n", events, i * 5000, i * 5000 + 4000);
	build(events, everything);
	svg = drawn();
	assert_well_formed(svg);
	assert_int_equal(count_of(group_of(svg, "cpu0-rt-0"), "class=\"release\""), 100);
	assert_int_equal(count_of(group_of(svg, "cpu0-rt-0"), "m-3 5l3"), 0);
	assert_non_null(strstr(svg, "lie too close"));
	free(svg);
}

static void test_command(void **state)
{
	char *file, *picture = (char *)fixture_path("picture.svg");
	char *good[] = {"timeline", NULL, "-o", picture, "--from", "1.5ms", "--to=-1000us", "--cpu",
		"0", NULL};
	char *no_folder[] = {"timeline", NULL, "-o", "/absent/x.svg", NULL};
	char *bad[][5] = {{"timeline", "--from", "12", NULL}, {"timeline", "--to", "ms", NULL},
		{"timeline", "--cpu", "x", NULL}, {"timeline", "--from", "1e300s", NULL},
		{"timeline", "--what", "1", NULL}, {"timeline", "a", "b", NULL}};
	char *absent[] = {"timeline", "no-such-machine", NULL};
	size_t size;

	(void)state;
	file = (char *)file_of(preemption);
	good[1] = no_folder[1] = file;
	fixture_listen();
	assert_int_equal(timeline_command(9, good), 0);
	assert_well_formed((const char *)fixture_read(picture, &size));
	assert_int_equal(timeline_command(4, no_folder), 1);
	assert_int_equal(timeline_command(2, absent), 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(timeline_command(3, bad[i]), 2);
	const char *said = fixture_said();

	assert_non_null(strstr(said, "/absent/x.svg: error: cannot be written: "));
	assert_non_null(strstr(said, "usage: orlop timeline"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_preemption, fixture_release),
		cmocka_unit_test_teardown(test_budget, fixture_release),
		cmocka_unit_test_teardown(test_beginning, fixture_release),
		cmocka_unit_test_teardown(test_miss, fixture_release),
		cmocka_unit_test_teardown(test_deadline_set, fixture_release),
		cmocka_unit_test_teardown(test_migration, fixture_release),
		cmocka_unit_test_teardown(test_turns, fixture_release),
		cmocka_unit_test_teardown(test_fast, fixture_release),
		cmocka_unit_test_teardown(test_stop, fixture_release),
		cmocka_unit_test_teardown(test_window, fixture_release),
		cmocka_unit_test_teardown(test_window_outside, fixture_release),
		cmocka_unit_test_teardown(test_nothing, fixture_release),
		cmocka_unit_test_teardown(test_picture, fixture_release),
		cmocka_unit_test_teardown(test_picture_of_two, fixture_release),
		cmocka_unit_test_teardown(test_dense, fixture_release),
		cmocka_unit_test_teardown(test_command, fixture_release),
	};

	return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
