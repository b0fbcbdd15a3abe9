/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks QEMU for a machine's device tree and keeps the answer in a file whose name says for which
 * parameters and which emulator it was given.
 */
#include "tools/qemu_tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/arena.h"
#include "tools/file.h"
#include "tools/message.h"

/* FNV-1a: tells apart what nobody chose to collide. */
static uint64_t hash(const char *text)
{
	uint64_t value = 0xcbf29ce484222325;
	for (; *text; text++)
		value = (value ^ (uint8_t)*text) * 0x100000001b3;
	return value;
}

static const char *search_path(const char *binary)
{
	if (strchr(binary, '/'))
		return binary;
	const char *directories = getenv("PATH");
	while (directories && *directories) {
		size_t length = strcspn(directories, ":");
		const char *path = arena_text("%.*s/%s", (int)length, directories, binary);
		if (access(path, X_OK) == 0)
			return path;
		directories += length + (directories[length] == ':');
	}
	return binary;
}

/* What the answer depends on: every parameter, and which emulator is installed. */
static const char *question(const struct board *board, uint64_t cpus, const char *binary)
{
	struct stat status = {0};
	stat(binary, &status);
	const char *text = arena_text("%s %lld %lld -machine %s -cpu %s -smp %llu -m %llu", binary,
		(long long)status.st_size, (long long)status.st_mtime, board->qemu.machine,
		board->qemu.cpu, (unsigned long long)cpus, (unsigned long long)board->qemu.memory);
	for (unsigned i = 0; i < board->qemu.argument_count; i++)
		text = arena_text("%s %s", text, board->qemu.arguments[i]);
	return text;
}

static void make_directories(const char *path)
{
	char *copy = arena_text("%s/", path);
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, 0777); /* a failure shows when the file is written */
		*slash = '/';
	}
}

/* Runs QEMU and waits for it. Its own messages go to stderr. Returns whether it succeeded. */
static bool run(const char *binary, char *const *arguments)
{
	pid_t child = fork();
	if (child == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execv(binary, arguments);
		_exit(127);
	}
	int status = -1;
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool ask(const struct board *board, uint64_t cpus, const char *binary, const char *path)
{
	const char *partial = arena_text("%s.%ld", path, (long)getpid());
	const char *const first[] = {binary, "-nodefaults", "-display", "none", "-machine",
		arena_text("%s,dumpdtb=%s", board->qemu.machine, partial), "-cpu", board->qemu.cpu,
		"-smp", arena_text("%llu", (unsigned long long)cpus), "-m",
		arena_text("%lluM", (unsigned long long)board->qemu.memory >> 20)};
	unsigned count = sizeof(first) / sizeof(first[0]), more = board->qemu.argument_count;
	char **arguments = arena_alloc(count + more + 1, sizeof(*arguments));
	memcpy(arguments, first, sizeof(first));
	if (more)
		memcpy(arguments + count, board->qemu.arguments, more * sizeof(*arguments));
	/* The rename makes the answer whole or absent for whoever asks at the same time. */
	return run(binary, arguments) && rename(partial, path) == 0;
}

const char *qemu_tree_dump(
	const struct board *board, uint64_t cpus, const char *cache_dir, struct place place)
{
	const char *binary = search_path(board->qemu.binary);
	const char *path = arena_text("%s/%s-%016llx.dtb", cache_dir, board->name,
		(unsigned long long)hash(question(board, cpus, binary)));
	if (file_exists(path))
		return path;
	make_directories(cache_dir);
	if (ask(board, cpus, binary, path))
		return path;
	message_error(place,
		arena_text(
			"install QEMU and check the section 'qemu' of the board; the folder %s has "
			"to be writable",
			cache_dir),
		"%s does not emit a device tree for this board", board->qemu.binary);
	return NULL;
}
