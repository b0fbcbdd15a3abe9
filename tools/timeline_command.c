/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * orlop timeline: draws the schedule of a running machine, or of a trace that was saved.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/file.h"
#include "tools/link.h"
#include "tools/message.h"
#include "tools/timeline.h"

#define NS_MAX 9.0e18 /* of a moment; fits int64_t */

struct arguments {
	const char *from, *output; /* a machine's name or a file, or NULL; the picture */
	struct timeline_options options;
};

static int usage(void)
{
	fprintf(stderr,
		"usage: orlop timeline [-o FILE.svg] [--from T] [--to T] [--cpu N] [NAME | FILE]\n"
		"  Draws the schedule of the shared cores of the running machine NAME, or of "
		"FILE,\n"
		"  which orlop trace --save wrote.\n"
		"  -o FILE.svg       the picture (default: build/timeline.svg)\n"
		"  --from T, --to T  the time to show, like 12.5ms or 3s, since the counter's "
		"zero;\n"
		"                    --from=-20ms: 20 ms before the newest event (default: -50ms)\n"
		"  --cpu N           only this CPU of the board\n");
	return 2;
}

/* A number with a unit, in ns. */
static bool parse_moment(const char *text, int64_t *ns)
{
	static const struct {
		const char *word;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
	char *end;
	double value = strtod(text, &end);

	for (unsigned i = 0; end != text && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].word) != 0)
			continue;
		value *= units[i].ns;
		*ns = value > -NS_MAX && value < NS_MAX
			      ? (int64_t)(value + (value < 0 ? -0.5 : 0.5))
			      : 0;
		return value > -NS_MAX && value < NS_MAX;
	}
	return false;
}

static bool parse_cpu(const char *text, unsigned *cpu)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*cpu = (unsigned)value;
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && value <= UINT16_MAX;
}

static bool parse(struct arguments *arguments, int argc, char **argv)
{
	static const struct option known[] = {{"from", required_argument, NULL, 'f'},
		{"to", required_argument, NULL, 't'}, {"cpu", required_argument, NULL, 'c'}, {0}};
	struct timeline_options *options = &arguments->options;
	bool good = true;
	int option;

	*arguments = (struct arguments){.output = "build/timeline.svg"};
	optind = 1;
	while (good && (option = getopt_long(argc, argv, "o:", known, NULL)) != -1) {
		if (option == 'o')
			arguments->output = optarg;
		else if (option == 'f')
			good = options->has_from = parse_moment(optarg, &options->from_ns);
		else if (option == 't')
			good = options->has_to = parse_moment(optarg, &options->to_ns);
		else if (option == 'c')
			good = options->has_cpu = parse_cpu(optarg, &options->cpu);
		else
			good = false;
	}
	arguments->from = argv[optind];
	return good && argc - optind <= 1;
}

bool timeline_write(
	const char *path, const struct recording *recording, const struct timeline_options *options)
{
	struct timeline timeline;
	FILE *file;
	bool good;

	if (!timeline_build(&timeline, recording, options))
		return false;
	file = fopen(path, "w");
	good = file;
	if (file) {
		timeline_draw(file, &timeline);
		good = !ferror(file);
		good = fclose(file) == 0 && good;
	}
	if (!good)
		message_error(message_file(path), "check the folder and the room on its disk",
			"cannot be written: %s", strerror(errno));
	return good;
}

static bool take(struct recording *recording, const char *name)
{
	struct records records;
	struct link link;
	bool good;

	if (!link_open(&link, name))
		return false;
	good = link_read_still(&link, &records) && recording_take(recording, &records);
	link_close(&link);
	return good;
}

int timeline_command(int argc, char **argv)
{
	struct arguments arguments;
	struct recording recording;
	bool is_file;

	if (!parse(&arguments, argc, argv))
		return usage();
	is_file = arguments.from && file_exists(arguments.from);
	if (!(is_file ? recording_load(&recording, arguments.from)
		      : take(&recording, arguments.from)) ||
		!timeline_write(arguments.output, &recording, &arguments.options))
		return 1;
	printf("%s\n", arguments.output);
	return 0;
}
