/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signs of a timeline's picture: bars and marks, their hover texts, and the legend.
 */
#include <inttypes.h>

#include "tools/arena.h"
#include "tools/timeline_page.h"

#define ARROW_ROOM 12.0 /* pixels for one with a head */
#define NOBODY     RECORDING_NO_VCPU

#define LEGEND_ROW    24.0
#define LEGEND_SCALE  0.6 /* of its marks */
#define LEGEND_ROWS   4u
#define LEGEND_COLUMN 300.0

/* At least as wide as can be seen. */
void timeline_marks_bar(const struct timeline_page *page, const struct timeline_span *span,
	const char *class, const char *colour, double top, double height)
{
	static const char *const words[] = {[TIMELINE_RAN] = "runs for",
		[TIMELINE_WAITED] = "wants to run and waits for",
		[TIMELINE_EXHAUSTED] = "has no budget for",
		[TIMELINE_IDLE] = "is idle for"};
	double x = timeline_page_x(page, span->from), width = timeline_page_x(page, span->to) - x;
	bool cut = span->start <= page->timeline->recorded[span->cpu] ||
		   span->end >= page->timeline->newest;

	fprintf(page->file,
		"<rect class=\"%s\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\"", class, x,
		top, width < 0.4 ? 0.4 : width, height);
	if (colour)
		fprintf(page->file, " fill=\"%s\"", colour);
	fprintf(page->file, "><title>%s %s %s%s\n%s to %s, CPU %u</title></rect>\n",
		span->vcpu == NOBODY ? "the CPU" : timeline_page_name(page, span->vcpu),
		words[span->kind], timeline_page_length(page, span->end - span->start),
		cut ? " or longer" : "", timeline_page_moment(page, span->start),
		timeline_page_moment(page, span->end), page->recording->cpus[span->cpu].number);
}

/* Paths from the row's top at (x, y), with the baseline PAGE_BASE below. */
static const char *shape_of(unsigned kind, double x, double y, bool head)
{
	double base = y + PAGE_BASE;

	switch (kind) {
	case TRACE_RELEASE:
		return head ? arena_text("M%.2f %.1fV%.1fm-3 5l3 -6l3 6z", x, base, y + 5)
			    : arena_text("M%.2f %.1fV%.1f", x, y + 14, y + 8);
	case TIMELINE_DEADLINE:
		return head ? arena_text("M%.2f %.1fV%.1fm-3 -5l3 6l3 -6z", x, y + 4, base)
			    : arena_text("M%.2f %.1fV%.1f", x, base + 3, base - 2);
	case TRACE_DEADLINE_MISS:
		return arena_text("M%.2f %.1fv%.1fM%.2f %.1fl8 8m0 -8l-8 8", x, y + 4,
			PAGE_BASE - 4, x - 4, y + 5);
	case TRACE_BUDGET_END:
		return arena_text("M%.2f %.1fh2.4v%.1fh-2.4z", x - 1.2, y + 13, PAGE_BASE - 13);
	case TRACE_QUANTUM_END:
		return arena_text(
			"M%.2f %.1fa2.8 2.8 0 1 0 5.6 0a2.8 2.8 0 1 0 -5.6 0z", x - 2.8, y + 14);
	case TRACE_ARRIVED:
		return arena_text("M%.2f %.1fv7m-2 -7h4", x, y + 6);
	default:
		return arena_text("M%.2f %.1fl3.5 4.5l-3.5 4.5l-3.5 -4.5z", x, y + 5);
	}
}

static const char *const classes[TIMELINE_DEADLINE + 1] = {[TRACE_RELEASE] = "release",
	[TIMELINE_DEADLINE] = "deadline",
	[TRACE_DEADLINE_MISS] = "miss",
	[TRACE_BUDGET_END] = "budget-end",
	[TRACE_QUANTUM_END] = "quantum-end",
	[TRACE_ARRIVED] = "arrived",
	[TRACE_FAST] = "fast"};

static const char *words_of(const struct timeline_page *page, const struct timeline_mark *mark)
{
	switch (mark->kind) {
	case TRACE_RELEASE:
		return arena_text(
			"a job is released, due at %s", timeline_page_moment(page, mark->value));
	case TIMELINE_DEADLINE:
		if (mark->value == UINT64_MAX)
			return "deadline, as its guest said";
		return arena_text("deadline of the job released at %s",
			timeline_page_moment(page, mark->value));
	case TRACE_DEADLINE_MISS:
		return "the deadline is missed";
	case TRACE_BUDGET_END:
		return arena_text(
			"the budget is used up until %s", timeline_page_moment(page, mark->value));
	case TRACE_QUANTUM_END:
		return "the quantum is used up";
	case TRACE_ARRIVED:
		return arena_text(
			"interrupt %" PRIu64 " arrives while another one runs", mark->value);
	default:
		return arena_text("takes the core from %s by a fast interrupt",
			timeline_page_name(page, (unsigned)mark->value));
	}
}

static void print_mark(
	const struct timeline_page *page, const struct timeline_mark *mark, double top, bool head)
{
	fprintf(page->file, "<path class=\"%s\" d=\"%s\"><title>%s: %s\n%s</title></path>\n",
		classes[mark->kind],
		shape_of(mark->kind, timeline_page_x(page, mark->at), top, head),
		timeline_page_name(page, mark->vcpu), words_of(page, mark),
		timeline_page_moment(page, mark->at));
}

static bool is_arrow(unsigned kind)
{
	return kind == TRACE_RELEASE || kind == TIMELINE_DEADLINE;
}

/* Arrows have heads only where the row has room for as many. Misses come last, over all else. */
void timeline_marks_row(struct timeline_page *page, unsigned cpu, unsigned vcpu, double top)
{
	const struct timeline *timeline = page->timeline;
	unsigned releases = 0;
	bool head;

	for (size_t i = 0; i < timeline->mark_count; i++)
		releases += timeline->marks[i].kind == TRACE_RELEASE &&
			    timeline->marks[i].cpu == cpu && timeline->marks[i].vcpu == vcpu;
	head = releases * ARROW_ROOM <= PAGE_RIGHT - PAGE_LEFT;
	page->is_dense = page->is_dense || !head;
	for (unsigned pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < timeline->mark_count; i++) {
			const struct timeline_mark *mark = &timeline->marks[i];

			if (mark->cpu == cpu && mark->vcpu == vcpu && classes[mark->kind] &&
				(mark->kind == TRACE_DEADLINE_MISS) == (pass == 1))
				print_mark(page, mark, top, head || !is_arrow(mark->kind));
		}
	}
}

/* One entry of the legend: a sample of a mark or a bar, and words. */
struct entry {
	const char *class, *words;
	unsigned kind; /* of a mark, or 0: a bar */
	int down; /* pixels that a small mark is moved to stand beside its words; 0: a large one */
	const char *colour;
};

static void print_entry(
	const struct timeline_page *page, const struct entry *entry, double x, double y)
{
	if (entry->kind)
		fprintf(page->file,
			"<g transform=\"translate(%.1f %.1f) scale(%.1f)\"><path class=\"%s\" "
			"d=\"%s\"/></g>\n",
			x + 11, y + entry->down, entry->down ? 1.0 : LEGEND_SCALE, entry->class,
			shape_of(entry->kind, 0, 0, true));
	else
		fprintf(page->file,
			"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"22\" height=\"10\"%s/>\n",
			entry->class, x, y + 6,
			entry->colour ? arena_text(" fill=\"%s\"", entry->colour) : "");
	timeline_page_text(page, x + 30, y + 15, "note", entry->words);
}

/* By columns: what lasts, then what happens. */
static const struct entry entries[] = {
	{"run", "a real-time vCPU runs", 0, 0, "#0072b2"},
	{"run", "a best-effort vCPU runs", 0, 0, "#e69f00"},
	{"wait", "wants to run, another one does", 0, 0, "#0072b2"},
	{"exhausted", "its budget is used up", 0, 0, NULL},
	{"release", "job released", TRACE_RELEASE, 0, NULL},
	{"deadline", "deadline", TIMELINE_DEADLINE, 0, NULL},
	{"miss", "deadline missed", TRACE_DEADLINE_MISS, 0, NULL},
	{"budget-end", "budget used up", TRACE_BUDGET_END, 0, NULL},
	{"quantum-end", "quantum used up", TRACE_QUANTUM_END, -3, NULL},
	{"arrived", "interrupt for one that does not run", TRACE_ARRIVED, 2, NULL},
	{"fast", "takes the core by a fast interrupt", TRACE_FAST, 2, NULL},
	{"unknown", "not recorded", 0, 0, NULL},
};

#define ENTRIES (sizeof(entries) / sizeof(entries[0]))

double timeline_marks_legend_height(void)
{
	return LEGEND_ROWS * LEGEND_ROW + 32;
}

void timeline_marks_legend(const struct timeline_page *page, double top)
{
	fprintf(page->file, "<g class=\"legend\">\n");
	for (unsigned i = 0; i < ENTRIES; i++)
		print_entry(page, &entries[i],
			PAGE_LEFT + (double)(i / LEGEND_ROWS) * LEGEND_COLUMN,
			top + (double)(i % LEGEND_ROWS) * LEGEND_ROW);
	if (page->is_dense)
		timeline_page_text(page, PAGE_LEFT, top + LEGEND_ROWS * LEGEND_ROW + 16, "note",
			"Where releases and deadlines lie too close, ticks above and below the "
			"baseline stand for the arrows.");
	fprintf(page->file, "</g>\n");
}
