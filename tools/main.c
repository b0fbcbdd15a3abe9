/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host tool `orlop`: finds the command that its first argument names.
 */
#include <stdio.h>
#include <string.h>

#include "tools/description.h"
#include "tools/image.h"
#include "tools/recording.h"
#include "tools/report.h"
#include "tools/run.h"
#include "tools/stats.h"
#include "tools/timeline.h"
#include "tools/verify.h"

static int schema(int argc, char **argv)
{
	(void)argv;
	if (argc != 1) {
		fprintf(stderr, "usage: orlop schema\n");
		return 2;
	}
	description_print(stdout);
	return 0;
}

/* A command gets its own name as argv[0] and returns the exit status. */
static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments, *meaning;
} commands[] = {
	{"check", verify_command, "FILE.yaml | IMAGE.elf",
		"check a description, or prove an image's isolation"},
	{"build", image_command, "FILE.yaml [-o PATH]", "make the bootable image"},
	{"report", report_command, "FILE.yaml", "print the whole system"},
	{"run", run_command, "FILE.yaml|IMAGE", "run it on QEMU"},
	{"stats", stats_command, "[NAME]", "show the counters of a running system"},
	{"trace", recording_command, "[NAME]", "show the newest events of a running system"},
	{"timeline", timeline_command, "[NAME|FILE] [-o SVG]",
		"draw the schedule of a running system, or of a saved trace"},
	{"schema", schema, "", "print docs/description.md"},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static int usage(FILE *file)
{
	fprintf(file, "usage: orlop COMMAND ...\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(file, "  %-8s %-24s %s\n", commands[i].name, commands[i].arguments,
			commands[i].meaning);
	return file == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return usage(
		strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ? stdout : stderr);
}
