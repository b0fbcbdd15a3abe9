/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's monitor protocol (QEMU: docs/interop/qmp-spec): a greeting, then commands, each answered
 * by "return" or "error", with events in between.
 */
#include "tools/qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tools/arena.h"
#include "tools/message.h"

#define ANSWER_TIMEOUT_MS 10000
#define READ_SIZE         4096u
#define RETRY_MS          10
#define ATTEMPT_MS        1000

static const struct place qemu_place = {"qemu", 0, 0};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* QEMU makes the socket a moment after it starts, so this tries until deadline. */
static int connect_until(const char *path, int64_t deadline)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	for (;;) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			return fd;
		if (fd >= 0)
			close(fd);
		if (now_ms() >= deadline)
			return -1;
		poll(NULL, 0, RETRY_MS);
	}
}

/* Appends what there is to the buffer. Returns read()'s result: 0 at the end, negative for none. */
static ssize_t fill(struct qmp *qmp)
{
	ssize_t count;

	if (qmp->size - qmp->used < READ_SIZE) {
		char *larger = arena_alloc(qmp->size + 2 * READ_SIZE, 1);

		memcpy(larger, qmp->buffer, qmp->used);
		qmp->buffer = larger;
		qmp->size += 2 * READ_SIZE;
	}
	count = recv(qmp->fd, qmp->buffer + qmp->used, qmp->size - qmp->used, MSG_DONTWAIT);
	if (count > 0)
		qmp->used += (size_t)count;
	return count;
}

/* Takes the oldest whole line out of the buffer; NULL if there is none. */
static json_t *take_line(struct qmp *qmp)
{
	char *end = memchr(qmp->buffer, '\n', qmp->used);
	json_t *object;

	if (!end)
		return NULL;
	object = json_loadb(qmp->buffer, (size_t)(end - qmp->buffer), 0, NULL);
	qmp->used -= (size_t)(end + 1 - qmp->buffer);
	memmove(qmp->buffer, end + 1, qmp->used);
	return object ? object : json_object();
}

/* The next line that has the key, or the key "error"; events on the way are kept. NULL: none came.
 */
static json_t *await(struct qmp *qmp, const char *key, int64_t deadline)
{
	for (;;) {
		json_t *line = take_line(qmp);
		struct pollfd readable = {.fd = qmp->fd, .events = POLLIN};
		int64_t left = deadline - now_ms();

		if (line && (json_object_get(line, key) || json_object_get(line, "error")))
			return line;
		if (line && json_object_get(line, "event"))
			json_array_append(qmp->events, line);
		json_decref(line);
		if (line)
			continue;
		if (left <= 0 || poll(&readable, 1, (int)left) <= 0 || fill(qmp) == 0)
			return NULL;
	}
}

static bool send_command(struct qmp *qmp, const char *command, json_t *arguments)
{
	json_t *object = json_pack("{s:s, s:o*}", "execute", command, "arguments", arguments);
	char *text = json_dumps(object, JSON_COMPACT);
	bool good = send(qmp->fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);

	free(text);
	json_decref(object);
	return good;
}

/* One attempt: connects, reads the greeting and leaves negotiation mode. */
static bool attempt(struct qmp *qmp, const char *path, int64_t connected_by, int64_t greeted_by)
{
	json_t *greeting, *answer = NULL;

	*qmp = (struct qmp){.fd = connect_until(path, connected_by)};
	if (qmp->fd < 0)
		return false;
	qmp->size = 2 * READ_SIZE;
	qmp->buffer = arena_alloc(qmp->size, 1);
	qmp->events = json_array();
	greeting = await(qmp, "QMP", greeted_by);
	if (greeting && send_command(qmp, "qmp_capabilities", NULL))
		answer = await(qmp, "return", greeted_by);
	json_decref(greeting);
	json_decref(answer);
	if (!answer)
		qmp_close(qmp);
	return answer;
}

/* A client that comes just after another one has left may be forgotten by QEMU: it tries again. */
bool qmp_open(struct qmp *qmp, const char *path, unsigned timeout_ms)
{
	int64_t deadline = now_ms() + timeout_ms;

	do {
		int64_t patience = now_ms() + ATTEMPT_MS;

		if (attempt(qmp, path, deadline, patience < deadline ? patience : deadline))
			return true;
	} while (now_ms() < deadline);
	return false;
}

void qmp_close(struct qmp *qmp)
{
	close(qmp->fd);
	json_decref(qmp->events);
	*qmp = (struct qmp){.fd = -1};
}

bool qmp_command(struct qmp *qmp, const char *command, json_t *arguments)
{
	json_t *line = NULL;
	const char *refused;

	if (send_command(qmp, command, arguments))
		line = await(qmp, "return", now_ms() + ANSWER_TIMEOUT_MS);
	if (!line) {
		message_error(qemu_place, "look whether it still runs",
			"it does not answer the command %s", command);
		return false;
	}
	refused = json_string_value(json_object_get(json_object_get(line, "error"), "desc"));
	if (refused)
		message_error(qemu_place, "see the command in QEMU's QMP reference",
			"it refuses %s: %s", command, refused);
	json_decref(line);
	return !refused;
}

json_t *qmp_event(struct qmp *qmp, bool *gone)
{
	json_t *line, *event;

	*gone = fill(qmp) == 0;
	while ((line = take_line(qmp))) {
		if (json_object_get(line, "event"))
			json_array_append(qmp->events, line);
		json_decref(line);
	}
	event = json_incref(json_array_get(qmp->events, 0));
	json_array_remove(qmp->events, 0);
	return event;
}

/* QEMU writes the memory to a file, which the caller has made and opened. */
static bool save_to(struct qmp *qmp, uint64_t base, size_t size, const char *path)
{
	json_t *arguments = json_pack("{s:I, s:I, s:s}", "val", (json_int_t)base, "size",
		(json_int_t)size, "filename", path);

	return qmp_command(qmp, "pmemsave", arguments);
}

bool qmp_read_memory(struct qmp *qmp, uint64_t base, size_t size, uint8_t *bytes)
{
	char path[] = "/tmp/orlop-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);
	bool good;

	if (fd < 0) {
		message_error(message_file(path), "make room in that folder",
			"no temporary file can be made: %s", strerror(errno));
		return false;
	}
	good = save_to(qmp, base, size, path);
	if (good && pread(fd, bytes, size, 0) != (ssize_t)size) {
		message_error(message_file(path), "make room in that folder",
			"QEMU did not write all of the memory");
		good = false;
	}
	close(fd);
	unlink(path);
	return good;
}
