/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of a timeline's picture have in common: the page, and the words on it.
 */
#ifndef TOOLS_TIMELINE_PAGE_H
#define TOOLS_TIMELINE_PAGE_H

#include "tools/timeline.h"

/* In pixels. */
#define PAGE_WIDTH  1200.0
#define PAGE_LEFT   206.0  /* of the time axis */
#define PAGE_RIGHT  1106.0 /* its end */
#define PAGE_MARGIN 26.0
#define PAGE_TOP    74.0
#define PAGE_STRIP  34.0 /* height of a CPU's own row */
#define PAGE_ROW    38.0
#define PAGE_BAR    15.0 /* height of a bar, which stands on the row's baseline */
#define PAGE_BASE   33.0 /* from a row's top to its baseline */
#define PAGE_GAP    16.0 /* between CPUs */
#define PAGE_AXIS   46.0

struct timeline_page {
	FILE *file;
	const struct timeline *timeline;
	const struct recording *recording; /* the timeline's */
	const char **colours;              /* per vCPU */
	double *tops;        /* of rows: [cpu * vcpu_count + vcpu]; 0: there is none */
	double height, axis; /* of the page; top of the axis */
	bool is_dense;       /* some arrows had to be drawn without heads */
};

/* Where a moment is on the axis. */
double timeline_page_x(const struct timeline_page *page, uint64_t ticks);

/* Prints words, which have been escaped, at a place. */
void timeline_page_text(
	const struct timeline_page *page, double x, double y, const char *class, const char *words);

/* For text between tags and in attributes. */
const char *timeline_page_escaped(const char *text);

/* Exact, in ms since the counter's zero. */
const char *timeline_page_moment(const struct timeline_page *page, uint64_t ticks);

/* In the unit that reads best, without zeros at the end: exact, or to four digits. */
const char *timeline_page_length(const struct timeline_page *page, uint64_t ticks);
const char *timeline_page_short(const struct timeline_page *page, uint64_t ticks);

/* A vCPU's name, escaped. */
const char *timeline_page_name(const struct timeline_page *page, unsigned vcpu);

/* A bar from y = top on, with a hover text; no colour: its class has one. */
void timeline_marks_bar(const struct timeline_page *page, const struct timeline_span *span,
	const char *class, const char *colour, double top, double height);

/* All marks of a row. */
void timeline_marks_row(struct timeline_page *page, unsigned cpu, unsigned vcpu, double top);

/* What the signs mean, from y = top on; and the height that it takes. */
void timeline_marks_legend(const struct timeline_page *page, double top);
double timeline_marks_legend_height(void);

#endif
