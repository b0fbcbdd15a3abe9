/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Machines that `orlop run` has started: a small file for each, by which `orlop stats` finds it.
 */
#ifndef TOOLS_INSTANCE_H
#define TOOLS_INSTANCE_H

#include <stdbool.h>

#define INSTANCE_DIR "build/run"

struct instance {
	const char *name;
	int pid;           /* of orlop run */
	const char *qmp;   /* socket for others than orlop run */
	const char *image; /* PATH of struct machine */
	double started;    /* seconds of the host's monotonic clock */
};

/* The path of the instance's file with that suffix, and what makes its folder. NULL: message. */
const char *instance_path(const char *name, const char *suffix);

/* Writes the file; false after a message. */
bool instance_write(const struct instance *instance);
void instance_remove(const char *name);

/* Finds the running instance called name, or the only one if name is NULL; false after a message.
 */
bool instance_find(struct instance *instance, const char *name);

/* Seconds of the host's monotonic clock. */
double instance_now(void);

#endif
