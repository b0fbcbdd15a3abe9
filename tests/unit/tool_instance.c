/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding running machines, and QEMU's monitor protocol against a QEMU of our own.
 */
#include "tests/unit/tool_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/arena.h"
#include "tools/instance.h"
#include "tools/qmp.h"

#define TIMEOUT_MS 3000u

/* What our QEMU does with the command that follows qmp_capabilities. */
enum behaviour { ANSWERS, ANSWERS_AFTER_EVENTS, REFUSES, HANGS_UP, SAVES_MEMORY, SAVES_HALF };

static enum behaviour behaviour;
static int listener;
static char home[4096];

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* One line that orlop sent; empty at the end. */
static void hear(int fd, char *line, size_t size)
{
	size_t count = 0;

	while (count < size - 1 && !(count > 0 && line[count - 1] == '}') &&
		read(fd, line + count, 1) == 1)
		count++;
	line[count] = '\0';
}

/* pmemsave: the file that the command names is filled with 0xa5. */
static void save_memory(const char *command, bool half)
{
	json_t *object = json_loads(command, JSON_DISABLE_EOF_CHECK, NULL);
	const char *name;
	json_int_t size;
	uint8_t *bytes;
	int fd;

	assert_int_equal(json_unpack(object, "{s:{s:s, s:I}}", "arguments", "filename", &name,
				 "size", &size),
		0);
	size = half ? size / 2 : size;
	bytes = malloc((size_t)size);
	memset(bytes, 0xa5, (size_t)size);
	fd = open(name, O_WRONLY);
	assert_int_equal(write(fd, bytes, (size_t)size), size);
	close(fd);
	free(bytes);
	json_decref(object);
}

static void *be_qemu(void *argument)
{
	int fd = accept(listener, NULL, NULL);
	char line[512], more[512];

	(void)argument;
	say(fd, "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n");
	hear(fd, line, sizeof(line));
	assert_non_null(strstr(line, "qmp_capabilities"));
	say(fd, "{\"return\": {}}\r\n");
	hear(fd, line, sizeof(line));
	if (strstr(line, "arguments")) { /* whose value ends with a brace, too */
		hear(fd, more, sizeof(more));
		strcat(line, more);
	}
	if (behaviour == ANSWERS_AFTER_EVENTS)
		say(fd, "{\"event\": \"STOP\"}\r\nno JSON\r\n{\"event\": \"SHUTDOWN\"}\r\n");
	if (behaviour == SAVES_MEMORY || behaviour == SAVES_HALF)
		save_memory(line, behaviour == SAVES_HALF);
	if (behaviour == REFUSES)
		say(fd, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"not today\"}}\r\n");
	else if (behaviour != HANGS_UP)
		say(fd, "{\"return\": {}}\r\n");
	close(fd);
	return NULL;
}

/* Starts our QEMU and connects to it. */
static pthread_t meet(struct qmp *qmp, enum behaviour how)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = fixture_path("qmp");
	pthread_t thread;

	behaviour = how;
	unlink(path);
	strcpy(address.sun_path, path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(pthread_create(&thread, NULL, be_qemu, NULL), 0);
	assert_true(qmp_open(qmp, path, TIMEOUT_MS));
	return thread;
}

static void part(struct qmp *qmp, pthread_t thread)
{
	pthread_join(thread, NULL);
	qmp_close(qmp);
	close(listener);
}

static void test_command(void **state)
{
	struct qmp qmp;
	pthread_t thread = meet(&qmp, ANSWERS);

	(void)state;
	assert_true(qmp_command(&qmp, "stop", NULL));
	part(&qmp, thread);
}

static void test_command_refused(void **state)
{
	struct qmp qmp;
	pthread_t thread = meet(&qmp, REFUSES);

	(void)state;
	fixture_listen();
	assert_false(qmp_command(&qmp, "stop", NULL));
	assert_non_null(strstr(fixture_said(), "it refuses stop: not today"));
	part(&qmp, thread);
}

static void test_qemu_gone(void **state)
{
	struct qmp qmp;
	pthread_t thread = meet(&qmp, HANGS_UP);
	bool gone;

	(void)state;
	fixture_listen();
	assert_false(qmp_command(&qmp, "stop", NULL));
	assert_non_null(strstr(fixture_said(), "it does not answer the command stop"));
	assert_null(qmp_event(&qmp, &gone));
	assert_true(gone);
	part(&qmp, thread);
}

static void assert_event(struct qmp *qmp, const char *name)
{
	bool gone;
	json_t *event = qmp_event(qmp, &gone);

	assert_string_equal(json_string_value(json_object_get(event, "event")), name);
	json_decref(event);
}

static void test_events_are_kept(void **state)
{
	struct qmp qmp;
	pthread_t thread = meet(&qmp, ANSWERS_AFTER_EVENTS);
	bool gone;

	(void)state;
	assert_true(qmp_command(&qmp, "cont", NULL));
	assert_event(&qmp, "STOP");
	assert_event(&qmp, "SHUTDOWN");
	assert_null(qmp_event(&qmp, &gone));
	part(&qmp, thread);
}

static void test_memory(void **state)
{
	struct qmp qmp;
	pthread_t thread = meet(&qmp, SAVES_MEMORY);
	uint8_t bytes[5000] = {0};

	(void)state;
	assert_true(qmp_read_memory(&qmp, 0x40200000, sizeof(bytes), bytes));
	assert_int_equal(bytes[0], 0xa5);
	assert_int_equal(bytes[sizeof(bytes) - 1], 0xa5);
	part(&qmp, thread);
}

static void test_memory_cut_short(void **state)
{
	struct qmp qmp;
	pthread_t thread = meet(&qmp, SAVES_HALF);
	uint8_t bytes[5000];

	(void)state;
	fixture_listen();
	assert_false(qmp_read_memory(&qmp, 0x40200000, sizeof(bytes), bytes));
	assert_non_null(strstr(fixture_said(), "did not write all"));
	part(&qmp, thread);
}

static void test_nobody_answers(void **state)
{
	char *path = arena_text("/tmp/%0*d", 200, 0);
	struct qmp qmp;

	(void)state;
	assert_false(qmp_open(&qmp, fixture_path("nobody"), 30));
	assert_false(qmp_open(&qmp, path, 30));
}

static struct instance sample(const char *name, int pid)
{
	return (struct instance){name, pid, "build/run/x.qmp", "build/x", 12.5};
}

static void test_instances(void **state)
{
	struct instance one = sample("one", getpid()), two = sample("two", getpid()), found;

	(void)state;
	fixture_listen();
	assert_false(instance_find(&found, NULL));
	assert_non_null(strstr(fixture_said(), "no machine is running"));

	assert_true(instance_write(&one));
	assert_true(instance_find(&found, NULL));
	assert_string_equal(found.name, "one");
	assert_string_equal(found.qmp, "build/run/x.qmp");
	assert_string_equal(found.image, "build/x");
	assert_true(found.started == 12.5);

	assert_true(instance_write(&two));
	assert_true(instance_find(&found, "two"));
	assert_string_equal(found.name, "two");
	fixture_listen();
	assert_false(instance_find(&found, NULL));
	assert_non_null(strstr(fixture_said(), "say which: one, two"));

	instance_remove("one");
	fixture_listen();
	assert_false(instance_find(&found, "one"));
	assert_non_null(strstr(fixture_said(), "no machine called one is running"));
	instance_remove("two");
}

/* The file of a process that is gone, and one that is no such file at all. */
static void test_leftovers(void **state)
{
	struct instance found, old = sample("old", 0);
	FILE *file;

	(void)state;
	old.pid = fork();
	if (old.pid == 0)
		_exit(0);
	waitpid(old.pid, NULL, 0);
	assert_true(instance_write(&old));
	file = fopen(instance_path("rubbish", ".json"), "w");
	fputs("{\"pid\": \"none\"}", file);
	fclose(file);
	fixture_listen();
	assert_false(instance_find(&found, NULL));
	assert_non_null(strstr(fixture_said(), "no machine is running"));
}

static void test_no_room(void **state)
{
	struct instance one = sample("no/such/folder", getpid());

	(void)state;
	fixture_listen();
	assert_false(instance_write(&one));
	assert_non_null(strstr(fixture_said(), "the file cannot be written"));
}

/* In the test's own folder, where build/run is made. */
static int begin(void **state)
{
	return fixture_begin(state) || !getcwd(home, sizeof(home)) || chdir(fixture_path("")) != 0;
}

static int end(void **state)
{
	return chdir(home) != 0 || fixture_end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_command, fixture_release),
		cmocka_unit_test_teardown(test_command_refused, fixture_release),
		cmocka_unit_test_teardown(test_qemu_gone, fixture_release),
		cmocka_unit_test_teardown(test_events_are_kept, fixture_release),
		cmocka_unit_test_teardown(test_memory, fixture_release),
		cmocka_unit_test_teardown(test_memory_cut_short, fixture_release),
		cmocka_unit_test_teardown(test_nobody_answers, fixture_release),
		cmocka_unit_test_teardown(test_instances, fixture_release),
		cmocka_unit_test_teardown(test_leftovers, fixture_release),
		cmocka_unit_test_teardown(test_no_room, fixture_release),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
