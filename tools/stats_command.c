/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * orlop stats: the counters of a machine that runs, read out of its memory through QEMU's monitor.
 */
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/link.h"
#include "tools/stats.h"

#define INTERVAL_MAX_S 3600.0

static bool take(struct link *link, struct stats *stats)
{
	struct records records;

	return link_read_still(link, &records) &&
	       stats_take(stats, &records, instance_now() - link->instance.started);
}

static bool show_stats(struct link *link, double interval, bool as_json)
{
	struct stats earlier, stats;

	if (interval > 0) {
		if (!take(link, &earlier))
			return false;
		usleep((useconds_t)(interval * 1e6));
	}
	if (!take(link, &stats))
		return false;
	if (as_json) {
		json_dumpf(stats_json(&stats), stdout, JSON_INDENT(2));
		printf("\n");
	} else {
		stats_print(stdout, &stats, interval > 0 ? &earlier : NULL);
	}
	return true;
}

static int stats_usage(void)
{
	fprintf(stderr,
		"usage: orlop stats [--interval SECONDS] [--json] [NAME]\n"
		"  Exits by cause of the running machine NAME, which may be left out if it is\n"
		"  the only one. The present rate is taken over SECONDS (default: 1; 0: none).\n");
	return 2;
}

/* Seconds, 0 to INTERVAL_MAX_S; negative if text is something else. */
static double parse_interval(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	return end != text && *end == '\0' && value >= 0 && value <= INTERVAL_MAX_S ? value : -1;
}

int stats_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"interval", required_argument, NULL, 'i'}, {"json", no_argument, NULL, 'j'}, {0}};
	double interval = 1;
	bool as_json = false, good;
	struct link link;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'i')
			interval = parse_interval(optarg);
		else if (option == 'j')
			as_json = true;
		else
			return stats_usage();
	}
	if (interval < 0 || argc - optind > 1)
		return stats_usage();
	if (!link_open(&link, argv[optind]))
		return 1;
	good = show_stats(&link, as_json ? 0 : interval, as_json);
	link_close(&link);
	return good ? 0 : 1;
}
