/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hyp/core/console.c: who is shown when, and where input goes.
 */
#include "tests/unit/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "a" has the input after the start; "mute" has no UART and speaks by hypercall. */
static const struct harness_vm vms[] = {
	{"a", 1, true, PLAN_HALT},
	{"mute", 1, false, PLAN_HALT},
	{"b", 1, true, PLAN_HALT},
};
enum { A, MUTE, B };

static void start(void)
{
	harness_start(vms, ARRAY_LENGTH(vms));
}

static void test_own_lines(void **state)
{
	(void)state;
	start();
	console_print("%s %u", "hello", 5u);
	console_print("again");
	assert_string_equal(harness_said(), "[orlop] hello 5\r\n[orlop] again\r\n");
}

static void test_line_without_input_waits_for_its_end(void **state)
{
	(void)state;
	start();
	harness_say(B, "one");
	assert_string_equal(harness_said(), "");
	harness_say(B, " line\ntwo");
	assert_string_equal(harness_said(), "[b] one line\r\n");
	console_vm_flush(vm_at(B));
	assert_string_equal(harness_said(), "[b] two\r\n");
	console_vm_flush(vm_at(B));
	assert_string_equal(harness_said(), "");
}

static void test_prompt_with_input_is_seen_at_once(void **state)
{
	(void)state;
	start();
	harness_say(A, "/ # ");
	assert_string_equal(harness_said(), "[a] / # ");
	harness_say(A, "l");
	harness_say(A, "s");
	assert_string_equal(harness_said(), "ls");
	harness_say(A, "\r\nfile\r\n");
	assert_string_equal(harness_said(), "\r\n[a] file\r\n");
}

static void test_open_line_is_cut_and_begun_again(void **state)
{
	(void)state;
	start();
	harness_say(A, "/ # ec");
	harness_say(B, "tick\n");
	assert_string_equal(harness_said(), "[a] / # ec\r\n[b] tick\r\n");
	harness_say(A, "h");
	assert_string_equal(harness_said(), "[a] / # ech");
	console_print("news");
	harness_say(A, "\n");
	assert_string_equal(harness_said(), "\r\n[orlop] news\r\n[a] / # ech\r\n");
	console_vm_flush(vm_at(A));
	assert_string_equal(harness_said(), "");
}

static void test_line_ends(void **state)
{
	static const struct {
		unsigned vm;
		const char *says, *shown;
	} cases[] = {
		{B, "x\r\ny\n", "[b] x\r\n[b] y\r\n"},
		{B, "x\r\r\ny\n", "[b] x\r\n[b] y\r\n"},
		{B, "x\n\ry\n", "[b] x\r\n[b] y\r\n"},
		{B, "\n\r\n", "[b] \r\n[b] \r\n"},
		{B, "10%\r20%\r\n", "[b] 10%\r\n[b] 20%\r\n"},
		{A, "x\r\r\ny\n", "[a] x\r\n[a] y\r\n"},
		{A, "10%\r20%\r\n", "[a] 10%\r[a] 20%\r\n"},
		{A, "\rx\n", "[a] x\r\n"},
		{A, "ab\b \b\n", "[a] ab\b \b\r\n"},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
		start();
		harness_say(cases[i].vm, cases[i].says);
		assert_string_equal(harness_said(), cases[i].shown);
	}
}

/* After a CR only what was written since belongs to the line. */
static void test_written_over_then_cut(void **state)
{
	(void)state;
	start();
	harness_say(A, "10%\r20%");
	console_print("news");
	harness_say(A, "\n");
	assert_string_equal(harness_said(), "[a] 10%\r[a] 20%\r\n[orlop] news\r\n[a] 20%\r\n");
}

static void say_many(unsigned vm, char c, unsigned count)
{
	while (count-- > 0)
		console_vm_put(vm_at(vm), c);
}

static void test_full_line_without_input_goes_on_marked(void **state)
{
	char expected[CONSOLE_LINE_SIZE + 64];

	(void)state;
	start();
	say_many(B, 'x', CONSOLE_LINE_SIZE);
	assert_string_equal(harness_said(), "");
	harness_say(B, "y\n");
	snprintf(expected, sizeof(expected), "[b] %.*s\r\n[b]+ y\r\n", (int)CONSOLE_LINE_SIZE,
		vm_at(B)->console.text);
	memset(expected + 4, 'x', CONSOLE_LINE_SIZE);
	assert_int_equal(strncmp(harness_said(), expected, 4 + CONSOLE_LINE_SIZE), 0);
	assert_string_equal(
		fake.uart.text + fake.uart.length - strlen("\r\n[b]+ y\r\n"), "\r\n[b]+ y\r\n");
	say_many(B, 'x', CONSOLE_LINE_SIZE);
	harness_say(B, "\nz\n");
	assert_string_equal(
		fake.uart.text + fake.uart.length - strlen("x\r\n[b] z\r\n"), "x\r\n[b] z\r\n");
}

static void test_full_line_with_input_stays_open(void **state)
{
	const char *text;

	(void)state;
	start();
	say_many(A, 'x', CONSOLE_LINE_SIZE + 2);
	text = harness_said();
	assert_int_equal(strlen(text), strlen("[a] ") + CONSOLE_LINE_SIZE + 2);
	console_print("news");
	harness_say(A, "y\n");
	assert_string_equal(harness_said(), "\r\n[orlop] news\r\n[a]+ xxy\r\n");
	harness_say(A, "z\n");
	assert_string_equal(harness_said(), "[a] z\r\n");
}

static void test_escape_sequences_stay_whole(void **state)
{
	(void)state;
	start();
	harness_say(A, "\033[1;3");
	assert_string_equal(harness_said(), "");
	console_print("news");
	harness_say(A, "1mred");
	assert_string_equal(harness_said(), "[orlop] news\r\n[a] \033[1;31mred");
	console_print("news");
	assert_string_equal(harness_said(), "\033[0m\r\n[orlop] news\r\n");
	harness_say(A, "\033[0m\n");
	assert_string_equal(harness_said(), "[a] \033[1;31mred\033[0m\r\n");
	harness_say(A, "\033[6n");
	console_print("news"); /* no colour, none to take back */
	assert_string_equal(harness_said(), "[a] \033[6n\r\n[orlop] news\r\n");
	harness_say(A, "\n");
	harness_said();
	harness_say(A, "\033(");
	assert_string_equal(harness_said(), "");
	harness_say(A, "B\033\033c");
	assert_string_equal(harness_said(), "[a] \033(B\033\033c");
	harness_say(A, "\033[6");
	assert_string_equal(harness_said(), "");
	harness_say(A, "\n");
	assert_string_equal(harness_said(), "\033[6\r\n");
}

/* What ends a sequence, and what belongs to it: text "before|behind", shown only with `behind`. */
/* A terminal would answer a question to whom the input belongs, or move into another's line. */
static void test_without_input_only_colours_pass(void **state)
{
	(void)state;
	start();
	harness_say(B, "a\033[6nb\033[1;31mred\033[0m\033[2A\033c!\n");
	assert_string_equal(harness_said(), "[b] ab\033[1;31mred\033[0m!\r\n");
	harness_say(B, "half\033[6\n");
	assert_string_equal(harness_said(), "[b] half\r\n");
	for (unsigned i = 0; i + 2 < CONSOLE_LINE_SIZE; i++)
		harness_say(B, "x");
	harness_say(B, "\033[6ny\n");
	assert_null(strchr(harness_said(), '\033'));
}

static void test_ends_of_escape_sequences(void **state)
{
	static const char *const whole[] = {"\033[|@", "\033[2 |q", "\033[?25|l", "\033[|~",
		"\033[0;1|m", "\033 |F", "\033/|~", "\033(|0", "\033|0", "\033|c"};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(whole); i++) {
		const char *bar = strchr(whole[i], '|');

		start();
		for (const char *c = whole[i]; c < bar; c++)
			console_vm_put(vm_at(A), *c);
		assert_string_equal(harness_said(), "");
		console_vm_put(vm_at(A), bar[1]);
		assert_string_not_equal(harness_said(), "");
	}
}

static void test_debugger_and_none(void **state)
{
	struct plan *plan;

	(void)state;
	plan = harness_plan(vms, ARRAY_LENGTH(vms));
	plan->console = PLAN_CONSOLE_DEBUGGER;
	harness_seal();
	assert_int_equal(harness_boot(), FAKE_ENTERED);
	console_print("hello");
	harness_say(B, "x\n");
	assert_string_equal(fake.debugger.text, "[orlop] hello\r\n[b] x\r\n");
	assert_int_equal(fake.uart.length, 0);
	assert_int_equal(fake.uart_inits, 0);
	assert_null(fake.routed_cpu);
	console_vm_halted(vm_at(A));

	plan = harness_plan(vms, ARRAY_LENGTH(vms));
	plan->console = PLAN_CONSOLE_NONE;
	harness_seal();
	assert_int_equal(harness_boot(), FAKE_ENTERED);
	console_print("hello");
	assert_int_equal(fake.debugger.length + fake.uart.length, 0);
}

/* A UART that takes nothing costs one long wait, then none; the loss is counted and said. */
static void test_uart_that_does_not_drain(void **state)
{
	(void)state;
	start();
	fake.uart_room = 9;
	console_print("12345");
	assert_string_equal(harness_said(), "[orlop] 1");
	for (unsigned i = 0; i < 1000; i++)
		console_print("lost");
	fake.uart_room = ~0u;
	console_print("back");
	assert_string_equal(harness_said(), /* 6 + 1000 * 14 */
		"[orlop] the UART took too long: 14006 characters lost\r\n[orlop] back\r\n");
	console_print("fine");
	assert_string_equal(harness_said(), "[orlop] fine\r\n");
}

/* One that only needs time loses nothing. */
static void test_slow_uart(void **state)
{
	(void)state;
	start();
	fake.uart_delay = 3;
	console_print("hello");
	console_print("again");
	assert_string_equal(harness_said(), "[orlop] hello\r\n[orlop] again\r\n");
}

/* Types, and lets whatever CPU gets the interrupt take it until there is none. */
static void type(const char *text)
{
	fake_type(text);
	while (fake.routed_cpu && fake.kicked[cpu_index(fake.routed_cpu)])
		arch_irq_poll(cpu_at(cpu_index(fake.routed_cpu)));
}

static void assert_input(unsigned vm, const char *text)
{
	const struct uart *uart = &vm_at(vm)->uart;

	assert_int_equal(uart->input_count, strlen(text));
	assert_memory_equal(uart->input + uart->input_first, text, strlen(text));
}

static void test_input_follows_the_escape_key(void **state)
{
	(void)state;
	start();
	assert_ptr_equal(fake.routed_cpu, cpu_at(0));
	assert_int_equal(fake.routed_irq, HARNESS_UART_IRQ);
	type("ab");
	assert_input(A, "ab");
	assert_input(B, "");
	harness_say(B, "login: ");
	type("\x1d"
	     "cd");
	assert_string_equal(harness_said(), "[orlop] input goes to b\r\n[b] login: ");
	assert_ptr_equal(fake.routed_cpu, cpu_at(2));
	assert_input(A, "ab");
	assert_input(B, "cd");
	type("\x1d"
	     "e");
	assert_string_equal(harness_said(), "\r\n[orlop] input goes to a\r\n");
	assert_input(A, "abe");
	type(""); /* an interrupt without a cause */
	assert_input(A, "abe");
}

static void test_start_says_where_input_goes_if_there_is_a_choice(void **state)
{
	(void)state;
	harness_plan(vms, ARRAY_LENGTH(vms));
	harness_seal();
	harness_boot();
	assert_string_equal(harness_said(), "[orlop] input goes to a, Ctrl-] moves it\r\n");
	harness_plan(vms, 2);
	harness_seal();
	harness_boot();
	assert_string_equal(harness_said(), "");
	type("\x1d"
	     "x");
	assert_string_equal(harness_said(), "[orlop] input goes to a\r\n");
	assert_input(A, "x");
}

static void test_nobody_takes_input(void **state)
{
	(void)state;
	harness_start(vms + 1, 1);
	assert_null(fake.routed_cpu);
	fake_type("x\x1d");
	console_input();
	assert_string_equal(harness_said(), "[orlop] no VM takes input\r\n");
}

static void test_halted_vm_hands_the_input_on(void **state)
{
	(void)state;
	start();
	assert_null(harness_fault(vm_vcpu(vm_at(A), 0)));
	assert_int_equal(vm_at(A)->state, VM_HALTED);
	assert_ptr_equal(fake.routed_cpu, cpu_at(2));
	type("x\x1dy");
	assert_input(A, "");
	assert_input(B, "xy");
	assert_non_null(strstr(harness_said(), "[orlop] input goes to b\r\n"));
	assert_null(harness_fault(vm_vcpu(vm_at(B), 0)));
	type("z\x1d");
	assert_non_null(strstr(harness_said(), "[orlop] no VM takes input\r\n"));
	assert_input(B, "xy");
}

static void test_vm_that_is_being_stopped_gets_no_input(void **state)
{
	(void)state;
	start();
	vm_stop(vm_at(A), PLAN_HALT);
	type("x");
	assert_input(A, "");
}

/* More than one interrupt's worth at once. */
static void test_much_input(void **state)
{
	char text[201] = "";

	(void)state;
	start();
	memset(text, 'q', sizeof(text) - 1);
	type(text);
	assert_input(A, text);
	type(text);
	assert_int_equal(vm_at(A)->uart.input_count, UART_INPUT_SIZE);
}

/* A CPU takes a bounded number in one go, and none that comes behind an escape key. */
static void test_input_is_taken_in_bounds(void **state)
{
	char text[201] = "";

	(void)state;
	start();
	memset(text, 'q', sizeof(text) - 1);
	fake.typed = text;
	console_input();
	assert_int_equal(vm_at(A)->uart.input_count, 64);
	fake.typed = "r\x1ds";
	console_input();
	assert_string_equal(fake.typed, "s");
	assert_true(fake.kicked[2]);
}

/* A call is short: it ends with the first line that appears, or after some tens of characters. */
static void test_write_takes_a_part(void **state)
{
	static const struct {
		const char *text;
		size_t taken;
	} cases[] = {
		{"", 0},
		{"plain", 5},
		{"one\ntwo\n", 4},
		{"\r\n\n", 2},
		{"a\rb\rc", 3},
		{"0123456789012345678901234567890123456789more", 40},
		{"\033\033\033\033\033\033\033\033\033\033", 8},
		{"\t\t\t\t\t\t\t\t\t\t", 8},
	};

	(void)state;
	for (unsigned i = 0; i < 2 * ARRAY_LENGTH(cases); i++) {
		const char *text = cases[i / 2].text;

		start();
		assert_int_equal(console_vm_write(vm_at(i % 2 ? A : B), text, strlen(text)),
			cases[i / 2].taken);
	}
	start();
	say_many(B, 'x', CONSOLE_LINE_SIZE);
	assert_int_equal(console_vm_write(vm_at(B), "yz", 2), 1);
}

/* Said in pieces or character by character: the same is seen. */
static void test_pieces_are_seen_as_characters_are(void **state)
{
	static const char alphabet[] = "aaaaaabcd   \n\r\033\033[[[10mmn(\b";
	static char text[300], one_by_one[20000];

	(void)state;
	srand(2);
	for (unsigned round = 0; round < 300; round++) {
		const unsigned vm = round % 2 ? A : B;

		for (unsigned i = 0; i < sizeof(text); i++)
			text[i] = alphabet[(unsigned)rand() % (sizeof(alphabet) - 1)];
		start();
		for (unsigned i = 0; i < sizeof(text); i++)
			console_vm_put(vm_at(vm), text[i]);
		strcpy(one_by_one, harness_said());
		start();
		for (size_t at = 0; at < sizeof(text);) {
			const size_t count = 1 + (size_t)rand() % 50, left = sizeof(text) - at;

			at += console_vm_write(vm_at(vm), text + at, count < left ? count : left);
		}
		assert_string_equal(harness_said(), one_by_one);
	}
}

/* Three speakers at random: each line of theirs is shown whole, once, and in order at last. */

#define LINES 300u

struct speaker {
	char text[LINES][24];
	unsigned line, at; /* what it says next */
	unsigned shown;    /* lines seen whole, in order */
};

static void speak(struct speaker *speaker, unsigned vm)
{
	char c = speaker->text[speaker->line][speaker->at];

	if (c != '\0') {
		speaker->at++;
	} else {
		c = '\n';
		speaker->at = 0;
		speaker->line++;
	}
	console_vm_put(vm_at(vm), c);
}

static bool is_start_of(const char *text, const char *shown)
{
	return strncmp(text, shown, strlen(shown)) == 0;
}

/* A showing is the next line, or its part that was said before someone else spoke; or the last
 * again, when someone spoke just before its end.
 */
static void check_showing(struct speaker *speaker, const char *shown)
{
	if (speaker->shown < LINES && is_start_of(speaker->text[speaker->shown], shown))
		speaker->shown += strcmp(speaker->text[speaker->shown], shown) == 0;
	else
		assert_true(speaker->shown > 0 &&
			    is_start_of(speaker->text[speaker->shown - 1], shown));
}

static void test_random_speakers(void **state)
{
	static struct speaker speakers[3];
	const char *const names[] = {"[a] ", "[mute] ", "[b] "};

	(void)state;
	memset(speakers, 0, sizeof(speakers));
	start();
	srand(1);
	for (unsigned vm = 0; vm < 3; vm++) {
		for (unsigned i = 0; i < LINES; i++)
			snprintf(speakers[vm].text[i], 24, "%04u:%.*s.", i, rand() % 16,
				"abcdefghijklmnop");
	}
	while (speakers[A].line < LINES || speakers[B].line < LINES ||
		speakers[MUTE].line < LINES) {
		unsigned vm = (unsigned)rand() % 3;

		if (speakers[vm].line < LINES)
			speak(&speakers[vm], vm);
		if (rand() % 1000 == 0)
			console_print("0:news");
	}
	for (char *rest = (char *)(uintptr_t)harness_said(), *line; *rest != '\0';) {
		char *end = strstr(rest, "\r\n");

		assert_non_null(end);
		line = rest;
		*end = '\0';
		rest = end + 2;
		for (unsigned vm = 0; vm < 3; vm++) {
			if (strncmp(line, names[vm], strlen(names[vm])) == 0)
				check_showing(&speakers[vm], line + strlen(names[vm]));
		}
	}
	for (unsigned vm = 0; vm < 3; vm++)
		assert_int_equal(speakers[vm].shown, LINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_lines),
		cmocka_unit_test(test_line_without_input_waits_for_its_end),
		cmocka_unit_test(test_prompt_with_input_is_seen_at_once),
		cmocka_unit_test(test_open_line_is_cut_and_begun_again),
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_written_over_then_cut),
		cmocka_unit_test(test_full_line_without_input_goes_on_marked),
		cmocka_unit_test(test_full_line_with_input_stays_open),
		cmocka_unit_test(test_escape_sequences_stay_whole),
		cmocka_unit_test(test_without_input_only_colours_pass),
		cmocka_unit_test(test_ends_of_escape_sequences),
		cmocka_unit_test(test_debugger_and_none),
		cmocka_unit_test(test_uart_that_does_not_drain),
		cmocka_unit_test(test_slow_uart),
		cmocka_unit_test(test_input_follows_the_escape_key),
		cmocka_unit_test(test_start_says_where_input_goes_if_there_is_a_choice),
		cmocka_unit_test(test_nobody_takes_input),
		cmocka_unit_test(test_halted_vm_hands_the_input_on),
		cmocka_unit_test(test_vm_that_is_being_stopped_gets_no_input),
		cmocka_unit_test(test_much_input),
		cmocka_unit_test(test_input_is_taken_in_bounds),
		cmocka_unit_test(test_write_takes_a_part),
		cmocka_unit_test(test_pieces_are_seen_as_characters_are),
		cmocka_unit_test(test_random_speakers),
	};

	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
