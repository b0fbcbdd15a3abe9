/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One JSON file per running machine, in build/run/. A file whose process is gone is a leftover and
 * does not count.
 */
#include "tools/instance.h"

#include <errno.h>
#include <glob.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/arena.h"
#include "tools/message.h"

#define SUFFIX ".json"

static const struct place no_place = {NULL, 0, 0};

double instance_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

const char *instance_path(const char *name, const char *suffix)
{
	if ((mkdir("build", 0777) != 0 && errno != EEXIST) ||
		(mkdir(INSTANCE_DIR, 0777) != 0 && errno != EEXIST)) {
		message_error(message_file(INSTANCE_DIR),
			"start orlop in a folder that you may write in",
			"the folder cannot be made: %s", strerror(errno));
		return NULL;
	}
	return arena_text(INSTANCE_DIR "/%s%s", name, suffix);
}

bool instance_write(const struct instance *instance)
{
	const char *path = instance_path(instance->name, SUFFIX);
	json_t *object;
	bool good;

	if (!path)
		return false;
	object = json_pack("{s:i, s:s, s:s, s:f}", "pid", instance->pid, "qmp", instance->qmp,
		"image", instance->image, "started", instance->started);
	good = json_dump_file(object, path, JSON_INDENT(2)) == 0;
	json_decref(object);
	if (!good)
		message_error(message_file(path), "make room or mend the folder's permissions",
			"the file cannot be written");
	return good;
}

void instance_remove(const char *name)
{
	unlink(arena_text(INSTANCE_DIR "/%s" SUFFIX, name));
}

/* Reads one file; false if it is none of ours or its process is gone. */
static bool read_file(struct instance *instance, const char *path)
{
	json_t *object = json_load_file(path, 0, NULL);
	bool good = object && json_unpack(object, "{s:i, s:s, s:s, s:f}", "pid", &instance->pid,
				      "qmp", &instance->qmp, "image", &instance->image, "started",
				      &instance->started) == 0;

	if (good) {
		const char *name = strrchr(path, '/') + 1;

		instance->name = arena_text("%.*s", (int)(strlen(name) - strlen(SUFFIX)), name);
		instance->qmp = arena_text("%s", instance->qmp);
		instance->image = arena_text("%s", instance->image);
	}
	json_decref(object);
	return good && (kill(instance->pid, 0) == 0 || errno == EPERM);
}

/* Reads the running instances of a pattern; returns how many, the last one in *instance. */
static unsigned read_all(struct instance *instance, const char *pattern, const char **names)
{
	unsigned count = 0;
	glob_t found;

	*names = "";
	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct instance one;

		if (!read_file(&one, found.gl_pathv[i]))
			continue;
		*instance = one;
		*names = arena_text("%s%s%s", *names, count ? ", " : "", one.name);
		count++;
	}
	globfree(&found);
	return count;
}

bool instance_find(struct instance *instance, const char *name)
{
	const char *names;
	unsigned count = read_all(
		instance, arena_text(INSTANCE_DIR "/%s" SUFFIX, name ? name : "*"), &names);

	if (count == 1)
		return true;
	if (count > 1)
		message_error(no_place, arena_text("say which: %s", names),
			"%u machines are running", count);
	else if (name)
		message_error(no_place, "start it with orlop run, in this same folder",
			"no machine called %s is running", name);
	else
		message_error(no_place, "start one with orlop run, in this same folder",
			"no machine is running");
	return false;
}
