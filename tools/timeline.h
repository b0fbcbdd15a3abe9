/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The schedule of shared cores over a stretch of time, reconstructed from a recording: who ran
 * when, who wanted to, and what happened; and a picture of it.
 */
#ifndef TOOLS_TIMELINE_H
#define TOOLS_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tools/recording.h"

enum timeline_kind {
	TIMELINE_RAN,
	TIMELINE_WAITED,    /* wanted to run, another one did */
	TIMELINE_EXHAUSTED, /* wanted to run and had no budget */
	TIMELINE_IDLE,      /* of a CPU: nobody wanted to run */
};

/* What lasted. */
struct timeline_span {
	uint64_t from, to;   /* ticks, within the window */
	uint64_t start, end; /* ticks, of all of it as far as it was recorded */
	enum timeline_kind kind;
	unsigned cpu, vcpu; /* indices in the recording; vcpu: RECORDING_NO_VCPU if idle */
};

/* What happened at a moment: TRACE_RELEASE and so on, or a deadline, which has no event. */
#define TIMELINE_DEADLINE TRACE_EVENT_COUNT

struct timeline_mark {
	uint64_t at;    /* ticks */
	uint64_t value; /* of the event; of a deadline, its release, or UINT64_MAX */
	unsigned kind;  /* enum trace_event, or TIMELINE_DEADLINE */
	unsigned cpu, vcpu;
};

struct timeline {
	const struct recording *recording;
	bool has_cpu; /* show one CPU only, the board's number `cpu` */
	unsigned cpu;
	uint64_t newest;    /* the last moment that is recorded, ticks */
	uint64_t from, to;  /* ticks */
	uint64_t *recorded; /* per CPU: since when its ring knows, ticks */
	struct timeline_span *spans;
	struct timeline_mark *marks;
	size_t span_count, mark_count;
};

/* What part of a recording to show; all bits 0: the newest 50 ms of all CPUs. */
struct timeline_options {
	bool has_from, has_to, has_cpu;
	int64_t from_ns, to_ns; /* since the counter's zero; negative: from the newest event */
	unsigned cpu;           /* the board's number */
};

/*
 * Works out what happened. Returns false after a message, if there is nothing to show: no shared
 * core, nothing recorded, an empty window.
 */
bool timeline_build(struct timeline *timeline, const struct recording *recording,
	const struct timeline_options *options);

/* Whether CPU `index` of the recording is one to show. */
bool timeline_has_cpu(const struct timeline *timeline, unsigned index);

/* The ticks that a vCPU ran on a CPU within the window. */
uint64_t timeline_ran(const struct timeline *timeline, unsigned cpu, unsigned vcpu);

/* Nanoseconds of ticks, rounded down. */
uint64_t timeline_ns(const struct timeline *timeline, uint64_t ticks);

/* The picture, as SVG. */
void timeline_draw(FILE *file, const struct timeline *timeline);

/* Draws it into a file; false after a message. */
bool timeline_write(const char *path, const struct recording *recording,
	const struct timeline_options *options);

/* orlop timeline [NAME | FILE] [-o FILE.svg] [--from T] [--to T] [--cpu N]. The exit status. */
int timeline_command(int argc, char **argv);

#endif
