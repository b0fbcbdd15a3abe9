/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading whole files. Only regular ones: a description that names a terminal or a device of the
 * host must not make the tool wait or read for ever.
 */
#include "tools/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/arena.h"
#include "tools/message.h"

static bool fill(struct blob *blob, int fd)
{
	size_t done = 0;
	while (done < blob->size) {
		ssize_t got = read(fd, blob->bytes + done, blob->size - done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	return done == blob->size;
}

static bool read_open(struct blob *blob, int fd, size_t limit, struct place place, const char *what)
{
	struct stat status;
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		message_error(place, "name a regular file", "%s, %s, is not a regular file", what,
			blob->path);
		return false;
	}
	blob->size = (size_t)status.st_size;
	if (blob->size > limit) {
		message_error(place,
			arena_text("name a file of at most %zu bytes, or make room for it", limit),
			"%s, %s, is too large: %zu bytes", what, blob->path, blob->size);
		return false;
	}
	blob->bytes = arena_alloc(blob->size + 1, 1);
	if (!fill(blob, fd)) {
		message_error(place, "check the file and its disk", "%s, %s, cannot be read whole",
			what, blob->path);
		return false;
	}
	return true;
}

bool file_read(
	struct blob *blob, const char *path, size_t limit, struct place place, const char *what)
{
	*blob = (struct blob){.path = path};
	/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		message_error(place, "check the path, which is relative to the file that names it",
			"%s, %s, cannot be read: %s", what, path, strerror(errno));
		return false;
	}
	bool good = read_open(blob, fd, limit, place, what);
	close(fd);
	return good;
}

const char *file_beside(const char *base, const char *path)
{
	const char *slash = strrchr(base, '/');
	if (path[0] == '/' || !slash)
		return path;
	return arena_text("%.*s/%s", (int)(slash - base), base, path);
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}
